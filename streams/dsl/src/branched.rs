//! A stream on its way to being split into branches.

use crate::error::BuildError;
use crate::kstream::KStream;
use crate::operators::{Predicate, branch};
use crate::row::Data;
use std::collections::BTreeMap;
use streams_runtime::topology::OperatorSpec;

/// A split in the making: each row goes to the first branch whose predicate holds, else to the default branch, else nowhere.
///
/// # Examples
/// ```
/// use streams_dsl::{Consumed, KStream, Produced, StreamsBuilder};
///
/// let builder = StreamsBuilder::new();
/// let requests: KStream<String, i32> = builder.stream("status-codes", Consumed::default());
/// let branches = requests
///     .split()
///     .branch("failed", |_key, status| status.is_some_and(|status| *status >= 500))
///     .branch("refused", |_key, status| status.is_some_and(|status| *status >= 400))
///     .default_branch("fine");
/// branches["failed"].to("failures", Produced::default());
/// branches["fine"].to("successes", Produced::default());
/// assert!(builder.build().is_ok());
/// ```
pub struct BranchedKStream<K, V> {
    stream: KStream<K, V>,
    names: Vec<String>,
    predicates: Vec<Predicate<K, V>>,
}

impl<K: Data, V: Data> BranchedKStream<K, V> {
    pub(crate) fn new(stream: KStream<K, V>) -> Self {
        BranchedKStream { stream, names: Vec::new(), predicates: Vec::new() }
    }

    /// One more branch, for the rows that no earlier branch takes and for which `predicate` holds. Two branches of one name are a mistake that `build` reports.
    pub fn branch(mut self, name: impl Into<String>, predicate: impl Fn(Option<&K>, Option<&V>) -> bool + Send + Sync + 'static) -> Self {
        self.names.push(name.into());
        self.predicates.push(Box::new(predicate));
        self
    }

    /// The branches by name, with one more for the rows that match none.
    pub fn default_branch(mut self, name: impl Into<String>) -> BTreeMap<String, KStream<K, V>> {
        self.names.push(name.into());
        self.finish(true)
    }

    /// The branches by name. Rows that match none go nowhere.
    pub fn no_default_branch(self) -> BTreeMap<String, KStream<K, V>> {
        self.finish(false)
    }

    fn finish(self, with_default: bool) -> BTreeMap<String, KStream<K, V>> {
        let BranchedKStream { stream, names, predicates } = self;
        if let Some(index) = (1..names.len()).find(|index| names[..*index].contains(&names[*index])) {
            stream.graph.mistake(BuildError::TwoBranches { name: names[index].clone() });
        }
        let spec = OperatorSpec {
            name: stream.name.clone(),
            kind: "split",
            describe: names.join(", "),
            factory: branch(predicates, with_default),
            stores: Vec::new(),
            outputs: names.len(),
        };
        let node = stream.graph.add(|builder| builder.operator(spec, &[stream.from]));
        names.into_iter().enumerate().map(|(output, name)| (name, stream.same_rows(node.output(output)))).collect()
    }
}
