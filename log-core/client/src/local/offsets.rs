//! What a log checks about positions before a group may commit them.

use crate::{Error, OffsetAndMetadata, Result};
use log_model::TopicPartition;

/// The longest metadata of a committed position.
pub const METADATA_BYTES_MAX: usize = 4096;

/// Refuses negative offsets and metadata beyond [`METADATA_BYTES_MAX`].
pub fn check_offsets(offsets: &[(TopicPartition, OffsetAndMetadata)]) -> Result<()> {
    for (partition, position) in offsets {
        if position.offset.0 < 0 {
            return Err(Error::Invalid { reason: format!("committed offset {} of {partition} is negative", position.offset) });
        }
        if position.metadata.len() > METADATA_BYTES_MAX {
            return Err(Error::TooLarge {
                what: "committed metadata",
                size_bytes: position.metadata.len() as u64,
                limit_bytes: METADATA_BYTES_MAX as u64,
                fix: "keep it elsewhere and commit a reference",
            });
        }
    }
    Ok(())
}
