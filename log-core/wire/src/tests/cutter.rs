//! Cutting: the same frames however they arrive, and no memory for what was only announced.

use crate::frame::{self, REQUEST_BYTES_MIN};
use crate::messages::HeartbeatRequest;
use crate::{Cutter, Error};
use bytes::{BufMut, Bytes};

const LIMIT: usize = 4 << 20;

/// What comes out of bytes that arrive in pieces, and how it ends.
fn cut(limit_bytes: usize, mut bytes: &[u8], piece: usize) -> (Vec<Bytes>, crate::Result<()>) {
    let mut cutter = Cutter::new(REQUEST_BYTES_MIN, limit_bytes);
    let mut frames = Vec::new();
    loop {
        match cutter.cut() {
            Ok(Some(frame)) => frames.push(frame),
            Err(error) => return (frames, Err(error)),
            Ok(None) if bytes.is_empty() => return (frames, cutter.end()),
            Ok(None) => {
                let mut room = cutter.room();
                let count = room.remaining_mut().min(bytes.len()).min(piece);
                room.put_slice(&bytes[..count]);
                bytes = &bytes[count..];
            }
        }
    }
}

fn frame_of(size: usize, fill: u8) -> Vec<u8> {
    [&(size as i32).to_be_bytes()[..], &vec![fill; size]].concat()
}

#[test]
fn frames_come_whole_and_in_order_however_they_arrive() {
    let sizes = [8, 9, 508, 509, 600, 70_000, 8, 3_000_000, 17];
    let mut bytes: Vec<u8> = sizes.iter().zip(1..).flat_map(|(size, fill)| frame_of(*size, fill)).collect();
    bytes.extend(frame::request(4, 2, None, &HeartbeatRequest::default()).unwrap().concat());
    for piece in [1, 7, 1000, 4096, usize::MAX] {
        let (frames, end) = cut(LIMIT, &bytes, piece);
        assert_eq!(end, Ok(()));
        assert_eq!(frames[..sizes.len()].iter().map(Bytes::len).collect::<Vec<_>>(), sizes);
        assert!(frames[..sizes.len()].iter().zip(1..).all(|(frame, fill)| frame.iter().all(|byte| *byte == fill)));
        assert_eq!(frames.len(), sizes.len() + 1);
    }
}

#[test]
fn a_frame_longer_than_the_first_read_is_the_sole_owner_of_its_bytes() {
    let bytes = [frame_of(20, 1), frame_of(509, 2), frame_of(200_000, 3), frame_of(3_000_000, 4)].concat();
    let (frames, _) = cut(LIMIT, &bytes, usize::MAX);
    for frame in frames.into_iter().skip(1) {
        assert!(frame.try_into_mut().is_ok());
    }
}

#[test]
fn small_frames_that_arrive_together_take_one_read() {
    let bytes = [frame_of(100, 1), frame_of(100, 2), frame_of(100, 3)].concat();
    let mut cutter = Cutter::new(REQUEST_BYTES_MIN, LIMIT);
    let mut room = cutter.room();
    assert!(room.remaining_mut() >= bytes.len());
    room.put_slice(&bytes);
    for fill in 1..=3 {
        assert_eq!(cutter.cut().unwrap().unwrap(), vec![fill; 100]);
    }
    assert!(!cutter.is_inside_a_frame());
}

#[test]
fn lengths_that_no_request_has_are_refused() {
    let greetings: [(&[u8], i32); 6] = [
        (&[0xff, 0xff, 0xff, 0xff], -1),
        (&[0x80, 0, 0, 0], i32::MIN),
        (&[0, 0, 0, 7], 7),
        (&[0, 0, 3, 0xe9], 1001),
        (b"\x16\x03\x01\x02\x00\x01", 0x1603_0102),
        (b"GET / HTTP/1.1", 0x4745_5420),
    ];
    for (bytes, length) in greetings {
        let refused = Err(Error::FrameLength { length, least: REQUEST_BYTES_MIN, limit: 1000 });
        assert_eq!(cut(1000, bytes, usize::MAX), (vec![], refused), "{bytes:?}");
    }
}

#[test]
fn a_stream_that_ends_inside_a_frame_is_told_from_one_that_ends_between_two() {
    let truncated = |needed, remaining| Err(Error::Truncated { at: 0, needed, remaining });
    for (bytes, end) in [
        (&[][..], Ok(())),
        (&[0xff, 0xff, 0xff], truncated(4, 3)),
        (&[0, 0, 3, 0xe8], truncated(1000, 0)),
        (&[0, 0, 0, 9, 1, 2], truncated(9, 2)),
    ] {
        assert_eq!(cut(LIMIT, bytes, usize::MAX), (vec![], end), "{bytes:?}");
    }
}

#[test]
fn a_frame_that_trickles_in_is_copied_only_when_its_buffer_is_full() {
    let mut cutter = Cutter::new(REQUEST_BYTES_MIN, LIMIT);
    let (mut copies, mut last) = (0, 0);
    for byte in frame_of(300_000, 1) {
        assert_eq!(cutter.cut(), Ok(None));
        let mut room = cutter.room();
        room.put_u8(byte);
        let end = room.get_ref().as_ptr_range().end as usize;
        copies += usize::from(end != last + 1);
        last = end;
    }
    assert!(copies <= 6, "{copies}");
    assert_eq!(cutter.cut().unwrap().map(|frame| frame.len()), Some(300_000));
}

#[test]
fn an_announcement_makes_little_room() {
    let mut cutter = Cutter::new(REQUEST_BYTES_MIN, LIMIT);
    cutter.room().put_slice(&(LIMIT as i32).to_be_bytes());
    assert_eq!(cutter.cut(), Ok(None));
    let mut arrived = 0;
    while arrived < LIMIT {
        let foretold = cutter.next_buffer_bytes();
        let room = cutter.room().remaining_mut();
        // A buffer of the first read may still begin with the length that was taken off.
        assert!((arrived + room..=arrived + room + frame::LENGTH_BYTES).contains(&foretold), "{foretold} for {arrived} and {room}");
        assert!(room <= (arrived * 7).max(4096), "{room} for {arrived}");
        cutter.room().put_slice(&vec![1; room]);
        arrived += room;
    }
    assert_eq!(cutter.cut().unwrap().map(|frame| frame.len()), Some(LIMIT));
}
