//! Any bytes as a response of any API and version, within ten times their memory.
#![no_main]

use headwater_fuzz::{Counting, wire};
use libfuzzer_sys::fuzz_target;
use log_wire::testing::RESPONSES;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fuzz_target!(|data: &[u8]| {
    if let Some((codec, version, body)) = wire::choose(RESPONSES, data) {
        wire::check(codec, version, &body);
    }
});
