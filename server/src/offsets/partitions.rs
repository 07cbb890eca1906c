//! Choosing partitions: `0,2-4`, and `TOPIC:0,2-4`.

use anyhow::{Context, Result, bail};
use headwater::log::TopicName;
use std::collections::BTreeSet;

/// A topic and those of its partitions that are meant; all if none is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Partitions {
    pub(crate) topic: TopicName,
    pub(crate) chosen: Option<BTreeSet<i32>>,
}

impl Partitions {
    /// Reads `TOPIC` or `TOPIC:P,P-P`.
    pub(crate) fn parse(text: &str) -> Result<Partitions> {
        let (topic, chosen) = match text.split_once(':') {
            Some((topic, list)) => (topic, Some(parse_partitions(list).with_context(|| format!("the partitions of {text:?}"))?)),
            None => (text, None),
        };
        Ok(Partitions { topic: TopicName::new(topic)?, chosen })
    }

    /// Refuses a partition that a topic of `count` does not have.
    pub(crate) fn check(&self, count: usize) -> Result<()> {
        match self.chosen.iter().flatten().find(|partition| **partition as usize >= count) {
            Some(partition) if count == 1 => bail!("{} has only the partition 0, not {partition}", self.topic),
            Some(partition) => bail!("{} has the partitions 0 to {}, not {partition}", self.topic, count - 1),
            None => Ok(()),
        }
    }

    pub(crate) fn contains(&self, partition: i32) -> bool {
        self.chosen.as_ref().is_none_or(|chosen| chosen.contains(&partition))
    }
}

/// Reads `0,2-4`.
pub(crate) fn parse_partitions(text: &str) -> Result<BTreeSet<i32>> {
    let mut chosen = BTreeSet::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.parse::<i32>().ok().filter(|number| *number >= 0);
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last && last - first < 1_000_000 => chosen.extend(first..=last),
            _ => bail!("partitions are numbers from 0 and ranges of them, like 0,2-4, not {part:?}"),
        }
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_numbers_and_ranges() {
        let parse = |text| parse_partitions(text).map(|chosen| chosen.into_iter().collect::<Vec<_>>()).ok();
        let cases =
            [("0", Some(vec![0])), ("0,2-4,3", Some(vec![0, 2, 3, 4])), ("", None), ("a", None), ("3-1", None), ("-1", None), ("1,", None)];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_topic_comes_with_or_without_partitions() {
        let all = Partitions::parse("t").expect("a topic");
        assert!(all.contains(7) && all.check(1).is_ok());
        let some = Partitions::parse("t:0,2").expect("a topic with partitions");
        assert!(some.contains(2) && !some.contains(1));
        assert_eq!(some.check(2).map_err(|error| error.to_string()), Err("t has the partitions 0 to 1, not 2".to_string()));
        assert!(Partitions::parse("t:x").is_err() && Partitions::parse("a b").is_err());
    }
}
