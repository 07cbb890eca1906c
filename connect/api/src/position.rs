//! Where a source is in the outside world: which part of it (the source partition) and how far (the source offset). Both are JSON objects, as in Kafka.

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A JSON object with its keys in order, so that equal objects have equal text.
pub type JsonMap = BTreeMap<String, Json>;

/// Which part of the outside world: `{"filename":"/var/log/access.log"}`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePartition(Arc<JsonMap>);

impl SourcePartition {
    /// From an object.
    pub fn new(fields: JsonMap) -> SourcePartition {
        SourcePartition(Arc::new(fields))
    }

    /// From one field.
    pub fn of(field: &str, value: &str) -> SourcePartition {
        SourcePartition::new(JsonMap::from([(field.to_string(), Json::from(value))]))
    }

    /// Its fields.
    pub fn fields(&self) -> &JsonMap {
        &self.0
    }

    /// One field's text.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(Json::as_str)
    }
}

impl fmt::Display for SourcePartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_map(&self.0, f)
    }
}

/// How far: `{"position":4711}`. Every record carries one, so the usual shape, some fields that stay and a number that moves, costs no allocation.
#[derive(Clone, Debug)]
pub struct SourceOffset {
    shared: Option<Arc<JsonMap>>,
    number: Option<(&'static str, i64)>,
}

impl SourceOffset {
    /// From an object.
    pub fn new(fields: JsonMap) -> SourceOffset {
        SourceOffset { shared: Some(Arc::new(fields)), number: None }
    }

    /// From one number.
    pub fn number(field: &'static str, number: i64) -> SourceOffset {
        SourceOffset { shared: None, number: Some((field, number)) }
    }

    /// One number beside fields that many offsets share.
    pub fn shared(fields: Arc<JsonMap>, field: &'static str, number: i64) -> SourceOffset {
        SourceOffset { shared: Some(fields), number: Some((field, number)) }
    }

    /// As an object.
    pub fn to_map(&self) -> JsonMap {
        let mut map = self.shared.as_deref().cloned().unwrap_or_default();
        if let Some((field, number)) = self.number {
            map.insert(field.to_string(), Json::from(number));
        }
        map
    }
}

impl PartialEq for SourceOffset {
    fn eq(&self, other: &SourceOffset) -> bool {
        self.to_map() == other.to_map()
    }
}

impl fmt::Display for SourceOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_map(&self.to_map(), f)
    }
}

fn write_map(map: &JsonMap, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&serde_json::to_string(map).map_err(|_| fmt::Error)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_an_offset_are_the_same_object() {
        let shared = Arc::new(JsonMap::from([("inode".to_string(), Json::from(7))]));
        let offset = SourceOffset::shared(shared, "position", 3);
        assert_eq!(offset.to_string(), r#"{"inode":7,"position":3}"#);
        assert_eq!(offset, SourceOffset::new(offset.to_map()));
        assert_eq!(SourcePartition::of("filename", "a").to_string(), r#"{"filename":"a"}"#);
    }
}
