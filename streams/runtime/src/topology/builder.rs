//! Builds a topology node by node; names and checks it as a whole at the end.

use super::graph::{Graph, Node, NodeKind, RepartitionTopic, Store, Topology};
use super::spec::{NodeId, NodeOutput, OperatorSpec, RepartitionSpec, SinkSpec, SourceSpec, StoreId, StoreSpec};
use super::{TopologyError, names, split};
use log_model::{CleanupPolicy, TopicConfig, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// Builds a [`Topology`].
///
/// ```
/// use log_model::{TopicName, TopicPartition};
/// use std::sync::Arc;
/// use streams_runtime::topology::{SinkSpec, SourceSpec, TopologyBuilder};
/// use streams_runtime::{Chunk, ConsumedRecord, Context, Decoder, Encoder, RecordWriter, Result};
///
/// struct Copy;
/// impl Decoder for Copy {
///     fn decode(&mut self, _: &TopicPartition, records: &[ConsumedRecord], _: &mut Context<'_>) -> Result<Chunk> {
///         Ok(Chunk::new(records.to_vec()))
///     }
/// }
/// impl Encoder for Copy {
///     fn encode(&mut self, chunk: Chunk, out: &mut dyn RecordWriter) -> Result<()> {
///         for row in chunk.take::<Vec<ConsumedRecord>>()? {
///             out.write(row.timestamp, row.key.as_deref(), row.value.as_deref(), &row.headers, None)?;
///         }
///         Ok(())
///     }
/// }
///
/// let mut builder = TopologyBuilder::new();
/// let source = builder.source(SourceSpec {
///     name: Some("lines".into()),
///     topics: vec![TopicName::new("in").unwrap()],
///     decoder: Arc::new(|| Box::new(Copy)),
///     dead_letter: None,
///     describe: "bytes".into(),
/// });
/// builder.sink(
///     SinkSpec {
///         name: Some("copies".into()),
///         topic: TopicName::new("out").unwrap(),
///         encoder: Arc::new(|| Box::new(Copy)),
///         describe: "bytes".into(),
///     },
///     source.into(),
/// );
/// let topology = builder.build().unwrap();
/// assert_eq!(
///     topology.describe(),
///     "Topologies:\n   Sub-topology: 0\n    Source: lines (topics: [in])\n      --> copies\n    Sink: copies (topic: out)\n      <-- lines\n\n"
/// );
/// ```
#[derive(Debug, Default)]
pub struct TopologyBuilder {
    drafts: Vec<Draft>,
    stores: Vec<StoreSpec>,
    repartitions: Vec<RepartitionTopic>,
}

/// A node before names and children are known.
#[derive(Debug)]
struct Draft {
    given_name: Option<String>,
    /// What the generated name begins with.
    stem: &'static str,
    /// What is appended to the name of either half of a repartitioning.
    suffix: &'static str,
    kind: NodeKind,
    describe: String,
    inputs: Vec<NodeOutput>,
    stores: Vec<StoreId>,
    outputs: usize,
}

/// A name and whether it hangs on the order of exact twins.
#[derive(Clone)]
struct Named {
    name: String,
    ambiguous: bool,
}

impl TopologyBuilder {
    /// A builder of nothing yet.
    pub fn new() -> Self {
        TopologyBuilder::default()
    }

    fn push(&mut self, draft: Draft) -> NodeId {
        self.drafts.push(draft);
        NodeId(self.drafts.len() - 1)
    }

    /// Adds a source.
    pub fn source(&mut self, spec: SourceSpec) -> NodeId {
        let topics: Vec<&str> = spec.topics.iter().map(TopicName::as_str).collect();
        let describe = format!("{} of {}", spec.describe, topics.join(", "));
        let kind = NodeKind::Source { topics: spec.topics, decoder: spec.decoder, dead_letter: spec.dead_letter };
        self.push(Draft { given_name: spec.name, stem: "source", suffix: "", kind, describe, inputs: vec![], stores: vec![], outputs: 1 })
    }

    /// Adds an operator that takes `inputs`; the index of an input is its port.
    pub fn operator(&mut self, spec: OperatorSpec, inputs: &[NodeOutput]) -> NodeId {
        let kind = NodeKind::Operator { kind: spec.kind, factory: spec.factory };
        self.push(Draft {
            given_name: spec.name,
            stem: spec.kind,
            suffix: "",
            kind,
            describe: spec.describe,
            inputs: inputs.to_vec(),
            stores: spec.stores,
            outputs: spec.outputs,
        })
    }

    /// Adds a store, to be named in the [`OperatorSpec::stores`] of the operators that use it.
    pub fn store(&mut self, spec: StoreSpec) -> StoreId {
        self.stores.push(spec);
        StoreId(self.stores.len() - 1)
    }

    /// Adds a sink.
    pub fn sink(&mut self, spec: SinkSpec, input: NodeOutput) -> NodeId {
        let describe = format!("{} to {}", spec.describe, spec.topic);
        let kind = NodeKind::Sink { topic: spec.topic, encoder: spec.encoder };
        self.push(Draft {
            given_name: spec.name,
            stem: "sink",
            suffix: "",
            kind,
            describe,
            inputs: vec![input],
            stores: vec![],
            outputs: 0,
        })
    }

    /// Sends rows through an internal topic; what takes the returned node runs in another sub-topology.
    pub fn repartition(&mut self, spec: RepartitionSpec, input: NodeOutput) -> NodeId {
        let repartition = self.repartitions.len();
        let sink = self.push(Draft {
            given_name: spec.name.clone(),
            stem: "rekey",
            suffix: "-sink",
            kind: NodeKind::RepartitionSink { repartition, encoder: spec.encoder },
            describe: spec.describe.clone(),
            inputs: vec![input],
            stores: vec![],
            outputs: 0,
        });
        let source = self.push(Draft {
            given_name: spec.name,
            stem: "rekey",
            suffix: "-source",
            kind: NodeKind::RepartitionSource { repartition, decoder: spec.decoder },
            describe: spec.describe,
            inputs: vec![],
            stores: vec![],
            outputs: 1,
        });
        self.repartitions.push(RepartitionTopic {
            name: String::new(),
            partition_count: spec.partition_count,
            sink: sink.0,
            source: source.0,
        });
        source
    }

    /// Names, checks and splits the whole.
    ///
    /// Errors: see [`TopologyError`]; each says what to change.
    pub fn build(self) -> Result<Topology, TopologyError> {
        if !self.drafts.iter().any(|draft| matches!(draft.kind, NodeKind::Source { .. })) {
            return Err(TopologyError::NoSource);
        }
        let named = self.name_nodes()?;
        self.check_sources(&named)?;
        let store_names = self.name_stores(&named)?;
        let TopologyBuilder { drafts, stores, mut repartitions } = self;
        for repartition in &mut repartitions {
            let Named { name, ambiguous } = &named[repartition.sink];
            if *ambiguous {
                return Err(TopologyError::Ambiguous { what: "a repartition topic", node: name.clone() });
            }
            repartition.name = name.trim_end_matches("-sink").to_string();
            names::check_kept(&repartition.name)?;
        }
        let mut nodes = link(drafts, named);
        let (subtopologies, of_store) = split::split(&mut nodes, stores.len());
        let finished = stores.into_iter().zip(store_names).zip(of_store);
        let stores = finished.map(|((spec, name), subtopology)| finish_store(spec, name, subtopology)).collect::<Result<_, _>>()?;
        Ok(Topology::new(Graph { nodes, stores, repartitions, subtopologies }))
    }

    fn name_nodes(&self) -> Result<Vec<Named>, TopologyError> {
        let mut used: BTreeSet<String> = BTreeSet::new();
        for draft in &self.drafts {
            if let Some(name) = &draft.given_name
                && !used.insert(format!("{name}{}", draft.suffix))
            {
                return Err(TopologyError::DuplicateName { name: name.clone() });
            }
        }
        let mut named: Vec<Named> = Vec::with_capacity(self.drafts.len());
        let mut first_of: BTreeMap<String, usize> = BTreeMap::new();
        for (index, draft) in self.drafts.iter().enumerate() {
            let next = match (&draft.given_name, &draft.kind) {
                (Some(given), _) => {
                    self.input_names(index, &named)?;
                    if given.is_empty() {
                        return Err(TopologyError::InvalidName { name: given.clone(), reason: "it is empty" });
                    }
                    Named { name: format!("{given}{}", draft.suffix), ambiguous: false }
                }
                (None, NodeKind::RepartitionSource { repartition, .. }) => {
                    let sink = &named[self.repartitions[*repartition].sink];
                    let name = format!("{}{}", sink.name.trim_end_matches("-sink"), draft.suffix);
                    Named { name, ambiguous: sink.ambiguous }
                }
                (None, _) => {
                    let (inputs, ambiguous) = self.input_names(index, &named)?;
                    let stem = names::generated(draft.stem, &draft.describe, &inputs);
                    let twin = first_of.get(&stem).copied();
                    if let Some(first) = twin {
                        named[first].ambiguous = true;
                    }
                    first_of.entry(stem.clone()).or_insert(index);
                    Named { name: unused(&mut used, &stem, draft.suffix), ambiguous: ambiguous || twin.is_some() }
                }
            };
            named.push(next);
        }
        self.spread_ambiguity(&mut named);
        Ok(named)
    }

    /// A twin found late makes everything after the first of them ambiguous too.
    fn spread_ambiguity(&self, named: &mut [Named]) {
        for (index, draft) in self.drafts.iter().enumerate() {
            let from_input = draft.inputs.iter().any(|input| named[input.node.0].ambiguous);
            let from_sink = match draft.kind {
                NodeKind::RepartitionSource { repartition, .. } => named[self.repartitions[repartition].sink].ambiguous,
                _ => false,
            };
            named[index].ambiguous |= draft.given_name.is_none() && (from_input || from_sink);
        }
    }

    /// The names of a node's inputs, and whether one of them is ambiguous.
    fn input_names(&self, index: usize, named: &[Named]) -> Result<(Vec<String>, bool), TopologyError> {
        let draft = &self.drafts[index];
        let node = || draft.given_name.clone().unwrap_or_else(|| format!("a {} step", draft.stem));
        let takes_input = !matches!(draft.kind, NodeKind::Source { .. } | NodeKind::RepartitionSource { .. });
        if takes_input && draft.inputs.is_empty() {
            return Err(TopologyError::NoInput { node: node() });
        }
        let mut names = Vec::with_capacity(draft.inputs.len());
        let mut ambiguous = false;
        for input in &draft.inputs {
            let exists = input.node.0 < index && input.output < self.drafts[input.node.0].outputs;
            if !exists {
                let missing = format!("output {} of node {}", input.output, input.node.0);
                return Err(TopologyError::UnknownInput { node: node(), missing });
            }
            let parent = &named[input.node.0];
            ambiguous |= parent.ambiguous;
            names.push(if input.output == 0 { parent.name.clone() } else { format!("{}[{}]", parent.name, input.output) });
        }
        Ok((names, ambiguous))
    }

    fn check_sources(&self, named: &[Named]) -> Result<(), TopologyError> {
        let mut reader: BTreeMap<&TopicName, usize> = BTreeMap::new();
        for (index, draft) in self.drafts.iter().enumerate() {
            let NodeKind::Source { topics, .. } = &draft.kind else { continue };
            if topics.is_empty() {
                return Err(TopologyError::NoTopics { source_name: named[index].name.clone() });
            }
            for topic in topics {
                if let Some(first) = reader.insert(topic, index) {
                    let (first, second) = (named[first].name.clone(), named[index].name.clone());
                    return Err(TopologyError::TopicReadTwice { topic: topic.clone(), first, second });
                }
            }
        }
        Ok(())
    }

    fn name_stores(&self, named: &[Named]) -> Result<Vec<String>, TopologyError> {
        let mut used = BTreeSet::new();
        let mut names = Vec::with_capacity(self.stores.len());
        for (index, spec) in self.stores.iter().enumerate() {
            let place = |draft: &Draft| draft.stores.iter().position(|store| store.0 == index);
            let user = self.drafts.iter().enumerate().find_map(|(node, draft)| place(draft).map(|at| (node, at)));
            let Some((node, at)) = user else {
                return Err(TopologyError::UnusedStore { store: spec.name.clone().unwrap_or_else(|| spec.describe.clone()) });
            };
            let name = match &spec.name {
                Some(name) => name.clone(),
                None if named[node].ambiguous => return Err(TopologyError::Ambiguous { what: "a store", node: named[node].name.clone() }),
                None if at == 0 => format!("{}-store", named[node].name),
                None => format!("{}-store-{at}", named[node].name),
            };
            names::check_kept(&name)?;
            if !used.insert(name.clone()) {
                return Err(TopologyError::DuplicateName { name });
            }
            names.push(name);
        }
        Ok(names)
    }
}

fn unused(used: &mut BTreeSet<String>, stem: &str, suffix: &str) -> String {
    let mut name = format!("{stem}{suffix}");
    let mut twin = 2;
    while !used.insert(name.clone()) {
        name = format!("{stem}-{twin}{suffix}");
        twin += 1;
    }
    name
}

fn link(drafts: Vec<Draft>, named: Vec<Named>) -> Vec<Node> {
    let mut children: Vec<Vec<Vec<(usize, usize)>>> = drafts.iter().map(|draft| vec![Vec::new(); draft.outputs]).collect();
    for (index, draft) in drafts.iter().enumerate() {
        for (port, input) in draft.inputs.iter().enumerate() {
            children[input.node.0][input.output].push((index, port));
        }
    }
    let finish = |((draft, named), children): ((Draft, Named), _)| Node {
        name: named.name,
        kind: draft.kind,
        describe: draft.describe,
        inputs: draft.inputs.iter().map(|input| input.node.0).collect(),
        children,
        stores: draft.stores.iter().map(|store| store.0).collect(),
        subtopology: 0,
    };
    drafts.into_iter().zip(named).zip(children).map(finish).collect()
}

fn finish_store(spec: StoreSpec, name: String, subtopology: usize) -> Result<Store, TopologyError> {
    let mut config = TopicConfig { cleanup_policy: CleanupPolicy::Compact, ..TopicConfig::default() };
    for (key, value) in &spec.changelog_config {
        config.set(key, value).map_err(|error| TopologyError::ChangelogConfig { store: name.clone(), reason: error.to_string() })?;
    }
    Ok(Store { name, kind: spec.kind, changelog: spec.changelog.then_some(config), subtopology })
}
