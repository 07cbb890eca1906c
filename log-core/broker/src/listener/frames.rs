//! Cutting requests out of a stream: a length of four bytes, then so many bytes.
//!
//! Memory follows what has arrived, not what was announced: a frame's buffer grows as its bytes come in, and a large frame needs its share of the
//! node's budget before it grows. Reading is cancel safe: what has arrived stays here.

use crate::listener::budget::{Budget, Share};
use bytes::{Buf, Bytes, BytesMut};
use log_wire::frame;
use std::io;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Read at once while the length is not known: a small request then costs one read.
const FIRST_READ_BYTES: usize = 512;
/// The next read once the length is known.
const FIRST_STEP_BYTES: usize = 4 << 10;
/// Room is made for so many times what has arrived.
const GROWTH: usize = 15;
/// A frame takes its share of the budget when so much of it has arrived: one that only announces itself gets none.
const FREE_BYTES: usize = 64 << 10;

/// Why a connection is closed by this side.
#[derive(Debug, Error)]
pub(crate) enum FrameError {
    /// It ended, or the network failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// It ended inside a frame.
    #[error("the connection ended {got} bytes into a request of {wanted} bytes")]
    Truncated { got: usize, wanted: usize },
    /// What was announced is no request.
    #[error("{what}")]
    Refused { what: String },
}

/// A whole request, and its share of the budget.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) bytes: Bytes,
    pub(crate) share: Share,
}

/// Reads frames from one connection.
#[derive(Debug)]
pub(crate) struct FrameReader {
    arrived: BytesMut,
    /// The size of the frame under way, once it is known.
    wanted: Option<usize>,
    share: Share,
    frame_bytes_max: usize,
}

impl FrameReader {
    pub(crate) fn new(frame_bytes_max: usize) -> FrameReader {
        FrameReader { arrived: BytesMut::new(), wanted: None, share: Share::default(), frame_bytes_max }
    }

    /// Whether part of a request has arrived.
    pub(crate) fn is_inside_a_frame(&self) -> bool {
        self.wanted.is_some() || !self.arrived.is_empty()
    }

    /// The next request; `None` if the connection ended between two. Cancel safe.
    pub(crate) async fn next(&mut self, stream: &mut (impl AsyncRead + Unpin), budget: &Budget) -> Result<Option<Frame>, FrameError> {
        loop {
            if let Some(frame) = self.cut()? {
                return Ok(Some(frame));
            }
            let target = self.make_room(budget).await;
            // Never beyond the end of a large frame: its buffer then belongs to it alone, and its batches are numbered in place.
            let mut room = bytes::BufMut::limit(&mut self.arrived, target);
            if stream.read_buf(&mut room).await? == 0 {
                return self.ended();
            }
        }
    }

    /// A frame that has arrived as a whole.
    fn cut(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.wanted.is_none() {
            self.wanted = self.checked_size()?;
            if self.wanted.is_some() {
                self.arrived.advance(frame::LENGTH_BYTES);
            }
        }
        let Some(wanted) = self.wanted.filter(|wanted| self.arrived.len() >= *wanted) else { return Ok(None) };
        self.wanted = None;
        let bytes = if self.arrived.len() == wanted { std::mem::take(&mut self.arrived) } else { self.arrived.split_to(wanted) };
        Ok(Some(Frame { bytes: bytes.freeze(), share: std::mem::take(&mut self.share) }))
    }

    fn checked_size(&self) -> Result<Option<usize>, FrameError> {
        frame::length(&self.arrived, frame::REQUEST_BYTES_MIN, self.frame_bytes_max).map_err(|_| {
            let prefix = [self.arrived[0], self.arrived[1], self.arrived[2], self.arrived[3]];
            FrameError::Refused { what: describe_foreign(prefix, self.frame_bytes_max) }
        })
    }

    /// Room for what comes next. Gives how much may be read now.
    async fn make_room(&mut self, budget: &Budget) -> usize {
        let Some(wanted) = self.wanted else {
            self.arrived.reserve(FIRST_READ_BYTES);
            return FIRST_READ_BYTES - self.arrived.len().min(FIRST_READ_BYTES - 1);
        };
        let (arrived, missing) = (self.arrived.len(), wanted - self.arrived.len());
        if arrived >= FREE_BYTES && self.share.is_empty() {
            self.share = budget.take(wanted).await;
        }
        // A multiple of what has arrived, so that an announcement alone allocates little.
        let step = missing.min((arrived * GROWTH).max(FIRST_STEP_BYTES));
        self.arrived.reserve(step);
        step
    }

    fn ended(&self) -> Result<Option<Frame>, FrameError> {
        if self.is_inside_a_frame() {
            return Err(FrameError::Truncated { got: self.arrived.len(), wanted: self.wanted.unwrap_or(frame::LENGTH_BYTES) });
        }
        Ok(None)
    }
}

/// Names the usual strangers at this door.
fn describe_foreign(prefix: [u8; 4], frame_bytes_max: usize) -> String {
    let length = i32::from_be_bytes(prefix);
    match prefix {
        [0x16, 0x03, ..] => "a TLS handshake came to a listener without TLS; set the client's security.protocol to PLAINTEXT".to_owned(),
        [b'G', b'E', b'T', b' ']
        | [b'P', b'O', b'S', b'T']
        | [b'P', b'U', b'T', b' ']
        | [b'H', b'E', b'A', b'D']
        | [b'O', b'P', b'T', b'I'] => "an HTTP request came to a listener that speaks Kafka's protocol".to_owned(),
        _ if length < frame::REQUEST_BYTES_MIN as i32 => format!("a request of {length} bytes was announced, which is less than a header"),
        _ => format!("a request of {length} bytes was announced; socket.request.max.bytes allows {frame_bytes_max}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use tokio::io::AsyncWriteExt;

    const MAX: usize = 4 << 20;

    /// What a reader makes of bytes that arrive in pieces of `piece` bytes, and then end.
    fn read(bytes: &[u8], piece: usize) -> (Vec<Bytes>, Option<String>) {
        let (mut near, mut far) = tokio::io::duplex(piece);
        let budget = Budget::new(16 << 20);
        let write = async {
            let sent = near.write_all(bytes).await;
            drop(near);
            sent
        };
        let read = async {
            let mut reader = FrameReader::new(MAX);
            let mut frames = Vec::new();
            loop {
                match reader.next(&mut far, &budget).await {
                    Ok(Some(frame)) => frames.push(frame.bytes),
                    Ok(None) => break (frames, None),
                    Err(error) => break (frames, Some(error.to_string())),
                }
            }
        };
        block_on(async { futures::join!(write, read) }).1
    }

    fn frame(size: usize, fill: u8) -> Vec<u8> {
        [&(size as i32).to_be_bytes()[..], &vec![fill; size]].concat()
    }

    #[test]
    fn frames_arrive_whole_however_they_are_cut() {
        let sizes = [8, 9, 600, 70_000, 8, 3_000_000];
        let bytes: Vec<u8> = sizes.iter().zip(1..).flat_map(|(size, fill)| frame(*size, fill)).collect();
        for piece in [1000, 4096, 1 << 20] {
            let (frames, error) = read(&bytes, piece);
            assert_eq!(error, None);
            assert_eq!(frames.iter().map(Bytes::len).collect::<Vec<_>>(), sizes);
            assert!(frames.iter().zip(1..).all(|(frame, fill)| frame.iter().all(|byte| *byte == fill)));
        }
    }

    #[test]
    fn a_large_frame_is_the_only_owner_of_its_bytes() {
        let (frames, _) = read(&frame(200_000, 7), 1 << 20);
        assert!(frames.into_iter().all(|frame| frame.try_into_mut().is_ok()));
    }

    #[test]
    fn what_is_no_request_is_named() {
        for (bytes, says) in [
            (&[0x16, 3, 1, 2, 0, 1][..], "TLS handshake"),
            (b"GET / HTTP/1.1\r\n\r\n", "HTTP request"),
            (&[0x7f, 0xff, 0xff, 0xff], "socket.request.max.bytes allows 4194304"),
            (&[0xff, 0xff, 0xff, 0xff], "less than a header"),
            (&[0, 0, 0, 7, 1], "less than a header"),
            (&[0, 0, 1, 0, 1, 2], "ended 2 bytes into a request of 256 bytes"),
            (&[0, 0], "ended 2 bytes into"),
        ] {
            let (frames, error) = read(bytes, 4096);
            assert!(frames.is_empty() && error.as_deref().is_some_and(|error| error.contains(says)), "{bytes:?}: {error:?}");
        }
    }

    #[test]
    fn an_announcement_alone_takes_no_memory_and_no_budget() {
        let (mut near, mut far) = tokio::io::duplex(4096);
        let budget = Budget::new(2 << 20);
        let mut reader = FrameReader::new(MAX);
        block_on(async {
            near.write_all(&(2_000_000_i32).to_be_bytes()).await.unwrap();
            near.write_all(&[1; 100]).await.unwrap();
            let waiting = reader.next(&mut far, &budget);
            let late = futures::future::ready(());
            assert!(matches!(futures::future::select(std::pin::pin!(waiting), late).await, futures::future::Either::Right(_)));
        });
        assert!(reader.is_inside_a_frame() && reader.arrived.capacity() < 8 << 10 && reader.share.is_empty());
        assert!(budget.try_take(2 << 20).is_some());
    }
}
