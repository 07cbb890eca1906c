//! TCP of this machine.
//!
//! Small writes leave at once (`TCP_NODELAY`): whoever writes here gathers first.

use crate::{NetListener, NetStream, Network};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};

/// TCP sockets on the current tokio runtime, whose I/O driver must be enabled.
#[derive(Debug, Default)]
pub struct RealNetwork {}

impl RealNetwork {
    /// A network; it holds nothing.
    pub fn new() -> RealNetwork {
        RealNetwork {}
    }
}

#[derive(Debug)]
struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

impl NetListener for Listener {
    fn local_address(&self) -> SocketAddr {
        self.address
    }

    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Box<dyn NetStream>, SocketAddr)>> {
        async {
            let (stream, peer) = self.listener.accept().await?;
            stream.set_nodelay(true)?;
            Ok((Box::new(stream) as Box<dyn NetStream>, peer))
        }
        .boxed()
    }
}

impl Network for RealNetwork {
    fn listen(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn NetListener>>> {
        async move {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            Ok(Box::new(Listener { listener, address }) as Box<dyn NetListener>)
        }
        .boxed()
    }

    fn resolve(&self, host: &str, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        let host = host.to_string();
        async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) }.boxed()
    }

    fn connect(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn NetStream>>> {
        async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn NetStream>)
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[test]
    fn a_host_is_found_by_name_and_by_address() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let network = RealNetwork::new();
            for host in ["127.0.0.1", "localhost"] {
                let found = network.resolve(host, 9).await.unwrap();
                assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 9) && !found.is_empty(), "{found:?}");
            }
        });
    }

    #[test]
    fn bytes_travel_both_ways_and_an_end_is_seen() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let network = RealNetwork::new();
            let mut listener = network.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
            let (client, server) = futures::join!(network.connect(listener.local_address()), listener.accept());
            let (mut client, mut server) = (client.unwrap(), server.unwrap().0);
            client.write_all(b"ping").await.unwrap();
            let mut read = [0; 4];
            server.read_exact(&mut read).await.unwrap();
            server.write_all(b"pong").await.unwrap();
            drop(server);
            let mut all = Vec::new();
            client.read_to_end(&mut all).await.unwrap();
            assert_eq!((&read, all.as_slice()), (b"ping", &b"pong"[..]));
        });
    }
}
