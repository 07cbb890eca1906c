//! Any bytes as what a client sends: frames however they arrive, their headers, and the requests behind them.
#![no_main]

use bytes::{BufMut, Bytes};
use headwater_fuzz::{Counting, wire, within_memory};
use libfuzzer_sys::fuzz_target;
use log_wire::testing::REQUESTS;
use log_wire::{ApiKey, Cutter, Error, Reader, RequestHeader, ResponseHeader, frame};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Less than the longest input, so that frames over the limit come up, and more than fits the first room that is made for one.
const LIMIT_BYTES: usize = 6000;

/// The frames of bytes that arrive in pieces, and how they end.
fn cut(mut bytes: &[u8], piece: usize) -> (Vec<Bytes>, log_wire::Result<()>) {
    let mut cutter = Cutter::new(frame::REQUEST_BYTES_MIN, LIMIT_BYTES);
    let mut frames = Vec::new();
    loop {
        let before = bytes.len();
        match within_memory(before, || next(&mut cutter, &mut bytes, piece)) {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return (frames, cutter.end()),
            Err(error) => return (frames, Err(error)),
        }
    }
}

/// The next frame; `None` if none comes out of the bytes that are left.
fn next(cutter: &mut Cutter, bytes: &mut &[u8], piece: usize) -> log_wire::Result<Option<Bytes>> {
    loop {
        let frame = cutter.cut()?;
        if frame.is_some() || bytes.is_empty() {
            return Ok(frame);
        }
        let mut room = cutter.room();
        let (now, later) = bytes.split_at(room.remaining_mut().min(piece).min(bytes.len()));
        assert!(!now.is_empty());
        room.put_slice(now);
        *bytes = later;
    }
}

fuzz_target!(|data: &[u8]| {
    let (frames, end) = cut(data, usize::MAX);
    assert_eq!(cut(data, 7), (frames.clone(), end.clone()));
    let framed: usize = frames.iter().map(|frame| frame::LENGTH_BYTES + frame.len()).sum();
    match end {
        Ok(()) => assert_eq!(framed, data.len()),
        Err(Error::Truncated { .. } | Error::FrameLength { .. }) => assert!(framed < data.len()),
        Err(other) => panic!("{other}"),
    }
    for bytes in frames {
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
