//! The membership of one consumer group: who is in it, which partitions each member has, and whose commits count.
//!
//! A pure machine: events in, answers out; no clock, no I/O. Every change of members or partitions makes a new generation with a complete
//! assignment: each partition of a subscribed topic is meant for exactly one member that subscribes to its topic. Members live in the process of
//! the log, so they leave by saying so: there are no session timeouts. Committed offsets are not here.
//!
//! A partition is handed over, not taken away (as Kafka's cooperative protocol does, KIP-429 and KIP-848): a member holds what it was told it has,
//! and whoever a partition is meant for next is told so only after the holder, itself told, released it or left. So two members never work on a
//! partition at the same time, and what the holder makes of its last records outside the log is done before another begins.

use log_model::{TopicName, TopicPartition};
use std::collections::{BTreeMap, BTreeSet};

/// How partitions are shared out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Assignor {
    /// Topic by topic, in contiguous ranges over the members in order (Kafka's `RangeAssignor`).
    Range,
    /// Balanced over all topics; a member keeps what it has as far as balance allows (as Kafka's `CooperativeStickyAssignor`).
    #[default]
    Sticky,
}

/// What happened to the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A member joined, or changed its subscription.
    MemberJoined {
        /// Its id.
        member: String,
        /// What it subscribes to, with the partition count of each topic.
        topics: BTreeMap<TopicName, i32>,
    },
    /// A member left.
    MemberLeft {
        /// Its id.
        member: String,
    },
    /// A topic has another number of partitions; 0 once it is deleted.
    TopicChanged {
        /// The topic.
        topic: TopicName,
        /// How many it has now.
        partition_count: i32,
    },
}

/// Why a commit does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The member is not, or no longer, in the group.
    UnknownMember,
    /// The member has not taken notice of a newer generation.
    OldGeneration {
        /// The generation of the group.
        current: i32,
    },
    /// The member does not hold the partition.
    NotHeld {
        /// Which.
        partition: TopicPartition,
    },
}

#[derive(Clone, Debug, Default)]
struct Member {
    topics: BTreeSet<TopicName>,
    /// Meant for it in the current generation.
    partitions: BTreeSet<TopicPartition>,
    /// What it was told when it last looked.
    told: BTreeSet<TopicPartition>,
    /// What it was told of and has not released, with the generation in which it was told: nobody else is told of these.
    held: BTreeMap<TopicPartition, i32>,
}

/// One consumer group.
///
/// Invariants: what is meant for the members is disjoint, and together all partitions of all subscribed topics; what they hold is disjoint;
/// a member holds all it was told when it last looked.
#[derive(Clone, Debug, Default)]
pub struct GroupMachine {
    assignor: Assignor,
    generation: i32,
    members: BTreeMap<String, Member>,
    partition_counts: BTreeMap<TopicName, i32>,
}

impl GroupMachine {
    /// An empty group of generation 0.
    pub fn new(assignor: Assignor) -> Self {
        GroupMachine { assignor, ..GroupMachine::default() }
    }

    /// The current generation.
    pub fn generation(&self) -> i32 {
        self.generation
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Tells a member what it has in the current generation: what is meant for it and held by nobody else. From now on it holds that too.
    /// `None` if it is no member.
    pub fn look(&mut self, name: &str) -> Option<Vec<TopicPartition>> {
        let wanted = self.members.get(name)?.partitions.iter();
        let told: BTreeSet<TopicPartition> = wanted.filter(|partition| !self.is_held_by_another(name, partition)).cloned().collect();
        let member = self.members.get_mut(name)?;
        for partition in &told {
            member.held.entry(partition.clone()).or_insert(self.generation);
        }
        member.told = told;
        Some(member.told.iter().cloned().collect())
    }

    /// A member has done with everything that it was not told of when it last looked. True if somebody was waiting for that, which makes a new
    /// generation: every member is to look.
    pub fn release(&mut self, name: &str) -> bool {
        let Some(member) = self.members.get_mut(name) else { return false };
        let Member { told, held, .. } = member;
        let released: Vec<TopicPartition> =
            held.extract_if(.., |partition, _| !told.contains(partition)).map(|(partition, _)| partition).collect();
        let is_awaited = self.members.values().any(|member| released.iter().any(|partition| member.partitions.contains(partition)));
        self.generation += i32::from(is_awaited);
        is_awaited
    }

    fn is_held_by_another(&self, name: &str, partition: &TopicPartition) -> bool {
        self.members.iter().any(|(other, member)| other != name && member.held.contains_key(partition))
    }

    /// Takes an event. True if it makes a new generation: every member is to look.
    pub fn handle(&mut self, event: Event) -> bool {
        let changed = match event {
            Event::MemberJoined { member, topics } => self.join(member, topics),
            Event::MemberLeft { member } => self.members.remove(&member).is_some(),
            Event::TopicChanged { topic, partition_count } => match self.partition_counts.get_mut(&topic) {
                Some(count) => std::mem::replace(count, partition_count) != partition_count,
                None => false,
            },
        };
        if changed {
            self.rebalance();
        }
        changed
    }

    fn join(&mut self, member: String, topics: BTreeMap<TopicName, i32>) -> bool {
        let names: BTreeSet<TopicName> = topics.keys().cloned().collect();
        let same_counts = topics.iter().all(|(topic, count)| self.partition_counts.get(topic) == Some(count));
        self.partition_counts.extend(topics);
        let known = self.members.get(&member).is_some_and(|known| known.topics == names);
        self.members.entry(member).or_default().topics = names;
        !(known && same_counts)
    }

    /// Whether a commit of `partitions` by this member at this generation counts: it does for what the member was told of by then and still holds, that is
    /// also after a rebalance it does not know of, and for what it is to give up until it has. Without partitions it tells whether there was a rebalance.
    pub fn check_commit<'a>(
        &self,
        member: &str,
        generation: i32,
        partitions: impl IntoIterator<Item = &'a TopicPartition>,
    ) -> Result<(), Refusal> {
        let known = self.members.get(member).ok_or(Refusal::UnknownMember)?;
        let (mut is_empty, mut lost) = (true, None);
        for partition in partitions {
            is_empty = false;
            if known.held.get(partition).is_none_or(|told| *told > generation) {
                lost = Some(partition);
            }
        }
        match lost {
            Some(partition) if generation == self.generation => Err(Refusal::NotHeld { partition: partition.clone() }),
            None if !is_empty || generation == self.generation => Ok(()),
            _ => Err(Refusal::OldGeneration { current: self.generation }),
        }
    }

    fn rebalance(&mut self) {
        self.generation += 1;
        let subscribed: BTreeSet<TopicName> = self.members.values().flat_map(|member| member.topics.iter().cloned()).collect();
        self.partition_counts.retain(|topic, _| subscribed.contains(topic));
        match self.assignor {
            Assignor::Range => self.assign_ranges(),
            Assignor::Sticky => self.assign_sticky(),
        }
    }

    fn assign_ranges(&mut self) {
        self.members.values_mut().for_each(|member| member.partitions.clear());
        for (topic, &count) in &self.partition_counts {
            let mut subscribers: Vec<&mut Member> = self.members.values_mut().filter(|member| member.topics.contains(topic)).collect();
            let share = count / subscribers.len() as i32;
            let longer = count % subscribers.len() as i32;
            let mut next = 0;
            for (index, member) in subscribers.iter_mut().enumerate() {
                let end = next + share + i32::from((index as i32) < longer);
                member.partitions.extend((next..end).map(|partition| topic.partition(partition)));
                next = end;
            }
        }
    }

    fn assign_sticky(&mut self) {
        let counts = &self.partition_counts;
        let mut free: BTreeSet<TopicPartition> =
            counts.iter().flat_map(|(topic, &count)| (0..count).map(|partition| topic.partition(partition))).collect();
        for member in self.members.values_mut() {
            let Member { topics, partitions, .. } = member;
            partitions.retain(|partition| topics.contains(&partition.topic) && free.remove(partition));
        }
        for partition in free {
            let least = self.least_loaded(&partition.topic).map(|(name, _)| name.clone());
            if let Some(member) = least.and_then(|name| self.members.get_mut(&name)) {
                member.partitions.insert(partition);
            }
        }
        while self.move_one() {}
    }

    /// The subscriber of `topic` with the fewest partitions.
    fn least_loaded(&self, topic: &TopicName) -> Option<(&String, usize)> {
        let subscribers = self.members.iter().filter(|(_, member)| member.topics.contains(topic));
        subscribers.map(|(name, member)| (name, member.partitions.len())).min_by_key(|(_, load)| *load)
    }

    /// Moves a partition from a member to one that has at least two fewer. Each move lowers the sum of squares, so the moves end.
    fn move_one(&mut self) -> bool {
        let mut donors: Vec<(&String, &Member)> = self.members.iter().collect();
        donors.sort_by_key(|(_, member)| std::cmp::Reverse(member.partitions.len()));
        let found = donors.into_iter().find_map(|(name, member)| {
            let load = member.partitions.len();
            member.topics.iter().rev().find_map(|topic| {
                let partition = member.partitions.range(topic.partition(0)..=topic.partition(i32::MAX)).next_back()?;
                let (to, least) = self.least_loaded(topic)?;
                (least + 2 <= load).then(|| (name.clone(), to.clone(), partition.clone()))
            })
        });
        let Some((from, to, partition)) = found else { return false };
        self.members.entry(from).or_default().partitions.remove(&partition);
        self.members.entry(to).or_default().partitions.insert(partition);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn topic(name: &str) -> TopicName {
        TopicName::new(name).unwrap()
    }

    fn joined(member: &str, topics: &[(&str, i32)]) -> Event {
        Event::MemberJoined { member: member.into(), topics: topics.iter().map(|(name, count)| (topic(name), *count)).collect() }
    }

    fn left(member: &str) -> Event {
        Event::MemberLeft { member: member.into() }
    }

    /// What every member is told now, a member that waits for a release marked by `?`.
    fn told(group: &mut GroupMachine) -> String {
        let names: Vec<String> = group.members.keys().cloned().collect();
        let mut told = Vec::new();
        for name in names {
            let list: Vec<String> = group.look(&name).unwrap().iter().map(ToString::to_string).collect();
            let waits = if group.members[&name].told == group.members[&name].partitions { "" } else { "?" };
            told.push(format!("{name}@{}[{}]{waits}", group.generation, list.join(" ")));
        }
        told.join(" ")
    }

    /// Lets every member look, then release what it was not told of, until nothing changes.
    fn settle(group: &mut GroupMachine) -> String {
        loop {
            let seen = told(group);
            let names: Vec<String> = group.members.keys().cloned().collect();
            let releases = names.iter().filter(|name| group.release(name)).count();
            if releases == 0 {
                return seen;
            }
        }
    }

    /// Runs events and writes down what each member has after each, once all have released what they are to release; nothing if nothing changed.
    fn transcript(assignor: Assignor, events: Vec<Event>) -> Vec<String> {
        let mut group = GroupMachine::new(assignor);
        events.into_iter().map(|event| if group.handle(event) { settle(&mut group) } else { String::new() }).collect()
    }

    #[test]
    fn range_gives_contiguous_shares_topic_by_topic() {
        let lines = transcript(
            Assignor::Range,
            vec![
                joined("a", &[("t", 5), ("u", 1)]),
                joined("b", &[("t", 5)]),
                left("a"),
                Event::TopicChanged { topic: topic("t"), partition_count: 2 },
            ],
        );
        assert_eq!(
            lines,
            ["a@1[t-0 t-1 t-2 t-3 t-4 u-0]", "a@3[t-0 t-1 t-2 u-0] b@3[t-3 t-4]", "b@4[t-0 t-1 t-2 t-3 t-4]", "b@5[t-0 t-1]",]
        );
    }

    #[test]
    fn sticky_moves_only_what_balance_asks() {
        let lines = transcript(
            Assignor::Sticky,
            vec![joined("a", &[("t", 4)]), joined("b", &[("t", 4)]), joined("c", &[("t", 4)]), left("b"), left("c"), left("a")],
        );
        assert_eq!(
            lines,
            [
                "a@1[t-0 t-1 t-2 t-3]",
                "a@3[t-0 t-1] b@3[t-2 t-3]",
                "a@5[t-0] b@5[t-2 t-3] c@5[t-1]",
                "a@6[t-0 t-2] c@6[t-1 t-3]",
                "a@7[t-0 t-1 t-2 t-3]",
                "",
            ]
        );
    }

    #[test]
    fn nothing_new_makes_no_generation() {
        let lines = transcript(
            Assignor::Sticky,
            vec![
                joined("a", &[("t", 1)]),
                joined("a", &[("t", 1)]),
                left("nobody"),
                Event::TopicChanged { topic: topic("t"), partition_count: 1 },
                Event::TopicChanged { topic: topic("other"), partition_count: 9 },
            ],
        );
        assert_eq!(lines, ["a@1[t-0]", "", "", "", ""]);
    }

    #[test]
    fn a_partition_is_told_to_the_next_member_once_the_holder_released_it() {
        let mut group = GroupMachine::new(Assignor::Sticky);
        group.handle(joined("a", &[("t", 2)]));
        assert_eq!(told(&mut group), "a@1[t-0 t-1]");
        group.handle(joined("b", &[("t", 2)]));
        // Not told yet, so there is nothing it could be done with.
        assert!(!group.release("a"));
        assert_eq!(group.look("b"), Some(Vec::new()));
        assert_eq!(told(&mut group), "a@2[t-0] b@2[]?");
        assert_eq!(told(&mut group), "a@2[t-0] b@2[]?");
        assert!(group.release("a"));
        assert_eq!(told(&mut group), "a@3[t-0] b@3[t-1]");
        // What one that goes held is free at once.
        group.handle(joined("c", &[("t", 2), ("u", 1)]));
        group.handle(left("b"));
        assert_eq!(told(&mut group), "a@5[t-0 t-1] c@5[u-0]");
    }

    #[test]
    fn a_member_that_was_never_told_holds_nothing() {
        let mut group = GroupMachine::new(Assignor::Sticky);
        group.handle(joined("a", &[("t", 2)]));
        group.handle(joined("b", &[("t", 2)]));
        assert_eq!(group.look("b"), Some(vec![topic("t").partition(1)]));
    }

    #[test]
    fn only_the_holder_may_commit_and_only_what_it_has_held_since() {
        let mut group = GroupMachine::new(Assignor::Sticky);
        group.handle(joined("a", &[("t", 2)]));
        let (first, second) = (topic("t").partition(0), topic("t").partition(1));
        assert_eq!(group.check_commit("a", 1, [&first]), Err(Refusal::NotHeld { partition: first.clone() }), "not told yet");
        group.look("a");
        assert_eq!(group.check_commit("a", 1, [&first, &second]), Ok(()));
        group.handle(joined("b", &[("t", 2)]));
        assert_eq!(group.check_commit("a", 1, []), Err(Refusal::OldGeneration { current: 2 }), "that there was a rebalance");
        assert_eq!(group.check_commit("a", 1, [&first, &second]), Ok(()), "nobody else has them");
        group.look("a");
        assert_eq!(group.check_commit("a", 2, [&first, &second]), Ok(()), "the last word on what is given up");
        assert_eq!(group.check_commit("b", 2, [&second]), Err(Refusal::NotHeld { partition: second.clone() }));
        group.release("a");
        group.look("b");
        assert_eq!(group.check_commit("a", 2, [&second]), Err(Refusal::OldGeneration { current: 3 }));
        assert_eq!(group.check_commit("a", 3, [&second]), Err(Refusal::NotHeld { partition: second.clone() }));
        assert_eq!(group.check_commit("b", 3, [&second]), Ok(()));
        group.handle(left("b"));
        group.look("a");
        assert_eq!(
            group.check_commit("a", 3, [&second]),
            Err(Refusal::OldGeneration { current: 4 }),
            "positions of before it was given away"
        );
        assert_eq!(group.check_commit("a", 4, [&first, &second]), Ok(()));
        group.handle(left("a"));
        assert_eq!(group.check_commit("a", 4, [&first]), Err(Refusal::UnknownMember));
    }

    fn any_event() -> impl Strategy<Value = Event> {
        let member = prop::sample::select(vec!["a", "b", "c", "d", "e"]);
        let name = prop::sample::select(vec!["t", "u", "v"]);
        prop_oneof![
            3 => (member.clone(), prop::collection::btree_map(name.clone(), 1..7i32, 1..3)).prop_map(|(member, topics)| {
                Event::MemberJoined { member: member.into(), topics: topics.into_iter().map(|(name, count)| (topic(name), count)).collect() }
            }),
            1 => member.prop_map(left),
            1 => (name, 0..9i32).prop_map(|(name, partition_count)| Event::TopicChanged { topic: topic(name), partition_count }),
        ]
    }

    proptest! {
        #[test]
        fn nobody_is_told_of_what_another_holds_and_all_is_told_in_the_end(
            steps in prop::collection::vec((any_event(), prop::collection::vec((0..5usize, any::<bool>()), 0..6)), 1..20),
            sticky in any::<bool>(),
        ) {
            let mut group = GroupMachine::new(if sticky { Assignor::Sticky } else { Assignor::Range });
            for (event, acts) in steps {
                group.handle(event);
                for (member, releases) in acts {
                    let member = ["a", "b", "c", "d", "e"][member];
                    if releases {
                        group.release(member);
                    } else {
                        group.look(member);
                    }
                    let mut held = BTreeSet::new();
                    for member in group.members.values() {
                        prop_assert!(member.told.iter().all(|partition| member.held.contains_key(partition)));
                        for partition in member.held.keys() {
                            prop_assert!(held.insert(partition.clone()), "{} has two holders", partition);
                        }
                    }
                }
            }
            settle(&mut group);
            let mut owned = BTreeSet::new();
            for member in group.members.values() {
                prop_assert_eq!(&member.told, &member.partitions);
                prop_assert!(member.held.keys().eq(&member.partitions));
                for partition in &member.partitions {
                    prop_assert!(member.topics.contains(&partition.topic));
                    prop_assert!(owned.insert(partition.clone()), "{} has two owners", partition);
                }
            }
            let subscribed = |name: &TopicName| group.members.values().any(|member| member.topics.contains(name));
            let expected = group.partition_counts.iter().filter(|(name, _)| subscribed(name)).map(|(_, count)| *count as usize).sum::<usize>();
            prop_assert_eq!(owned.len(), expected);
        }

        #[test]
        fn sticky_loads_of_equal_subscribers_differ_by_at_most_one(members in 1..8usize, partitions in 0..40i32) {
            let mut group = GroupMachine::new(Assignor::Sticky);
            for index in 0..members {
                group.handle(joined(&format!("m{index}"), &[("t", partitions)]));
                let loads: Vec<usize> = group.members.values().map(|member| member.partitions.len()).collect();
                prop_assert!(loads.iter().max().unwrap() - loads.iter().min().unwrap() <= 1, "{:?}", loads);
            }
        }
    }
}
