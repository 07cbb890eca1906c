//! What holds after any history: rebuilding from the log changes nothing, nobody waits forever, no partition is worked on by two.

use super::harness::{Harness, Say, changed, fixed, member};
use crate::groups::records::AssignedPartitions;
use crate::groups::slot::Group;
use crate::groups::{Event, Id, JoinGroup, Partitions, Response, Token};
use log_model::KafkaCode;
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

const CLIENTS: usize = 4;
const INSTANCES: [&str; CLIENTS] = ["i0", "i1", "i2", "i3"];

/// A step of a history; clients by index.
#[derive(Clone, Copy, Debug)]
enum Step {
    Join(usize),
    JoinChanged(usize),
    JoinStatic(usize),
    Sync(usize),
    Heartbeat(usize),
    Leave(usize),
    LeaveForAWhile(usize),
    Pass(i64),
    Topic(usize, i32),
    DeleteTopic(usize),
    Persist,
    Fail,
    Sweep,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let client = 0..CLIENTS;
    let step = prop_oneof![
        4 => client.clone().prop_map(Step::Join),
        1 => client.clone().prop_map(Step::JoinChanged),
        2 => client.clone().prop_map(Step::JoinStatic),
        6 => client.clone().prop_map(Step::Sync),
        8 => client.clone().prop_map(Step::Heartbeat),
        1 => client.clone().prop_map(Step::Leave),
        1 => client.prop_map(Step::LeaveForAWhile),
        3 => prop_oneof![Just(0_i64), 1..5_000_i64, 5_000..70_000_i64].prop_map(Step::Pass),
        1 => (0..3_usize, 1..5_i32).prop_map(|(topic, count)| Step::Topic(topic, count)),
        1 => (0..3_usize).prop_map(Step::DeleteTopic),
        4 => Just(Step::Persist),
        1 => Just(Step::Fail),
        1 => Just(Step::Sweep),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..80)
}

/// What the world does in both histories.
fn happen(harness: &mut Harness, step: Step) {
    match step {
        Step::Pass(ms) => harness.pass(ms),
        Step::Topic(topic, partition_count) => {
            harness.topic(["t", "u", "v"][topic], partition_count);
        }
        Step::DeleteTopic(topic) => harness.delete_topic(["t", "u", "v"][topic]),
        Step::Persist => persist_all(harness),
        Step::Fail => harness.fail(),
        Step::Sweep => harness.on(Event::Sweep),
        Step::Restart => harness.restart(),
        _ => {}
    }
}

pub(super) fn persist_all(harness: &mut Harness) {
    while !harness.appends.is_empty() {
        harness.persist();
    }
}

/// The durable part of a group is what a coordinator that starts from the log has.
pub(super) fn check_rebuilt(harness: &mut Harness) -> Result<(), TestCaseError> {
    persist_all(harness);
    let live = harness.groups.inside("g").cloned();
    let now_ms = harness.now_ms;
    harness.restart();
    let rebuilt = harness.groups.inside("g");
    match (&live, rebuilt) {
        (Some(Group::Consumer(live)), Some(Group::Consumer(rebuilt))) => prop_assert_eq!(live, rebuilt),
        (Some(Group::Classic(live)), Some(Group::Classic(rebuilt))) if matches!(live.state.as_str(), "Stable" | "Empty") => {
            prop_assert_eq!(live.to_value(), rebuilt.to_value());
        }
        (Some(Group::Classic(live)), _) => prop_assert!(
            rebuilt.is_some()
                || live.generation <= 1
                || live.state.as_str() == "CompletingRebalance"
                || live.state.as_str() == "PreparingRebalance"
        ),
        (None, None) => {}
        (live, rebuilt) => prop_assert!(false, "{live:?} became {rebuilt:?} at {now_ms}"),
    }
    Ok(())
}

/// A client of a classic group: its id and generation, and the calls it waits for.
#[derive(Clone, Debug, Default)]
struct Classic {
    id: Id,
    generation: i32,
    calls: Vec<Token>,
}

fn hear(harness: &Harness, clients: &mut [Classic]) {
    for client in clients {
        for token in client.calls.clone() {
            match harness.answers.get(&token) {
                Some(Response::JoinGroup(answer)) => {
                    if matches!(answer.error, KafkaCode::None | KafkaCode::MemberIdRequired) {
                        client.id = Id::clone(&answer.member_id);
                        client.generation = answer.generation;
                    } else if matches!(answer.error, KafkaCode::UnknownMemberId | KafkaCode::FencedInstanceId) {
                        client.id = Id::default();
                    }
                    client.calls.retain(|call| *call != token);
                }
                Some(_) => client.calls.retain(|call| *call != token),
                None => {}
            }
        }
    }
}

fn run_classic(history: &[Step]) -> (Harness, Vec<Token>) {
    let mut harness = Harness::new();
    harness.at_once = false;
    let mut clients = vec![Classic::default(); CLIENTS];
    let mut calls = Vec::new();
    for step in history {
        match *step {
            Step::Join(index) | Step::JoinChanged(index) | Step::JoinStatic(index) => {
                let request = match step {
                    Step::JoinChanged(_) => changed(&clients[index].id),
                    Step::JoinStatic(_) => fixed("", INSTANCES[index]),
                    _ => member(&clients[index].id),
                };
                let version = if index == 0 { 3 } else { 9 };
                let token = harness.join_with(JoinGroup { version, ..request });
                clients[index].calls.push(token);
                calls.push(token);
            }
            Step::Sync(index) => {
                let token = harness.sync(&clients[index].id.clone(), clients[index].generation, &[]);
                clients[index].calls.push(token);
                calls.push(token);
            }
            Step::Heartbeat(index) => {
                let token = harness.token();
                let (member_id, generation) = (Id::clone(&clients[index].id), clients[index].generation);
                harness.on(Event::Heartbeat {
                    token,
                    request: crate::groups::Heartbeat { group: "g".into(), member_id, generation, instance_id: None },
                });
                calls.push(token);
            }
            Step::Leave(index) => {
                let token = harness.token();
                let leaving = crate::groups::LeavingMember { member_id: Id::clone(&clients[index].id), ..Default::default() };
                harness.on(Event::LeaveGroup { token, request: crate::groups::LeaveGroup { group: "g".into(), members: vec![leaving] } });
                calls.push(token);
            }
            Step::Restart => {
                harness.restart();
                // Who waited lost its connection.
                calls.retain(|token| harness.answers.contains_key(token));
                clients.iter_mut().for_each(|client| client.calls.clear());
            }
            step => happen(&mut harness, step),
        }
        hear(&harness, &mut clients);
    }
    (harness, calls)
}

/// A client of a consumer group: what it works on, and the one call it waits for.
#[derive(Clone, Debug, Default)]
pub(super) struct Consumer {
    pub(super) epoch: i32,
    pub(super) joined: bool,
    pub(super) owned: Partitions,
    pub(super) call: Option<Token>,
}

pub(super) fn listen(harness: &Harness, clients: &mut [Consumer]) {
    for client in clients {
        let Some(Response::ConsumerGroupHeartbeat(answer)) = client.call.and_then(|token| harness.answers.get(&token)) else { continue };
        client.call = None;
        match answer.error {
            KafkaCode::None if answer.member_epoch < 0 => *client = Consumer::default(),
            KafkaCode::None => {
                client.epoch = answer.member_epoch;
                client.joined = true;
                if let Some(assignment) = &answer.assignment {
                    client.owned.clone_from(assignment);
                }
            }
            // Nothing is known to have happened: the next heartbeat says everything.
            KafkaCode::CoordinatorNotAvailable | KafkaCode::CoordinatorLoadInProgress => {}
            _ => *client = Consumer::default(),
        }
    }
}

fn beat(harness: &mut Harness, index: usize, client: &mut Consumer, epoch: i32) {
    if client.call.is_some() {
        return;
    }
    let joins = epoch == 0;
    if joins {
        client.owned.clear();
    }
    let topics = (joins && index != 1).then(|| vec![["t", "u"][index % 2], "v"]);
    let say = Say {
        topics,
        hidden: Vec::new(),
        regex: (joins && index == 1).then_some("t|v"),
        owned: Some(client.owned.clone()),
        instance: (index >= 2).then_some(INSTANCES[index]),
        assignor: (index == 3 && joins).then_some("range"),
    };
    client.call = Some(harness.consume_token(&format!("m{index}"), epoch, say));
}

/// What a client works on is what the coordinator holds for it; what the coordinator holds for members is disjoint.
pub(super) fn check_owners(harness: &Harness, clients: &[Consumer]) -> Result<(), TestCaseError> {
    let Some(Group::Consumer(group)) = harness.groups.inside("g") else { return Ok(()) };
    let mut owners: BTreeMap<(Uuid, i32), &Id> = BTreeMap::new();
    for (id, member) in &group.members {
        for assigned in [&member.current.assigned, &member.current.pending_revocation] {
            for (topic, partition) in each(assigned) {
                prop_assert_eq!(owners.insert((topic, partition), id), None, "two members have {} {}", topic, partition);
            }
        }
    }
    let held = owners.iter().flat_map(|((topic, partition), id)| group.owner(topic, *partition).map(|owner| (owner, *id)));
    prop_assert!(held.into_iter().all(|(owner, id)| owner == id));
    for (index, client) in clients.iter().enumerate().filter(|(_, client)| client.joined && client.call.is_none()) {
        let id = format!("m{index}");
        // A client that was fenced meanwhile has been silent for so long that it has stopped itself.
        let Some(known) = group.members.get(&*id).filter(|known| known.current.member_epoch >= client.epoch) else { continue };
        for (topic, partitions) in &client.owned {
            for partition in partitions {
                prop_assert_eq!(owners.get(&(*topic, *partition)).map(|id| &***id), Some(&*id), "{:?}", known);
            }
        }
    }
    Ok(())
}

fn each(assigned: &AssignedPartitions) -> impl Iterator<Item = (Uuid, i32)> {
    assigned.iter().flat_map(|(topic, partitions)| partitions.keys().map(|partition| (*topic, *partition)))
}

fn run_consumer(history: &[Step]) -> Result<(Harness, Vec<Consumer>), TestCaseError> {
    let mut harness = Harness::new();
    harness.at_once = false;
    let mut clients = vec![Consumer::default(); CLIENTS];
    for step in history {
        match *step {
            Step::Join(index) | Step::JoinChanged(index) | Step::JoinStatic(index) => {
                if !clients[index].joined {
                    beat(&mut harness, index, &mut clients[index], 0);
                }
            }
            Step::Heartbeat(index) | Step::Sync(index) => {
                if clients[index].joined {
                    let epoch = clients[index].epoch;
                    beat(&mut harness, index, &mut clients[index], epoch);
                }
            }
            Step::Leave(index) | Step::LeaveForAWhile(index) if clients[index].joined && clients[index].call.is_none() => {
                let for_a_while = index >= 2 && matches!(step, Step::LeaveForAWhile(_));
                clients[index].owned.clear();
                beat(&mut harness, index, &mut clients[index], if for_a_while { -2 } else { -1 });
            }
            Step::Restart => {
                harness.restart();
                clients.iter_mut().for_each(|client| client.call = None);
            }
            step => happen(&mut harness, step),
        }
        listen(&harness, &mut clients);
        check_owners(&harness, &clients)?;
    }
    Ok((harness, clients))
}

proptest! {
    #[test]
    fn classic_callers_are_answered_when_time_passes(history in steps()) {
        let (mut harness, calls) = run_classic(&history);
        persist_all(&mut harness);
        for _ in 0..30 {
            harness.pass(600_000);
            persist_all(&mut harness);
        }
        let waiting: Vec<&Token> = calls.iter().filter(|token| harness.waits(**token)).collect();
        prop_assert!(waiting.is_empty(), "{:?} wait forever", waiting);
        prop_assert!(matches!(harness.state(), "Empty" | "none"), "{}", harness.state());
        prop_assert_eq!(harness.groups.next_deadline_ms(), None);
    }

    #[test]
    fn classic_groups_are_rebuilt_from_their_log(history in steps()) {
        let (mut harness, _) = run_classic(&history);
        check_rebuilt(&mut harness)?;
    }

    #[test]
    fn consumer_groups_are_rebuilt_from_their_log(history in steps()) {
        let (mut harness, _) = run_consumer(&history)?;
        check_rebuilt(&mut harness)?;
    }

    #[test]
    fn consumers_that_go_on_come_to_rest_with_everything_assigned(history in steps()) {
        let (mut harness, mut clients) = run_consumer(&history)?;
        harness.at_once = true;
        persist_all(&mut harness);
        listen(&harness, &mut clients);
        harness.topic("t", 4);
        harness.topic("u", 4);
        harness.topic("v", 4);
        // Static members that left may come back, and those that stay away are given up.
        for _ in 0..40 {
            harness.pass(2_000);
            for (index, client) in clients.iter_mut().enumerate() {
                let epoch = if client.joined { client.epoch } else { 0 };
                beat(&mut harness, index, client, epoch);
                listen(&harness, std::slice::from_mut(client));
            }
            check_owners(&harness, &clients)?;
        }
        prop_assert_eq!(harness.state(), "Stable");
        let total: usize = clients.iter().flat_map(|client| client.owned.values()).map(std::collections::BTreeSet::len).sum();
        prop_assert_eq!(total, 12);
    }
}
