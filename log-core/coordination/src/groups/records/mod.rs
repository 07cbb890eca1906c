//! What the coordinator keeps in `__consumer_offsets`, apart from offsets.
//!
//! A record is a key and a value or its deletion (`None`). The last record of a key counts, so a compacted log rebuilds the same state.

mod classic;
mod codec;
mod consumer;
mod record;

pub use classic::{ClassicGroupValue, ClassicMemberValue};
pub use codec::{Error, decode, encode};
pub use consumer::{
    AssignedPartitions, ClassicMemberMetadata, CurrentAssignment, GroupEpoch, MemberState, MemberSubscription, ResolvedRegex, TargetEpoch,
};

pub use record::Record;
