//! A struct: values by the fields of its schema.

use super::{Schema, Value};
use crate::{Error, Result};
use std::sync::Arc;

/// Values in the order of the schema's fields; a field that was not set is its default or null.
#[derive(Clone, Debug, PartialEq)]
pub struct Struct {
    schema: Arc<Schema>,
    values: Vec<Value>,
}

impl Struct {
    /// A struct whose fields are all at their defaults.
    pub fn new(schema: Arc<Schema>) -> Struct {
        let values = schema.fields.iter().map(|field| field.schema.default.clone().unwrap_or(Value::Null)).collect();
        Struct { schema, values }
    }

    /// Sets a field. Errors: no such field, or a value of another type.
    pub fn put(&mut self, name: &str, value: Value) -> Result<()> {
        let Some((index, field)) = self.schema.field(name) else {
            return Err(Error::data(format!("no field {name:?} in the schema")));
        };
        field.schema.check(&value).map_err(|error| Error::data(format!("field {name:?}: {error}")))?;
        self.values[index] = value;
        Ok(())
    }

    /// The same with a field set.
    pub fn with(mut self, name: &str, value: Value) -> Result<Struct> {
        self.put(name, value)?;
        Ok(self)
    }

    /// A field's value; `None` if there is no such field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.schema.field(name).map(|(index, _)| &self.values[index])
    }

    /// The schema.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The values, in the order of the fields.
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}
