//! Any bytes as what a client sends: frames, their headers, and the requests behind them.
#![no_main]

use bytes::BytesMut;
use headwater_fuzz::{Counting, wire, within_memory};
use libfuzzer_sys::fuzz_target;
use log_wire::testing::REQUESTS;
use log_wire::{ApiKey, Error, Reader, RequestHeader, ResponseHeader, frame};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Less than the longest input, so that frames over the limit come up.
const LIMIT_BYTES: usize = 4096;

fuzz_target!(|data: &[u8]| {
    let mut received = BytesMut::from(data);
    loop {
        let before = received.len();
        let bytes = match within_memory(before, || frame::split(&mut received, frame::REQUEST_BYTES_MIN, LIMIT_BYTES)) {
            Ok(Some(bytes)) => bytes,
            Ok(None) | Err(Error::FrameLength { .. }) => return,
            Err(other) => panic!("{other}"),
        };
        assert_eq!(received.len() + bytes.len() + frame::LENGTH_BYTES, before);
        within_memory(bytes.len(), || {
            for key in ApiKey::ALL {
                let _ = ResponseHeader::decode(&mut Reader::new(&bytes), *key, key.versions().last);
            }
        });
        let mut reader = Reader::new(&bytes);
        let Ok(header) = within_memory(bytes.len(), || RequestHeader::decode(&mut reader)) else { continue };
        let body = bytes.slice(reader.position()..);
        let codec = REQUESTS.iter().find(|codec| codec.code == Some(header.api_key.code())).expect("every key has a request");
        match header.api_key.versions().contains(header.api_version) {
            true => wire::check(codec, header.api_version, &body),
            false => assert!((codec.decode)(&body, header.api_version).is_err()),
        }
    }
});
