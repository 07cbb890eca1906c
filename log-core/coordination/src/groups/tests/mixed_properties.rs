//! What holds after any history of groups whose members change between the protocols, some static, some not.

use super::harness::{Harness, Say};
use super::properties::{Consumer, check_owners, check_rebuilt, listen, persist_all};
use super::speaker::{Phase, Speaker};
use crate::groups::slot::Group;
use crate::groups::{Event, GroupsConfig, Id, LeaveGroup, LeavingMember, Partitions};
use log_model::MigrationPolicy;
use proptest::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;

const CLIENTS: usize = 4;
/// Topics that stay.
const TOPICS: [&str; 3] = ["t", "u", "v"];
/// A topic that may be deleted. It does not come back: members of the classic protocol know topics by name and would take it for the old one.
const DELETED: &str = "w";

/// A step of a history; clients by index.
#[derive(Clone, Copy, Debug)]
enum Step {
    Go(usize),
    /// It ends and comes back speaking the other protocol.
    Switch(usize),
    Leave(usize),
    Pass(i64),
    Topic(usize, i32),
    DeleteTopic,
    Persist,
    Fail,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let client = 0..CLIENTS;
    let step = prop_oneof![
        16 => client.clone().prop_map(Step::Go),
        2 => client.clone().prop_map(Step::Switch),
        1 => client.prop_map(Step::Leave),
        2 => prop_oneof![Just(0_i64), 1..5_000_i64, 5_000..70_000_i64].prop_map(Step::Pass),
        1 => (0..3_usize, 1..5_i32).prop_map(|(topic, count)| Step::Topic(topic, count)),
        1 => Just(Step::DeleteTopic),
        6 => Just(Step::Persist),
        1 => Just(Step::Fail),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..100)
}

fn policies() -> impl Strategy<Value = MigrationPolicy> {
    prop_oneof![2 => Just(MigrationPolicy::Bidirectional), 1 => Just(MigrationPolicy::Upgrade)]
}

/// A client and the protocol that it speaks at present.
#[derive(Clone, Debug)]
enum Client {
    Classic(Speaker),
    Consumer(String, Consumer),
}

struct World {
    harness: Harness,
    clients: Vec<Client>,
    cooperative: bool,
    lives: u32,
}

impl World {
    fn new(migration_policy: MigrationPolicy, cooperative: bool) -> World {
        let config =
            GroupsConfig { initial_rebalance_delay_ms: 0, consumer_assignment_interval_ms: 0, migration_policy, ..GroupsConfig::default() };
        let mut harness = Harness::with(config);
        for name in TOPICS.into_iter().chain([DELETED]) {
            harness.topic(name, 2);
        }
        harness.at_once = false;
        let mut world = World { harness, clients: Vec::new(), cooperative, lives: 0 };
        world.clients = (0..CLIENTS).map(|index| world.classic(index)).collect();
        world
    }

    fn instance(index: usize) -> Option<&'static str> {
        [None, None, Some("i2"), Some("i3")][index]
    }

    fn topics(index: usize) -> [&'static str; 3] {
        [["t", "u"][index % 2], "v", DELETED]
    }

    fn classic(&self, index: usize) -> Client {
        Client::Classic(Speaker { instance: Self::instance(index), cooperative: self.cooperative, ..Speaker::new(&Self::topics(index)) })
    }

    fn consumer(&mut self, index: usize) -> Client {
        self.lives += 1;
        Client::Consumer(format!("m{index}-{}", self.lives), Consumer::default())
    }

    /// The client's next call.
    fn go(&mut self, index: usize) {
        let harness = &mut self.harness;
        match &mut self.clients[index] {
            Client::Classic(speaker) => speaker.go(harness),
            Client::Consumer(id, consumer) => {
                listen(harness, std::slice::from_mut(consumer));
                let epoch = if consumer.joined { consumer.epoch } else { 0 };
                Self::beat(harness, id, consumer, index, epoch);
                listen(harness, std::slice::from_mut(consumer));
            }
        }
    }

    fn beat(harness: &mut Harness, id: &str, consumer: &mut Consumer, index: usize, epoch: i32) {
        if consumer.call.is_some() {
            return;
        }
        if epoch <= 0 {
            consumer.owned.clear();
        }
        let topics = (epoch == 0).then(|| Self::topics(index).to_vec());
        let say = Say { topics, owned: Some(consumer.owned.clone()), instance: Self::instance(index), ..Say::default() };
        consumer.call = Some(harness.consume_token(id, epoch, say));
    }

    /// The client ends: it says so, or, if it is static, may come back under its instance id.
    fn end(&mut self, index: usize, comes_back: bool) {
        let harness = &mut self.harness;
        match &mut self.clients[index] {
            Client::Classic(speaker) if Self::instance(index).is_none() => {
                let token = harness.token();
                let members = vec![LeavingMember { member_id: Id::clone(&speaker.id), ..LeavingMember::default() }];
                harness.on(Event::LeaveGroup { token, request: LeaveGroup { group: "g".into(), members } });
            }
            Client::Classic(_) => {}
            Client::Consumer(id, consumer) => {
                let epoch = if Self::instance(index).is_some() && comes_back { -2 } else { -1 };
                consumer.call = None;
                Self::beat(harness, id, consumer, index, epoch);
            }
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Go(index) => self.go(index),
            Step::Switch(index) => {
                self.end(index, true);
                let next = match self.clients[index] {
                    Client::Classic(_) => self.consumer(index),
                    Client::Consumer(..) => self.classic(index),
                };
                self.clients[index] = next;
            }
            Step::Leave(index) => {
                self.end(index, false);
                let next = match self.clients[index] {
                    Client::Classic(_) => self.classic(index),
                    Client::Consumer(..) => self.consumer(index),
                };
                self.clients[index] = next;
            }
            Step::Pass(ms) => self.harness.pass(ms),
            Step::Topic(topic, partition_count) => {
                let known = self.harness.groups.topics.get(TOPICS[topic]).map_or(0, |topic| topic.partition_count);
                self.harness.topic(TOPICS[topic], partition_count.max(known));
            }
            Step::DeleteTopic => self.harness.delete_topic(DELETED),
            Step::Persist => persist_all(&mut self.harness),
            Step::Fail => self.harness.fail(),
            Step::Restart => {
                self.harness.restart();
                for client in &mut self.clients {
                    match client {
                        Client::Classic(speaker) => speaker.disconnect(),
                        Client::Consumer(_, consumer) => consumer.call = None,
                    }
                }
            }
        }
        for client in &mut self.clients {
            match client {
                Client::Classic(speaker) => speaker.hear(&mut self.harness),
                Client::Consumer(_, consumer) => listen(&self.harness, std::slice::from_mut(consumer)),
            }
        }
    }

    /// What a client works on, its id and the epoch at which it knows of it.
    fn works_on(client: &Client) -> Option<(&str, i32, &Partitions)> {
        match client {
            Client::Classic(speaker) => {
                matches!(speaker.phase, Phase::In | Phase::Beating(_)).then_some((&*speaker.id, speaker.generation, &speaker.owned))
            }
            Client::Consumer(id, consumer) => (consumer.joined && consumer.call.is_none()).then_some((id, consumer.epoch, &consumer.owned)),
        }
    }

    /// What the coordinator holds for members is disjoint, and what clients work on is what it holds for them.
    fn check(&self) -> Result<(), TestCaseError> {
        check_owners(&self.harness, &[])?;
        let mut all: BTreeSet<(Uuid, i32)> = BTreeSet::new();
        for (id, epoch, owned) in self.clients.iter().filter_map(Self::works_on) {
            // A member that was fenced, or is behind a restored state, learns of it and stops.
            let is_known = match self.harness.groups.inside("g") {
                Some(Group::Consumer(group)) => group.members.get(id).is_some_and(|member| member.current.member_epoch >= epoch),
                Some(Group::Classic(group)) => group.members.contains_key(id) && group.generation == epoch,
                None => false,
            };
            // What does not exist any more is not carried over from one kind of group to the other.
            let exists = |(topic, partition): &(Uuid, i32)| *partition < self.harness.groups.topics.partition_count(topic);
            let pairs = owned.iter().flat_map(|(topic, all)| all.iter().map(|one| (*topic, *one)));
            for (topic, partition) in pairs.filter(|pair| is_known && exists(pair)) {
                prop_assert!(all.insert((topic, partition)), "two work on {} {}: {:?}", topic, partition, self.clients);
                if let Some(Group::Consumer(group)) = self.harness.groups.inside("g") {
                    prop_assert_eq!(group.owner(&topic, partition).map(|owner| &**owner), Some(id));
                }
            }
        }
        Ok(())
    }
}

fn run(history: &[Step], policy: MigrationPolicy, cooperative: bool) -> Result<World, TestCaseError> {
    let mut world = World::new(policy, cooperative);
    for step in history {
        world.take(*step);
        world.check()?;
    }
    Ok(world)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn mixed_groups_are_rebuilt_from_their_log(history in steps(), policy in policies(), cooperative: bool) {
        let mut world = run(&history, policy, cooperative)?;
        check_rebuilt(&mut world.harness)?;
    }

    #[test]
    fn mixed_members_that_go_on_come_to_rest_with_everything_assigned(history in steps(), policy in policies(), cooperative: bool) {
        let mut world = run(&history, policy, cooperative)?;
        world.harness.at_once = true;
        persist_all(&mut world.harness);
        world.harness.delete_topic(DELETED);
        TOPICS.iter().for_each(|name| { world.harness.topic(name, 4); });
        // Those that ended without a word are given up after their sessions, and rebalances may wait for them.
        for _ in 0..70 {
            world.harness.pass(3_000);
            for index in 0..CLIENTS {
                world.take(Step::Go(index));
                world.check()?;
            }
        }
        prop_assert_eq!(world.harness.state(), "Stable", "{:?}", world.clients);
        let owned = |client| World::works_on(client).map_or(0, |(_, _, owned)| owned.values().map(BTreeSet::len).sum::<usize>());
        prop_assert_eq!(world.clients.iter().map(owned).sum::<usize>(), 12, "{:?}", world.clients);
    }
}
