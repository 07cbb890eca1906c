//! File names that carry offsets: `<topic>-<partition>-<first:010>-<last:010>.<ext>`, and `<topic>-<partition>-<first:010>.<ext>.inprogress` before.

use connect_api::{Offset, TopicName, TopicPartition};

const IN_PROGRESS: &str = ".inprogress";

/// The name of a finished file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName {
    /// The partition its records are from.
    pub partition: TopicPartition,
    /// The offset of its first record.
    pub first: Offset,
    /// The offset of its last record.
    pub last: Offset,
}

impl FileName {
    /// As text.
    pub fn format(&self, extension: &str) -> String {
        format!("{}-{:010}-{:010}.{extension}", self.partition, self.first.0, self.last.0)
    }

    /// From text; `None` if it is no such name.
    ///
    /// ```
    /// use connect_plugins::file_sink::FileName;
    ///
    /// let name = FileName::parse("access-log-3-0000000010-0000000019.jsonl", "jsonl").unwrap();
    /// assert_eq!((name.partition.to_string(), name.first.0, name.last.0), ("access-log-3".to_string(), 10, 19));
    /// ```
    pub fn parse(name: &str, extension: &str) -> Option<FileName> {
        let stem = name.strip_suffix(extension)?.strip_suffix('.')?;
        let (rest, last) = split_number(stem, 10)?;
        let (rest, first) = split_number(rest, 10)?;
        let partition = parse_partition(rest)?;
        (first <= last).then_some(FileName { partition, first: Offset(first), last: Offset(last) })
    }

    /// The name of a file in progress.
    pub(crate) fn in_progress(partition: &TopicPartition, first: Offset, extension: &str) -> String {
        format!("{partition}-{:010}.{extension}{IN_PROGRESS}", first.0)
    }

    /// The partition of a file in progress.
    pub(crate) fn parse_in_progress(name: &str, extension: &str) -> Option<TopicPartition> {
        let stem = name.strip_suffix(IN_PROGRESS)?.strip_suffix(extension)?.strip_suffix('.')?;
        parse_partition(split_number(stem, 10)?.0)
    }
}

fn parse_partition(text: &str) -> Option<TopicPartition> {
    let (topic, partition) = split_number(text, 1)?;
    Some(TopicName::new(topic).ok()?.partition(i32::try_from(partition).ok()?))
}

/// Splits a number of at least `digits` digits off the end.
fn split_number(text: &str, digits: usize) -> Option<(&str, i64)> {
    let (rest, number) = text.rsplit_once('-')?;
    let numeric = number.len() >= digits && number.bytes().all(|byte| byte.is_ascii_digit());
    Some((rest, number.parse().ok().filter(|_| numeric)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn other_names_are_left_alone() {
        for name in [
            "_manifest.jsonl",
            "t-0-0000000000-0000000001.csv",
            "t-0-0000000000.jsonl.inprogress",
            "t-0-1-2.jsonl",
            "t-0-0000000002-0000000001.jsonl",
            "t-x-0000000000-0000000001.jsonl",
            "-0000000000-0000000001.jsonl",
        ] {
            assert_eq!(FileName::parse(name, "jsonl"), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn names_round_trip(topic in "[a-zA-Z0-9._-]{1,20}", partition in 0i32..2000, first in 0i64..i64::MAX / 2, count in 0i64..1_000_000) {
            prop_assume!(topic != "." && topic != "..");
            let partition = TopicName::new(&topic).unwrap().partition(partition);
            let name = FileName { partition: partition.clone(), first: Offset(first), last: Offset(first + count) };
            prop_assert_eq!(FileName::parse(&name.format("csv"), "csv"), Some(name));
            let growing = FileName::in_progress(&partition, Offset(first), "csv");
            prop_assert_eq!(FileName::parse(&growing, "csv"), None);
            prop_assert_eq!(FileName::parse_in_progress(&growing, "csv"), Some(partition));
        }
    }
}
