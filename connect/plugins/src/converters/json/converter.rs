//! The converter itself: options and envelope.

use super::{decode, encode, schema_json};
use crate::registry::VERSION;
use bytes::Bytes;
use connect_api::{Config, ConfigDef, ConfigKey, ConfigType, Converter, Data, Error, Importance, Plugin, Result};
use serde_json::{Map, Value as Json};

const ENVELOPE: &str = "with schemas.enable a value must be an object with the fields \"schema\" and \"payload\" and no others; \
                        for plain JSON set schemas.enable=false";

/// The plugin.
pub fn plugin() -> Plugin {
    let def = ConfigDef::new()
        .key(
            ConfigKey::new("schemas.enable", ConfigType::Boolean, Importance::High, "whether the schema stands beside each value")
                .default("true"),
        )
        .key(
            ConfigKey::new("schemas.cache.size", ConfigType::Int, Importance::High, "accepted for Kafka's sake; schemas are not cached")
                .default("1000"),
        )
        .key(
            ConfigKey::new(
                "decimal.format",
                ConfigType::String,
                Importance::Low,
                "how decimals are written: base64 of the unscaled number",
            )
            .default("BASE64")
            .one_of(&["BASE64"]),
        )
        .key(
            ConfigKey::new(
                "replace.null.with.default",
                ConfigType::Boolean,
                Importance::Low,
                "whether a null is written as the default of its schema",
            )
            .default("true"),
        );
    Plugin::converter("org.apache.kafka.connect.json.JsonConverter", VERSION, || Box::new(JsonConverter::default())).with_config(def)
}

/// Values as JSON.
#[derive(Clone, Copy, Debug)]
pub struct JsonConverter {
    schemas: bool,
    replace_null: bool,
}

impl Default for JsonConverter {
    fn default() -> Self {
        JsonConverter { schemas: true, replace_null: true }
    }
}

impl Converter for JsonConverter {
    fn configure(&mut self, config: &Config, _is_key: bool) -> Result<()> {
        self.schemas = config.boolean("schemas.enable")?;
        self.replace_null = config.boolean("replace.null.with.default")?;
        Ok(())
    }

    fn to_bytes(&self, _topic: &str, data: &Data) -> Result<Option<Bytes>> {
        if data.value.is_null() && data.schema.is_none() {
            return Ok(None);
        }
        let payload = encode::to_json(data.schema.as_deref(), &data.value, self.replace_null)?;
        let json = if self.schemas {
            let mut envelope = Map::new();
            envelope.insert("schema".into(), data.schema.as_deref().map_or(Ok(Json::Null), schema_json::write)?);
            envelope.insert("payload".into(), payload);
            Json::Object(envelope)
        } else {
            payload
        };
        serde_json::to_vec(&json).map(|bytes| Some(bytes.into())).map_err(|error| Error::data(format!("cannot write JSON: {error}")))
    }

    fn to_data(&self, _topic: &str, bytes: Option<&Bytes>) -> Result<Data> {
        let Some(bytes) = bytes else { return Ok(Data::null()) };
        let json: Json = serde_json::from_slice(bytes).map_err(|error| Error::data(format!("not JSON: {error}")))?;
        if !self.schemas {
            return decode::schemaless(json).map(Data::schemaless);
        }
        let Json::Object(mut envelope) = json else { return Err(Error::data(ENVELOPE)) };
        let (Some(schema), Some(payload), 2) = (envelope.remove("schema"), envelope.remove("payload"), envelope.len() + 2) else {
            return Err(Error::data(ENVELOPE));
        };
        if schema.is_null() {
            return decode::schemaless(payload).map(Data::schemaless);
        }
        let schema = schema_json::read(&schema)?;
        let value = decode::with_schema(&schema, payload, self.replace_null)?;
        Ok(Data::of(schema, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use connect_api::{Schema, SchemaType, Struct, Value};
    use proptest::prelude::*;

    const PLAIN: JsonConverter = JsonConverter { schemas: false, replace_null: true };

    fn text(converter: JsonConverter, data: &Data) -> String {
        String::from_utf8(converter.to_bytes("t", data).unwrap().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn a_struct_is_written_as_kafka_writes_it_and_reads_back() {
        let schema = Schema::builder(SchemaType::Struct)
            .name("shop.Order")
            .field("id", Schema::int64())
            .field("qty", Schema::int32().optional().default(Value::Int32(7)))
            .field("raw", Schema::bytes())
            .field("tags", Schema::map(Schema::string(), Schema::boolean()))
            .build()
            .unwrap();
        let order = Struct::new(schema.clone())
            .with("id", Value::Int64(1))
            .and_then(|order| order.with("raw", Value::Bytes(Bytes::from_static(b"\x01\x02"))))
            .and_then(|order| order.with("tags", Value::Map(vec![(Value::from("a"), Value::Boolean(true))])))
            .unwrap();
        let data = Data::of(schema, Value::Struct(order));
        let written = text(JsonConverter::default(), &data);
        assert_eq!(
            written,
            concat!(
                r#"{"schema":{"type":"struct","fields":[{"type":"int64","optional":false,"field":"id"},"#,
                r#"{"type":"int32","optional":true,"default":7,"field":"qty"},{"type":"bytes","optional":false,"field":"raw"},"#,
                r#"{"type":"map","keys":{"type":"string","optional":false},"values":{"type":"boolean","optional":false},"#,
                r#""optional":false,"field":"tags"}],"optional":false,"name":"shop.Order"},"#,
                r#""payload":{"id":1,"qty":7,"raw":"AQI=","tags":{"a":true}}}"#
            )
        );
        let read = JsonConverter::default().to_data("t", Some(&Bytes::from(written))).unwrap();
        assert_eq!(read, data);
        assert_eq!(text(PLAIN, &data), r#"{"id":1,"qty":7,"raw":"AQI=","tags":{"a":true}}"#);
    }

    #[test]
    fn bytes_that_are_not_of_the_format_say_why() {
        let read = |converter: JsonConverter, text: &'static str| converter.to_data("t", Some(&Bytes::from_static(text.as_bytes())));
        assert_eq!(read(JsonConverter::default(), "{\"a\":1}").unwrap_err().to_string(), ENVELOPE);
        assert!(read(PLAIN, "{\"a\":").unwrap_err().to_string().starts_with("not JSON: EOF"));
        let wrong = r#"{"schema":{"type":"int8"},"payload":300}"#;
        assert_eq!(read(JsonConverter::default(), wrong).unwrap_err().to_string(), "300 does not fit type int8");
        let unknown = r#"{"schema":{"type":"int7"},"payload":300}"#;
        assert_eq!(read(JsonConverter::default(), unknown).unwrap_err().to_string(), "schema of unknown type \"int7\"");
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(PLAIN.to_data("t", Some(&Bytes::from(deep))).is_err());
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            "[a-z\"\\\\é]{0,8}".prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Json::Array),
                prop::collection::vec(("[a-z]{1,4}", inner), 0..6).prop_map(|entries| Json::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn plain_json_passes_through_unchanged(json in any_json()) {
            let bytes = Bytes::from(serde_json::to_vec(&json).unwrap());
            let data = PLAIN.to_data("t", Some(&bytes)).unwrap();
            if !json.is_null() {
                prop_assert_eq!(PLAIN.to_bytes("t", &data).unwrap().unwrap(), bytes);
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = JsonConverter::default().to_data("t", Some(&Bytes::from(bytes)));
        }
    }
}
