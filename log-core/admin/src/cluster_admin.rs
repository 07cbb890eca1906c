//! The client: its options, and the connections that stand between calls.

use crate::Result;
use crate::address::Address;
use crate::call::Call;
use crate::connection::Connection;
use futures::lock::Mutex;
use log_env::Env;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long to wait, and what to say.
#[derive(Clone, Debug)]
pub struct AdminOptions {
    /// What the client calls itself.
    pub client_id: String,
    /// How long one server may take until a connection stands, name resolution and greeting included each.
    pub connect_within: Duration,
    /// How long a server may take for one answer; Kafka's `request.timeout.ms`.
    pub answer_within: Duration,
    /// How long a call may take as a whole, whatever it asks and waits for; Kafka's `default.api.timeout.ms`.
    pub call_within: Duration,
}

impl Default for AdminOptions {
    fn default() -> Self {
        AdminOptions {
            client_id: "headwater-admin".into(),
            connect_within: Duration::from_secs(4),
            answer_within: Duration::from_secs(30),
            call_within: Duration::from_secs(60),
        }
    }
}

/// A client for administration. Questions are asked one after the other.
///
/// ```no_run
/// use log_admin::{AdminOptions, ClusterAdmin};
/// use log_env::Env;
///
/// # async fn example() -> log_admin::Result<()> {
/// let admin = ClusterAdmin::connect(Env::real(), "127.0.0.1:9092", AdminOptions::default()).await?;
/// let cluster = admin.describe_cluster().await?;
/// println!("{} has {} nodes", cluster.cluster_id, cluster.nodes.len());
/// # Ok(())
/// # }
/// ```
pub struct ClusterAdmin {
    pub(crate) env: Env,
    pub(crate) options: AdminOptions,
    /// Where to begin.
    pub(crate) first: Vec<Address>,
    /// Connections that stand and are not in use.
    idle: Mutex<BTreeMap<Address, Connection>>,
}

impl std::fmt::Debug for ClusterAdmin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClusterAdmin").field("first", &self.first).finish_non_exhaustive()
    }
}

impl ClusterAdmin {
    /// Connects to the first of the servers (`HOST:PORT`, separated by commas) that answers. With [`Env::real`] a tokio runtime with timers and I/O must be
    /// current for this and every other call.
    ///
    /// # Errors
    /// What was met at the last of them; `Invalid` for an address that is none.
    pub async fn connect(env: Env, servers: &str, options: AdminOptions) -> Result<ClusterAdmin> {
        let first = Address::list(servers)?;
        let admin = ClusterAdmin { env, options, first, idle: Mutex::default() };
        let (address, connection) = admin.call().open_any().await?;
        admin.keep(address, connection).await;
        Ok(admin)
    }

    /// A call of its own limit of time.
    pub(crate) fn call(&self) -> Call<'_> {
        Call::new(self)
    }

    /// A connection to one of the first servers that was left standing.
    pub(crate) async fn take_any(&self) -> Option<(Address, Connection)> {
        let mut idle = self.idle.lock().await;
        self.first.iter().find_map(|address| idle.remove_entry(address))
    }

    /// The connection to this server that was left standing.
    pub(crate) async fn take(&self, address: &Address) -> Option<Connection> {
        self.idle.lock().await.remove(address)
    }

    /// Leaves a connection for the next call.
    pub(crate) async fn keep(&self, address: Address, connection: Connection) {
        self.idle.lock().await.insert(address, connection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::{Manner, World};

    #[test]
    fn a_server_that_is_none_is_an_error_with_its_address_and_the_reason_in_time() {
        let cases = [
            (Manner::Quiet(0), "said nothing for 4 s"),
            (Manner::Tears(0), "closed the connection"),
            (Manner::Says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "it speaks HTTP"),
            (Manner::Says(&[0x15, 3, 3, 0, 2, 2, 50]), "it speaks TLS"),
            (Manner::Says(&[0, 0, 0, 6, 0, 0, 0, 99, 0, 0]), "request 99"),
        ];
        for (manner, words) in cases {
            let world = World::new();
            world.sim.run_until(async {
                let (address, began) = (world.serve(&[manner]).await, world.env.clock.now());
                let error = world.connect(&address).await.unwrap_err().to_string();
                assert!(error.contains(&address) && error.contains(words), "{error}");
                assert!(world.env.clock.now().since(began) <= Duration::from_secs(4), "{manner:?}");
            });
        }
        let world = World::new();
        let error = world.sim.run_until(world.connect("127.0.0.1:1")).unwrap_err().to_string();
        assert_eq!(error, "no connection to 127.0.0.1:1: connection refused");
        assert!(world.sim.run_until(world.connect("nowhere.example:1")).unwrap_err().to_string().contains("nowhere.example:1"));
    }

    #[test]
    fn the_first_server_that_answers_is_taken() {
        let world = World::new();
        world.sim.run_until(async {
            let address = world.serve(&[Manner::Answers(9)]).await;
            let admin = world.connect(&format!("127.0.0.1:1,{address}")).await.unwrap();
            let cluster = admin.describe_cluster().await.unwrap();
            assert_eq!((cluster.cluster_id.as_str(), cluster.controller, cluster.nodes[0].id), ("here", None, 7));
        });
    }

    #[test]
    fn an_api_that_the_server_has_not_is_named() {
        let world = World::new();
        world.sim.run_until(async {
            let address = world.serve(&[Manner::Answers(9)]).await;
            let admin = world.connect(&address).await.unwrap();
            let error = admin.describe_quorum().await.unwrap_err().to_string();
            assert_eq!(error, format!("{address} does not serve DescribeQuorum"));
            // The connection is in order.
            assert!(admin.describe_cluster().await.is_ok());
        });
    }
}
