//! Any bytes as keys and values of internal topics and as data of the consumer protocol, within ten times their memory.
#![no_main]

use headwater_fuzz::{Counting, wire, within_memory};
use libfuzzer_sys::fuzz_target;
use log_wire::records::{self, ConsumerProtocolSubscription, GroupMetadataKey, GroupMetadataValue, OffsetCommitKey};
use log_wire::testing::RECORDS;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fuzz_target!(|data: &[u8]| {
    if let Some((codec, version, body)) = wire::choose(RECORDS, data) {
        wire::check(codec, version, &body);
        // With the type or version in front, as the bytes lie in a record.
        within_memory(body.len(), || {
            if let Ok(key) = records::decode_key::<OffsetCommitKey<'_>>(&body) {
                assert_eq!(records::decode_key(&records::encode_key(&key).expect("it was read")), Ok(key));
            }
        });
        within_memory(body.len(), || drop(records::decode_key::<GroupMetadataKey<'_>>(&body)));
        within_memory(body.len(), || drop(records::decode_value::<GroupMetadataValue<'_>>(&body)));
        within_memory(body.len(), || drop(records::decode_consumer_protocol::<ConsumerProtocolSubscription<'_>>(&body)));
    }
});
