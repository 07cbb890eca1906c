//! Streams of bytes between machines: listening, accepting, connecting.

use bytes::{Buf, Bytes};
use futures::future::BoxFuture;
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

/// Pieces handed to the system at once.
const SLICES_MAX: usize = 64;

/// One connection, both ways. Dropping it closes it.
pub trait NetStream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> NetStream for S {}

/// Accepts connections at one address. Dropping it stops listening.
pub trait NetListener: Send + fmt::Debug {
    /// Where it listens; the port is the one given out if port 0 was asked for.
    fn local_address(&self) -> SocketAddr;

    /// The next connection and who made it. Cancel safe.
    ///
    /// Errors: this one connection failed, or the process has no more file handles; the listener goes on.
    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Box<dyn NetStream>, SocketAddr)>>;
}

/// Listens and connects.
pub trait Network: Send + Sync + fmt::Debug {
    /// Listens at `address`; port 0 takes a free one.
    ///
    /// Errors: the address is in use, not of this machine, or not permitted.
    fn listen(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn NetListener>>>;

    /// The addresses of a host, given by name or address, at a port; the first ones are to be tried first.
    ///
    /// Errors: nobody knows the name.
    fn resolve(&self, host: &str, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;

    /// Connects to `address`. Errors: nobody listens there, or it cannot be reached.
    fn connect(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn NetStream>>>;
}

/// Writes all chunks, many at once, and flushes.
///
/// Errors: the connection failed; part of the bytes may have left.
pub async fn write_chunks(stream: &mut (impl AsyncWrite + Unpin), chunks: Vec<Bytes>) -> io::Result<()> {
    let mut chunks: VecDeque<Bytes> = chunks.into_iter().filter(|chunk| !chunk.is_empty()).collect();
    while !chunks.is_empty() {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let count = chunks.len().min(SLICES_MAX);
        for (slice, chunk) in slices.iter_mut().zip(&chunks) {
            *slice = IoSlice::new(chunk);
        }
        let mut written = stream.write_vectored(&slices[..count]).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        while let Some(front) = chunks.front_mut().filter(|_| written > 0) {
            let step = written.min(front.len());
            front.advance(step);
            written -= step;
            if front.is_empty() {
                chunks.pop_front();
            }
        }
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
        let (written, read) = futures::executor::block_on(async {
            let write = async move { write_chunks(&mut near, chunks).await };
            let read = async {
                let mut all = Vec::new();
                far.read_to_end(&mut all).await.map(|_| all)
            };
            futures::join!(write, read)
        });
        written.unwrap();
        assert_eq!(read.unwrap(), expected);
    }
}
