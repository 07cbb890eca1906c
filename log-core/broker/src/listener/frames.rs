//! Cutting requests out of a stream: a length of four bytes, then so many bytes.
//!
//! Memory follows what has arrived, not what was announced: a frame's buffer grows as its bytes come in, and a large frame needs its share of the
//! node's budget before it grows. Reading is cancel safe: what has arrived stays here.

use crate::listener::budget::{Budget, Share};
use bytes::Bytes;
use log_wire::{Cutter, frame};
use std::io;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt};

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
    cutter: Cutter,
    share: Share,
    frame_bytes_max: usize,
}

impl FrameReader {
    pub(crate) fn new(frame_bytes_max: usize) -> FrameReader {
        FrameReader { cutter: Cutter::new(frame::REQUEST_BYTES_MIN, frame_bytes_max), share: Share::default(), frame_bytes_max }
    }

    /// The next request; `None` if the connection ended between two. Cancel safe.
    pub(crate) async fn next(&mut self, stream: &mut (impl AsyncRead + Unpin), budget: &Budget) -> Result<Option<Frame>, FrameError> {
        loop {
            if let Some(bytes) = self.cutter.cut().map_err(|error| self.refusal(&error))? {
                return Ok(Some(Frame { bytes, share: std::mem::take(&mut self.share) }));
            }
            if let Some(wanted) = self.cutter.wanted_bytes()
                && self.cutter.arrived_bytes() >= FREE_BYTES
                && self.share.is_empty()
            {
                self.share = budget.take(wanted).await;
            }
            if stream.read_buf(&mut self.cutter.room()).await? == 0 {
                return self.cutter.end().map(|()| None).map_err(|error| self.refusal(&error));
            }
        }
    }

    fn refusal(&self, error: &log_wire::Error) -> FrameError {
        match error {
            log_wire::Error::Truncated { needed, remaining, .. } => FrameError::Truncated { got: *remaining, wanted: *needed },
            log_wire::Error::FrameLength { length, .. } => FrameError::Refused { what: describe_foreign(*length, self.frame_bytes_max) },
            other => FrameError::Refused { what: other.to_string() },
        }
    }
}

/// Names the usual strangers at this door.
fn describe_foreign(length: i32, frame_bytes_max: usize) -> String {
    match length.to_be_bytes() {
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
        assert!(reader.cutter.is_inside_a_frame() && reader.share.is_empty());
        assert!(budget.try_take(2 << 20).is_some());
    }
}
