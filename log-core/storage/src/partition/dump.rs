//! The small files of a partition as text, for tools that look into a data directory: what Kafka's `DumpLogSegments` does.

use super::epochs::LeaderEpochs;
use super::file_names::{EPOCHS_FILE, FileKind, Stage, parse_name};
use super::offset_index::OffsetIndex;
use super::producer_snapshot;
use super::time_index::TimeIndex;
use super::transaction_index;

/// The contents of an index, snapshot or epoch file, a line an entry. `None` if the name is not that of such a file, or the bytes cannot be
/// one.
///
/// ```
/// use log_storage::partition::describe_file;
/// let lines = describe_file("00000000000000000100.index", &[0, 0, 0, 7, 0, 0, 0x10, 0]);
/// assert_eq!(lines, Some(vec!["offset: 107 position: 4096".to_string()]));
/// ```
pub fn describe_file(name: &str, bytes: &[u8]) -> Option<Vec<String>> {
    if name == EPOCHS_FILE {
        let epochs = LeaderEpochs::decode(bytes)?;
        return Some(epochs.starts().iter().map(|start| format!("epoch: {} start offset: {}", start.epoch, start.start_offset)).collect());
    }
    match parse_name(name)? {
        (base, FileKind::OffsetIndex, Stage::Plain) => {
            let index = OffsetIndex::decode(base, bytes, u64::MAX)?;
            Some(index.iter().map(|entry| format!("offset: {} position: {}", entry.offset, entry.position)).collect())
        }
        (base, FileKind::TimeIndex, Stage::Plain) => {
            let index = TimeIndex::decode(base, bytes)?;
            Some(index.iter().map(|entry| format!("timestamp: {} offset: {}", entry.timestamp, entry.offset)).collect())
        }
        (_, FileKind::TransactionIndex, Stage::Plain) => Some(transaction_index::decode(bytes)?.iter().map(describe_aborted).collect()),
        (_, FileKind::Snapshot, Stage::Plain) => {
            let states = producer_snapshot::decode(bytes)?;
            Some(states.iter().map(|(id, producer)| format!("producer id: {id} {producer:?}")).collect())
        }
        _ => None,
    }
}

fn describe_aborted(aborted: &transaction_index::AbortedTransaction) -> String {
    format!(
        "producer id: {} first offset: {} last offset: {} last stable offset: {}",
        aborted.producer_id, aborted.first_offset, aborted.last_offset, aborted.last_stable_offset
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_described_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for suffix in ["index", "timeindex", "txnindex", "snapshot", "log"] {
                let _ = describe_file(&format!("00000000000000000007.{suffix}"), &bytes);
                let _ = describe_file(&format!("09223372036854775807.{suffix}"), &bytes);
            }
            let _ = describe_file(EPOCHS_FILE, &bytes);
        }
    }
}
