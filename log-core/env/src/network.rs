//! Streams of bytes between machines: listening, accepting, connecting.

use futures::future::BoxFuture;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};

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
