//! The small files of a partition as text, for tools that look into a data directory: what Kafka's `DumpLogSegments` does.

use super::epochs::LeaderEpochs;
use super::file_names::{EPOCHS_FILE, FileKind, Stage, parse_name};
use super::offset_index::OffsetIndex;
use super::producer_snapshot;
use super::producer_state::ProducerStates;
use super::time_index::TimeIndex;
use super::transaction_index::{self, AbortedTransaction};

/// The contents of an index, snapshot or epoch file.
///
/// ```
/// use log_storage::partition::SmallFile;
/// let index = SmallFile::read("00000000000000000100.index", &[0, 0, 0, 7, 0, 0, 0x10, 0]).unwrap();
/// assert_eq!(index.lines().collect::<Vec<_>>(), ["offset: 107 position: 4096"]);
/// ```
#[derive(Debug)]
pub struct SmallFile(Contents);

#[derive(Debug)]
enum Contents {
    Epochs(LeaderEpochs),
    Offsets(OffsetIndex),
    Times(TimeIndex),
    Aborted(Vec<AbortedTransaction>),
    Producers(ProducerStates),
}

impl SmallFile {
    /// Reads a file. `None` if the name is not that of such a file, or the bytes cannot be one.
    pub fn read(name: &str, bytes: &[u8]) -> Option<SmallFile> {
        if name == EPOCHS_FILE {
            return LeaderEpochs::decode(bytes).map(Contents::Epochs).map(SmallFile);
        }
        let contents = match parse_name(name)? {
            (base, FileKind::OffsetIndex, Stage::Plain) => Contents::Offsets(OffsetIndex::decode(base, bytes, u64::MAX)?),
            (base, FileKind::TimeIndex, Stage::Plain) => Contents::Times(TimeIndex::decode(base, bytes)?),
            (_, FileKind::TransactionIndex, Stage::Plain) => Contents::Aborted(transaction_index::decode(bytes)?),
            (_, FileKind::Snapshot, Stage::Plain) => Contents::Producers(producer_snapshot::decode(bytes)?),
            _ => return None,
        };
        Some(SmallFile(contents))
    }

    /// A line an entry.
    pub fn lines(&self) -> Box<dyn Iterator<Item = String> + '_> {
        match &self.0 {
            Contents::Epochs(epochs) => {
                Box::new(epochs.starts().iter().map(|start| format!("epoch: {} start offset: {}", start.epoch, start.start_offset)))
            }
            Contents::Offsets(index) => {
                Box::new(index.iter().map(|entry| format!("offset: {} position: {}", entry.offset, entry.position)))
            }
            Contents::Times(index) => {
                Box::new(index.iter().map(|entry| format!("timestamp: {} offset: {}", entry.timestamp, entry.offset)))
            }
            Contents::Aborted(aborted) => Box::new(aborted.iter().map(describe_aborted)),
            Contents::Producers(producers) => Box::new(producers.iter().map(|(id, producer)| format!("producer id: {id} {producer:?}"))),
        }
    }
}

fn describe_aborted(aborted: &AbortedTransaction) -> String {
    format!(
        "producer id: {} first offset: {} last offset: {} last stable offset: {}",
        aborted.producer_id, aborted.first_offset, aborted.last_offset, aborted.last_stable_offset
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn describe(name: &str, bytes: &[u8]) {
        if let Some(file) = SmallFile::read(name, bytes) {
            assert!(file.lines().count() <= bytes.len());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_described_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for suffix in ["index", "timeindex", "txnindex", "snapshot", "log"] {
                describe(&format!("00000000000000000007.{suffix}"), &bytes);
                describe(&format!("09223372036854775807.{suffix}"), &bytes);
            }
            describe(EPOCHS_FILE, &bytes);
        }
    }
}
