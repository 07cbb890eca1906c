//! A topic as a test sees it: a name and two serdes.

use bytes::Bytes;
use std::sync::Arc;
use streams_dsl::{Serde, SerdeError, SerdeRef};

/// A topic to pipe rows into or to read rows from.
///
/// # Examples
/// ```
/// use streams_dsl::{Integer, Text};
/// use streams_testkit::TestTopic;
///
/// let counts: TestTopic<String, i64> = TestTopic::new("counts", Text, Integer);
/// ```
#[derive(Clone)]
pub struct TestTopic<K, V> {
    name: String,
    key: SerdeRef<K>,
    value: SerdeRef<V>,
}

/// A record of a topic, as a test sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct TestRecord<K, V> {
    /// The key.
    pub key: Option<K>,
    /// The value.
    pub value: Option<V>,
    /// The timestamp in milliseconds.
    pub timestamp_ms: i64,
    /// The headers, in order.
    pub headers: Vec<(Bytes, Option<Bytes>)>,
}

impl<K: 'static, V: 'static> TestTopic<K, V> {
    /// The topic `name` with keys and values of these serdes.
    pub fn new(name: impl Into<String>, key: impl Serde<K>, value: impl Serde<V>) -> Self {
        TestTopic { name: name.into(), key: Arc::new(key), value: Arc::new(value) }
    }

    /// The topic's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn encode(&self, key: Option<&K>, value: Option<&V>) -> Result<(Option<Bytes>, Option<Bytes>), SerdeError> {
        Ok((encode(&self.key, key)?, encode(&self.value, value)?))
    }

    pub(crate) fn decode(&self, key: Option<&Bytes>, value: Option<&Bytes>) -> Result<(Option<K>, Option<V>), SerdeError> {
        let key = key.map(|bytes| self.key.deserialize_shared(bytes)).transpose()?;
        let value = value.map(|bytes| self.value.deserialize_shared(bytes)).transpose()?;
        Ok((key, value))
    }
}

fn encode<T: 'static>(serde: &SerdeRef<T>, value: Option<&T>) -> Result<Option<Bytes>, SerdeError> {
    let Some(value) = value else { return Ok(None) };
    let mut out = Vec::new();
    serde.serialize(value, &mut out)?;
    Ok(Some(out.into()))
}
