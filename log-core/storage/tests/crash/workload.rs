//! A random run over a data directory, with what must hold at each of its crash points.

use crate::model::{Log, State, open, read_all};
use bytes::Bytes;
use log_env::{Random, SimDisk, SimRandom};
use log_model::{
    CleanupPolicy, CompressionType, FlushMode, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Ratio, Sequence, Timestamp, TopicConfig,
    TopicId, TopicName, TopicPartition,
};
use log_record::{BatchBuilder, RecordBatch};
use log_storage::DataDirectory;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A run with its trace on the disk.
pub(crate) struct Run {
    pub(crate) disk: SimDisk,
    /// The states the directory went through; every change is one step.
    pub(crate) steps: Vec<Step>,
    /// What was appended without the journal.
    pub(crate) stretches: Vec<OsStretch>,
    pub(crate) counts: Counts,
    pub(crate) seed: u64,
}

/// What a run did, so that a test can tell that it was worth running.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) os_appends: usize,
    pub(crate) config_changes: usize,
    pub(crate) compactions: u64,
}

/// The appends to one partition while its topic has `headwater.flush=os`, one stretch.
#[derive(Clone, Debug, Default)]
pub(crate) struct OsStretch {
    /// From which crash point on it may show, and the batch.
    pub(crate) batches: Vec<(usize, RecordBatch)>,
    /// From a crash point on, so many of them must show: a checkpoint was made.
    pub(crate) floors: Vec<(usize, usize)>,
}

/// One state.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The logs, without what was appended in a stretch that goes on.
    pub(crate) state: State,
    /// The stretches that go on, by partition: the index in [`Run::stretches`].
    pub(crate) on_os: BTreeMap<TopicPartition, usize>,
    /// From this crash point on the step may show.
    pub(crate) begun: usize,
    /// From this crash point on the step must show.
    pub(crate) acknowledged: Option<usize>,
    /// Whether a part of the change may show: the cutting of a log's end.
    pub(crate) is_gradual: bool,
    /// The last idempotent batch of each partition and its offset: sent again, it must be known.
    pub(crate) known: Known,
    /// Where its entry ends in the journal, if it is one.
    lsn: Option<u64>,
}

pub(crate) type Known = BTreeMap<TopicPartition, (RecordBatch, Offset)>;

/// An idempotent producer of one partition.
struct Producer {
    id: i64,
    next_sequence: i32,
}

struct Driver {
    disk: SimDisk,
    directory: DataDirectory,
    random: SimRandom,
    steps: Vec<Step>,
    stretches: Vec<OsStretch>,
    counts: Counts,
    next_topic: u128,
    ids: BTreeMap<TopicPartition, TopicId>,
    producers: BTreeMap<TopicPartition, Producer>,
    next_producer: i64,
    unique: u64,
}

fn config() -> TopicConfig {
    TopicConfig { segment_bytes: 3000, index_interval_bytes: 512, retention_ms: -1, ..TopicConfig::default() }
}

/// The topic whose last values are kept.
const COMPACTED: &str = "latest";

fn compacted() -> TopicConfig {
    TopicConfig {
        cleanup_policy: CleanupPolicy::Compact,
        segment_bytes: 700,
        min_cleanable_dirty_ratio: Ratio(0),
        delete_retention_ms: 10,
        ..config()
    }
}

/// Whether a log shows what was appended, as compaction may leave it: nothing is made up, and the last value of every key is there.
pub(crate) fn is_compaction_of(found: &Log, appended: &Log) -> bool {
    let (found_records, records) = (found.records(), appended.records());
    let last_of = |records: &BTreeMap<i64, (Option<Bytes>, Option<Bytes>)>| -> BTreeMap<Option<Bytes>, Option<Bytes>> {
        // A tombstone may be gone once it is old.
        records.values().cloned().collect::<BTreeMap<_, _>>().into_iter().filter(|(_, value)| value.is_some()).collect()
    };
    (found.log_start, found.end) == (appended.log_start, appended.end)
        && found_records.iter().all(|(offset, record)| records.get(offset) == Some(record))
        && last_of(&found_records) == last_of(&records)
}

impl Driver {
    fn now(&self) -> usize {
        self.disk.crash_points() - 1
    }

    fn state(&self) -> State {
        self.steps.last().unwrap().state.clone()
    }

    fn known(&self) -> Known {
        self.steps.last().unwrap().known.clone()
    }

    fn begin(&mut self, state: State, known: Known, is_gradual: bool) {
        let begun = self.now();
        let on_os = self.steps.last().unwrap().on_os.iter().filter(|(partition, _)| state.contains_key(partition));
        let on_os = on_os.map(|(partition, stretch)| (partition.clone(), *stretch)).collect();
        self.steps.push(Step { state, on_os, begun, acknowledged: None, is_gradual, known, lsn: None });
    }

    fn acknowledge(&mut self) {
        let now = self.now();
        for step in self.steps.iter_mut().filter(|step| step.acknowledged.is_none()) {
            step.acknowledged = Some(now);
        }
    }

    fn one_of(&self, partitions: &[TopicPartition]) -> TopicPartition {
        partitions[self.random.below(partitions.len() as u64) as usize].clone()
    }

    fn on_os(&self) -> BTreeMap<TopicPartition, usize> {
        self.steps.last().unwrap().on_os.clone()
    }

    /// The partitions that are written through the journal.
    fn on_journal(&self) -> Vec<TopicPartition> {
        let on_os = self.on_os();
        self.state().into_keys().filter(|partition| !on_os.contains_key(partition)).collect()
    }

    /// The state with everything appended.
    fn whole(&self) -> State {
        let mut state = self.state();
        for (partition, stretch) in self.on_os() {
            let log = state.get_mut(&partition).unwrap();
            self.stretches[stretch].batches.iter().for_each(|(_, batch)| log.append(batch));
        }
        state
    }

    /// A batch of a few keys, some of them deleted.
    fn keyed_batch(&mut self) -> RecordBatch {
        let mut builder = BatchBuilder::new(CompressionType::None);
        for _ in 0..1 + self.random.below(3) {
            self.unique += 1;
            let key = format!("key {}", self.random.below(5));
            let value = format!("{} {}", self.unique, "v".repeat(self.random.below(150) as usize));
            let value = Some(value.as_bytes()).filter(|_| self.random.below(4) > 0);
            builder.append_parts(Timestamp(self.unique as i64), Some(key.as_bytes()), value, &[]).unwrap();
        }
        builder.build()
    }

    /// A batch whose bytes occur only once.
    fn batch(&mut self, partition: &TopicPartition) -> RecordBatch {
        if self.state()[partition].cleanup.compacts() {
            return self.keyed_batch();
        }
        let mut builder = BatchBuilder::new(CompressionType::None);
        let count = 1 + self.random.below(3);
        for _ in 0..count {
            self.unique += 1;
            let filler = self.random.below(300) as usize;
            let value = format!("{partition} {} {}", self.unique, "x".repeat(filler));
            builder.append_parts(Timestamp(self.unique as i64), None, Some(value.as_bytes()), &[]).unwrap();
        }
        let batch = builder.build();
        if self.random.below(3) > 0 {
            return batch;
        }
        let next_producer = &mut self.next_producer;
        let producer = self.producers.entry(partition.clone()).or_insert_with(|| {
            *next_producer += 1;
            Producer { id: *next_producer, next_sequence: 0 }
        });
        let batch = batch.with_producer(ProducerId(producer.id), ProducerEpoch(0), Sequence(producer.next_sequence), false);
        producer.next_sequence += count as i32;
        batch
    }

    fn stage(&mut self) {
        let partitions = self.on_journal();
        if partitions.is_empty() {
            return;
        }
        let width = [1, 1, 2, 3][self.random.below(4) as usize];
        let (mut state, mut known) = (self.state(), self.known());
        let mut parts: Vec<(TopicPartition, Vec<RecordBatch>)> = Vec::new();
        for _ in 0..width {
            let keyed = partitions.iter().position(|partition| partition.topic.as_str() == COMPACTED);
            let partition = match keyed {
                Some(index) if self.random.below(3) == 0 => partitions[index].clone(),
                _ => self.one_of(&partitions),
            };
            let batch = self.batch(&partition);
            let log = state.get_mut(&partition).unwrap();
            if batch.producer_id() != ProducerId::NONE {
                known.insert(partition.clone(), (batch.clone(), log.end));
            }
            log.append(&batch.clone().with_base_offset(log.end, LeaderEpoch(0)));
            parts.push((partition, vec![batch]));
        }
        self.begin(state, known, false);
        let result = self.directory.stage(parts, 0).unwrap();
        assert!(result.results.iter().all(|(_, outcome)| !outcome.is_duplicate));
        self.steps.last_mut().unwrap().lsn = Some(result.lsn);
        if self.random.below(2) == 0 {
            self.directory.flush().unwrap();
        }
        // Staging may have flushed what was staged before.
        let (durable, now) = (self.directory.durable().lsn, self.now());
        for step in self.steps.iter_mut().filter(|step| step.acknowledged.is_none() && step.lsn.is_some_and(|lsn| lsn <= durable)) {
            step.acknowledged = Some(now);
        }
    }

    /// A deleted name comes back with another id.
    fn create_topic(&mut self, name: &str) {
        self.next_topic += 1;
        let id = TopicId(Uuid::from_u128(self.next_topic));
        let name = TopicName::new(name).unwrap();
        let config = if name.as_str() == COMPACTED { compacted() } else { config() };
        let mut state = self.state();
        let count = 1 + self.random.below(2) as i32;
        let partitions: Vec<_> = (0..count).map(|index| name.partition(index)).collect();
        if state.keys().any(|known| known.topic == name) {
            return;
        }
        for partition in &partitions {
            state.insert(partition.clone(), Log::new(&config));
            self.ids.insert(partition.clone(), id);
        }
        self.begin(state, self.known(), false);
        self.directory.create_partitions(&name, 0..count, id, &config).unwrap();
        self.acknowledge();
    }

    fn delete_topic(&mut self) {
        let mut state = self.state();
        let partitions: Vec<_> = state.keys().cloned().collect();
        let id = self.ids[&self.one_of(&partitions)];
        if self.ids.iter().filter(|(partition, known)| state.contains_key(partition) && **known != id).count() == 0 {
            return;
        }
        state.retain(|partition, _| self.ids[partition] != id);
        let mut known = self.known();
        known.retain(|partition, _| state.contains_key(partition));
        self.producers.retain(|partition, _| state.contains_key(partition));
        self.begin(state, known, false);
        self.directory.delete_topic(id).unwrap();
        self.acknowledge();
    }

    fn move_ends(&mut self, cuts: bool) {
        self.directory.flush().unwrap();
        self.acknowledge();
        let mut state = self.state();
        let mut partitions = self.on_journal();
        partitions.retain(|partition| !state[partition].cleanup.compacts());
        if partitions.is_empty() {
            return;
        }
        let partition = self.one_of(&partitions);
        let log = state.get_mut(&partition).unwrap();
        let offset = match log.batches.len() as u64 {
            count if cuts && count > 0 => {
                let bytes = &log.batches[self.random.below(count) as usize];
                RecordBatch::parse(bytes.clone()).unwrap().next_offset()
            }
            _ => Offset(log.log_start.0 + self.random.below((log.end - log.log_start) as u64 + 1) as i64),
        };
        // What its producer wrote may be gone: a new one begins.
        let mut known = self.known();
        known.remove(&partition);
        self.producers.remove(&partition);
        if cuts {
            log.truncate(offset);
            self.begin(state, known, true);
            self.directory.truncate_to(&partition, offset).unwrap();
        } else {
            log.delete_before(offset);
            self.begin(state, known, false);
            self.directory.delete_records(&partition, offset).unwrap();
        }
        self.acknowledge();
    }

    /// Appends to a partition in the page cache only; one more topic gets there if none is.
    fn append_os(&mut self) {
        let on_os: Vec<_> = self.on_os().into_keys().collect();
        if on_os.is_empty() {
            return self.set_flush(FlushMode::Os);
        }
        let partition = self.one_of(&on_os);
        let batch = {
            self.unique += 1;
            let mut builder = BatchBuilder::new(CompressionType::None);
            let value = format!("{partition} {} {}", self.unique, "o".repeat(self.random.below(400) as usize));
            builder.append_parts(Timestamp(self.unique as i64), None, Some(value.as_bytes()), &[]).unwrap();
            builder.build()
        };
        let (begun, end) = (self.now(), self.whole()[&partition].end);
        let stretch = &mut self.stretches[self.steps.last().unwrap().on_os[&partition]];
        stretch.batches.push((begun, batch.clone().with_base_offset(end, LeaderEpoch(0))));
        assert_eq!(self.directory.append_os(&partition, batch, 0).unwrap().base_offset, end);
        self.counts.os_appends += 1;
    }

    /// Configures a topic anew: where an os stretch ends, all of it is in the state and must show.
    fn set_flush(&mut self, flush: FlushMode) {
        let state = self.state();
        let fits = |log: &Log| log.flush != flush && !log.cleanup.compacts();
        let partitions: Vec<_> = state.iter().filter(|(_, log)| fits(log)).map(|(partition, _)| partition.clone()).collect();
        if partitions.is_empty() {
            return;
        }
        let id = self.ids[&self.one_of(&partitions)];
        let mut changed = self.state();
        let whole = self.whole();
        let mut on_os = self.on_os();
        for partition in partitions.iter().filter(|partition| self.ids[*partition] == id) {
            changed.insert(partition.clone(), Log { flush, ..whole[partition].clone() });
            if on_os.remove(partition).is_none() {
                on_os.insert(partition.clone(), self.stretches.len());
                self.stretches.push(OsStretch::default());
            }
        }
        self.begin(changed, self.known(), false);
        self.steps.last_mut().unwrap().on_os = on_os;
        self.directory.set_config(id, &TopicConfig { flush, ..config() }).unwrap();
        self.acknowledge();
        self.counts.config_changes += 1;
    }

    fn checkpoint(&mut self) {
        self.directory.checkpoint().unwrap();
        let now = self.now();
        for stretch in self.on_os().into_values() {
            let stretch = &mut self.stretches[stretch];
            stretch.floors.push((now, stretch.batches.len()));
        }
    }

    fn maintain(&mut self) {
        if self.random.below(2) == 0 {
            self.checkpoint();
        }
        // Time goes on by more than a tombstone is kept.
        self.counts.compactions += self.directory.maintain(self.unique as i64 * 20).unwrap().partitions_compacted;
    }

    /// The process dies and starts again; what was not synced is still in the page cache.
    fn restart(&mut self) {
        let other = SimDisk::new();
        let old = std::mem::replace(&mut self.directory, open(&other).unwrap());
        drop(old);
        // Staged entries that were not flushed are gone, for the model too.
        self.steps.retain(|step| step.acknowledged.is_some());
        self.producers.clear();
        self.directory = open(&self.disk).unwrap();
        let (found, whole) = (read_all(&self.directory).unwrap(), self.whole());
        assert!(found.keys().eq(whole.keys()), "after a restart");
        for (partition, log) in &whole {
            let is_whole = found[partition] == *log || (log.cleanup.compacts() && is_compaction_of(&found[partition], log));
            assert!(is_whole, "{partition} after a restart: {:?} instead of {log:?}", found[partition]);
        }
    }

    fn act(&mut self) {
        match self.random.below(100) {
            0..56 => self.stage(),
            56..66 => self.append_os(),
            66..69 => self.set_flush([FlushMode::Sync, FlushMode::Os][self.random.below(2) as usize]),
            69..72 => _ = self.directory.write_behind().unwrap(),
            72..76 => self.checkpoint(),
            76..84 => self.maintain(),
            84..88 => self.create_topic(["orders", "clicks", "users", COMPACTED][self.random.below(4) as usize]),
            88..90 => self.delete_topic(),
            90..94 => self.move_ends(false),
            94..97 => self.move_ends(true),
            _ => self.restart(),
        }
    }
}

/// Makes a run of `length` actions.
pub(crate) fn run(seed: u64, length: usize) -> Run {
    let disk = SimDisk::new();
    disk.start_trace();
    let random = SimRandom::new(seed);
    let directory = open(&disk).unwrap();
    let first = Step {
        state: State::new(),
        on_os: BTreeMap::new(),
        begun: 0,
        acknowledged: Some(0),
        is_gradual: false,
        known: Known::new(),
        lsn: None,
    };
    let (ids, producers) = (BTreeMap::new(), BTreeMap::new());
    let steps = vec![first];
    let (stretches, counts) = (Vec::new(), Counts::default());
    let mut driver = Driver {
        disk: disk.clone(),
        directory,
        random,
        steps,
        stretches,
        counts,
        next_topic: 0,
        ids,
        producers,
        next_producer: 0,
        unique: 0,
    };
    driver.create_topic("orders");
    driver.create_topic(COMPACTED);
    for _ in 0..length {
        driver.act();
    }
    Run { disk, steps: driver.steps, stretches: driver.stretches, counts: driver.counts, seed }
}
