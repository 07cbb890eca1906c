//! Where a sink task stands, by partition: what was delivered, what is committed, and the dead letters that wait for the records before them.
//!
//! What always holds: a dead letter is written in the transaction that commits the first offset above it, so it is written exactly once.

use connect_api::SinkOffsets;
use log_model::{Offset, TopicPartition};
use log_record::Record;
use std::collections::BTreeMap;

#[derive(Default)]
pub(crate) struct Standing {
    /// The offsets after everything delivered.
    pub(crate) positions: SinkOffsets,
    /// What the group has committed.
    committed: SinkOffsets,
    /// One past the last record there is, as far as it is known.
    ends: SinkOffsets,
    held: BTreeMap<(TopicPartition, Offset), Record>,
}

impl Standing {
    /// Takes a partition on at this position.
    pub(crate) fn open(&mut self, partition: TopicPartition, position: Offset, committed: Option<Offset>) {
        self.close(&partition);
        self.committed.extend(committed.map(|offset| (partition.clone(), offset)));
        self.positions.insert(partition, position);
    }

    /// Gives a partition up, with its dead letters: whoever has it next finds them again.
    pub(crate) fn close(&mut self, partition: &TopicPartition) {
        self.positions.remove(partition);
        self.committed.remove(partition);
        self.ends.remove(partition);
        self.held.retain(|(of, _), _| of != partition);
    }

    /// The partitions it stands in.
    pub(crate) fn partitions(&self) -> Vec<TopicPartition> {
        self.positions.keys().cloned().collect()
    }

    /// Whether a record is still to be delivered.
    pub(crate) fn is_new(&self, partition: &TopicPartition, offset: Offset) -> bool {
        self.positions.get(partition).is_some_and(|position| offset >= *position)
    }

    pub(crate) fn note_end(&mut self, partition: &TopicPartition, end: Offset) {
        self.ends.insert(partition.clone(), end);
    }

    /// Records still to be delivered, as far as it is known.
    pub(crate) fn lag(&self) -> u64 {
        let lag = |(partition, position): (&TopicPartition, &Offset)| {
            self.ends.get(partition).map_or(0, |end| u64::try_from(*end - *position).unwrap_or(0))
        };
        self.positions.iter().map(lag).sum()
    }

    /// Keeps a dead letter until everything before it is durable.
    pub(crate) fn hold(&mut self, partition: TopicPartition, offset: Offset, letter: Record) {
        self.held.insert((partition, offset), letter);
    }

    pub(crate) fn held_count(&self) -> usize {
        self.held.len()
    }

    /// What is new in `safe`: the offsets to commit and the dead letters below them.
    pub(crate) fn to_commit(&self, safe: &SinkOffsets) -> (SinkOffsets, Vec<&Record>) {
        let is_new = |(partition, offset): &(&TopicPartition, &Offset)| {
            // A fresh partition of which nothing was delivered has nothing to commit.
            self.positions.contains_key(*partition) && self.committed.get(*partition).map_or(offset.0 > 0, |committed| *offset > committed)
        };
        let offsets: SinkOffsets = safe.iter().filter(is_new).map(|(partition, offset)| (partition.clone(), *offset)).collect();
        let below = |(partition, offset): &(TopicPartition, Offset)| offsets.get(partition).is_some_and(|safe| offset < safe);
        let letters = self.held.iter().filter(|(place, _)| below(place)).map(|(_, letter)| letter).collect();
        (offsets, letters)
    }

    /// These offsets, and the dead letters below them, are committed.
    pub(crate) fn note_committed(&mut self, offsets: SinkOffsets) {
        self.held.retain(|(partition, offset), _| offsets.get(partition).is_none_or(|safe| offset >= safe));
        self.committed.extend(offsets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_model::{Timestamp, TopicName};

    #[test]
    fn dead_letters_wait_for_the_offset_above_them_and_are_given_once() {
        let partition = TopicName::new("t").unwrap().partition(0);
        let at = |offset: i64| SinkOffsets::from([(partition.clone(), Offset(offset))]);
        let mut standing = Standing::default();
        standing.open(partition.clone(), Offset(5), Some(Offset(3)));
        assert!(!standing.is_new(&partition, Offset(4)) && standing.is_new(&partition, Offset(5)));
        standing.hold(partition.clone(), Offset(7), Record::new(Timestamp(0), None, None));
        assert_eq!(standing.to_commit(&at(3)).0, SinkOffsets::new());
        assert_eq!(standing.to_commit(&at(7)).1.len(), 0);
        assert_eq!(standing.to_commit(&at(8)).1.len(), 1);
        standing.note_committed(at(8));
        assert_eq!((standing.held_count(), standing.to_commit(&at(8)).0.len()), (0, 0));
        standing.close(&partition);
        assert_eq!(standing.to_commit(&at(9)).0.len(), 0);
    }
}
