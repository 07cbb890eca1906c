//! The history of leader epochs: at which offset each began.
//!
//! ```text
//! 0                    version
//! 2                    entry count
//! 0 0                  epoch, start offset
//! 3 1200
//! ```
//! Epochs and start offsets ascend. Source: Kafka's `LeaderEpochFileCache` (KIP-101).

use log_model::{LeaderEpoch, Offset};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// An epoch and the first offset written in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochStart {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Its first offset.
    pub start_offset: Offset,
}

/// The epochs of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeaderEpochs {
    starts: Vec<EpochStart>,
}

impl LeaderEpochs {
    pub(crate) fn new(starts: Vec<EpochStart>) -> Self {
        LeaderEpochs { starts }
    }

    pub(crate) fn starts(&self) -> &[EpochStart] {
        &self.starts
    }

    /// The latest epoch; -1 before the first.
    pub(crate) fn latest(&self) -> LeaderEpoch {
        self.starts.last().map_or(LeaderEpoch::NONE, |start| start.epoch)
    }

    /// Notes that `offset` was written in `epoch`; says whether that began an epoch.
    pub(crate) fn assign(&mut self, epoch: LeaderEpoch, offset: Offset) -> bool {
        let is_new = epoch > self.latest();
        if is_new {
            self.starts.push(EpochStart { epoch, start_offset: offset });
        }
        is_new
    }

    /// The epoch an offset was written in; that of the oldest known one for offsets before it.
    pub(crate) fn epoch_at(&self, offset: Offset) -> LeaderEpoch {
        let count = self.starts.partition_point(|start| start.start_offset <= offset);
        self.starts.get(count.saturating_sub(1)).map_or(LeaderEpoch::NONE, |start| start.epoch)
    }

    /// The largest known epoch not above `epoch`, and where it ends.
    pub(crate) fn end_offset_for(&self, epoch: LeaderEpoch, log_end: Offset) -> Option<(LeaderEpoch, Offset)> {
        let count = self.starts.partition_point(|start| start.epoch <= epoch);
        let found = self.starts.get(count.checked_sub(1)?)?;
        Some((found.epoch, self.starts.get(count).map_or(log_end, |next| next.start_offset)))
    }

    /// Forgets epochs that began at or after `end_offset`.
    pub(crate) fn truncate_end(&mut self, end_offset: Offset) {
        self.starts.retain(|start| start.start_offset < end_offset);
    }

    /// Forgets epochs that ended at or before `log_start`.
    pub(crate) fn truncate_start(&mut self, log_start: Offset) {
        let count = self.starts.partition_point(|start| start.start_offset <= log_start);
        self.starts.drain(..count.saturating_sub(1));
        if let Some(first) = self.starts.first_mut() {
            first.start_offset = first.start_offset.max(log_start);
        }
    }

    pub(crate) fn encode(&self) -> String {
        let mut text = format!("0\n{}\n", self.starts.len());
        for start in &self.starts {
            writeln!(text, "{} {}", start.epoch, start.start_offset).expect("writing to a string succeeds");
        }
        text
    }

    /// Reads the text of the file; `None` if it is not one.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(bytes).ok()?.lines();
        if lines.next()? != "0" {
            return None;
        }
        let count: usize = lines.next()?.parse().ok()?;
        let mut epochs = LeaderEpochs::default();
        for line in lines {
            let (epoch, offset) = line.split_once(' ')?;
            let (epoch, offset) = (LeaderEpoch(epoch.parse().ok()?), Offset(offset.parse().ok()?));
            let ascends = epochs.starts.last().is_none_or(|last| last.epoch < epoch && last.start_offset < offset);
            if epoch.0 < 0 || offset.0 < 0 || !ascends {
                return None;
            }
            epochs.starts.push(EpochStart { epoch, start_offset: offset });
        }
        (epochs.starts.len() == count).then_some(epochs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn epochs(starts: &[(i32, i64)]) -> LeaderEpochs {
        LeaderEpochs::new(starts.iter().map(|start| EpochStart { epoch: LeaderEpoch(start.0), start_offset: Offset(start.1) }).collect())
    }

    #[test]
    fn the_file_is_kafkas_text() {
        let history = epochs(&[(0, 0), (3, 1200)]);
        assert_eq!(history.encode(), "0\n2\n0 0\n3 1200\n");
        assert_eq!(LeaderEpochs::decode(b"0\n2\n0 0\n3 1200\n"), Some(history));
        for bad in ["", "1\n0\n", "0\n1\n", "0\n2\n3 0\n0 5\n", "0\n1\n0 -1\n", "0\n1\n0\n", "0\nx\n"] {
            assert_eq!(LeaderEpochs::decode(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn epochs_end_where_the_next_begins() {
        let history = epochs(&[(1, 10), (4, 50)]);
        for (asked, answer) in [(0, None), (1, Some((1, 50))), (3, Some((1, 50))), (4, Some((4, 80))), (9, Some((4, 80)))] {
            let expected = answer.map(|(epoch, end)| (LeaderEpoch(epoch), Offset(end)));
            assert_eq!(history.end_offset_for(LeaderEpoch(asked), Offset(80)), expected);
        }
        assert_eq!(history.epoch_at(Offset(49)), LeaderEpoch(1));
        assert_eq!(history.epoch_at(Offset(50)), LeaderEpoch(4));
    }

    #[test]
    fn both_ends_can_be_cut() {
        let mut history = epochs(&[(1, 10), (4, 50), (5, 60)]);
        history.truncate_end(Offset(60));
        assert_eq!(history, epochs(&[(1, 10), (4, 50)]));
        history.truncate_start(Offset(55));
        assert_eq!(history, epochs(&[(4, 55)]));
        history.truncate_end(Offset(0));
        assert_eq!(history.latest(), LeaderEpoch::NONE);
    }

    proptest! {
        #[test]
        fn any_text_decodes_or_is_refused(text in "[0-9 \n-]{0,40}") {
            if let Some(history) = LeaderEpochs::decode(text.as_bytes()) {
                prop_assert_eq!(LeaderEpochs::decode(history.encode().as_bytes()), Some(history));
            }
        }
    }
}
