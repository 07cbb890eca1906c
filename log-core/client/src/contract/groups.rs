//! Cases about consumer groups: sharing, taking over, fencing.

use super::harness::*;
use crate::{Consumer, Log, NewTopic, OffsetAndMetadata, OffsetReset, Position};
use log_model::{ErrorKind, GroupId, LeaderEpoch, Offset, TopicPartition};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Polls all members until each has what is meant for it.
async fn settle(members: &mut [Box<dyn Consumer>]) -> Vec<Vec<TopicPartition>> {
    // What one member gives up in a quiet round another is told of in the next.
    let mut quiet_rounds = 0;
    while quiet_rounds < 2 {
        quiet_rounds += 1;
        for member in members.iter_mut() {
            if poll(member).await.1.is_some() {
                quiet_rounds = 0;
            }
        }
    }
    members.iter().map(|member| member.assignment()).collect()
}

pub async fn a_partition_changes_hands_once_its_holder_polls_again(log: Arc<dyn Log>) {
    use futures::FutureExt;
    let topic = topic(&log, "t", 2).await;
    let topics = std::slice::from_ref(&topic);
    for index in 0..2 {
        send(&producer(&log).await, &topic.partition(index), &["a", "b"]).await;
    }
    let mut first = member(&log, "g", topics).await;
    assert_eq!(read_values(&mut first, 4).await.len(), 4);
    let mut second = member(&log, "g", topics).await;
    for _ in 0..3 {
        assert_eq!(poll(&mut second).await, (Vec::new(), None), "the first member holds everything");
    }
    let revoked = poll(&mut first).await.1.unwrap().revoked;
    assert_eq!(revoked.len(), 1);
    assert_eq!(poll(&mut second).await, (Vec::new(), None), "the first member was told, and may not be ready");
    first.commit(vec![(revoked[0].clone(), at(2))]).await.unwrap();
    assert!(first.ready().now_or_never().is_some(), "it is to poll again soon");
    poll(&mut first).await;
    first.commit(vec![(revoked[0].clone(), at(1))]).await.unwrap_err();
    second.ready().await;
    let (records, rebalance) = poll(&mut second).await;
    assert_eq!((records, rebalance.unwrap().assigned), (Vec::new(), revoked), "it begins at what was committed last");
}

pub async fn what_two_members_give_up_both_may_commit_whoever_gives_it_up_first(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 6).await;
    let topics = std::slice::from_ref(&topic);
    let mut members = vec![member(&log, "g", topics).await, member(&log, "g", topics).await];
    settle(&mut members).await;
    let mut newcomer = member(&log, "g", topics).await;
    let mut given_up = Vec::new();
    for member in &mut members {
        given_up.extend(poll(member).await.1.unwrap().revoked);
    }
    poll(&mut members[0]).await;
    assert_eq!(poll(&mut newcomer).await.1.unwrap().assigned, given_up[..1]);
    members[1].commit(vec![(given_up[1].clone(), at(0))]).await.unwrap();
    poll(&mut members[1]).await;
    assert_eq!(poll(&mut newcomer).await.1.unwrap().assigned, given_up[1..]);
    members[0].commit(vec![(given_up[1].clone(), at(0))]).await.unwrap_err();
}

pub async fn giving_up_does_not_wait_for_work_on_the_rest(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 2).await;
    let topics = std::slice::from_ref(&topic);
    let mut first = member(&log, "g", topics).await;
    poll(&mut first).await;
    for index in 0..2 {
        send(&producer(&log).await, &topic.partition(index), &["a"]).await;
    }
    let _second = member(&log, "g", topics).await;
    let (records, rebalance) = poll(&mut first).await;
    assert_eq!((records.len(), rebalance.unwrap().revoked.len()), (0, 1));
    assert_eq!(poll(&mut first).await.0.len(), 1);
}

pub async fn a_topic_created_anew_is_told_as_taken_and_given(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 1).await;
    let partition = topic.partition(0);
    send(&producer(&log).await, &partition, &["a", "b"]).await;
    let mut consumer = member(&log, "g", std::slice::from_ref(&topic)).await;
    assert_eq!(read_values(&mut consumer, 2).await, ["a", "b"]);
    log.admin().delete_topic(&topic).await.unwrap();
    log.admin().create_topic(NewTopic::new(topic.clone(), 1)).await.unwrap();
    send(&producer(&log).await, &partition, &["c"]).await;
    let (records, rebalance) = poll(&mut consumer).await;
    let rebalance = rebalance.unwrap();
    assert_eq!((&rebalance.revoked, &rebalance.assigned), (&vec![partition.clone()], &vec![partition.clone()]));
    assert_eq!(records, [(partition, Offset(0), "c".to_string())]);
    assert_eq!(poll(&mut consumer).await, (Vec::new(), None));
}

pub async fn a_single_member_gets_every_partition(log: Arc<dyn Log>) {
    let topics = [topic(&log, "t", 3).await, topic(&log, "u", 1).await];
    let mut consumer = member(&log, "g", &topics).await;
    let rebalance = poll(&mut consumer).await.1.unwrap();
    let all: Vec<_> = (0..3).map(|index| topics[0].partition(index)).chain([topics[1].partition(0)]).collect();
    assert_eq!(rebalance.assigned, all);
    assert_eq!(rebalance.revoked, []);
    assert_eq!(consumer.assignment(), all);
    assert_eq!(poll(&mut consumer).await.1, None);
}

pub async fn two_members_share_and_a_dropped_one_leaves(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 4).await;
    let topics = std::slice::from_ref(&topic);
    let mut members = vec![member(&log, "g", topics).await];
    settle(&mut members).await;
    members.push(member(&log, "g", topics).await);
    let revoked = poll(&mut members[0]).await.1.unwrap().revoked;
    assert_eq!(revoked.len(), 2);
    let shares = settle(&mut members).await;
    assert_eq!((shares[0].len(), shares[1].len()), (2, 2));
    assert_eq!(shares.concat().into_iter().collect::<BTreeSet<_>>().len(), 4);
    assert_eq!(shares[1].iter().collect::<BTreeSet<_>>(), revoked.iter().collect::<BTreeSet<_>>());
    drop(members.pop());
    let back = poll(&mut members[0]).await.1.unwrap();
    assert_eq!(back.assigned.into_iter().collect::<BTreeSet<_>>(), revoked.into_iter().collect());
    assert_eq!(members[0].assignment().len(), 4);
}

pub async fn a_closed_member_leaves_at_once(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 2).await;
    let topics = std::slice::from_ref(&topic);
    let mut members = vec![member(&log, "g", topics).await, member(&log, "g", topics).await];
    settle(&mut members).await;
    members[0].close().await.unwrap();
    assert_eq!(poll(&mut members[1]).await.1.unwrap().assigned.len(), 1);
    assert_eq!(members[1].assignment().len(), 2);
}

pub async fn committed_positions_are_taken_over(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 1).await;
    let partition = topic.partition(0);
    send(&producer(&log).await, &partition, &["a", "b", "c"]).await;
    let mut first = member(&log, "g", std::slice::from_ref(&topic)).await;
    assert_eq!(read_values(&mut first, 3).await, ["a", "b", "c"]);
    first.commit(vec![(partition.clone(), at(2))]).await.unwrap();
    assert_eq!(committed(&log, "g", &partition).await, Some(Offset(2)));
    drop(first);
    let mut second = member(&log, "g", std::slice::from_ref(&topic)).await;
    assert_eq!(read_values(&mut second, 1).await, ["c"]);
    let mut stranger = member(&log, "another group", &[topic]).await;
    assert_eq!(read_values(&mut stranger, 3).await, ["a", "b", "c"]);
}

pub async fn what_is_held_may_be_committed_through_a_rebalance(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 2).await;
    let topics = std::slice::from_ref(&topic);
    let mut members = vec![member(&log, "g", topics).await];
    settle(&mut members).await;
    members.push(member(&log, "g", topics).await);
    members[0].commit((0..2).map(|index| (topic.partition(index), at(1))).collect()).await.unwrap();
    let shares = settle(&mut members).await;
    let refused = members[0].commit(vec![(shares[1][0].clone(), at(2))]).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Retry, "{refused}");
    assert_eq!(committed(&log, "g", &shares[1][0]).await, Some(Offset(1)));
    members[0].commit(vec![(shares[0][0].clone(), at(2))]).await.unwrap();
    assert_eq!(committed(&log, "g", &shares[0][0]).await, Some(Offset(2)));
}

pub async fn a_commit_of_a_lost_partition_is_refused(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 2).await;
    let topics = std::slice::from_ref(&topic);
    let mut members = vec![member(&log, "g", topics).await, member(&log, "g", topics).await];
    let shares = settle(&mut members).await;
    let refused = members[0].commit(vec![(shares[1][0].clone(), at(0))]).await;
    assert!(refused.is_err());
    assert_eq!(committed(&log, "g", &shares[1][0]).await, None);
    members[1].commit(vec![(shares[1][0].clone(), at(0))]).await.unwrap();
}

pub async fn a_consumer_that_assigns_itself_commits_too(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    send(&producer, &partition, &["a"]).await;
    send(&producer, &partition, &["b"]).await;
    let mut consumer = log.consumer(options("g", OffsetReset::Earliest)).await.unwrap();
    consumer.assign(&[(partition.clone(), Position::Committed)]).await.unwrap();
    assert_eq!(read_values(&mut consumer, 2).await, ["a", "b"]);
    consumer.commit(vec![(partition.clone(), at(1))]).await.unwrap();
    let mut again = log.consumer(options("g", OffsetReset::Earliest)).await.unwrap();
    again.assign(&[(partition.clone(), Position::Committed)]).await.unwrap();
    assert_eq!(read_values(&mut again, 1).await, ["b"]);
    let mut without = reader(&log, std::slice::from_ref(&partition)).await;
    assert_eq!(without.commit(vec![(partition, at(1))]).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(without.group_metadata(), None);
}

pub async fn subscribe_needs_a_group_and_a_topic(log: Arc<dyn Log>) {
    let known = topic(&log, "t", 1).await;
    let mut without = log.consumer(Default::default()).await.unwrap();
    assert_eq!(without.subscribe(&[known]).await.unwrap_err().kind(), ErrorKind::Invalid);
    let mut consumer = log.consumer(options("g", OffsetReset::Earliest)).await.unwrap();
    assert_eq!(consumer.subscribe(&[name("nowhere")]).await.unwrap_err().kind(), ErrorKind::Missing);
}

pub async fn new_partitions_reach_the_members(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 1).await;
    let mut consumer = member(&log, "g", std::slice::from_ref(&topic)).await;
    poll(&mut consumer).await;
    log.admin().add_partitions(&topic, 3).await.unwrap();
    assert_eq!(poll(&mut consumer).await.1.unwrap().assigned, [topic.partition(1), topic.partition(2)]);
    send(&producer(&log).await, &topic.partition(2), &["new"]).await;
    assert_eq!(read_values(&mut consumer, 1).await, ["new"]);
}

pub async fn a_rebalance_wakes_the_members(log: Arc<dyn Log>) {
    use futures::FutureExt;
    let topic = topic(&log, "t", 2).await;
    let mut first = member(&log, "g", std::slice::from_ref(&topic)).await;
    while first.ready().now_or_never().is_some() {
        poll(&mut first).await;
    }
    let (second, ()) = futures::join!(member(&log, "g", std::slice::from_ref(&topic)), first.ready());
    assert_eq!(poll(&mut first).await.1.unwrap().revoked.len(), 1);
    while first.ready().now_or_never().is_some() {
        poll(&mut first).await;
    }
    drop(second);
    first.ready().await;
    assert_eq!(poll(&mut first).await.1.unwrap().assigned.len(), 1);
}

pub async fn many_members_read_each_record_once(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 6).await;
    let topics = std::slice::from_ref(&topic);
    let producer = producer(&log).await;
    let (mut readers, mut seen) = (Vec::new(), Vec::new());
    for round in 0..4 {
        readers.push(Reader { member: member(&log, "g", topics).await, uncommitted: BTreeMap::new() });
        for index in 0..6 {
            send(&producer, &topic.partition(index), &[&format!("{round}.{index}")]).await;
        }
        for _ in 0..6 {
            for reader in &mut readers {
                reader.read(&mut seen).await;
            }
        }
    }
    seen.sort();
    let mut expected: Vec<String> = (0..4).flat_map(|round| (0..6).map(move |index| format!("{round}.{index}"))).collect();
    expected.sort();
    assert_eq!(seen, expected);
}

/// A member that commits what it read, after the next poll if a rebalance comes between.
struct Reader {
    member: Box<dyn Consumer>,
    uncommitted: BTreeMap<TopicPartition, Offset>,
}

impl Reader {
    async fn read(&mut self, seen: &mut Vec<String>) {
        for (partition, offset, value) in poll(&mut self.member).await.0 {
            self.uncommitted.insert(partition, offset.next());
            seen.push(value);
        }
        let positions = self.uncommitted.iter().map(|(partition, offset)| (partition.clone(), OffsetAndMetadata::at(*offset))).collect();
        match self.member.commit(positions).await {
            Ok(()) => self.uncommitted.clear(),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Retry, "{error}"),
        }
    }
}

pub async fn positions_keep_epoch_and_metadata(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let position = OffsetAndMetadata { offset: Offset(5), leader_epoch: LeaderEpoch(3), metadata: "watermark=17 ä".into() };
    let mut consumer = log.consumer(options("g", OffsetReset::Earliest)).await.unwrap();
    consumer.commit(vec![(partition.clone(), position.clone())]).await.unwrap();
    assert_eq!(log.admin().committed(&GroupId::new("g")).await.unwrap()[&partition], position);
    let too_long = OffsetAndMetadata { metadata: "x".repeat(4097), ..position };
    assert_eq!(consumer.commit(vec![(partition.clone(), too_long)]).await.unwrap_err().kind(), ErrorKind::Invalid);
    let unknown = consumer.commit(vec![(name("nowhere").partition(0), at(1))]).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Missing);
}

pub async fn groups_are_listed(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 1).await;
    assert_eq!(log.admin().list_groups().await.unwrap(), []);
    let member = member(&log, "with members", std::slice::from_ref(&topic)).await;
    let mut consumer = log.consumer(options("with positions", OffsetReset::Earliest)).await.unwrap();
    consumer.commit(vec![(topic.partition(0), at(0))]).await.unwrap();
    let both = [GroupId::new("with members"), GroupId::new("with positions")];
    assert_eq!(log.admin().list_groups().await.unwrap(), both);
    drop(member);
    assert_eq!(log.admin().list_groups().await.unwrap(), both[1..]);
    assert!(log.admin().committed(&GroupId::new("unheard of")).await.unwrap().is_empty());
}
