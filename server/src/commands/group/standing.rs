//! Where a group stands in each partition that it has committed for.

use crate::offsets::Limits;
use anyhow::{Result, bail};
use headwater::log::{Admin, ErrorKind, GroupId, Offset, TopicName, TopicPartition};
use std::collections::BTreeMap;

/// One partition, as the group and the log see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// The next record that the group reads; `None` if it has committed nothing.
    pub(super) committed: Option<Offset>,
    pub(super) metadata: String,
    /// `None` if the partition does not exist any more.
    pub(super) limits: Option<Limits>,
}

impl Standing {
    /// The records from `position` to the end.
    pub(super) fn lag(&self, position: Option<Offset>) -> Option<i64> {
        self.limits.zip(position).map(|(limits, position)| (limits.end - position).max(0))
    }
}

/// By partition.
pub(super) type Standings = BTreeMap<TopicPartition, Standing>;

/// The partitions for which the group has committed.
pub(super) async fn committed(admin: &dyn Admin, group: &GroupId) -> Result<Standings> {
    let mut standings = Standings::new();
    let mut limits: BTreeMap<TopicName, Option<BTreeMap<i32, Limits>>> = BTreeMap::new();
    for (partition, position) in admin.committed(group).await? {
        if !limits.contains_key(&partition.topic) {
            limits.insert(partition.topic.clone(), topic_limits(admin, &partition.topic).await?);
        }
        let limits = limits.get(&partition.topic).and_then(Option::as_ref).and_then(|all| all.get(&partition.partition)).copied();
        standings.insert(partition, Standing { committed: Some(position.offset), metadata: position.metadata, limits });
    }
    Ok(standings)
}

/// Adds partitions for which nothing is committed yet.
pub(super) async fn add_uncommitted(
    admin: &dyn Admin,
    standings: &mut Standings,
    partitions: impl Iterator<Item = &TopicPartition>,
) -> Result<()> {
    let missing: Vec<&TopicPartition> = partitions.filter(|partition| !standings.contains_key(*partition)).collect();
    let mut limits: BTreeMap<&TopicName, Option<BTreeMap<i32, Limits>>> = BTreeMap::new();
    for partition in missing {
        if !limits.contains_key(&partition.topic) {
            limits.insert(&partition.topic, topic_limits(admin, &partition.topic).await?);
        }
        let limits = limits.get(&partition.topic).and_then(Option::as_ref).and_then(|all| all.get(&partition.partition)).copied();
        standings.insert(partition.clone(), Standing { committed: None, metadata: String::new(), limits });
    }
    Ok(())
}

/// The partitions of a topic; `None` if there is no such topic.
pub(super) async fn topic_limits(admin: &dyn Admin, topic: &TopicName) -> Result<Option<BTreeMap<i32, Limits>>> {
    match admin.describe_topic(topic).await {
        Ok(description) => Ok(Some(description.partitions.iter().map(|info| (info.partition, Limits::all(info))).collect())),
        Err(error) if error.kind() == ErrorKind::Missing => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Refuses a group that nobody knows, naming the nearest that somebody does.
pub(super) async fn check_known(admin: &dyn Admin, group: &GroupId) -> Result<()> {
    let known = admin.list_groups().await?;
    if known.contains(group) {
        return Ok(());
    }
    let nearest =
        known.iter().map(|name| (strsim::jaro_winkler(name.as_str(), group.as_str()), name)).filter(|(likeness, _)| *likeness > 0.8);
    match nearest.max_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((_, name)) => bail!("group {group} does not exist; did you mean {name}?"),
        None => {
            bail!("group {group} does not exist: nobody has committed for it or is a member; headwater group list lists those there are")
        }
    }
}
