//! The name of a consumer group.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The name of a consumer group; cheap to clone. Any non-empty text, as in Kafka.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(Arc<str>);

impl GroupId {
    /// A group id from text.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        GroupId(name.into())
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for GroupId {
    fn from(name: &str) -> Self {
        GroupId::new(name)
    }
}
