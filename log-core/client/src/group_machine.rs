//! The membership of one consumer group: who is in it, which partitions each member has, and whose commits count.
//!
//! A pure machine: events in, commands out; no clock, no I/O. Every change of members or partitions makes a new generation with a complete
//! assignment: each partition of a subscribed topic belongs to exactly one member that subscribes to its topic. Members live in the process of
//! the log, so they leave by saying so: there are no session timeouts. Committed offsets are not here.

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

/// What the group wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Tell a member what it has from this generation on.
    Assign {
        /// The member.
        member: String,
        /// The new generation.
        generation: i32,
        /// All it has, in order.
        partitions: Vec<TopicPartition>,
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
    /// The partition belongs to another member.
    NotAssigned {
        /// Which.
        partition: TopicPartition,
    },
}

#[derive(Clone, Debug, Default)]
struct Member {
    topics: BTreeSet<TopicName>,
    partitions: BTreeSet<TopicPartition>,
}

/// One consumer group.
///
/// Invariant: the members' partitions are disjoint, and together they are all partitions of all subscribed topics.
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

    /// What a member has in the current generation.
    pub fn assignment(&self, member: &str) -> Option<Vec<TopicPartition>> {
        self.members.get(member).map(|member| member.partitions.iter().cloned().collect())
    }

    /// Takes an event; commands for every member if there is a new generation, none otherwise.
    pub fn handle(&mut self, event: Event) -> Vec<Command> {
        let changed = match event {
            Event::MemberJoined { member, topics } => self.join(member, topics),
            Event::MemberLeft { member } => self.members.remove(&member).is_some(),
            Event::TopicChanged { topic, partition_count } => match self.partition_counts.get_mut(&topic) {
                Some(count) => std::mem::replace(count, partition_count) != partition_count,
                None => false,
            },
        };
        if changed { self.rebalance() } else { Vec::new() }
    }

    fn join(&mut self, member: String, topics: BTreeMap<TopicName, i32>) -> bool {
        let names: BTreeSet<TopicName> = topics.keys().cloned().collect();
        let same_counts = topics.iter().all(|(topic, count)| self.partition_counts.get(topic) == Some(count));
        self.partition_counts.extend(topics);
        let known = self.members.get(&member).is_some_and(|known| known.topics == names);
        self.members.entry(member).or_default().topics = names;
        !(known && same_counts)
    }

    /// Whether a commit of `partitions` by this member at this generation counts.
    pub fn check_commit<'a>(
        &self,
        member: &str,
        generation: i32,
        partitions: impl IntoIterator<Item = &'a TopicPartition>,
    ) -> Result<(), Refusal> {
        let known = self.members.get(member).ok_or(Refusal::UnknownMember)?;
        if generation != self.generation {
            return Err(Refusal::OldGeneration { current: self.generation });
        }
        match partitions.into_iter().find(|partition| !known.partitions.contains(partition)) {
            Some(partition) => Err(Refusal::NotAssigned { partition: partition.clone() }),
            None => Ok(()),
        }
    }

    fn rebalance(&mut self) -> Vec<Command> {
        self.generation += 1;
        let subscribed: BTreeSet<TopicName> = self.members.values().flat_map(|member| member.topics.iter().cloned()).collect();
        self.partition_counts.retain(|topic, _| subscribed.contains(topic));
        match self.assignor {
            Assignor::Range => self.assign_ranges(),
            Assignor::Sticky => self.assign_sticky(),
        }
        let command = |(member, state): (&String, &Member)| Command::Assign {
            member: member.clone(),
            generation: self.generation,
            partitions: state.partitions.iter().cloned().collect(),
        };
        self.members.iter().map(command).collect()
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
            let Member { topics, partitions } = member;
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

    /// Runs events and writes down what each made the group say.
    fn transcript(assignor: Assignor, events: Vec<Event>) -> Vec<String> {
        let mut group = GroupMachine::new(assignor);
        let mut lines = Vec::new();
        for event in events {
            let said: Vec<String> = group
                .handle(event)
                .into_iter()
                .map(|Command::Assign { member, generation, partitions }| {
                    let list: Vec<String> = partitions.iter().map(ToString::to_string).collect();
                    format!("{member}@{generation}[{}]", list.join(" "))
                })
                .collect();
            lines.push(said.join(" "));
        }
        lines
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
            ["a@1[t-0 t-1 t-2 t-3 t-4 u-0]", "a@2[t-0 t-1 t-2 u-0] b@2[t-3 t-4]", "b@3[t-0 t-1 t-2 t-3 t-4]", "b@4[t-0 t-1]",]
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
                "a@2[t-0 t-1] b@2[t-2 t-3]",
                "a@3[t-0] b@3[t-2 t-3] c@3[t-1]",
                "a@4[t-0 t-2] c@4[t-1 t-3]",
                "a@5[t-0 t-1 t-2 t-3]",
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
    fn only_the_owner_at_the_current_generation_may_commit() {
        let mut group = GroupMachine::new(Assignor::Sticky);
        group.handle(joined("a", &[("t", 2)]));
        let (first, second) = (topic("t").partition(0), topic("t").partition(1));
        assert_eq!(group.check_commit("a", 1, [&first, &second]), Ok(()));
        group.handle(joined("b", &[("t", 2)]));
        assert_eq!(group.check_commit("a", 1, [&first]), Err(Refusal::OldGeneration { current: 2 }));
        assert_eq!(group.check_commit("a", 2, [&first]), Ok(()));
        assert_eq!(group.check_commit("a", 2, [&second]), Err(Refusal::NotAssigned { partition: second.clone() }));
        group.handle(left("a"));
        assert_eq!(group.check_commit("a", 3, [&first]), Err(Refusal::UnknownMember));
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
        fn every_partition_has_exactly_one_subscribed_owner(events in prop::collection::vec(any_event(), 1..20), sticky in any::<bool>()) {
            let mut group = GroupMachine::new(if sticky { Assignor::Sticky } else { Assignor::Range });
            for event in events {
                group.handle(event);
                let mut owned = BTreeSet::new();
                for member in group.members.values() {
                    for partition in &member.partitions {
                        prop_assert!(member.topics.contains(&partition.topic));
                        prop_assert!(owned.insert(partition.clone()), "{} has two owners", partition);
                    }
                }
                let subscribed = |name: &TopicName| group.members.values().any(|member| member.topics.contains(name));
                let expected = group.partition_counts.iter().filter(|(name, _)| subscribed(name)).map(|(_, count)| *count as usize).sum::<usize>();
                prop_assert_eq!(owned.len(), expected);
            }
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
