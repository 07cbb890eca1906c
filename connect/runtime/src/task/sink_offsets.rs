//! Where a sink task stands, by partition: what was delivered, what is committed, and the dead letters that wait for the records before them.
//!
//! What always holds: a dead letter is written in the transaction that commits the first offset above it, so it is written exactly once. What was not
//! committed is looked at again by whoever has the partition next, also where the sink has it already: `committed ≤ position`, and what lies below
//! `resume` is judged but not delivered.

use connect_api::SinkOffsets;
use log_model::{Offset, TopicPartition};
use log_record::Record;
use std::collections::BTreeMap;

#[derive(Default)]
pub(crate) struct Standing {
    /// The offsets after everything delivered.
    pub(crate) positions: SinkOffsets,
    /// Where the sink resumes; records below are in the outside world.
    resume: SinkOffsets,
    /// What the group has committed.
    committed: SinkOffsets,
    /// One past the last record there is, as far as it is known.
    ends: SinkOffsets,
    held: BTreeMap<(TopicPartition, Offset), Record>,
    held_bytes: usize,
}

/// Where a partition begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    /// The first record to look at.
    pub(crate) position: Offset,
    /// The first record the sink does not have.
    pub(crate) resume: Offset,
    /// What the group has committed.
    pub(crate) committed: Option<Offset>,
}

impl Standing {
    /// Takes a partition on.
    pub(crate) fn open(&mut self, partition: TopicPartition, start: Start) {
        self.close(&partition);
        self.committed.extend(start.committed.map(|offset| (partition.clone(), offset)));
        self.resume.insert(partition.clone(), start.resume);
        self.positions.insert(partition, start.position);
    }

    /// Gives a partition up, with its dead letters: whoever has it next begins at what is committed and finds them again.
    pub(crate) fn close(&mut self, partition: &TopicPartition) {
        self.positions.remove(partition);
        self.resume.remove(partition);
        self.committed.remove(partition);
        self.ends.remove(partition);
        self.drop_held(|of, _| of == partition);
    }

    /// The partitions it stands in.
    pub(crate) fn partitions(&self) -> Vec<TopicPartition> {
        self.positions.keys().cloned().collect()
    }

    /// Whether a record is still to be delivered.
    pub(crate) fn is_new(&self, partition: &TopicPartition, offset: Offset) -> bool {
        self.positions.get(partition).is_some_and(|position| offset >= *position)
    }

    /// Whether the sink has the record already, so that it is only judged.
    pub(crate) fn is_delivered(&self, partition: &TopicPartition, offset: Offset) -> bool {
        self.resume.get(partition).is_some_and(|resume| offset < *resume)
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
        self.held_bytes += size_bytes(&letter);
        if let Some(before) = self.held.insert((partition, offset), letter) {
            self.held_bytes -= size_bytes(&before);
        }
    }

    pub(crate) fn held_count(&self) -> usize {
        self.held.len()
    }

    /// The bytes of the dead letters that wait.
    pub(crate) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    fn drop_held(&mut self, of: impl Fn(&TopicPartition, Offset) -> bool) {
        let held_bytes = &mut self.held_bytes;
        self.held.retain(|(partition, offset), letter| {
            let keep = !of(partition, *offset);
            *held_bytes -= if keep { 0 } else { size_bytes(letter) };
            keep
        });
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
        self.drop_held(|partition, offset| offsets.get(partition).is_some_and(|safe| offset < *safe));
        self.committed.extend(offsets);
    }
}

fn size_bytes(letter: &Record) -> usize {
    let length = |bytes: &Option<bytes::Bytes>| bytes.as_ref().map_or(0, bytes::Bytes::len);
    let headers: usize = letter.headers.iter().map(|header| header.key.len() + length(&header.value)).sum();
    length(&letter.key) + length(&letter.value) + headers
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
        standing.open(partition.clone(), Start { position: Offset(5), resume: Offset(7), committed: Some(Offset(3)) });
        assert!(!standing.is_new(&partition, Offset(4)) && standing.is_new(&partition, Offset(5)));
        assert!(standing.is_delivered(&partition, Offset(6)) && !standing.is_delivered(&partition, Offset(7)));
        standing.hold(partition.clone(), Offset(7), Record::new(Timestamp(0), None, Some("twelve bytes".into())));
        assert_eq!(standing.held_bytes(), 12);
        assert_eq!(standing.to_commit(&at(3)).0, SinkOffsets::new());
        assert_eq!(standing.to_commit(&at(7)).1.len(), 0);
        assert_eq!(standing.to_commit(&at(8)).1.len(), 1);
        standing.note_committed(at(8));
        assert_eq!((standing.held_count(), standing.held_bytes(), standing.to_commit(&at(8)).0.len()), (0, 0, 0));
        standing.close(&partition);
        assert_eq!(standing.to_commit(&at(9)).0.len(), 0);
    }
}
