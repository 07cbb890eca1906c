//! What a windowed operator remembers of time across restarts, as one entry of its store.
//!
//! Key: one zero byte, which sorts before all windows (the key of a window at or after the epoch begins with a set bit). Value:
//! ```text
//! | observed: i64 | newest row: i64 | closed: i64 | next to close: bytes |     big-endian, milliseconds
//! ```
//! The last part is there only while windows are being closed in several epochs: it is the key of the first entry that is still to be emitted.
//!
//! Kafka Streams keeps only the last of them, so that after a restart it accepts rows it had refused before; here a restart changes nothing.

use streams_runtime::{Error, Result};
use streams_state::Store;

const KEY: &[u8] = &[0];

/// The times of one windowed operator; `newest_row_ms ≤ observed_ms` and `closed_ms ≤ observed_ms`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WindowTimes {
    /// The largest timestamp seen in rows and watermarks; -1 before the first.
    pub(super) observed_ms: i64,
    /// The largest timestamp seen in rows; -1 before the first.
    pub(super) newest_row_ms: i64,
    /// Windows that end at or before this have been emitted as closed; -1 for none.
    pub(super) closed_ms: i64,
    /// Of the windows that close now, those before this key have been emitted.
    pub(super) next_to_close: Option<Vec<u8>>,
}

impl WindowTimes {
    /// Before the first row.
    pub(super) const START: WindowTimes = WindowTimes { observed_ms: -1, newest_row_ms: -1, closed_ms: -1, next_to_close: None };

    /// As stored, or the start.
    pub(super) fn load(store: &mut dyn Store) -> Result<WindowTimes> {
        let Some(bytes) = store.get(KEY)? else {
            return Ok(WindowTimes::START);
        };
        let Some((times, next)) = bytes.split_first_chunk::<24>() else {
            return Err(Error::corrupt("the times of a windowed operator", format!("{} bytes instead of 24", bytes.len())));
        };
        let time = |at: usize| times[at..at + 8].try_into().map_or(-1, i64::from_be_bytes);
        let next_to_close = (!next.is_empty()).then(|| next.to_vec());
        Ok(WindowTimes { observed_ms: time(0), newest_row_ms: time(8), closed_ms: time(16), next_to_close })
    }

    /// Stores them.
    pub(super) fn save(&self, store: &mut dyn Store) -> Result<()> {
        let mut bytes = [self.observed_ms, self.newest_row_ms, self.closed_ms].map(i64::to_be_bytes).concat();
        bytes.extend_from_slice(self.next_to_close.as_deref().unwrap_or_default());
        Ok(store.put(KEY, Some(&bytes))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streams_state::{CacheLimit, CachedStore, MemoryStore};

    #[test]
    fn times_are_found_again_and_damage_is_noticed() {
        let mut store = CachedStore::new("times", Box::new(MemoryStore::new()), CacheLimit::default());
        assert_eq!(WindowTimes::load(&mut store).unwrap(), WindowTimes::START);
        for next_to_close in [None, Some(b"next".to_vec())] {
            let times = WindowTimes { observed_ms: 30, newest_row_ms: 20, closed_ms: 10, next_to_close };
            times.save(&mut store).unwrap();
            assert_eq!(WindowTimes::load(&mut store).unwrap(), times);
        }
        store.put(KEY, Some(&[0; 23])).unwrap();
        assert!(WindowTimes::load(&mut store).unwrap_err().to_string().contains("23 bytes instead of 24"));
    }
}
