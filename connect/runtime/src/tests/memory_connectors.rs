//! A source and a sink in memory that fail when told to.

use connect_api::{
    Config, ConfigDef, ConfigKey, ConfigType, Data, Error, Importance, Plugin, Rejected, Result, SinkConnector, SinkContext, SinkOffsets,
    SinkRecord, SinkTask, SourceBatch, SourceConnector, SourceContext, SourceOffset, SourcePartition, SourcePoll, SourceRecord, SourceTask,
    async_trait,
};
use log_model::{Offset, TopicName, TopicPartition};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The call is to be repeated.
    Retry,
    /// There is no room.
    Full,
    /// The task ends.
    Fail,
    /// The connector panics.
    Panic,
    /// Something of the outside world is missing.
    Missing,
}

/// What the outside world is like: shared by all runs of the tasks.
#[derive(Default)]
pub(super) struct Outside {
    /// How many rows the source has.
    pub(super) rows: i64,
    /// Where rows go, whatever the option says: a source may take its topics from what it reads.
    pub(super) topic: Option<TopicName>,
    /// Rows the source cannot make records of.
    pub(super) bad_rows: BTreeSet<i64>,
    /// Faults of the calls to come, one each; `None` for a call that succeeds.
    pub(super) source_faults: VecDeque<Option<Fault>>,
    pub(super) sink_faults: VecDeque<Option<Fault>>,
    /// Values the sink refuses.
    pub(super) refused: BTreeSet<String>,
    /// What the source waits for.
    pub(super) waiting_for: Option<String>,
    /// What the sink has made durable.
    pub(super) stored: BTreeMap<TopicPartition, Vec<(Offset, String)>>,
    pub(super) commits: u64,
}

pub(super) type SharedOutside = Arc<Mutex<Outside>>;

fn fault(next: Option<Option<Fault>>) -> Result<()> {
    match next.flatten() {
        None => Ok(()),
        Some(Fault::Retry) => Err(Error::retriable("not now")),
        Some(Fault::Full) => Err(Error::Full { place: "/data".into(), reason: "no space left on device".into() }),
        Some(Fault::Fail) => Err(Error::failed("broken")),
        Some(Fault::Missing) => Err(Error::Outside { action: "read", place: "/in".into(), reason: "it does not exist".into() }),
        Some(Fault::Panic) => panic!("on purpose"),
    }
}

/// The source: rows `0..rows` as text, three a poll.
pub(super) fn source(outside: &SharedOutside) -> Plugin {
    let outside = outside.clone();
    let def = ConfigDef::new().key(ConfigKey::required("topic", ConfigType::String, Importance::High, "where rows go"));
    Plugin::source("test.MemorySourceConnector", "1", move || Box::new(MemorySource(outside.clone())))
        .with_config(def)
        .with_value_converter("StringConverter")
}

struct MemorySource(SharedOutside);

impl SourceConnector for MemorySource {
    fn task(&self) -> Box<dyn SourceTask> {
        Box::new(MemorySourceTask { outside: self.0.clone(), topic: TopicName::new("unset").unwrap(), next: 0 })
    }
}

struct MemorySourceTask {
    outside: SharedOutside,
    topic: TopicName,
    next: i64,
}

#[async_trait]
impl SourceTask for MemorySourceTask {
    async fn start(&mut self, config: &Config, context: SourceContext) -> Result<()> {
        self.topic = config.topic("topic")?;
        self.next = context.offset_number(&SourcePartition::of("of", "memory"), "row").unwrap_or(0);
        Ok(())
    }

    async fn poll(&mut self) -> Result<SourcePoll> {
        let mut outside = self.outside.lock();
        fault(outside.source_faults.pop_front())?;
        if let Some(reason) = &outside.waiting_for {
            return Ok(SourcePoll::Idle { retry_after: Duration::from_millis(100), waiting_for: Some(reason.clone()) });
        }
        let end = outside.rows.min(self.next + 3);
        if self.next == end {
            return Ok(SourcePoll::EndOfInput { retry_after: Duration::from_millis(100) });
        }
        let record = |row: i64| {
            let topic = outside.topic.as_ref().unwrap_or(&self.topic);
            let record = SourceRecord::new(topic.clone(), Data::text(row.to_string()))
                .at(SourcePartition::of("of", "memory"), SourceOffset::number("row", row + 1));
            if outside.bad_rows.contains(&row) { record.with_error(Error::data(format!("row {row} is bad"))) } else { record }
        };
        let records: Vec<_> = (self.next..end).map(record).collect();
        self.next = end;
        Ok(SourcePoll::Records(SourceBatch::from(records)))
    }

    async fn commit(&mut self) -> Result<()> {
        self.outside.lock().commits += 1;
        Ok(())
    }
}

/// The sink: holds up to five records a partition back before it makes them durable, and remembers how far it is.
pub(super) fn sink(outside: &SharedOutside) -> Plugin {
    let outside = outside.clone();
    Plugin::sink("test.MemorySinkConnector", "1", move || Box::new(MemorySink(outside.clone())))
}

struct MemorySink(SharedOutside);

impl SinkConnector for MemorySink {
    fn task(&self) -> Box<dyn SinkTask> {
        Box::new(MemorySinkTask { outside: self.0.clone(), held: BTreeMap::new(), next: SinkOffsets::new() })
    }
}

struct MemorySinkTask {
    outside: SharedOutside,
    held: BTreeMap<TopicPartition, Vec<(Offset, String)>>,
    next: SinkOffsets,
}

impl MemorySinkTask {
    fn store(&mut self, at_least: usize) {
        let mut outside = self.outside.lock();
        for (partition, held) in self.held.iter_mut().filter(|(_, held)| held.len() >= at_least) {
            outside.stored.entry(partition.clone()).or_default().append(held);
        }
    }

    fn refusal(&self, record: &SinkRecord) -> Option<Rejected> {
        let text = text_of(record);
        let error = Error::data(format!("{text} is refused"));
        let refused = self.outside.lock().refused.contains(&text);
        refused.then(|| Rejected { partition: record.partition.clone(), offset: record.offset, error })
    }

    fn safe(&self, positions: &SinkOffsets) -> SinkOffsets {
        let safe = |(partition, position): (&TopicPartition, &Offset)| {
            let first_held = self.held.get(partition).and_then(|held| held.first()).map(|(offset, _)| *offset);
            (partition.clone(), first_held.unwrap_or(*position))
        };
        positions.iter().map(safe).collect()
    }
}

fn text_of(record: &SinkRecord) -> String {
    record.value.value.as_str().map_or_else(|| format!("{:?}", record.value.value), str::to_string)
}

#[async_trait]
impl SinkTask for MemorySinkTask {
    async fn start(&mut self, _config: &Config, _context: SinkContext) -> Result<()> {
        Ok(())
    }

    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<SinkOffsets> {
        let outside = self.outside.lock();
        let last = |partition: &TopicPartition| Some((partition.clone(), outside.stored.get(partition)?.last()?.0.next()));
        let resume: SinkOffsets = partitions.iter().filter_map(last).collect();
        self.next.extend(resume.clone());
        Ok(resume)
    }

    async fn judge(&mut self, records: &[SinkRecord]) -> Result<Vec<Rejected>> {
        Ok(records.iter().filter_map(|record| self.refusal(record)).collect())
    }

    async fn put(&mut self, records: &[SinkRecord]) -> Result<Vec<Rejected>> {
        let next_fault = self.outside.lock().sink_faults.pop_front();
        // A fault comes after half of the records were taken, the worst time.
        let half = if next_fault.flatten().is_some() { records.len() / 2 } else { records.len() };
        let mut rejected = Vec::new();
        for record in &records[..half] {
            // First, because a repeated call must answer the same.
            if let Some(refused) = self.refusal(record) {
                rejected.push(refused);
                continue;
            }
            let next = self.next.entry(record.partition.clone()).or_default();
            if record.offset < *next {
                continue;
            }
            let text = text_of(record);
            *next = record.offset.next();
            self.held.entry(record.partition.clone()).or_default().push((record.offset, text));
        }
        fault(next_fault)?;
        Ok(rejected)
    }

    async fn pre_commit(&mut self, positions: &SinkOffsets) -> Result<SinkOffsets> {
        self.store(5);
        Ok(self.safe(positions))
    }

    async fn flush(&mut self, positions: &SinkOffsets) -> Result<SinkOffsets> {
        self.store(1);
        Ok(self.safe(positions))
    }

    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        for partition in partitions {
            self.held.remove(partition);
            self.next.remove(partition);
        }
        Ok(())
    }
}
