//! Producer state at an offset: from the snapshot there, or from an older one and the batches since.

use super::file_names::{FileKind, file_name};
use super::log::PartitionLog;
use super::producer_snapshot;
use super::producer_state::ProducerStates;
use super::recover::or_none;
use super::recovery_point::RecoveryPoint;
use super::scan::Stop;
use crate::error::Result;
use log_model::Offset;

impl PartitionLog {
    /// The state of all producers at the recovery point.
    pub(super) fn producers_at(&self, start: &RecoveryPoint) -> Result<ProducerStates, Stop> {
        if !start.has_producers {
            return Ok(ProducerStates::default());
        }
        self.producers_before(start.offset)
    }

    /// The state of all producers just before a written offset, from the latest sound snapshot and the batches that follow it.
    pub(super) fn producers_before(&self, offset: Offset) -> Result<ProducerStates, Stop> {
        let (from, mut states) = self.latest_snapshot(offset)?;
        if from < offset {
            tracing::warn!(partition = %self.partition, %from, to = %offset, "rebuilding producer state from the log");
        }
        for segment in self.segments.iter().filter(|segment| segment.end > from && segment.base < offset) {
            let mut scan = segment.scan_near(&self.folder, from.max(segment.base), super::scan::CHUNK_BYTES, self.interval_bytes())?;
            scan.skip_to(from)?;
            while let Some((_, batch)) = scan.next()? {
                if batch.next_offset() > offset {
                    break;
                }
                states.apply(&batch, None);
            }
        }
        states.settle(offset);
        Ok(states)
    }

    fn latest_snapshot(&self, offset: Offset) -> Result<(Offset, ProducerStates)> {
        let mut candidates: Vec<Offset> = self.snapshots.iter().copied().filter(|snapshot| *snapshot <= offset).collect();
        candidates.sort_unstable();
        for candidate in candidates.into_iter().rev() {
            let name = file_name(candidate, FileKind::Snapshot);
            match or_none(self.folder.read(&name))?.map(|bytes| producer_snapshot::decode(&bytes)) {
                Some(Some(states)) => return Ok((candidate, states)),
                Some(None) => tracing::warn!(path = %self.folder.join(&name).display(), "producer snapshot is damaged; using an older one"),
                None => {}
            }
        }
        Ok((self.segments.first().map_or(Offset::ZERO, |segment| segment.base), ProducerStates::default()))
    }
}
