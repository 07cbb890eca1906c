//! A random run over a data directory, with what must hold at each of its crash points.

use crate::model::{Log, State, open, read_all};
use log_env::{Random, SimDisk, SimRandom};
use log_model::{
    CompressionType, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp, TopicConfig, TopicId, TopicName, TopicPartition,
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
    pub(crate) seed: u64,
}

/// One state.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) state: State,
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
    next_topic: u128,
    ids: BTreeMap<TopicPartition, TopicId>,
    producers: BTreeMap<TopicPartition, Producer>,
    next_producer: i64,
    unique: u64,
}

fn config() -> TopicConfig {
    TopicConfig { segment_bytes: 3000, index_interval_bytes: 512, retention_ms: -1, ..TopicConfig::default() }
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
        self.steps.push(Step { state, begun, acknowledged: None, is_gradual, known, lsn: None });
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

    /// A batch whose bytes occur only once.
    fn batch(&mut self, partition: &TopicPartition) -> RecordBatch {
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
        let partitions: Vec<_> = self.state().keys().cloned().collect();
        let width = [1, 1, 2, 3][self.random.below(4) as usize];
        let (mut state, mut known) = (self.state(), self.known());
        let mut parts: Vec<(TopicPartition, Vec<RecordBatch>)> = Vec::new();
        for _ in 0..width {
            let partition = self.one_of(&partitions);
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

    fn create_topic(&mut self) {
        self.next_topic += 1;
        let id = TopicId(Uuid::from_u128(self.next_topic));
        // A deleted name comes back with another id.
        let name = TopicName::new(["orders", "clicks", "users"][self.random.below(3) as usize]).unwrap();
        let mut state = self.state();
        let count = 1 + self.random.below(2) as i32;
        let partitions: Vec<_> = (0..count).map(|index| name.partition(index)).collect();
        if state.keys().any(|known| known.topic == name) {
            return;
        }
        for partition in &partitions {
            state.insert(partition.clone(), Log::default());
            self.ids.insert(partition.clone(), id);
        }
        self.begin(state, self.known(), false);
        self.directory.create_partitions(&name, 0..count, id, &config()).unwrap();
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
        let partition = self.one_of(&state.keys().cloned().collect::<Vec<_>>());
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

    /// The process dies and starts again; what was not synced is still in the page cache.
    fn restart(&mut self) {
        let other = SimDisk::new();
        let old = std::mem::replace(&mut self.directory, open(&other).unwrap());
        drop(old);
        // Staged entries that were not flushed are gone, for the model too.
        self.steps.retain(|step| step.acknowledged.is_some());
        self.producers.clear();
        self.directory = open(&self.disk).unwrap();
        assert_eq!(read_all(&self.directory).unwrap(), self.state(), "after a restart");
    }

    fn act(&mut self) {
        match self.random.below(100) {
            0..70 => self.stage(),
            70..76 => _ = self.directory.write_behind().unwrap(),
            76..82 => self.directory.checkpoint().unwrap(),
            82..85 => _ = self.directory.maintain(0).unwrap(),
            85..88 => self.create_topic(),
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
    let first = Step { state: State::new(), begun: 0, acknowledged: Some(0), is_gradual: false, known: Known::new(), lsn: None };
    let (ids, producers) = (BTreeMap::new(), BTreeMap::new());
    let steps = vec![first];
    let mut driver = Driver { disk: disk.clone(), directory, random, steps, next_topic: 0, ids, producers, next_producer: 0, unique: 0 };
    driver.create_topic();
    for _ in 0..length {
        driver.act();
    }
    Run { disk, steps: driver.steps, seed }
}
