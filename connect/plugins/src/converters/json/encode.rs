//! Values to JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connect_api::{Error, Result, Schema, Value};
use serde_json::{Map, Number, Value as Json};

/// The JSON of a value. With `replace_null` a null under a schema with a default becomes that default, as in Kafka.
pub(crate) fn to_json(schema: Option<&Schema>, value: &Value, replace_null: bool) -> Result<Json> {
    let item_schema = schema.and_then(|schema| schema.value_schema.as_deref());
    Ok(match value {
        Value::Null => match schema.and_then(|schema| schema.default.as_ref()) {
            Some(default) if replace_null && !default.is_null() => to_json(schema, default, replace_null)?,
            _ if schema.is_some_and(|schema| !schema.optional && schema.default.is_none()) => {
                return Err(Error::data("null where the schema allows none"));
            }
            _ => Json::Null,
        },
        Value::Boolean(value) => Json::from(*value),
        Value::Int8(number) => Json::from(*number),
        Value::Int16(number) => Json::from(*number),
        Value::Int32(number) => Json::from(*number),
        Value::Int64(number) => Json::from(*number),
        Value::Float32(number) => float(f64::from(*number))?,
        Value::Float64(number) => float(*number)?,
        Value::String(text) => Json::from(text.as_str()),
        Value::Bytes(bytes) => Json::from(STANDARD.encode(bytes)),
        Value::Array(items) => Json::Array(items.iter().map(|item| to_json(item_schema, item, replace_null)).collect::<Result<_>>()?),
        Value::Map(entries) => map(schema, entries, replace_null)?,
        Value::Struct(value) => {
            let mut object = Map::new();
            for (field, value) in value.schema().fields.iter().zip(value.values()) {
                let json = to_json(Some(&field.schema), value, replace_null);
                object.insert(field.name.clone(), json.map_err(|error| Error::data(format!("field {:?}: {error}", field.name)))?);
            }
            Json::Object(object)
        }
    })
}

fn map(schema: Option<&Schema>, entries: &[(Value, Value)], replace_null: bool) -> Result<Json> {
    let value_schema = schema.and_then(|schema| schema.value_schema.as_deref());
    let key_schema = schema.and_then(|schema| schema.key_schema.as_deref());
    if entries.iter().all(|(key, _)| key.as_str().is_some()) {
        let mut object = Map::new();
        for (key, value) in entries {
            object.insert(key.as_str().unwrap_or_default().to_string(), to_json(value_schema, value, replace_null)?);
        }
        return Ok(Json::Object(object));
    }
    let pair = |(key, value): &(Value, Value)| -> Result<Json> {
        Ok(Json::Array(vec![to_json(key_schema, key, replace_null)?, to_json(value_schema, value, replace_null)?]))
    };
    entries.iter().map(pair).collect::<Result<_>>().map(Json::Array)
}

fn float(number: f64) -> Result<Json> {
    Number::from_f64(number).map(Json::Number).ok_or_else(|| Error::data(format!("{number} cannot be written in JSON")))
}
