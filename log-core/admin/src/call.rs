//! One call of a user: all that it asks shares one limit of time, and finds the node that answers.
//!
//! A connection may have been closed while it was idle. What was not sent whole goes out again on a new one, and so does what only reads; a change that a
//! server may have had does not ([`repeat`]).

use crate::address::Address;
use crate::answer::Answer;
use crate::connection::{Connection, Failure};
use crate::error::check;
use crate::nodes::Node;
use crate::{AdminOptions, ClusterAdmin, Error, Result, repeat};
use log_env::{Env, Mono};
use log_model::KafkaCode;
use log_wire::messages::FindCoordinatorRequest;
use log_wire::{Encode, Request};
use std::time::Duration;

/// Between two tries of something that passes by itself.
const PAUSE: Duration = Duration::from_millis(100);

/// What a coordinator coordinates.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Coordinated<'a> {
    Group(&'a str),
    Transaction(&'a str),
}

/// The time that is left for a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Mono,
    whole: Duration,
}

impl Deadline {
    pub(crate) fn of(env: &Env, options: &AdminOptions) -> Deadline {
        Deadline { at: env.clock.now().plus(options.call_within), whole: options.call_within }
    }

    /// How long a step may take that has a limit of its own too.
    pub(crate) fn step(&self, env: &Env, limit: Duration) -> Duration {
        limit.min(self.at.since(env.clock.now()))
    }

    fn is_over(&self, env: &Env) -> bool {
        env.clock.now() >= self.at
    }

    /// Says of a failure that the call as a whole had no more time. What nobody knows the end of stays that.
    fn told(&self, env: &Env, failure: Error) -> Error {
        match failure {
            Error::Uncertain { .. } | Error::Overdue { .. } => failure,
            last if self.is_over(env) => Error::Overdue { last: Box::new(last), seconds: self.whole.as_secs() },
            other => other,
        }
    }
}

/// A call under way.
pub(crate) struct Call<'a> {
    admin: &'a ClusterAdmin,
    deadline: Deadline,
}

impl<'a> Call<'a> {
    pub(crate) fn new(admin: &'a ClusterAdmin) -> Call<'a> {
        Call { admin, deadline: Deadline::of(&admin.env, &admin.options) }
    }

    /// Asks whichever node answers first.
    pub(crate) async fn ask_any<R: Request + Encode>(&self, request: &R) -> Result<Answer<R>> {
        if let Some((address, connection)) = self.admin.take_any().await
            && let Some(answer) = self.ask_idle(&address, connection, request).await
        {
            return answer;
        }
        let (address, connection) = self.open_any().await?;
        self.ask_over(&address, connection, request).await.map_err(|failure| self.told::<R>(failure))
    }

    /// Asks one node.
    pub(crate) async fn ask_node<R: Request + Encode>(&self, node: &Node, request: &R) -> Result<Answer<R>> {
        let address = Address { host: node.host.clone(), port: node.port };
        if let Some(connection) = self.admin.take(&address).await
            && let Some(answer) = self.ask_idle(&address, connection, request).await
        {
            return answer;
        }
        let connection = self.open(&address).await?;
        self.ask_over(&address, connection, request).await.map_err(|failure| self.told::<R>(failure))
    }

    /// Connects to the first of the servers that answers. Errors: what was met at the last of them.
    pub(crate) async fn open_any(&self) -> Result<(Address, Connection)> {
        let mut failed = Error::Invalid { reason: "no server is named".into() };
        for address in &self.admin.first {
            match self.open(address).await {
                Ok(connection) => return Ok((address.clone(), connection)),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    async fn open(&self, address: &Address) -> Result<Connection> {
        let opened = Connection::open(&self.admin.env, address, &self.admin.options, self.deadline).await;
        opened.map_err(|failure| self.deadline.told(&self.admin.env, failure))
    }

    /// Asks over a connection that has been idle; `None` if the server had closed it meanwhile and the request may go out again.
    async fn ask_idle<R: Request + Encode>(&self, address: &Address, mut connection: Connection, request: &R) -> Option<Result<Answer<R>>> {
        if !connection.is_open() {
            return None;
        }
        match self.ask_over(address, connection, request).await {
            Err(Failure { error: Error::Hangup { .. }, is_sent }) if !is_sent || repeat::is_repeatable(R::API_KEY) => None,
            answer => Some(answer.map_err(|failure| self.told::<R>(failure))),
        }
    }

    /// Asks, and keeps the connection if it is in order afterwards.
    async fn ask_over<R: Request + Encode>(
        &self,
        address: &Address,
        mut connection: Connection,
        request: &R,
    ) -> Result<Answer<R>, Failure> {
        let answer = connection.call(request, self.deadline).await;
        if matches!(answer, Ok(_) | Err(Failure { error: Error::Unserved { .. }, .. })) {
            self.admin.keep(address.clone(), connection).await;
        }
        answer
    }

    fn told<R: Request>(&self, failure: Failure) -> Error {
        let error = match failure.is_sent {
            true => repeat::after_sending(R::API_KEY, failure.error),
            false => failure.error,
        };
        self.deadline.told(&self.admin.env, error)
    }

    /// Runs a question to a coordinator until it is answered by the one that is in charge and ready. Where nobody gets ready in time, the last refusal.
    pub(crate) async fn coordinated<T>(&self, what: Coordinated<'_>, ask: impl AsyncFn(Node) -> Result<T>) -> Result<T> {
        loop {
            let answered = match self.coordinator(what).await {
                Ok(node) => ask(node).await,
                Err(error) => Err(error),
            };
            match answered {
                Err(error) if passes(&error) => {
                    let env = &self.admin.env;
                    env.clock.sleep(self.deadline.step(env, PAUSE)).await;
                    if self.deadline.is_over(env) {
                        return Err(self.deadline.told(env, error));
                    }
                }
                answered => return answered,
            }
        }
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
    use crate::ConfigResource;
    use crate::test_server::{Manner, World};
    use log_model::acl::{
        AclBinding, AclEntry, AclEntryFilter, AclFilter, AclOperation, AclPermissionType, PatternFilter, PatternType, ResourcePattern,
        ResourceType,
    };
    use log_model::{ErrorKind, GroupId};
    use log_wire::ApiKey;

    /// Two questions and four changes, each of one request but for the search for the coordinator or node.
    #[derive(Clone, Copy, Debug)]
    enum Asking {
        Cluster,
        Acls,
        CreateAcls,
        DeleteAcls,
        DeleteGroup,
        AlterConfig,
    }

    impl Asking {
        const ALL: [Asking; 6] =
            [Asking::Cluster, Asking::Acls, Asking::CreateAcls, Asking::DeleteAcls, Asking::DeleteGroup, Asking::AlterConfig];

        async fn ask(self, admin: &ClusterAdmin) -> Result<()> {
            match self {
                Asking::Cluster => admin.describe_cluster().await.map(drop),
                Asking::Acls => admin.describe_acls(&any_acl()).await.map(drop),
                Asking::CreateAcls => admin.create_acls(&[]).await,
                Asking::DeleteAcls => admin.delete_acls(&any_acl()).await.map(drop),
                Asking::DeleteGroup => admin.delete_group(&GroupId::new("g")).await,
                Asking::AlterConfig => admin.alter_config(&ConfigResource::BrokerDefault, &[]).await,
            }
        }

        fn api(self) -> ApiKey {
            match self {
                Asking::Cluster => ApiKey::DescribeCluster,
                Asking::Acls => ApiKey::DescribeAcls,
                Asking::CreateAcls => ApiKey::CreateAcls,
                Asking::DeleteAcls => ApiKey::DeleteAcls,
                Asking::DeleteGroup => ApiKey::DeleteGroups,
                Asking::AlterConfig => ApiKey::IncrementalAlterConfigs,
            }
        }

        /// The greeting, and what comes before the request itself.
        fn answers_before(self) -> usize {
            1 + usize::from(matches!(self, Asking::DeleteGroup))
        }
    }

    fn any_acl() -> AclFilter {
        let pattern = PatternFilter { resource_type: ResourceType::Any, name: None, pattern_type: PatternType::Any };
        let entry = AclEntryFilter { principal: None, host: None, operation: AclOperation::Any, permission: AclPermissionType::Any };
        AclFilter { pattern, entry }
    }

    /// Asks over a server that meets its connections so; what came of it, and how often the request itself arrived.
    fn met(asking: Asking, manners: &[Manner]) -> (Result<()>, usize) {
        let world = World::new();
        let done = world.sim.run_until(async {
            let admin = world.connect(&world.serve(manners).await).await.unwrap();
            // The first connection gets the time to end.
            world.env.clock.sleep(Duration::from_secs(1)).await;
            asking.ask(&admin).await
        });
        let arrived = world.asked.lock().iter().filter(|api| **api == asking.api()).count();
        (done, arrived)
    }

    #[test]
    fn a_connection_that_was_closed_while_idle_is_made_anew_for_whatever_is_asked() {
        for asking in Asking::ALL {
            assert_eq!(met(asking, &[Manner::Answers(1), Manner::Answers(9), Manner::Answers(9)]), (Ok(()), 1), "{asking:?}");
        }
    }

    #[test]
    fn what_did_not_go_out_whole_goes_out_again_also_where_it_changes_something() {
        let world = World::new();
        world.sim.run_until(async {
            let admin = world.connect(&world.serve(&[Manner::Tears(1), Manner::Answers(9)]).await).await.unwrap();
            // More than fits on the way: half of it is not written when the connection ends.
            let pattern = ResourcePattern::literal(ResourceType::Topic, "t");
            let (operation, permission) = (AclOperation::Read, AclPermissionType::Allow);
            let entry = AclEntry { principal: "User:someone".into(), host: "*".into(), operation, permission };
            let bindings = vec![AclBinding { pattern, entry }; 50_000];
            assert_eq!(admin.create_acls(&bindings).await, Ok(()));
        });
        assert_eq!(*world.asked.lock(), [ApiKey::CreateAcls]);
    }

    #[test]
    fn what_only_reads_is_repeated_and_a_change_that_may_have_been_made_is_not() {
        for asking in Asking::ALL {
            let before = asking.answers_before();
            let (done, arrived) = met(asking, &[Manner::Swallows(before), Manner::Answers(9), Manner::Answers(9)]);
            if matches!(asking, Asking::Cluster | Asking::Acls) {
                assert_eq!((done, arrived), (Ok(()), 2), "{asking:?}");
                continue;
            }
            let error = done.unwrap_err();
            assert_eq!((error.kind(), arrived), (ErrorKind::Closed, 1), "{error}");
            let words = error.to_string();
            let api = asking.api().name();
            assert!(
                words.contains(&format!("closed the connection: before it answered {api}; whether it has carried out {api}")),
                "{words}"
            );
            assert!(words.contains("is not known") && words.contains("before you try again"), "{words}");
        }
    }

    #[test]
    fn silence_ends_after_thirty_seconds_and_leaves_a_change_uncertain() {
        for asking in Asking::ALL {
            let world = World::new();
            let (error, took) = world.sim.run_until(async {
                let admin = world.connect(&world.serve(&[Manner::Quiet(asking.answers_before())]).await).await.unwrap();
                let began = world.env.clock.now();
                (asking.ask(&admin).await.unwrap_err(), world.env.clock.now().since(began))
            });
            let reads = matches!(asking, Asking::Cluster | Asking::Acls);
            assert_eq!(matches!(error, Error::Uncertain { .. }), !reads, "{error}");
            assert!(error.to_string().contains(&format!("did not answer {} within 30 s", asking.api())), "{error}");
            assert_eq!(took.as_secs(), 30, "{asking:?}");
        }
    }

    #[test]
    fn a_change_whose_answer_cannot_be_read_is_uncertain() {
        // Of another request; none; the right number and then nothing.
        for bytes in [&[0, 0, 0, 6, 0, 0, 0, 99, 0, 0][..], b"HTTP/1.1 400", &[0, 0, 0, 4, 0, 0, 0, 2]] {
            for (asking, is_uncertain) in [(Asking::DeleteAcls, true), (Asking::Acls, false)] {
                let (done, arrived) = met(asking, &[Manner::Garbles(1, bytes), Manner::Answers(9)]);
                let error = done.unwrap_err();
                assert_eq!((matches!(error, Error::Uncertain { .. }), arrived), (is_uncertain, 1), "{error}");
                assert!(error.to_string().contains("does not speak Kafka's protocol"), "{error}");
            }
        }
    }

    #[test]
    fn a_call_ends_after_sixty_seconds_whatever_it_waits_for() {
        let world = World::new();
        world.sim.run_until(async {
            let admin = world.connect(&world.serve(&[Manner::Unready]).await).await.unwrap();
            let began = world.env.clock.now();
            let error = admin.delete_group(&GroupId::new("g")).await.unwrap_err();
            assert_eq!(error.code(), Some(KafkaCode::CoordinatorNotAvailable));
            assert!(error.to_string().ends_with("that is all of the 60 s that a call may take"), "{error}");
            assert_eq!(world.env.clock.now().since(began).as_secs(), 60);
        });
    }

    #[test]
    fn no_step_takes_longer_than_what_is_left_of_the_call() {
        let world = World::new();
        world.sim.run_until(async {
            let address = world.serve(&[Manner::Quiet(1)]).await;
            let options = AdminOptions { call_within: Duration::from_secs(5), ..AdminOptions::default() };
            let admin = ClusterAdmin::connect(world.env.clone(), &address, options).await.unwrap();
            let began = world.env.clock.now();
            let error = admin.describe_cluster().await.unwrap_err().to_string();
            assert_eq!(error, format!("{address} did not answer DescribeCluster within 5 s; that is all of the 5 s that a call may take"));
            assert_eq!(world.env.clock.now().since(began), Duration::from_secs(5));
        });
    }
}
