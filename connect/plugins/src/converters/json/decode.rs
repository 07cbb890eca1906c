//! JSON to values, guided by a schema or not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connect_api::{Error, Result, Schema, SchemaType, Struct, Value};
use serde_json::Value as Json;
use std::sync::Arc;

/// A value without schema: whole numbers are int64, fractions double, objects maps.
pub(crate) fn schemaless(json: Json) -> Result<Value> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(value),
        Json::Number(number) => match (number.as_i64(), number.is_u64(), number.as_f64()) {
            (Some(whole), ..) => Value::Int64(whole),
            (None, true, _) => return Err(Error::data(format!("{number} does not fit 64 bits with sign"))),
            (None, false, Some(fraction)) => Value::Float64(fraction),
            (None, false, None) => return Err(Error::data(format!("{number} is out of range"))),
        },
        Json::String(text) => Value::String(text),
        Json::Array(items) => Value::Array(items.into_iter().map(schemaless).collect::<Result<_>>()?),
        Json::Object(fields) => {
            let entry = |(key, value): (String, Json)| -> Result<(Value, Value)> { Ok((Value::String(key), schemaless(value)?)) };
            Value::Map(fields.into_iter().map(entry).collect::<Result<_>>()?)
        }
    })
}

/// A value of this schema. Errors: JSON of another shape.
pub(crate) fn with_schema(schema: &Arc<Schema>, json: Json, replace_null: bool) -> Result<Value> {
    if json.is_null() {
        return match &schema.default {
            Some(default) if replace_null => Ok(default.clone()),
            _ if schema.optional => Ok(Value::Null),
            _ => Err(Error::data(format!("null for a required value of type {}", schema.kind.name()))),
        };
    }
    let wrong = |json: &Json| Error::data(format!("{} where the schema says {}", shape(json), schema.kind.name()));
    Ok(match schema.kind {
        SchemaType::Int8 => Value::Int8(whole(schema, &json)?),
        SchemaType::Int16 => Value::Int16(whole(schema, &json)?),
        SchemaType::Int32 => Value::Int32(whole(schema, &json)?),
        SchemaType::Int64 => Value::Int64(whole(schema, &json)?),
        SchemaType::Float32 => Value::Float32(json.as_f64().ok_or_else(|| wrong(&json))? as f32),
        SchemaType::Float64 => Value::Float64(json.as_f64().ok_or_else(|| wrong(&json))?),
        SchemaType::Boolean => Value::Boolean(json.as_bool().ok_or_else(|| wrong(&json))?),
        SchemaType::String => match json {
            Json::String(text) => Value::String(text),
            other => return Err(wrong(&other)),
        },
        SchemaType::Bytes => {
            let text = json.as_str().ok_or_else(|| wrong(&json))?;
            Value::Bytes(STANDARD.decode(text).map_err(|error| Error::data(format!("bytes are not base64: {error}")))?.into())
        }
        SchemaType::Array => match json {
            Json::Array(items) => {
                let item_schema = part(schema.value_schema.as_ref(), "items")?;
                Value::Array(items.into_iter().map(|item| with_schema(item_schema, item, replace_null)).collect::<Result<_>>()?)
            }
            other => return Err(wrong(&other)),
        },
        SchemaType::Map => map(schema, json, replace_null)?,
        SchemaType::Struct => match json {
            Json::Object(mut fields) => {
                let mut value = Struct::new(schema.clone());
                for field in &schema.fields {
                    let json = fields.remove(&field.name).unwrap_or(Json::Null);
                    let decoded = with_schema(&field.schema, json, replace_null);
                    value.put(&field.name, decoded.map_err(|error| Error::data(format!("field {:?}: {error}", field.name)))?)?;
                }
                Value::Struct(value)
            }
            other => return Err(wrong(&other)),
        },
    })
}

fn map(schema: &Arc<Schema>, json: Json, replace_null: bool) -> Result<Value> {
    let (keys, values) = (part(schema.key_schema.as_ref(), "keys")?, part(schema.value_schema.as_ref(), "values")?);
    let mut entries = Vec::new();
    match json {
        Json::Object(fields) => {
            for (key, value) in fields {
                entries.push((with_schema(keys, Json::String(key), replace_null)?, with_schema(values, value, replace_null)?));
            }
        }
        Json::Array(pairs) => {
            for pair in pairs {
                let Json::Array(mut pair) = pair else { return Err(Error::data("an entry of a map is not a pair")) };
                let (Some(value), Some(key), true) = (pair.pop(), pair.pop(), pair.is_empty()) else {
                    return Err(Error::data("an entry of a map is not a pair"));
                };
                entries.push((with_schema(keys, key, replace_null)?, with_schema(values, value, replace_null)?));
            }
        }
        other => return Err(Error::data(format!("{} where the schema says map", shape(&other)))),
    }
    Ok(Value::Map(entries))
}

fn whole<N: TryFrom<i64>>(schema: &Schema, json: &Json) -> Result<N> {
    let number = json.as_i64().ok_or_else(|| Error::data(format!("{} where the schema says {}", shape(json), schema.kind.name())))?;
    N::try_from(number).map_err(|_| Error::data(format!("{number} does not fit type {}", schema.kind.name())))
}

fn part<'a>(schema: Option<&'a Arc<Schema>>, what: &str) -> Result<&'a Arc<Schema>> {
    schema.ok_or_else(|| Error::data(format!("a schema without {what}")))
}

fn shape(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}
