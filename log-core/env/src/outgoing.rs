//! Bytes on their way out: pieces of memory, many handed to the system at once, none copied.

use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Pieces handed to the system at once.
const SLICES_MAX: usize = 64;

/// What is still to be written.
#[derive(Debug)]
pub struct Outgoing {
    chunks: VecDeque<Bytes>,
}

impl Outgoing {
    /// All of these pieces, in order.
    pub fn of(chunks: Vec<Bytes>) -> Outgoing {
        Outgoing { chunks: chunks.into_iter().filter(|chunk| !chunk.is_empty()).collect() }
    }

    /// Whether everything is written.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The bytes that are left.
    pub fn size_bytes(&self) -> usize {
        self.chunks.iter().map(Bytes::len).sum()
    }

    /// Writes as much as the other side takes at once, and gives how much that was. Cancel safe.
    ///
    /// Errors: the connection failed; `WriteZero` if it takes nothing more.
    pub async fn write_some(&mut self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let count = self.chunks.len().min(SLICES_MAX);
        for (slice, chunk) in slices.iter_mut().zip(&self.chunks) {
            *slice = IoSlice::new(chunk);
        }
        let written = stream.write_vectored(&slices[..count]).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.advance(written);
        Ok(written)
    }

    fn advance(&mut self, mut written: usize) {
        while let Some(front) = self.chunks.front_mut().filter(|_| written > 0) {
            let step = written.min(front.len());
            front.advance(step);
            written -= step;
            if front.is_empty() {
                self.chunks.pop_front();
            }
        }
    }
}

/// Writes all pieces and flushes.
///
/// Errors: the connection failed; part of the bytes may have left.
pub async fn write_chunks(stream: &mut (impl AsyncWrite + Unpin), chunks: Vec<Bytes>) -> io::Result<()> {
    let mut outgoing = Outgoing::of(chunks);
    while !outgoing.is_empty() {
        outgoing.write_some(stream).await?;
    }
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[test]
    fn chunks_arrive_whole_and_in_order_through_a_narrow_pipe() {
        let chunks: Vec<Bytes> = (0..200u32).map(|index| Bytes::from(vec![index as u8; (index % 7) as usize * 100])).collect();
        let expected: Vec<u8> = chunks.concat();
        let (mut near, mut far) = tokio::io::duplex(333);
        let (left, read) = futures::executor::block_on(async {
            let write = async move {
                let mut outgoing = Outgoing::of(chunks);
                let mut left = outgoing.size_bytes();
                while !outgoing.is_empty() {
                    left -= outgoing.write_some(&mut near).await.unwrap();
                    assert_eq!(outgoing.size_bytes(), left);
                }
                left
            };
            let read = async {
                let mut all = Vec::new();
                far.read_to_end(&mut all).await.map(|_| all)
            };
            futures::join!(write, read)
        });
        assert_eq!((left, read.unwrap()), (0, expected));
    }
}
