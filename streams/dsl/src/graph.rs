//! The topology under construction, shared by a builder and all streams and tables made with it. Mistakes are collected here and reported by
//! `build`, so that the fluent calls need no error handling.

use crate::codec::{KeyDecoder, KeyEncoder, RowDecoder, RowEncoder};
use crate::error::BuildError;
use crate::row::Data;
use crate::serdes::{Serde, SerdeError, SerdeRef, builtin};
use log_model::TopicName;
use parking_lot::Mutex;
use std::any::type_name;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use streams_runtime::topology::{
    DecoderFactory, EncoderFactory, NodeId, NodeOutput, OperatorFactory, OperatorSpec, Topology, TopologyBuilder,
};

/// A shared handle of the topology under construction.
#[derive(Clone, Default)]
pub(crate) struct Graph(Arc<Mutex<Draft>>);

#[derive(Default)]
struct Draft {
    builder: TopologyBuilder,
    errors: Vec<BuildError>,
}

/// What a serde is needed for: the words of the error when there is none.
#[derive(Clone, Copy)]
pub(crate) struct Need<'a> {
    pub(crate) operation: &'a str,
    pub(crate) option: &'static str,
}

impl Graph {
    /// Adds to the topology.
    pub(crate) fn add<R>(&self, change: impl FnOnce(&mut TopologyBuilder) -> R) -> R {
        change(&mut self.0.lock().builder)
    }

    /// Adds an operator without state.
    pub(crate) fn step(&self, kind: &'static str, name: Option<String>, factory: OperatorFactory, inputs: &[NodeOutput]) -> NodeId {
        let spec = OperatorSpec { name, kind, describe: String::new(), factory, stores: Vec::new(), outputs: 1 };
        self.add(|builder| builder.operator(spec, inputs))
    }

    /// Notes a mistake for `build`.
    pub(crate) fn mistake(&self, error: impl Into<BuildError>) {
        self.0.lock().errors.push(error.into());
    }

    /// Whether both belong to one builder.
    pub(crate) fn is(&self, other: &Graph) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A topic's name; noted as a mistake if it cannot be one.
    pub(crate) fn topic(&self, name: &str) -> Option<TopicName> {
        TopicName::new(name).map_err(|error| self.mistake(error)).ok()
    }

    /// The serde of keys: given, else inherited, else built in.
    pub(crate) fn key_serde<T: 'static>(&self, given: Option<SerdeRef<T>>, inherited: Option<&SerdeRef<T>>, need: Need<'_>) -> SerdeRef<T> {
        self.serde("keys", given, inherited, need)
    }

    /// The serde of values: given, else inherited, else built in.
    pub(crate) fn value_serde<T: 'static>(
        &self,
        given: Option<SerdeRef<T>>,
        inherited: Option<&SerdeRef<T>>,
        need: Need<'_>,
    ) -> SerdeRef<T> {
        self.serde("values", given, inherited, need)
    }

    fn serde<T: 'static>(
        &self,
        part: &'static str,
        given: Option<SerdeRef<T>>,
        inherited: Option<&SerdeRef<T>>,
        need: Need<'_>,
    ) -> SerdeRef<T> {
        given.or_else(|| inherited.cloned()).or_else(builtin).unwrap_or_else(|| {
            let operation = need.operation.to_string();
            self.mistake(BuildError::MissingSerde { part, type_name: type_name::<T>(), operation, option: need.option });
            Arc::new(Absent)
        })
    }

    /// The finished topology, or the first mistake.
    pub(crate) fn finish(&self) -> Result<Topology, BuildError> {
        let draft = std::mem::take(&mut *self.0.lock());
        match draft.errors.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(draft.builder.build()?),
        }
    }
}

/// Decoders of rows with these serdes.
pub(crate) fn decoder<K: Data, V: Data>(key: &SerdeRef<K>, value: &SerdeRef<V>) -> DecoderFactory {
    let (key, value) = (Arc::clone(key), Arc::clone(value));
    Arc::new(move || Box::new(RowDecoder { key: Arc::clone(&key), value: Arc::clone(&value) }))
}

/// Encoders of rows with these serdes.
pub(crate) fn encoder<K: Data, V: Data>(key: &SerdeRef<K>, value: &SerdeRef<V>) -> EncoderFactory {
    let (key, value) = (Arc::clone(key), Arc::clone(value));
    Arc::new(move || Box::new(RowEncoder::new(Arc::clone(&key), Arc::clone(&value))))
}

/// Decoders for what [`encoder_of_asked`] writes: of rows, or of keys alone.
pub(crate) fn decoder_of_asked<K: Data, V: Data>(key: &SerdeRef<K>, value: &SerdeRef<V>, values: Arc<AtomicBool>) -> DecoderFactory {
    let (rows, key) = (decoder(key, value), Arc::clone(key));
    Arc::new(move || if values.load(Ordering::Relaxed) { rows() } else { Box::new(KeyDecoder { key: Arc::clone(&key) }) })
}

/// Encoders of rows: whole ones, or only their keys if nobody has asked for values by the time tasks are built.
pub(crate) fn encoder_of_asked<K: Data, V: Data>(key: &SerdeRef<K>, value: &SerdeRef<V>, values: Arc<AtomicBool>) -> EncoderFactory {
    let (rows, key) = (encoder(key, value), Arc::clone(key));
    Arc::new(move || if values.load(Ordering::Relaxed) { rows() } else { Box::new(KeyEncoder::<K, V>::new(Arc::clone(&key))) })
}

/// Stands in for a missing serde until `build` reports it.
struct Absent;

impl<T> Serde<T> for Absent {
    fn describe(&self) -> String {
        "absent".into()
    }

    fn serialize(&self, _value: &T, _out: &mut Vec<u8>) -> Result<(), SerdeError> {
        Err(SerdeError::new("a serde", "none was given"))
    }

    fn deserialize(&self, _bytes: &[u8]) -> Result<T, SerdeError> {
        Err(SerdeError::new("a serde", "none was given"))
    }
}
