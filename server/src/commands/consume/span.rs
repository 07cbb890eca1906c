//! What is to be read of each partition, and whether it has been.

use crate::offsets::{From, Limits, OffsetRange, Partitions, resolve};
use anyhow::{Result, bail};
use headwater::log::{Admin, Isolation, Offset, Position, TopicDescription, TopicPartition};
use std::collections::BTreeMap;

/// Where reading of a partition ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Never,
    /// Below this offset, and all below it was there when reading began.
    Seen(Offset),
    /// Below this offset, which records have yet to reach.
    Ahead(Offset),
}

/// How far is to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) range: OffsetRange,
    pub(super) isolation: Isolation,
    /// Whether reading goes on where the range does not end it.
    pub(super) goes_on: bool,
    /// Whether an end that lies ahead of the records is waited for; else reading ends at the end of now.
    pub(super) waits: bool,
}

/// The partitions and where reading begins and ends in each.
#[derive(Debug, Default)]
pub(super) struct Spans {
    starts: Vec<(TopicPartition, Position)>,
    left: BTreeMap<TopicPartition, Span>,
}

/// What is to be read of one partition.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// The first offset; it may lie ahead of the records.
    from: Offset,
    end: End,
}

impl Spans {
    /// Adds the chosen partitions of a topic.
    pub(super) async fn add(&mut self, admin: &dyn Admin, topic: &TopicDescription, chosen: &Partitions, extent: Extent) -> Result<()> {
        chosen.check(topic.partitions.len())?;
        for info in topic.partitions.iter().filter(|info| chosen.contains(info.partition)) {
            let partition = topic.name.partition(info.partition);
            let limits = if extent.isolation == Isolation::ReadCommitted { Limits::committed(info) } else { Limits::all(info) };
            let start = match extent.range.from {
                None => limits.start,
                Some(From::Place(place)) => resolve(admin, &partition, limits, place).await?,
                Some(From::Stored) => bail!("--offset stored is where a group stands; name it with --group"),
            };
            let end = match extent.range.until {
                Some(place) => Some(resolve(admin, &partition, limits, place).await?),
                None => (!extent.goes_on).then_some(limits.end),
            };
            self.put(partition, limits, start, end_of(end, limits, extent.waits));
        }
        Ok(())
    }

    /// A position ahead of the log would be none: reading begins at its end then, and what lies before the start is passed over.
    fn put(&mut self, partition: TopicPartition, limits: Limits, from: Offset, end: End) {
        let is_empty = match end {
            End::Never => false,
            End::Seen(end) | End::Ahead(end) => from >= end,
        };
        if !is_empty {
            self.starts.push((partition.clone(), Position::At(from.min(limits.end))));
            self.left.insert(partition, Span { from, end });
        }
    }

    /// The partitions to assign.
    pub(super) fn starts(&self) -> &[(TopicPartition, Position)] {
        &self.starts
    }

    /// Whether nothing is left to read.
    pub(super) fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    /// Whether a record is among those to be read.
    pub(super) fn contains(&self, partition: &TopicPartition, offset: Offset) -> bool {
        self.left.get(partition).is_some_and(|span| {
            let is_below = match span.end {
                End::Never => true,
                End::Seen(end) | End::Ahead(end) => offset < end,
            };
            is_below && offset >= span.from
        })
    }

    /// Forgets partitions that are read: `position` has reached the end, or `at_end` says that there was no more. Behind the last record there may be
    /// markers of transactions only, which not every log's positions pass.
    pub(super) fn forget_read(&mut self, position: impl Fn(&TopicPartition) -> Option<Offset>, at_end: &[TopicPartition]) {
        self.left.retain(|partition, span| match span.end {
            End::Never => true,
            End::Seen(_) if at_end.contains(partition) => false,
            End::Seen(end) | End::Ahead(end) => position(partition).is_some_and(|position| position < end),
        });
    }
}

fn end_of(end: Option<Offset>, limits: Limits, waits: bool) -> End {
    match end {
        None => End::Never,
        Some(end) if waits && end > limits.end => End::Ahead(end),
        Some(end) => End::Seen(end.min(limits.end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headwater::log::TopicName;

    #[test]
    fn a_partition_is_read_when_its_end_is_reached_and_not_before() {
        let partition = TopicName::new("t").expect("a name").partition(0);
        let limits = Limits { start: Offset(0), end: Offset(10) };
        let cases = [
            // Where it ends, whether that is waited for, then whether it is done at position 9, at the end with position 9, and at position 10.
            (Some(10), true, [false, true, true]),
            (Some(12), true, [false, false, false]),
            (Some(12), false, [false, true, true]),
            (Some(9), true, [true, true, true]),
            (None, true, [false, false, false]),
        ];
        for (end, waits, expected) in cases {
            let looks = [(9, false), (9, true), (10, false)];
            let done = looks.map(|(position, is_at_end)| {
                let mut spans = Spans::default();
                spans.put(partition.clone(), limits, Offset(5), end_of(end.map(Offset), limits, waits));
                let at_end = if is_at_end { vec![partition.clone()] } else { Vec::new() };
                spans.forget_read(|_| Some(Offset(position)), &at_end);
                spans.is_done()
            });
            assert_eq!(done, expected, "{end:?} {waits}");
        }
    }

    #[test]
    fn only_records_below_the_end_are_shown() {
        let partition = TopicName::new("t").expect("a name").partition(0);
        let mut spans = Spans::default();
        let limits = Limits { start: Offset(0), end: Offset(5) };
        spans.put(partition.clone(), limits, Offset(0), End::Seen(Offset(3)));
        assert!(spans.contains(&partition, Offset(2)) && !spans.contains(&partition, Offset(3)));
        assert!(!spans.contains(&partition.topic.partition(1), Offset(0)));
    }

    #[test]
    fn a_start_ahead_of_the_log_is_waited_for_at_its_end() {
        let partition = TopicName::new("t").expect("a name").partition(0);
        let limits = Limits { start: Offset(0), end: Offset(10) };
        let mut spans = Spans::default();
        spans.put(partition.clone(), limits, Offset(50), End::Never);
        assert_eq!(spans.starts(), [(partition.clone(), Position::At(Offset(10)))]);
        assert!(!spans.contains(&partition, Offset(49)) && spans.contains(&partition, Offset(50)));
    }
}
