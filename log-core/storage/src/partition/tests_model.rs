//! Random lives of a partition against the plainest model: a list of records, and the batches as a journal would hold them.

use super::testing::{create, idempotent, open, small_segments, values_from};
use super::{PartitionLog, RecoveryPoint};
use log_env::{SimDisk, SimRandom};
use log_record::RecordBatch;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Append(u8),
    Undo(u8),
    Write(u16),
    Sync,
    Rest,
    Evict,
    Truncate(u8),
    DeleteRecords(u8),
    Retain,
    Reopen,
    Crash(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..6_u8).prop_map(Step::Append),
        1 => (1..6_u8).prop_map(Step::Undo),
        4 => (1..2000_u16).prop_map(Step::Write),
        2 => Just(Step::Sync),
        1 => Just(Step::Rest),
        1 => Just(Step::Evict),
        1 => any::<u8>().prop_map(Step::Truncate),
        1 => any::<u8>().prop_map(Step::DeleteRecords),
        1 => Just(Step::Retain),
        1 => Just(Step::Reopen),
        2 => any::<u64>().prop_map(Step::Crash),
    ]
}

/// A partition beside the plainest model of it: all records, and all batches as a journal would hold them.
struct Pair {
    disk: SimDisk,
    log: PartitionLog,
    point: RecoveryPoint,
    journal: Vec<RecordBatch>,
    values: Vec<String>,
    appended: usize,
    sequence: i32,
}

impl Pair {
    fn new() -> Pair {
        let disk = SimDisk::new();
        let log = create(&disk, &small_segments());
        Pair { disk, log, point: RecoveryPoint::default(), journal: Vec::new(), values: Vec::new(), appended: 0, sequence: 0 }
    }

    fn batch(&self, count: u8) -> (RecordBatch, Vec<String>) {
        let values: Vec<String> = (0..count).map(|index| format!("r{}.{index}", self.appended)).collect();
        let texts: Vec<&str> = values.iter().map(String::as_str).collect();
        (idempotent(&texts, 3, 0, self.sequence), values)
    }

    fn apply(&mut self, step: &Step) {
        match step {
            Step::Append(count) => {
                let (batch, values) = self.batch(*count);
                let prepared = self.log.append_now(vec![batch], 0).unwrap();
                assert_eq!(prepared.base_offset().0 as usize, self.values.len());
                self.journal.extend(prepared.batches().to_vec());
                self.values.extend(values);
                self.appended += 1;
                self.sequence += i32::from(*count);
            }
            Step::Undo(count) => {
                let prepared = self.log.prepare(vec![self.batch(*count).0], 0).unwrap();
                self.log.undo(prepared);
            }
            Step::Write(bytes) => _ = self.log.write_behind(usize::from(*bytes)).unwrap(),
            Step::Sync => self.point = self.log.sync().unwrap(),
            Step::Rest => self.log.let_indexes_go(),
            Step::Evict => _ = self.log.evict(usize::MAX),
            Step::Truncate(share) => self.truncate(*share),
            Step::DeleteRecords(share) => {
                let start = self.log.log_start();
                let offset = start + (self.log.high_watermark() - start) * i64::from(*share) / 300;
                self.log.delete_records(offset).unwrap();
            }
            Step::Retain => {
                self.log.retention(0).unwrap();
                self.point = self.log.sync().unwrap();
            }
            Step::Reopen => self.open(self.disk.clone()),
            Step::Crash(seed) => self.open(self.disk.crash(&SimRandom::new(*seed))),
        }
    }

    fn truncate(&mut self, share: u8) {
        let start = self.log.log_start();
        let offset = start + (self.log.log_end() - start) * i64::from(share) / 255;
        self.point = self.log.recovery_point_below(offset);
        let end = self.log.truncate_to(offset).unwrap();
        while self.journal.last().is_some_and(|batch| batch.next_offset() > end) {
            let batch = self.journal.pop().unwrap();
            self.values.truncate(batch.base_offset().0 as usize);
            self.sequence = batch.base_sequence().0;
        }
        assert_eq!(end.0 as usize, self.values.len());
    }

    fn open(&mut self, disk: SimDisk) {
        let log_start = self.log.log_start();
        self.log = open(&disk, &small_segments(), &self.point);
        self.disk = disk;
        assert_eq!(self.log.damage(), None);
        for batch in &self.journal {
            self.log.replay(batch.clone()).unwrap();
        }
        self.log.delete_records(log_start).unwrap();
    }

    fn check(&self) {
        assert_eq!(self.log.log_end().0 as usize, self.values.len());
        let start = self.log.log_start();
        let read: Vec<String> = values_from(&self.log, start, 150).into_iter().map(|entry| entry.1).collect();
        assert_eq!(read[..], self.values[start.0 as usize..]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_log_equals_a_list_of_records(steps in prop::collection::vec(step(), 1..40)) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.apply(step);
            pair.check();
        }
    }
}
