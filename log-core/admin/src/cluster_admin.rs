//! The client: finds the node that answers a question, keeps connections, asks again where a node says that it is not the one.

use crate::address::Address;
use crate::answer::Answer;
use crate::connection::Connection;
use crate::error::check;
use crate::nodes::Node;
use crate::{Error, Result};
use futures::lock::Mutex;
use log_env::{Env, Mono};
use log_model::KafkaCode;
use log_wire::messages::FindCoordinatorRequest;
use log_wire::{Encode, Request};
use std::collections::BTreeMap;
use std::time::Duration;

/// Between two tries of something that passes by itself.
const PAUSE: Duration = Duration::from_millis(100);

/// How long to wait, and what to say.
#[derive(Clone, Debug)]
pub struct AdminOptions {
    /// What the client calls itself.
    pub client_id: String,
    /// How long one server may take until a connection stands, name resolution and greeting included each.
    pub connect_within: Duration,
    /// How long a server may take for one answer, and how long something that passes by itself is waited for.
    pub answer_within: Duration,
}

impl Default for AdminOptions {
    fn default() -> Self {
        AdminOptions { client_id: "headwater-admin".into(), connect_within: Duration::from_secs(4), answer_within: Duration::from_secs(20) }
    }
}

/// What a coordinator coordinates.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Coordinated<'a> {
    Group(&'a str),
    Transaction(&'a str),
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
    env: Env,
    options: AdminOptions,
    /// Where to begin.
    first: Vec<Address>,
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
        let (address, connection) = admin.open_any().await?;
        admin.idle.lock().await.insert(address, connection);
        Ok(admin)
    }

    async fn open_any(&self) -> Result<(Address, Connection)> {
        let mut failed = Error::Invalid { reason: "no server is named".into() };
        for address in &self.first {
            match Connection::open(&self.env, address, &self.options).await {
                Ok(connection) => return Ok((address.clone(), connection)),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Asks whichever node answers first.
    pub(crate) async fn ask_any<R: Request + Encode>(&self, request: &R) -> Result<Answer<R>> {
        let known = {
            let mut idle = self.idle.lock().await;
            self.first.iter().find_map(|address| idle.remove_entry(address))
        };
        if let Some((address, connection)) = known
            && let Some(answer) = self.ask_idle(&address, connection, request).await
        {
            return answer;
        }
        let (address, connection) = self.open_any().await?;
        self.ask_over(&address, connection, request).await
    }

    /// Asks one node.
    pub(crate) async fn ask_node<R: Request + Encode>(&self, node: &Node, request: &R) -> Result<Answer<R>> {
        let address = Address { host: node.host.clone(), port: node.port };
        let known = self.idle.lock().await.remove(&address);
        if let Some(connection) = known
            && let Some(answer) = self.ask_idle(&address, connection, request).await
        {
            return answer;
        }
        let connection = Connection::open(&self.env, &address, &self.options).await?;
        self.ask_over(&address, connection, request).await
    }

    /// Asks over a connection that has been idle; `None` if the server had closed it meanwhile.
    async fn ask_idle<R: Request + Encode>(&self, address: &Address, connection: Connection, request: &R) -> Option<Result<Answer<R>>> {
        match self.ask_over(address, connection, request).await {
            Err(Error::Hangup { .. }) => None,
            answer => Some(answer),
        }
    }

    /// Asks, and keeps the connection if it is in order afterwards.
    async fn ask_over<R: Request + Encode>(&self, address: &Address, mut connection: Connection, request: &R) -> Result<Answer<R>> {
        let answer = connection.call(request).await;
        if matches!(answer, Ok(_) | Err(Error::Unserved { .. })) {
            self.idle.lock().await.insert(address.clone(), connection);
        }
        answer
    }

    /// Runs a question to a coordinator until it is answered by the one that is in charge and ready. Where nobody gets ready in time, the last refusal.
    pub(crate) async fn coordinated<T>(&self, what: Coordinated<'_>, ask: impl AsyncFn(Node) -> Result<T>) -> Result<T> {
        let deadline = self.deadline();
        loop {
            let answered = match self.coordinator(what).await {
                Ok(node) => ask(node).await,
                Err(error) => Err(error),
            };
            match answered {
                Err(error) if passes(&error) && self.env.clock.now() < deadline => self.env.clock.sleep(PAUSE).await,
                answered => return answered,
            }
        }
    }

    fn deadline(&self) -> Mono {
        self.env.clock.now().plus(self.options.answer_within)
    }

    /// The node in charge. Servers before FindCoordinator 4 are asked for one key, later ones for a list of one.
    async fn coordinator(&self, what: Coordinated<'_>) -> Result<Node> {
        let (key, key_type, name) = match what {
            Coordinated::Group(group) => (group, 0, "group"),
            Coordinated::Transaction(id) => (id, 1, "transactional id"),
        };
        let request = FindCoordinatorRequest { key: key.into(), key_type, coordinator_keys: vec![key.into()] };
        let answer = self.ask_any(&request).await?;
        let response = answer.read()?;
        let subject = || format!("the coordinator of {name} {key}");
        let node = |id, host: &str, port| Node { id, host: host.to_string(), port: port_of(port), rack: None, is_fenced: false };
        match response.coordinators.first() {
            Some(found) => {
                check(found.error_code, found.error_message.as_deref(), subject)?;
                Ok(node(found.node_id, &found.host, found.port))
            }
            None => {
                check(response.error_code, response.error_message.as_deref(), subject)?;
                Ok(node(response.node_id, &response.host, response.port))
            }
        }
    }
}

/// A port as messages carry it.
pub(crate) fn port_of(port: i32) -> u16 {
    u16::try_from(port).unwrap_or(0)
}

/// Whether a coordinator's refusal ends by itself.
fn passes(error: &Error) -> bool {
    matches!(error.code(), Some(KafkaCode::CoordinatorNotAvailable | KafkaCode::CoordinatorLoadInProgress | KafkaCode::NotCoordinator))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::{Manner, World};

    #[test]
    fn a_server_that_is_none_is_an_error_with_its_address_and_the_reason_in_time() {
        let cases = [
            (Manner::Silent, "said nothing for 4 s"),
            (Manner::HangsUp, "closed the connection"),
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
    fn a_connection_that_was_closed_while_idle_is_made_anew() {
        let world = World::new();
        world.sim.run_until(async {
            // The first answers the greeting and one question.
            let address = world.serve(&[Manner::Answers(2), Manner::Answers(9)]).await;
            let admin = world.connect(&address).await.unwrap();
            for _ in 0..3 {
                assert_eq!(admin.describe_cluster().await.unwrap().nodes.len(), 1);
            }
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
