//! Schemas as JSON, in the shape of Kafka's `JsonConverter.asJsonSchema`.

use super::{decode, encode};
use connect_api::{Error, Result, Schema, SchemaType};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

const TYPES: [SchemaType; 12] = [
    SchemaType::Int8,
    SchemaType::Int16,
    SchemaType::Int32,
    SchemaType::Int64,
    SchemaType::Float32,
    SchemaType::Float64,
    SchemaType::Boolean,
    SchemaType::String,
    SchemaType::Bytes,
    SchemaType::Array,
    SchemaType::Map,
    SchemaType::Struct,
];

/// The JSON of a schema.
pub(crate) fn write(schema: &Schema) -> Result<Json> {
    let mut json = Map::new();
    json.insert("type".into(), schema.kind.name().into());
    match schema.kind {
        SchemaType::Array => {
            json.insert("items".into(), optional(schema.value_schema.as_deref())?);
        }
        SchemaType::Map => {
            json.insert("keys".into(), optional(schema.key_schema.as_deref())?);
            json.insert("values".into(), optional(schema.value_schema.as_deref())?);
        }
        SchemaType::Struct => {
            let mut fields = Vec::with_capacity(schema.fields.len());
            for field in &schema.fields {
                let mut written = write(&field.schema)?;
                if let Json::Object(object) = &mut written {
                    object.insert("field".into(), field.name.as_str().into());
                }
                fields.push(written);
            }
            json.insert("fields".into(), Json::Array(fields));
        }
        _ => {}
    }
    json.insert("optional".into(), schema.optional.into());
    if let Some(name) = &schema.name {
        json.insert("name".into(), name.as_str().into());
    }
    if let Some(version) = schema.version {
        json.insert("version".into(), version.into());
    }
    if let Some(doc) = &schema.doc {
        json.insert("doc".into(), doc.as_str().into());
    }
    if !schema.parameters.is_empty() {
        let parameters = schema.parameters.iter().map(|(name, value)| (name.clone(), Json::from(value.as_str())));
        json.insert("parameters".into(), Json::Object(parameters.collect()));
    }
    if let Some(default) = &schema.default {
        json.insert("default".into(), encode::to_json(Some(schema), default, false)?);
    }
    Ok(Json::Object(json))
}

fn optional(schema: Option<&Schema>) -> Result<Json> {
    schema.map_or(Ok(Json::Null), write)
}

/// A schema from its JSON. Errors: names what is missing or wrong.
pub(crate) fn read(json: &Json) -> Result<Arc<Schema>> {
    let name = json.get("type").and_then(Json::as_str).ok_or_else(|| Error::data("a schema without \"type\""))?;
    let kind = TYPES.into_iter().find(|kind| kind.name() == name);
    let kind = kind.ok_or_else(|| Error::data(format!("schema of unknown type {name:?}")))?;
    let mut builder = match kind {
        SchemaType::Array => Schema::array(part(json, "items")?),
        SchemaType::Map => Schema::map(part(json, "keys")?, part(json, "values")?),
        _ => Schema::builder(kind),
    };
    if kind == SchemaType::Struct {
        let fields = json.get("fields").and_then(Json::as_array).ok_or_else(|| Error::data("a struct schema without \"fields\""))?;
        for field in fields {
            let name = field.get("field").and_then(Json::as_str).ok_or_else(|| Error::data("a field without \"field\""))?;
            builder = builder.field(name, read(field)?);
        }
    }
    if json.get("optional").and_then(Json::as_bool).unwrap_or(false) {
        builder = builder.optional();
    }
    if let Some(name) = json.get("name").and_then(Json::as_str) {
        builder = builder.name(name);
    }
    if let Some(version) = json.get("version").and_then(Json::as_i64) {
        builder = builder.version(i32::try_from(version).map_err(|_| Error::data(format!("schema version {version} is out of range")))?);
    }
    if let Some(doc) = json.get("doc").and_then(Json::as_str) {
        builder = builder.doc(doc);
    }
    for (name, value) in json.get("parameters").and_then(Json::as_object).into_iter().flatten() {
        builder = builder.parameter(name, value.as_str().ok_or_else(|| Error::data(format!("schema parameter {name:?} is not text")))?);
    }
    let schema = builder.clone().build()?;
    match json.get("default").filter(|default| !default.is_null()) {
        Some(default) => builder.default(decode::with_schema(&schema, default.clone(), false)?).build(),
        None => Ok(schema),
    }
}

fn part(json: &Json, name: &str) -> Result<Arc<Schema>> {
    read(json.get(name).ok_or_else(|| Error::data(format!("a schema without {name:?}")))?)
}
