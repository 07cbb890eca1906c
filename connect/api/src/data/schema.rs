//! The schema of a value (Kafka's `ConnectSchema`): a type, whether null is allowed, a default, and a name that may give it a logical meaning.

use super::{Struct, Value};
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are Kafka's")]
pub enum SchemaType {
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Boolean,
    String,
    Bytes,
    Array,
    Map,
    Struct,
}

impl SchemaType {
    /// Kafka's name, as JSON schemas show it.
    pub fn name(self) -> &'static str {
        match self {
            SchemaType::Int8 => "int8",
            SchemaType::Int16 => "int16",
            SchemaType::Int32 => "int32",
            SchemaType::Int64 => "int64",
            SchemaType::Float32 => "float",
            SchemaType::Float64 => "double",
            SchemaType::Boolean => "boolean",
            SchemaType::String => "string",
            SchemaType::Bytes => "bytes",
            SchemaType::Array => "array",
            SchemaType::Map => "map",
            SchemaType::Struct => "struct",
        }
    }
}

/// A named part of a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its schema.
    pub schema: Arc<Schema>,
}

/// The schema of a value. Shared as `Arc<Schema>`.
///
/// ```
/// use connect_api::{Schema, SchemaType, Struct, Value};
///
/// let schema = Schema::builder(SchemaType::Struct).name("shop.Order")
///     .field("id", Schema::int64()).field("note", Schema::string().optional()).build()?;
/// let order = Struct::new(schema.clone()).with("id", Value::Int64(7))?;
/// schema.check(&Value::Struct(order))?;
/// assert!(schema.check(&Value::Int64(7)).is_err());
/// # Ok::<(), connect_api::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// The type.
    pub kind: SchemaType,
    /// Whether null is allowed.
    pub optional: bool,
    /// What stands for a missing value.
    pub default: Option<Value>,
    /// The name: of a struct, or of a logical type.
    pub name: Option<String>,
    /// The version.
    pub version: Option<i32>,
    /// Words for people.
    pub doc: Option<String>,
    /// Parameters of a logical type, such as a decimal's scale.
    pub parameters: BTreeMap<String, String>,
    /// The fields of a struct, in order.
    pub fields: Vec<Field>,
    /// The keys of a map.
    pub key_schema: Option<Arc<Schema>>,
    /// The items of an array or the values of a map.
    pub value_schema: Option<Arc<Schema>>,
}

macro_rules! primitive {
    ($($method:ident $kind:ident)*) => {$(
        /// A builder of this primitive type.
        pub fn $method() -> SchemaBuilder { Schema::builder(SchemaType::$kind) }
    )*};
}

impl Schema {
    /// A builder.
    pub fn builder(kind: SchemaType) -> SchemaBuilder {
        SchemaBuilder {
            schema: Schema {
                kind,
                optional: false,
                default: None,
                name: None,
                version: None,
                doc: None,
                parameters: BTreeMap::new(),
                fields: Vec::new(),
                key_schema: None,
                value_schema: None,
            },
        }
    }

    primitive!(int8 Int8 int16 Int16 int32 Int32 int64 Int64 float32 Float32 float64 Float64 boolean Boolean string String bytes Bytes);

    /// A builder of an array of `items`.
    pub fn array(items: impl Into<Arc<Schema>>) -> SchemaBuilder {
        let mut builder = Schema::builder(SchemaType::Array);
        builder.schema.value_schema = Some(items.into());
        builder
    }

    /// A builder of a map.
    pub fn map(keys: impl Into<Arc<Schema>>, values: impl Into<Arc<Schema>>) -> SchemaBuilder {
        let mut builder = Schema::builder(SchemaType::Map);
        builder.schema.key_schema = Some(keys.into());
        builder.schema.value_schema = Some(values.into());
        builder
    }

    /// The index and schema of a struct's field.
    pub fn field(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name == name)
    }

    /// Checks that a value is of this schema. Errors: names the place and both types.
    pub fn check(&self, value: &Value) -> Result<()> {
        let fits = match (self.kind, value) {
            (_, Value::Null) => {
                return if self.optional || self.default.is_some() {
                    Ok(())
                } else {
                    Err(Error::data(format!("null for a required value of type {}{}", self.kind.name(), self.named())))
                };
            }
            (SchemaType::Int8, Value::Int8(_))
            | (SchemaType::Int16, Value::Int16(_))
            | (SchemaType::Int32, Value::Int32(_))
            | (SchemaType::Int64, Value::Int64(_))
            | (SchemaType::Float32, Value::Float32(_))
            | (SchemaType::Float64, Value::Float64(_))
            | (SchemaType::Boolean, Value::Boolean(_))
            | (SchemaType::String, Value::String(_))
            | (SchemaType::Bytes, Value::Bytes(_)) => true,
            (SchemaType::Array, Value::Array(items)) => {
                return items.iter().try_for_each(|item| self.value_schema.as_ref().map_or(Ok(()), |schema| schema.check(item)));
            }
            (SchemaType::Map, Value::Map(entries)) => {
                for (key, value) in entries {
                    self.key_schema.as_ref().map_or(Ok(()), |schema| schema.check(key))?;
                    self.value_schema.as_ref().map_or(Ok(()), |schema| schema.check(value))?;
                }
                true
            }
            (SchemaType::Struct, Value::Struct(value)) => return self.check_struct(value),
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(Error::data(format!("a value of type {} where the schema{} says {}", value.type_name(), self.named(), self.kind.name())))
        }
    }

    fn check_struct(&self, value: &Struct) -> Result<()> {
        if value.schema().fields.len() != self.fields.len() {
            return Err(Error::data(format!("a struct of another schema where{} is expected", self.named())));
        }
        for (field, value) in self.fields.iter().zip(value.values()) {
            field.schema.check(value).map_err(|error| Error::data(format!("field {:?}: {error}", field.name)))?;
        }
        Ok(())
    }

    fn named(&self) -> String {
        self.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default()
    }
}

/// Builds a [`Schema`].
#[derive(Clone, Debug)]
pub struct SchemaBuilder {
    schema: Schema,
}

impl SchemaBuilder {
    /// Null is allowed.
    pub fn optional(mut self) -> SchemaBuilder {
        self.schema.optional = true;
        self
    }

    /// What stands for a missing value; checked by [`SchemaBuilder::build`].
    pub fn default(mut self, value: Value) -> SchemaBuilder {
        self.schema.default = Some(value);
        self
    }

    /// The name.
    pub fn name(mut self, name: impl Into<String>) -> SchemaBuilder {
        self.schema.name = Some(name.into());
        self
    }

    /// The version.
    pub fn version(mut self, version: i32) -> SchemaBuilder {
        self.schema.version = Some(version);
        self
    }

    /// Words for people.
    pub fn doc(mut self, doc: impl Into<String>) -> SchemaBuilder {
        self.schema.doc = Some(doc.into());
        self
    }

    /// A parameter.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> SchemaBuilder {
        self.schema.parameters.insert(name.into(), value.into());
        self
    }

    /// A field of a struct; of two with the same name [`SchemaBuilder::build`] complains.
    pub fn field(mut self, name: impl Into<String>, schema: impl Into<Arc<Schema>>) -> SchemaBuilder {
        self.schema.fields.push(Field { name: name.into(), schema: schema.into() });
        self
    }

    /// The schema. Errors: a default of another type, fields twice or on something that is no struct.
    pub fn build(self) -> Result<Arc<Schema>> {
        let schema = self.schema;
        if let Some(default) = &schema.default {
            schema.check(default).map_err(|error| Error::data(format!("default: {error}")))?;
        }
        if !schema.fields.is_empty() && schema.kind != SchemaType::Struct {
            return Err(Error::data(format!("fields on a schema of type {}", schema.kind.name())));
        }
        for (index, field) in schema.fields.iter().enumerate() {
            if schema.field(&field.name).is_some_and(|(first, _)| first != index) {
                return Err(Error::data(format!("field {:?} twice", field.name)));
            }
        }
        Ok(Arc::new(schema))
    }
}

impl From<SchemaBuilder> for Arc<Schema> {
    fn from(builder: SchemaBuilder) -> Arc<Schema> {
        Arc::new(builder.schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked_against_the_schema_with_the_place_of_the_mistake() {
        let schema = Schema::builder(SchemaType::Struct)
            .field("a", Schema::int32())
            .field("b", Schema::array(Schema::string()).optional())
            .build()
            .unwrap();
        let good = Struct::new(schema.clone()).with("a", Value::Int32(1)).unwrap();
        assert!(schema.check(&Value::Struct(good)).is_ok());
        let missing = Value::Struct(Struct::new(schema.clone()));
        assert_eq!(schema.check(&missing).unwrap_err().to_string(), "field \"a\": null for a required value of type int32");
        let wrong = Struct::new(schema.clone()).with("a", Value::Boolean(true)).unwrap_err();
        assert_eq!(wrong.to_string(), "field \"a\": a value of type boolean where the schema says int32");
    }

    #[test]
    fn a_schema_that_contradicts_itself_is_refused() {
        assert!(Schema::int32().default(Value::Boolean(true)).build().is_err());
        assert!(Schema::int32().field("a", Schema::int32()).build().is_err());
        assert!(Schema::builder(SchemaType::Struct).field("a", Schema::int32()).field("a", Schema::int32()).build().is_err());
    }
}
