//! Watermarks that travel through repartition topics, and how those of several upstream tasks combine.
//!
//! A watermark is a record without a key, with the header `__headwater.watermark` and the value
//!
//! ```text
//! version 1 (1) | flags (1): 1 = idle | upstream task (4) | upstream task count (4) | watermark in ms (8)      big-endian
//! ```
//!
//! Every upstream task writes its own to every partition, behind the rows it vouches for, in the same commit. A row that has such a header loses it on its way
//! into a repartition topic, so that nobody outside can make a watermark.

use crate::{ConsumedRecord, Error, Result};
use log_model::Timestamp;
use log_record::Header;
use std::sync::LazyLock;

/// The header that marks a watermark.
const HEADER: &[u8] = b"__headwater.watermark";
const VERSION: u8 = 1;
const IDLE: u8 = 1;
const VALUE_BYTES: usize = 18;

static HEADERS: LazyLock<[Header; 1]> = LazyLock::new(|| [Header { key: HEADER.into(), value: None }]);

/// A watermark of one upstream task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InBandWatermark {
    pub(super) upstream: i32,
    pub(super) upstream_count: i32,
    pub(super) watermark: Timestamp,
    /// The upstream task has consumed all there is: do not wait for it.
    pub(super) idle: bool,
}

impl InBandWatermark {
    /// Whether a row's headers have one that would make a watermark of it.
    pub(super) fn is_among(headers: &[Header]) -> bool {
        headers.iter().any(|header| header.key == HEADER)
    }

    /// Headers without it.
    pub(super) fn without(headers: &[Header]) -> Vec<Header> {
        headers.iter().filter(|header| header.key != HEADER).cloned().collect()
    }

    pub(super) fn headers() -> &'static [Header] {
        HEADERS.as_slice()
    }

    pub(super) fn encode(&self) -> [u8; VALUE_BYTES] {
        let mut value = [0; VALUE_BYTES];
        value[0] = VERSION;
        value[1] = if self.idle { IDLE } else { 0 };
        value[2..6].copy_from_slice(&self.upstream.to_be_bytes());
        value[6..10].copy_from_slice(&self.upstream_count.to_be_bytes());
        value[10..].copy_from_slice(&self.watermark.0.to_be_bytes());
        value
    }

    /// The watermark in a record, if it is one.
    pub(super) fn of(record: &ConsumedRecord) -> Result<Option<InBandWatermark>> {
        if record.key.is_some() || !record.headers.iter().any(|header| header.key == HEADER) {
            return Ok(None);
        }
        let damaged = || Error::corrupt("a watermark in a repartition topic", format!("offset {} does not decode", record.offset));
        let value = record.value.as_deref().and_then(|value| <&[u8; VALUE_BYTES]>::try_from(value).ok()).ok_or_else(damaged)?;
        if value[0] != VERSION {
            return Err(damaged());
        }
        let int = |at: usize| i32::from_be_bytes([value[at], value[at + 1], value[at + 2], value[at + 3]]);
        let watermark = value[10..].try_into().map(i64::from_be_bytes).map_err(|_| damaged())?;
        let found =
            InBandWatermark { upstream: int(2), upstream_count: int(6), watermark: Timestamp(watermark), idle: value[1] & IDLE != 0 };
        if found.upstream < 0 || found.upstream >= found.upstream_count { Err(damaged()) } else { Ok(Some(found)) }
    }
}

/// The watermarks of all upstream tasks of one repartition partition.
///
/// The combined watermark is the least of the tasks that are not idle; if all are, the largest. A task that has said nothing yet holds it at
/// [`Timestamp::MIN`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UpstreamWatermarks(pub(super) Vec<(Timestamp, bool)>);

impl UpstreamWatermarks {
    pub(super) fn new(upstream_count: usize) -> Self {
        UpstreamWatermarks(vec![(Timestamp::MIN, false); upstream_count])
    }

    /// Takes a watermark. One of a task that does not exist (any more) counts for nothing.
    pub(super) fn take(&mut self, watermark: InBandWatermark) {
        if let Some((held, idle)) = self.0.get_mut(watermark.upstream as usize) {
            *held = (*held).max(watermark.watermark);
            *idle = watermark.idle;
        }
    }

    pub(super) fn combined(&self) -> Timestamp {
        let active = self.0.iter().filter(|(_, idle)| !idle).map(|(watermark, _)| *watermark).min();
        active.or_else(|| self.0.iter().map(|(watermark, _)| *watermark).max()).unwrap_or(Timestamp::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use log_model::Offset;

    fn watermark(upstream: i32, watermark: i64, idle: bool) -> InBandWatermark {
        InBandWatermark { upstream, upstream_count: 3, watermark: Timestamp(watermark), idle }
    }

    #[test]
    fn a_watermark_round_trips_as_a_record() {
        let sent = watermark(2, -5, true);
        let value = Some(Bytes::copy_from_slice(&sent.encode()));
        let headers = InBandWatermark::headers().to_vec();
        let mut record = ConsumedRecord { offset: Offset(1), timestamp: Timestamp(0), key: None, value, headers };
        assert_eq!(InBandWatermark::of(&record).unwrap(), Some(sent));
        record.value = Some(Bytes::from_static(b"short"));
        assert!(InBandWatermark::of(&record).is_err());
        record.headers.clear();
        assert_eq!(InBandWatermark::of(&record).unwrap(), None);
    }

    #[test]
    fn the_combined_watermark_waits_for_every_task_that_is_not_idle() {
        let mut upstream = UpstreamWatermarks::new(3);
        for (taken, combined) in [
            (watermark(0, 10, false), i64::MIN),
            (watermark(1, 20, false), i64::MIN),
            (watermark(2, i64::MIN, true), 10),
            (watermark(0, 10, true), 20),
            (watermark(1, 20, true), 20),
            (watermark(2, 5, false), 5),
        ] {
            upstream.take(taken);
            assert_eq!(upstream.combined(), Timestamp(combined), "after {taken:?}");
        }
    }
}
