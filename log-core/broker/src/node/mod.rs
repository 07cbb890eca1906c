//! What all faces of a node share: the data directory with its commit and background loops, topics, committed positions, producers.

pub(crate) mod background;
pub(crate) mod committer;
pub(crate) mod core;
pub(crate) mod error;
pub(crate) mod find_offset;
pub(crate) mod internal_log;
pub(crate) mod latch;
pub(crate) mod loop_watch;
pub(crate) mod metadata_codec;
pub(crate) mod offsets;
pub(crate) mod offsets_codec;
pub(crate) mod offsets_retention;
pub(crate) mod options;
pub(crate) mod position_tombstones;
pub(crate) mod record_rules;
pub(crate) mod settings;
pub(crate) mod staging;
pub(crate) mod topic_changes;
pub(crate) mod topic_config;
pub(crate) mod topics;
