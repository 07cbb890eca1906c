//! What a windowed operator remembers of time across restarts, as one entry of its store.
//!
//! Key: one zero byte, which sorts before all windows (the key of a window at or after the epoch begins with a set bit). Value:
//! ```text
//! | observed: i64 | newest row: i64 | closed: i64 |     big-endian, milliseconds
//! ```
//! Kafka Streams keeps only the last of them, so that after a restart it accepts rows it had refused before; here a restart changes nothing.

use streams_runtime::{Error, Result};
use streams_state::Store;

const KEY: &[u8] = &[0];

/// The times of one windowed operator; `newest_row_ms ≤ observed_ms` and `closed_ms ≤ observed_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WindowTimes {
    /// The largest timestamp seen in rows and watermarks; -1 before the first.
    pub(super) observed_ms: i64,
    /// The largest timestamp seen in rows; -1 before the first.
    pub(super) newest_row_ms: i64,
    /// Windows that end at or before this have been emitted as closed; -1 for none.
    pub(super) closed_ms: i64,
}

impl WindowTimes {
    /// Before the first row.
    pub(super) const START: WindowTimes = WindowTimes { observed_ms: -1, newest_row_ms: -1, closed_ms: -1 };

    /// As stored, or the start.
    pub(super) fn load(store: &mut dyn Store) -> Result<WindowTimes> {
        let Some(bytes) = store.get(KEY)? else {
            return Ok(WindowTimes::START);
        };
        match bytes.as_chunks::<8>() {
            ([observed, newest_row, closed], []) => Ok(WindowTimes {
                observed_ms: i64::from_be_bytes(*observed),
                newest_row_ms: i64::from_be_bytes(*newest_row),
                closed_ms: i64::from_be_bytes(*closed),
            }),
            _ => Err(Error::corrupt("the times of a windowed operator", format!("{} bytes instead of 24", bytes.len()))),
        }
    }

    /// Stores them.
    pub(super) fn save(&self, store: &mut dyn Store) -> Result<()> {
        let bytes = [self.observed_ms, self.newest_row_ms, self.closed_ms].map(i64::to_be_bytes).concat();
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
        let times = WindowTimes { observed_ms: 30, newest_row_ms: 20, closed_ms: 10 };
        times.save(&mut store).unwrap();
        assert_eq!(WindowTimes::load(&mut store).unwrap(), times);
        store.put(KEY, Some(&[0; 23])).unwrap();
        assert!(WindowTimes::load(&mut store).unwrap_err().to_string().contains("23 bytes instead of 24"));
    }
}
