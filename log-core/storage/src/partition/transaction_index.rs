//! The aborted transactions whose markers lie in one segment.
//!
//! ```text
//! entry, 34 bytes:  version i16 (0) | producer id i64 | first offset i64 | last offset i64 | last stable offset i64      big-endian
//! ```
//! The last offset is the marker's. The last stable offset is the one that held once this transaction had ended: a reader below it need not
//! look at later entries. Source: Kafka's `AbortedTxn`.

use log_model::{Offset, ProducerId};

/// The size of an entry.
pub(crate) const TRANSACTION_ENTRY_BYTES: usize = 34;

/// A transaction whose records never happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// Whose it was.
    pub producer_id: ProducerId,
    /// The offset of its first record.
    pub first_offset: Offset,
    /// The offset of its marker.
    pub last_offset: Offset,
    /// The last stable offset once it had ended.
    pub last_stable_offset: Offset,
}

/// Reads the bytes of an index file; `None` if they cannot be one.
pub(crate) fn decode(bytes: &[u8]) -> Option<Vec<AbortedTransaction>> {
    if !bytes.len().is_multiple_of(TRANSACTION_ENTRY_BYTES) {
        return None;
    }
    bytes.chunks_exact(TRANSACTION_ENTRY_BYTES).map(decode_entry).collect()
}

fn decode_entry(entry: &[u8]) -> Option<AbortedTransaction> {
    let number = |at: usize| entry.get(at..at + 8)?.try_into().ok().map(i64::from_be_bytes);
    let transaction = AbortedTransaction {
        producer_id: ProducerId(number(2)?),
        first_offset: Offset(number(10)?),
        last_offset: Offset(number(18)?),
        last_stable_offset: Offset(number(26)?),
    };
    let is_sound = entry[..2] == [0, 0]
        && transaction.producer_id.0 >= 0
        && transaction.first_offset.0 >= 0
        && transaction.first_offset <= transaction.last_offset
        && transaction.last_stable_offset.0 >= 0;
    is_sound.then_some(transaction)
}

/// The bytes of entries.
pub(crate) fn encode(transactions: &[AbortedTransaction]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(transactions.len() * TRANSACTION_ENTRY_BYTES);
    for transaction in transactions {
        bytes.extend([0, 0]);
        bytes.extend(transaction.producer_id.0.to_be_bytes());
        for offset in [transaction.first_offset, transaction.last_offset, transaction.last_stable_offset] {
            bytes.extend(offset.0.to_be_bytes());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entries_lie_as_kafka_lays_them() {
        let entry = AbortedTransaction {
            producer_id: ProducerId(9),
            first_offset: Offset(3),
            last_offset: Offset(8),
            last_stable_offset: Offset(5),
        };
        let mut bytes = vec![0; 34];
        (bytes[9], bytes[17], bytes[25], bytes[33]) = (9, 3, 8, 5);
        assert_eq!(encode(&[entry]), bytes);
        assert_eq!(decode(&bytes), Some(vec![entry]));
        bytes[1] = 1;
        assert_eq!(decode(&bytes), None);
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(entries) = decode(&bytes) {
                prop_assert_eq!(encode(&entries), bytes);
            }
        }
    }
}
