//! From wishes to offsets: what the cluster and the group say about partitions, asked for many at once.

use super::error::{About, error};
use super::native::{OffsetQuery, PartitionEntry, PartitionList};
use super::topics::Topics;
use crate::{Error, Isolation, OffsetAndMetadata, OffsetReset, Position, Result};
use log_model::{GroupId, LeaderEpoch, Offset, TopicName, TopicPartition};
use std::collections::BTreeMap;

/// How often a position of an open transaction is asked for before the caller is told to try again.
const UNSTABLE_ATTEMPTS: usize = 500;

/// How often bounds are asked for before the caller is told to try again.
const LEADERLESS_ATTEMPTS: usize = 100;

/// What there is to read in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) start: Offset,
    /// One past the last that readers of the asker's isolation may see.
    pub(super) end: Offset,
    /// One past the last acknowledged.
    pub(super) high_watermark: Offset,
}

fn place(entry: &PartitionEntry) -> Option<TopicPartition> {
    TopicName::new(&entry.topic).ok().map(|topic| topic.partition(entry.partition))
}

/// One offset of each partition.
async fn list(
    topics: &Topics,
    partitions: &[TopicPartition],
    query: OffsetQuery,
    read_committed: bool,
) -> Result<BTreeMap<TopicPartition, i64>> {
    let asked: Vec<_> = partitions.iter().map(|partition| (partition.topic.as_str(), partition.partition, query)).collect();
    let found = topics.hand.client().list_offsets(&asked, read_committed).await.map_err(|fault| error(&fault, About::Cluster))?;
    let mut offsets = BTreeMap::new();
    for found in found {
        let Some(partition) = place(&found.place) else { continue };
        if let Err(fault) = found.place.outcome {
            topics.forget(&partition.topic);
            return Err(error(&fault, About::Partition(&partition)));
        }
        offsets.insert(partition, found.place.offset);
    }
    Ok(offsets)
}

/// The bounds of each partition, in the order asked. Waits a moment while a partition has no leader.
pub(super) async fn bounds(topics: &Topics, partitions: &[TopicPartition], isolation: Isolation) -> Result<Vec<Bounds>> {
    for _ in 1..LEADERLESS_ATTEMPTS {
        match bounds_now(topics, partitions, isolation).await {
            Err(Error::Retry { .. }) => topics.hand.pause().await?,
            answer => return answer,
        }
    }
    bounds_now(topics, partitions, isolation).await
}

async fn bounds_now(topics: &Topics, partitions: &[TopicPartition], isolation: Isolation) -> Result<Vec<Bounds>> {
    if partitions.is_empty() {
        return Ok(Vec::new());
    }
    let (starts, committed, ends) = futures::join!(
        list(topics, partitions, OffsetQuery::Earliest, false),
        list(topics, partitions, OffsetQuery::Latest, true),
        list(topics, partitions, OffsetQuery::Latest, false),
    );
    let (starts, committed, ends) = (starts?, committed?, ends?);
    let find = |offsets: &BTreeMap<TopicPartition, i64>, partition: &TopicPartition| {
        let unknown = || Error::Retry { reason: format!("the cluster did not tell the bounds of {partition}") };
        offsets.get(partition).map(|offset| Offset(*offset)).ok_or_else(unknown)
    };
    let bounds = |partition| {
        let high_watermark = find(&ends, partition)?;
        let end = if isolation == Isolation::ReadCommitted { find(&committed, partition)? } else { high_watermark };
        Ok(Bounds { start: find(&starts, partition)?, end, high_watermark })
    };
    partitions.iter().map(bounds).collect()
}

/// What a group has committed for these partitions (waits while a transaction that commits some is being decided), or for all.
pub(super) async fn committed(
    topics: &Topics,
    group: &GroupId,
    only: Option<&[TopicPartition]>,
) -> Result<BTreeMap<TopicPartition, OffsetAndMetadata>> {
    let only = only.map(|partitions| {
        let mut list = PartitionList::new();
        partitions.iter().for_each(|partition| list.add(partition.topic.as_str(), partition.partition, 0));
        list
    });
    for _ in 0..UNSTABLE_ATTEMPTS {
        let entries = topics.hand.client().committed(group.as_str(), only.as_ref()).await;
        match entries.map_err(|fault| error(&fault, About::Member(group))).and_then(|entries| positions(group, &entries)) {
            Err(Error::Retry { .. }) => topics.hand.pause().await?,
            answer => return answer,
        }
    }
    Err(Error::Retry { reason: format!("positions of group {group} wait for the end of a transaction") })
}

fn positions(group: &GroupId, entries: &[PartitionEntry]) -> Result<BTreeMap<TopicPartition, OffsetAndMetadata>> {
    let mut found = BTreeMap::new();
    for entry in entries {
        if let Err(fault) = &entry.outcome {
            return Err(error(fault, About::Member(group)));
        }
        if let (Some(partition), true) = (place(entry), entry.offset >= 0) {
            let (offset, leader_epoch) = (Offset(entry.offset), LeaderEpoch(entry.leader_epoch));
            found.insert(partition, OffsetAndMetadata { offset, leader_epoch, metadata: entry.metadata.clone() });
        }
    }
    Ok(found)
}

/// The offset for a wish. Errors: `OffsetOutOfRange` if the rule is to fail.
pub(super) fn resolve(
    partition: &TopicPartition,
    wish: Position,
    committed: Option<Offset>,
    bounds: Bounds,
    reset: OffsetReset,
) -> Result<Offset> {
    let asked = match wish {
        Position::Earliest => return Ok(bounds.start),
        Position::Latest => return Ok(bounds.end),
        Position::At(offset) => Some(offset),
        Position::Committed => committed,
    };
    match (asked, reset) {
        (Some(offset), _) if (bounds.start..=bounds.high_watermark).contains(&offset) => Ok(offset),
        (_, OffsetReset::Earliest) => Ok(bounds.start),
        (_, OffsetReset::Latest) => Ok(bounds.end),
        (_, OffsetReset::Fail) => Err(Error::OffsetOutOfRange {
            partition: partition.clone(),
            offset: asked.unwrap_or(Offset(-1)),
            log_start: bounds.start,
            log_end: bounds.high_watermark,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_become_offsets_within_the_bounds() {
        let partition = TopicName::new("t").unwrap().partition(0);
        let bounds = Bounds { start: Offset(10), end: Offset(20), high_watermark: Offset(25) };
        let (at, committed) = (|offset| Position::At(Offset(offset)), |offset| Some(Offset(offset)));
        let cases = [
            (Position::Earliest, None, OffsetReset::Fail, Some(10)),
            (Position::Latest, None, OffsetReset::Fail, Some(20)),
            (at(25), None, OffsetReset::Fail, Some(25)),
            (at(9), None, OffsetReset::Earliest, Some(10)),
            (at(26), None, OffsetReset::Latest, Some(20)),
            (at(26), None, OffsetReset::Fail, None),
            (Position::Committed, committed(12), OffsetReset::Fail, Some(12)),
            (Position::Committed, committed(3), OffsetReset::Earliest, Some(10)),
            (Position::Committed, None, OffsetReset::Latest, Some(20)),
            (Position::Committed, None, OffsetReset::Fail, None),
        ];
        for (wish, committed, reset, expected) in cases {
            let found = resolve(&partition, wish, committed, bounds, reset).ok();
            assert_eq!(found, expected.map(Offset), "{wish:?} {committed:?} {reset:?}");
        }
    }
}
