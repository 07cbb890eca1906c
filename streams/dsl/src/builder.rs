//! Where a stream program begins.

use crate::error::BuildError;
use crate::graph::{Graph, Need, decoder};
use crate::kstream::KStream;
use crate::ktable::KTable;
use crate::options::{Consumed, Materialized};
use crate::row::Data;
use log_model::TopicName;
use streams_runtime::topology::{NodeId, SourceSpec, Topology};

/// Makes streams and tables of topics, and in the end a [`Topology`].
///
/// Streams and tables made with a builder share it; each call on one of them adds a step. Mistakes are reported by [`StreamsBuilder::build`].
///
/// # Examples
/// ```
/// use streams_dsl::{Consumed, KStream, Produced, StreamsBuilder};
///
/// let builder = StreamsBuilder::new();
/// let orders: KStream<String, i64> = builder.stream("orders", Consumed::default());
/// orders.filter(|_key, amount| amount.is_some_and(|amount| *amount >= 100)).to("large-orders", Produced::default());
/// let topology = builder.build().unwrap();
/// assert_eq!(topology.source_topics()[0].as_str(), "orders");
/// ```
#[derive(Default)]
pub struct StreamsBuilder {
    graph: Graph,
}

impl StreamsBuilder {
    /// An empty program.
    pub fn new() -> Self {
        StreamsBuilder::default()
    }

    /// The records of one or several topics as a stream. A topic may be read once in a program.
    pub fn stream<K: Data, V: Data>(&self, topics: impl Topics, consumed: Consumed<K, V>) -> KStream<K, V> {
        let topics = topics.names();
        let operation = format!("stream {}", topics.join(", "));
        let need = Need { operation: &operation, option: "Consumed::with" };
        let key = self.graph.key_serde(consumed.key, None, need);
        let value = self.graph.value_serde(consumed.value, None, need);
        let spec = SourceSpec {
            name: consumed.name,
            topics: topics.iter().filter_map(|topic| self.graph.topic(topic)).collect(),
            decoder: decoder(&key, &value),
            dead_letter: consumed.dead_letter.and_then(|topic| self.graph.topic(&topic)),
            describe: format!("{} {}", key.describe(), value.describe()),
        };
        let source: NodeId = self.graph.add(|builder| builder.source(spec));
        KStream::new(self.graph.clone(), source.into(), Some(key), Some(value))
    }

    /// The records of a topic as updates of a table: the last record of a key is its row, a record without a value deletes it.
    ///
    /// The rows are kept in a store if `materialized` has a name; a deletion of a row that is not there is then no update. Records without a key are dropped and
    /// counted.
    ///
    /// # Examples
    /// ```
    /// use streams_dsl::{Consumed, KTable, Materialized, StreamsBuilder};
    ///
    /// let builder = StreamsBuilder::new();
    /// let users: KTable<String, String> = builder.table("users", Consumed::default(), Materialized::named("users"));
    /// let topology = builder.build().unwrap();
    /// assert_eq!(topology.stores()[0].name, "users");
    /// ```
    pub fn table<K: Data, V: Data>(&self, topic: &str, consumed: Consumed<K, V>, materialized: Materialized<K, V>) -> KTable<K, V> {
        self.stream(topic, consumed).table("table", materialized)
    }

    /// The topology of everything made with this builder, or the first mistake.
    pub fn build(self) -> Result<Topology, BuildError> {
        self.graph.finish()
    }
}

/// One topic or several.
pub trait Topics {
    /// Their names.
    fn names(self) -> Vec<String>;
}

impl Topics for &str {
    fn names(self) -> Vec<String> {
        vec![self.to_string()]
    }
}

impl Topics for String {
    fn names(self) -> Vec<String> {
        vec![self]
    }
}

impl Topics for &TopicName {
    fn names(self) -> Vec<String> {
        vec![self.to_string()]
    }
}

impl<const N: usize> Topics for [&str; N] {
    fn names(self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}

impl Topics for Vec<String> {
    fn names(self) -> Vec<String> {
        self
    }
}
