//! Stream programs: a typed, fluent API with the words and the semantics of Kafka Streams.
//!
//! A program starts with a [`StreamsBuilder`], reads topics as [`KStream`]s and [`KTable`]s, and ends as a
//! [`Topology`](streams_runtime::topology::Topology) for the runtime to run. Word count:
//!
//! ```
//! use streams_dsl::{Consumed, Grouped, KStream, Materialized, Produced, StreamsBuilder};
//!
//! let builder = StreamsBuilder::new();
//! let lines: KStream<String, String> = builder.stream("lines", Consumed::default());
//! lines
//!     .flat_map_values(|line| line.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>())
//!     .group_by(|_key, word| word.cloned(), Grouped::default().named("by-word"))
//!     .count(Materialized::named("counts"))
//!     .to_stream()
//!     .to("counts", Produced::default());
//! let topology = builder.build().unwrap();
//! assert_eq!(topology.subtopologies().len(), 2, "words go through the repartition topic by-word");
//! assert_eq!(topology.stores()[0].name, "counts");
//! ```
//!
//! # Nulls
//! A record may lack a key or a value, so functions over both see `Option`s. Functions over values only are called for the values there are.
//! Aggregations drop rows without a key or a value, and count what they drop by reason.
//!
//! # Names
//! Stores, repartition topics and steps are named by the user or by a fingerprint of what they are and what they read, never by a counter:
//! an operation added elsewhere renames nothing. Functions have no fingerprint, so two steps that differ only in their function cannot be told
//! apart; where state hangs on it, building asks for a name.
//!
//! # One update for each key and batch
//! Aggregates emit one update for each key and batch of rows, with the last result, unless [`Materialized::without_caching`] asks for all.
//! Which intermediate results appear therefore depends on the batches; the last one of each key does not.

mod branched;
mod builder;
mod codec;
mod error;
mod graph;
mod headers;
mod kgrouped_stream;
mod kstream;
mod ktable;
mod operators;
mod options;
mod row;
mod serdes;
mod time_windowed_kstream;
mod window;

pub use branched::BranchedKStream;
pub use builder::{StreamsBuilder, Topics};
pub use error::BuildError;
pub use headers::Headers;
pub use kgrouped_stream::KGroupedStream;
pub use kstream::KStream;
pub use ktable::KTable;
pub use options::{Consumed, Grouped, Materialized, Produced, Repartitioned};
pub use row::{Change, Data, Row};
pub use serdes::{Integer, Json, MessagePack, RawBytes, Serde, SerdeError, SerdeRef, Text, TimeWindowed};
pub use time_windowed_kstream::TimeWindowedKStream;
pub use window::{EmitStrategy, TimeWindows, Window, Windowed};
