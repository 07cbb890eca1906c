//! Where a reset moves a group in one partition. Pure; looking for times is the caller's.

use crate::offsets::Limits;
use anyhow::{Result, bail};
use headwater::log::{Offset, Timestamp, TopicPartition};
use std::collections::BTreeMap;

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    Earliest,
    Latest,
    /// Where the group stands; for a partition that it has not committed for, the end.
    Current,
    At(i64),
    /// The first record of this time or later.
    Time(Timestamp),
    ShiftBy(i64),
    /// Each partition where the file says.
    Listed(BTreeMap<TopicPartition, i64>),
}

/// What is known of a partition when its new offset is decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) limits: Limits,
    pub(super) committed: Option<Offset>,
    /// For [`Goal::Time`]: what was found.
    pub(super) at_time: Option<Offset>,
}

impl Goal {
    /// The new offset; it always lies within the partition. Errors: the goal says nothing of this partition.
    pub(super) fn offset(&self, partition: &TopicPartition, facts: Facts) -> Result<Offset> {
        let Limits { start, end } = facts.limits;
        let wanted = match self {
            Goal::Earliest => start,
            Goal::Latest => end,
            Goal::Current => facts.committed.unwrap_or(end),
            Goal::At(offset) => Offset(*offset),
            Goal::Time(_) => facts.at_time.unwrap_or(end),
            Goal::ShiftBy(by) => match facts.committed {
                Some(committed) => Offset(committed.0.saturating_add(*by)),
                None => bail!(
                    "--shift-by moves a committed offset, and the group has committed none for {partition}; say --to-offset or --to-earliest"
                ),
            },
            Goal::Listed(offsets) => match offsets.get(partition) {
                Some(offset) => Offset(*offset),
                None => bail!("the file of --from-file says nothing of {partition}"),
            },
        };
        Ok(wanted.clamp(start, end))
    }
}

/// The offsets of a file: lines of topic, partition and offset with commas between them.
pub(super) fn listed(text: &str) -> Result<BTreeMap<TopicPartition, i64>> {
    let mut offsets = BTreeMap::new();
    for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
        let wrong = || anyhow::anyhow!("line {number} is {line:?}; each line is TOPIC,PARTITION,OFFSET");
        let parts: Vec<&str> = line.split(',').map(|part| part.trim().trim_matches('"')).collect();
        let [topic, partition, offset] = parts[..] else { return Err(wrong()) };
        let (Ok(partition @ 0..), Ok(offset @ 0..)) = (partition.parse::<i32>(), offset.parse::<i64>()) else { return Err(wrong()) };
        let partition = headwater::log::TopicName::new(topic)?.partition(partition);
        if offsets.insert(partition.clone(), offset).is_some() {
            bail!("line {number} names {partition} again");
        }
    }
    if offsets.is_empty() {
        bail!("the file names no partition; each line is TOPIC,PARTITION,OFFSET");
    }
    Ok(offsets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use headwater::log::TopicName;

    fn partition(number: i32) -> TopicPartition {
        TopicName::new("t").expect("a name").partition(number)
    }

    #[test]
    fn every_goal_is_an_offset_within_the_partition() {
        let facts = |committed: Option<i64>, at_time: Option<i64>| Facts {
            limits: Limits { start: Offset(10), end: Offset(20) },
            committed: committed.map(Offset),
            at_time: at_time.map(Offset),
        };
        let cases = [
            (Goal::Earliest, facts(None, None), Some(10)),
            (Goal::Latest, facts(Some(12), None), Some(20)),
            (Goal::Current, facts(Some(12), None), Some(12)),
            (Goal::Current, facts(Some(5), None), Some(10)),
            (Goal::Current, facts(None, None), Some(20)),
            (Goal::At(15), facts(None, None), Some(15)),
            (Goal::At(3), facts(None, None), Some(10)),
            (Goal::At(30), facts(None, None), Some(20)),
            (Goal::Time(Timestamp(0)), facts(None, Some(13)), Some(13)),
            (Goal::Time(Timestamp(0)), facts(None, None), Some(20)),
            (Goal::ShiftBy(-1), facts(Some(12), None), Some(11)),
            (Goal::ShiftBy(i64::MAX), facts(Some(12), None), Some(20)),
            (Goal::ShiftBy(1), facts(None, None), None),
            (Goal::Listed(BTreeMap::from([(partition(0), 14)])), facts(None, None), Some(14)),
            (Goal::Listed(BTreeMap::from([(partition(1), 14)])), facts(None, None), None),
        ];
        for (goal, facts, expected) in cases {
            assert_eq!(goal.offset(&partition(0), facts).ok(), expected.map(Offset), "{goal:?} {facts:?}");
        }
    }

    #[test]
    fn a_file_lists_partitions_once() {
        assert_eq!(listed("t,0,5\n\"t\", 1, 7\n\n").ok(), Some(BTreeMap::from([(partition(0), 5), (partition(1), 7)])));
        for (text, word) in [
            ("t,0", "line 1"),
            ("t,0,5\nt,0,6", "again"),
            ("t,x,5", "line 1"),
            ("t,0,-1", "line 1"),
            ("", "no partition"),
            ("a b,0,1", "a b"),
        ] {
            let error = listed(text).expect_err(text).to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
