//! A value and its optional schema.
//!
//! Logical types (decimal, date, time, timestamp) are kept in their physical form: a date is days as [`Value::Int32`] under a schema of that name.

use super::{Schema, Struct};
use bytes::Bytes;
use std::sync::{Arc, LazyLock};

/// A value of Connect's data model.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "the names are those of Kafka's schema types")]
pub enum Value {
    #[default]
    Null,
    Boolean(bool),
    Int8(i8),
    Int16(i16),
    Int32(i32),
    Int64(i64),
    Float32(f32),
    Float64(f64),
    String(String),
    Bytes(Bytes),
    Array(Vec<Value>),
    /// Entries in their order of appearance.
    Map(Vec<(Value, Value)>),
    Struct(Struct),
}

impl Value {
    /// The name of its type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Boolean(_) => "boolean",
            Value::Int8(_) => "int8",
            Value::Int16(_) => "int16",
            Value::Int32(_) => "int32",
            Value::Int64(_) => "int64",
            Value::Float32(_) => "float",
            Value::Float64(_) => "double",
            Value::String(_) => "string",
            Value::Bytes(_) => "bytes",
            Value::Array(_) => "array",
            Value::Map(_) => "map",
            Value::Struct(_) => "struct",
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Its text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Any whole number, widened.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int8(number) => Some(i64::from(*number)),
            Value::Int16(number) => Some(i64::from(*number)),
            Value::Int32(number) => Some(i64::from(*number)),
            Value::Int64(number) => Some(*number),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(text.to_string())
    }
}

/// A value with its schema, or schemaless (Kafka's `SchemaAndValue`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    /// The schema; `None` for schemaless data.
    pub schema: Option<Arc<Schema>>,
    /// The value.
    pub value: Value,
}

static STRING: LazyLock<Arc<Schema>> = LazyLock::new(|| Schema::string().into());
static BYTES: LazyLock<Arc<Schema>> = LazyLock::new(|| Schema::bytes().into());

impl Data {
    /// Nothing: no key, or a tombstone.
    pub fn null() -> Data {
        Data::default()
    }

    /// Text, with its schema.
    pub fn text(text: impl Into<String>) -> Data {
        Data { schema: Some(STRING.clone()), value: Value::String(text.into()) }
    }

    /// Bytes, with their schema.
    pub fn bytes(bytes: impl Into<Bytes>) -> Data {
        Data { schema: Some(BYTES.clone()), value: Value::Bytes(bytes.into()) }
    }

    /// A value without schema.
    pub fn schemaless(value: Value) -> Data {
        Data { schema: None, value }
    }

    /// A value of this schema.
    pub fn of(schema: Arc<Schema>, value: Value) -> Data {
        Data { schema: Some(schema), value }
    }
}
