//! A network in memory: every address is this machine's, bytes arrive in order, and a connection ends when either side drops it.
//!
//! A stream holds at most [`BUFFER_BYTES`] each way that were not read yet; whoever writes beyond that waits.

use crate::{NetListener, NetStream, Network};
use futures::channel::mpsc;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// What is under way in one direction of one connection.
const BUFFER_BYTES: usize = 256 << 10;
/// The first port given to those who do not choose one, and to those who connect.
const FIRST_FREE_PORT: u16 = 20_000;

type Incoming = (Box<dyn NetStream>, SocketAddr);

/// Listens and connects in memory; cheap to clone, all clones are one network.
#[derive(Clone, Debug, Default)]
pub struct SimNetwork {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    listening: BTreeMap<SocketAddr, Doorbell>,
    ports_given: u16,
}

/// Where those who connect are announced.
struct Doorbell(mpsc::UnboundedSender<Incoming>);

impl std::fmt::Debug for Doorbell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Doorbell")
    }
}

impl State {
    fn free_port(&mut self) -> u16 {
        self.ports_given = self.ports_given.wrapping_add(1) % 40_000;
        FIRST_FREE_PORT + self.ports_given
    }
}

impl SimNetwork {
    /// A network on which nobody listens yet.
    pub fn new() -> SimNetwork {
        SimNetwork::default()
    }
}

struct Listener {
    address: SocketAddr,
    incoming: mpsc::UnboundedReceiver<Incoming>,
    state: Arc<Mutex<State>>,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("address", &self.address).finish()
    }
}

impl NetListener for Listener {
    fn local_address(&self) -> SocketAddr {
        self.address
    }

    fn accept(&mut self) -> BoxFuture<'_, io::Result<Incoming>> {
        async { self.incoming.next().await.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)) }.boxed()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.state.lock().listening.remove(&self.address);
    }
}

impl Network for SimNetwork {
    fn listen(&self, mut address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn NetListener>>> {
        let mut state = self.state.lock();
        if address.port() == 0 {
            address.set_port(state.free_port());
        }
        let answer = match state.listening.entry(address) {
            Entry::Occupied(_) => Err(io::Error::from(io::ErrorKind::AddrInUse)),
            Entry::Vacant(free) => {
                let (doorbell, incoming) = mpsc::unbounded();
                free.insert(Doorbell(doorbell));
                Ok(Box::new(Listener { address, incoming, state: self.state.clone() }) as Box<dyn NetListener>)
            }
        };
        futures::future::ready(answer).boxed()
    }

    fn resolve(&self, host: &str, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        let unknown = || io::Error::new(io::ErrorKind::NotFound, "this network has addresses and no names");
        let address = host.parse::<std::net::IpAddr>().map_err(|_| unknown());
        futures::future::ready(address.map(|ip| vec![SocketAddr::new(ip, port)])).boxed()
    }

    fn connect(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn NetStream>>> {
        let mut state = self.state.lock();
        let from = SocketAddr::new(address.ip(), state.free_port());
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let (ours, theirs) = tokio::io::duplex(BUFFER_BYTES);
        let answer = match state.listening.get(&address) {
            Some(Doorbell(door)) => door.unbounded_send((Box::new(theirs), from)).map_err(|_| refused()),
            None => Err(refused()),
        };
        futures::future::ready(answer.map(|()| Box::new(ours) as Box<dyn NetStream>)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Env;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[test]
    fn whoever_connects_meets_whoever_listens() {
        let (env, sim) = Env::simulated(1);
        sim.run_until(async {
            let mut listener = env.network.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
            let address = listener.local_address();
            assert_eq!(env.network.listen(address).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
            let mut client = env.network.connect(address).await.unwrap();
            let (mut server, _) = listener.accept().await.unwrap();
            client.write_all(b"hello").await.unwrap();
            drop(client);
            let mut all = Vec::new();
            server.read_to_end(&mut all).await.unwrap();
            assert_eq!(all, b"hello");
            drop(listener);
            assert_eq!(env.network.connect(address).await.err().unwrap().kind(), io::ErrorKind::ConnectionRefused);
        });
    }
}
