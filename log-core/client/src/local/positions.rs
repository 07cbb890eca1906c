//! Where a consumer stands in one partition, and how a wish becomes an offset.

use crate::local::PartitionBounds;
use crate::{Error, Isolation, OffsetReset, Position, Result};
use log_model::{Offset, TopicId, TopicPartition};

/// Where a consumer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// Not looked up yet.
    Wanted(Position),
    /// The next offset to read, in the topic of this id.
    At(Offset, TopicId),
}

/// One assigned partition.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) partition: TopicPartition,
    pub(super) stand: Stand,
    pub(super) paused: bool,
}

impl Slot {
    pub(super) fn new(partition: TopicPartition, position: Position) -> Self {
        Slot { partition, stand: Stand::Wanted(position), paused: false }
    }
}

/// The offset for a wish within `bounds`; `committed` is what the group stored, if anything.
pub(super) fn resolve(
    partition: &TopicPartition,
    wish: Position,
    committed: Option<Offset>,
    bounds: &PartitionBounds,
    rules: (Isolation, OffsetReset),
) -> Result<Offset> {
    let (isolation, reset) = rules;
    let asked = match wish {
        Position::Earliest => return Ok(bounds.log_start),
        Position::Latest => return Ok(bounds.end(isolation)),
        Position::At(offset) => Some(offset),
        Position::Committed => committed,
    };
    match asked {
        Some(offset) if (bounds.log_start..=bounds.high_watermark).contains(&offset) => Ok(offset),
        _ => match reset {
            OffsetReset::Earliest => Ok(bounds.log_start),
            OffsetReset::Latest => Ok(bounds.end(isolation)),
            OffsetReset::Fail => Err(Error::OffsetOutOfRange {
                partition: partition.clone(),
                offset: asked.unwrap_or(Offset(-1)),
                log_start: bounds.log_start,
                log_end: bounds.high_watermark,
            }),
        },
    }
}
