//! Runs a whole program in the calling thread: every topic has one partition, repartition topics are queues in memory, and each record is processed
//! to its end, and committed, before the next (Kafka's `TopologyTestDriver`).

use crate::TestError;
use crate::store_view::{KeyValueStore, WindowStore};
use crate::task::{TestTask, Written};
use crate::topic::{TestRecord, TestTopic};
use log_model::{Offset, Timestamp, TopicName, TopicPartition};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use streams_dsl::Serde;
use streams_runtime::task::{CollectedRecord, OutputTopicKind};
use streams_runtime::topology::Topology;
use streams_runtime::{ConsumedRecord, DropReason};
use streams_state::CachedStore;

/// Drives a topology record by record, without a log.
///
/// Outputs equal those of Kafka Streams record by record. Nothing in a topology looks at the wall clock; it only stamps rows that are piped in
/// without a timestamp.
///
/// # Examples
/// ```
/// use streams_dsl::{Consumed, Grouped, Integer, KStream, Materialized, Produced, StreamsBuilder, Text};
/// use streams_testkit::{TestTopic, TopologyTestDriver};
///
/// let builder = StreamsBuilder::new();
/// let lines: KStream<String, String> = builder.stream("lines", Consumed::default());
/// lines
///     .flat_map_values(|line| line.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>())
///     .group_by(|_key, word| word.cloned(), Grouped::default().named("by-word"))
///     .count(Materialized::named("counts"))
///     .to_stream()
///     .to("counts", Produced::default());
///
/// let mut driver = TopologyTestDriver::new(builder.build().unwrap()).unwrap();
/// driver.pipe_input(&TestTopic::new("lines", Text, Text), None, "To be or not to be".to_string(), 0).unwrap();
///
/// let counts = driver.read_output(&TestTopic::new("counts", Text, Integer)).unwrap();
/// let counts: Vec<(String, i64)> = counts.into_iter().map(|record| (record.key.unwrap(), record.value.unwrap())).collect();
/// assert_eq!(counts.last(), Some(&("be".to_string(), 2)));
/// let mut store = driver.key_value_store("counts", Text, Integer).unwrap();
/// assert_eq!(store.get(&"to".to_string()).unwrap(), Some((2i64, 0)));
/// ```
pub struct TopologyTestDriver {
    topology: Topology,
    tasks: Vec<TestTask>,
    outputs: BTreeMap<TopicName, VecDeque<CollectedRecord>>,
    pending: VecDeque<(TopicPartition, ConsumedRecord)>,
    next_offsets: BTreeMap<TopicPartition, Offset>,
    wall_clock_ms: i64,
    failed: Option<String>,
}

impl TopologyTestDriver {
    /// A program with empty stores, at wall-clock time 0.
    pub fn new(topology: Topology) -> Result<Self, TestError> {
        let tasks = (0..topology.subtopologies().len()).map(|subtopology| TestTask::new(&topology, subtopology));
        let tasks = tasks.collect::<Result<_, _>>()?;
        Ok(TopologyTestDriver {
            topology,
            tasks,
            outputs: BTreeMap::new(),
            pending: VecDeque::new(),
            next_offsets: BTreeMap::new(),
            wall_clock_ms: 0,
            failed: None,
        })
    }

    /// Pipes a row into a topic and runs the program until it has nothing left to do.
    pub fn pipe_input<K: 'static, V: 'static>(
        &mut self,
        topic: &TestTopic<K, V>,
        key: impl Into<Option<K>>,
        value: impl Into<Option<V>>,
        timestamp_ms: i64,
    ) -> Result<(), TestError> {
        self.pipe_record(topic, key, value, timestamp_ms)
    }

    /// The same with the time of the driver's wall clock.
    pub fn pipe_input_now<K: 'static, V: 'static>(
        &mut self,
        topic: &TestTopic<K, V>,
        key: impl Into<Option<K>>,
        value: impl Into<Option<V>>,
    ) -> Result<(), TestError> {
        self.pipe_record(topic, key, value, self.wall_clock_ms)
    }

    fn pipe_record<K: 'static, V: 'static>(
        &mut self,
        topic: &TestTopic<K, V>,
        key: impl Into<Option<K>>,
        value: impl Into<Option<V>>,
        timestamp_ms: i64,
    ) -> Result<(), TestError> {
        let (key, value) =
            topic.encode(key.into().as_ref(), value.into().as_ref()).map_err(|error| TestError::serde(topic.name(), error))?;
        let record = ConsumedRecord { offset: Offset::ZERO, timestamp: Timestamp(timestamp_ms), key, value, headers: Vec::new() };
        self.pipe_raw(topic.name(), record)
    }

    /// Pipes a record into a topic as it is, headers included; only its offset is chosen by the driver.
    pub fn pipe_raw(&mut self, topic: &str, record: ConsumedRecord) -> Result<(), TestError> {
        if let Some(reason) = &self.failed {
            return Err(TestError::FailedBefore(reason.clone()));
        }
        let name = TopicName::new(topic)?;
        if !self.topology.source_topics().contains(&name) {
            let known: Vec<String> = self.topology.source_topics().iter().map(ToString::to_string).collect();
            return Err(TestError::UnknownTopic { topic: name.to_string(), known: known.join(", ") });
        }
        self.pending.push_back((name.partition(0), record));
        self.run()
    }

    /// What has been written to a topic since it was last read: a sink's, or one for dead letters.
    pub fn read_output<K: 'static, V: 'static>(&mut self, topic: &TestTopic<K, V>) -> Result<Vec<TestRecord<K, V>>, TestError> {
        let records = self.outputs.remove(&TopicName::new(topic.name())?).unwrap_or_default();
        let typed = records.into_iter().map(|record| {
            let (key, value) =
                topic.decode(record.key.as_ref(), record.value.as_ref()).map_err(|error| TestError::serde(topic.name(), error))?;
            let headers = record.headers.into_iter().map(|header| (header.key, header.value)).collect();
            Ok(TestRecord { key, value, timestamp_ms: record.timestamp.0, headers })
        });
        typed.collect()
    }

    /// Moves the wall clock, which stamps the rows of [`TopologyTestDriver::pipe_input_now`].
    pub fn advance_wall_clock(&mut self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.wall_clock_ms = self.wall_clock_ms.saturating_add(millis);
    }

    /// The driver's wall clock, in milliseconds.
    pub fn wall_clock_ms(&self) -> i64 {
        self.wall_clock_ms
    }

    /// Closes every open window, as if enough time had passed; rows for them are late from now on.
    pub fn close_windows(&mut self) -> Result<(), TestError> {
        loop {
            let mut closed = false;
            for index in 0..self.tasks.len() {
                if let Some(written) = self.tasks[index].close()? {
                    closed = true;
                    self.take(written);
                }
            }
            self.run()?;
            if !closed {
                return Ok(());
            }
        }
    }

    /// How many rows have been left out for this reason, in all steps.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        let index = DropReason::ALL.iter().position(|known| *known == reason);
        let counters = self.tasks.iter().flat_map(|task| task.core.counters().nodes);
        counters.map(|node| index.map_or(0, |index| node.drops[index])).sum()
    }

    /// The store of a table or an aggregate without windows.
    pub fn key_value_store<K: 'static, V: 'static>(
        &mut self,
        name: &str,
        key: impl Serde<K>,
        value: impl Serde<V>,
    ) -> Result<KeyValueStore<'_, K, V>, TestError> {
        let store = self.store(name)?;
        Ok(KeyValueStore { name: name.to_string(), store, key: Arc::new(key), value: Arc::new(value) })
    }

    /// The store of an aggregate over windows of length `size`. `key` is the serde of the key without its window.
    pub fn window_store<K: 'static, V: 'static>(
        &mut self,
        name: &str,
        key: impl Serde<K>,
        value: impl Serde<V>,
        size: Duration,
    ) -> Result<WindowStore<'_, K, V>, TestError> {
        Ok(WindowStore { inner: self.key_value_store(name, key, value)?, size })
    }

    fn store(&mut self, name: &str) -> Result<&mut CachedStore, TestError> {
        let known: Vec<&str> = self.topology.stores().iter().map(|store| store.name.as_str()).collect();
        let missing = || TestError::UnknownStore { store: name.to_string(), known: known.join(", ") };
        self.tasks.iter_mut().flat_map(|task| task.core.stores()).find(|store| store.name() == name).ok_or_else(missing)
    }

    fn run(&mut self) -> Result<(), TestError> {
        while let Some((partition, mut record)) = self.pending.pop_front() {
            let next = self.next_offsets.entry(partition.clone()).or_default();
            record.offset = *next;
            *next = next.next();
            let Some(task) = self.tasks.iter_mut().find(|task| task.reads(&partition)) else { continue };
            let written = task.process(&partition, record).inspect_err(|error| self.failed = Some(error.to_string()))?;
            self.take(written);
        }
        Ok(())
    }

    /// Puts what a task wrote where it belongs: outputs are kept, what the program reads itself is queued.
    fn take(&mut self, written: Vec<Written>) {
        for Written { record, kind } in written {
            let partition = record.topic.partition(0);
            if self.tasks.iter().any(|task| task.reads(&partition)) {
                self.pending.push_back((partition, consumed(&record)));
            }
            if matches!(kind, OutputTopicKind::Sink | OutputTopicKind::DeadLetter) {
                self.outputs.entry(record.topic.clone()).or_default().push_back(record);
            }
        }
    }
}

fn consumed(record: &CollectedRecord) -> ConsumedRecord {
    ConsumedRecord {
        offset: Offset::ZERO,
        timestamp: record.timestamp,
        key: record.key.clone(),
        value: record.value.clone(),
        headers: record.headers.clone(),
    }
}
