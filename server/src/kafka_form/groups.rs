//! `kafka-consumer-groups.sh`.

use super::pad::{line, width};
use crate::out::Out;
use anyhow::Result;
use headwater::admin::{GroupDescription, GroupListing, GroupMember};
use headwater::log::TopicPartition;
use std::collections::BTreeMap;

/// What stands for a value that is not there.
const MISSING: &str = "-";

/// A partition that a group reads, or a member that reads none.
pub(crate) struct GroupRow<'a> {
    pub(crate) group: &'a str,
    pub(crate) partition: Option<TopicPartition>,
    pub(crate) current: Option<i64>,
    pub(crate) end: Option<i64>,
    pub(crate) lag: Option<i64>,
    pub(crate) member: Option<&'a GroupMember>,
}

fn number(number: Option<i64>) -> String {
    number.map_or_else(|| MISSING.to_string(), |number| number.to_string())
}

/// `--describe`: an empty line, a header, the rows.
pub(crate) fn group_offsets(rows: &[GroupRow<'_>], out: &mut Out<'_>) -> Result<()> {
    let member =
        |row: &GroupRow<'_>, text: fn(&GroupMember) -> &String| row.member.map_or(MISSING.to_string(), |member| text(member).clone());
    let mut cells = vec![
        ["GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST", "CLIENT-ID"].map(str::to_string),
    ];
    cells.extend(rows.iter().map(|row| {
        [
            row.group.to_string(),
            row.partition.as_ref().map_or_else(|| MISSING.to_string(), |partition| partition.topic.to_string()),
            number(row.partition.as_ref().map(|partition| i64::from(partition.partition))),
            number(row.current),
            number(row.end),
            number(row.lag),
            member(row, |member| &member.member_id),
            member(row, |member| &member.host),
            member(row, |member| &member.client_id),
        ]
    }));
    let own = |column: usize| width(15, cells.iter().map(|row| row[column].as_str()));
    let widths = [own(0), own(1), 10, 15, 15, 15, own(6), own(7), 0];
    table(&cells, &widths, out)
}

/// `--describe --members`, with what each one has where `verbose`.
pub(crate) fn group_members(groups: &[&GroupDescription], verbose: bool, out: &mut Out<'_>) -> Result<()> {
    let mut cells = vec![["GROUP", "CONSUMER-ID", "GROUP-INSTANCE-ID", "HOST", "CLIENT-ID", "#PARTITIONS"].map(str::to_string).to_vec()];
    let mut is_static = false;
    for (group, member) in groups.iter().flat_map(|group| group.members.iter().map(move |member| (group, member))) {
        is_static |= member.instance_id.is_some();
        let instance = member.instance_id.clone().unwrap_or_default();
        let count = member.assignment.len().to_string();
        cells.push(vec![group.group.to_string(), member.member_id.clone(), instance, member.host.clone(), member.client_id.clone(), count]);
        if verbose && let Some(row) = cells.last_mut() {
            let target_epoch = member.epoch.and(group.epochs).map(|(_, target)| i64::from(target));
            let epoch = number(member.epoch.map(i64::from));
            row.extend([epoch, topics(&member.assignment), number(target_epoch), topics(&member.target)]);
        }
    }
    if verbose {
        cells[0].extend(["CURRENT-EPOCH", "CURRENT-ASSIGNMENT", "TARGET-EPOCH", "TARGET-ASSIGNMENT"].map(str::to_string));
    }
    let own = |column: usize| width(15, cells.iter().map(|row| row[column].as_str()));
    let mut widths = vec![own(0), own(1), own(2), own(3), own(4), 15, 15, 20, 15, 20];
    if !verbose {
        widths.truncate(5);
        // A blank follows the last column too.
        widths.push(16);
    }
    if !is_static {
        widths.remove(2);
        cells.iter_mut().for_each(|row| drop(row.remove(2)));
    }
    table(&cells, &widths, out)
}

/// `t:0,1;u:2`, or a dash.
fn topics(partitions: &[TopicPartition]) -> String {
    let mut topics: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for partition in partitions {
        topics.entry(partition.topic.as_str()).or_default().push(partition.partition.to_string());
    }
    if topics.is_empty() {
        return MISSING.to_string();
    }
    topics.into_iter().map(|(topic, partitions)| format!("{topic}:{}", partitions.join(","))).collect::<Vec<_>>().join(";")
}

/// `--describe --state`.
pub(crate) fn group_states(groups: &[&GroupDescription], out: &mut Out<'_>) -> Result<()> {
    let mut cells = vec![["GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "#MEMBERS"].map(str::to_string)];
    cells.extend(groups.iter().map(|group| {
        [
            group.group.to_string(),
            format!("{}:{}  ({})", group.coordinator.host, group.coordinator.port, group.coordinator.id),
            if group.assignor.is_empty() { MISSING.to_string() } else { group.assignor.clone() },
            group.state.clone(),
            group.members.len().to_string(),
        ]
    }));
    let own = |least: usize, column: usize| width(least, cells.iter().map(|row| row[column].as_str()));
    let widths = [own(15, 0), own(25, 1), 20, 20, 0];
    table(&cells, &widths, out)
}

/// Which columns `--list` has besides the name.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Listed {
    pub(crate) with_type: bool,
    pub(crate) with_state: bool,
}

/// `--list`: names, or a table where it has more to say.
pub(crate) fn groups_listed(groups: &[GroupListing], listed: Listed, out: &mut Out<'_>) -> Result<()> {
    if !listed.with_type && !listed.with_state {
        return groups.iter().try_for_each(|group| out.line(&group.group));
    }
    let group_width = width(25, groups.iter().map(|group| group.group.as_str()));
    let mut row = |name: &str, group_type: &str, state: &str| {
        let mut cells = vec![(name, group_width)];
        cells.extend(listed.with_type.then_some((group_type, 20)));
        cells.extend(listed.with_state.then_some((state, 20)));
        out.line(line(&cells))
    };
    row("GROUP", "TYPE", "STATE")?;
    groups.iter().try_for_each(|group| {
        let mut group_type = group.group_type.to_string();
        if let Some(first) = group_type.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        row(group.group.as_str(), &group_type, &group.state)
    })
}

/// `--reset-offsets`: where each partition goes.
pub(crate) fn group_reset(group: &str, moves: &[(&TopicPartition, i64)], out: &mut Out<'_>) -> Result<()> {
    let mut cells = vec![["GROUP", "TOPIC", "PARTITION", "NEW-OFFSET"].map(str::to_string)];
    cells.extend(
        moves
            .iter()
            .map(|(partition, to)| [group.to_string(), partition.topic.to_string(), partition.partition.to_string(), to.to_string()]),
    );
    let own = |column: usize| width(15, cells.iter().map(|row| row[column].as_str()));
    let widths = [own(0), own(1), 10, 0];
    table(&cells, &widths, out)
}

/// An empty line, then the rows.
fn table(rows: &[impl AsRef<[String]>], widths: &[usize], out: &mut Out<'_>) -> Result<()> {
    out.line("")?;
    rows.iter().try_for_each(|row| {
        let cells: Vec<(&str, usize)> = row.as_ref().iter().map(String::as_str).zip(widths.iter().copied()).collect();
        out.line(line(&cells))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::out::printed;
    use headwater::admin::{GroupType, Node};
    use headwater::log::{GroupId, TopicName};

    fn partition(number: i32) -> TopicPartition {
        TopicName::new("orders").expect("a name").partition(number)
    }

    fn description(members: Vec<GroupMember>) -> GroupDescription {
        GroupDescription {
            group: GroupId::from("g1"),
            group_type: GroupType::Classic,
            protocol_type: "consumer".into(),
            state: if members.is_empty() { "Empty" } else { "Stable" }.into(),
            assignor: if members.is_empty() { "" } else { "range" }.into(),
            epochs: None,
            coordinator: Node { id: 0, host: "127.0.0.1".into(), port: 33201, rack: None, is_fenced: false },
            members,
        }
    }

    fn member() -> GroupMember {
        GroupMember {
            member_id: "console-consumer-3c9fc362-ad05-472d-a8df-b15b6479c644".into(),
            instance_id: None,
            client_id: "console-consumer".into(),
            host: "/127.0.0.1".into(),
            epoch: None,
            assignment: vec![partition(0), partition(1)],
            target: Vec::new(),
        }
    }

    #[test]
    fn offsets_are_aligned_as_kafkas_tool_does_it() {
        let member = member();
        let row = |member| GroupRow { group: "g1", partition: Some(partition(0)), current: Some(3), end: Some(3), lag: Some(0), member };
        let alone = "
GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID
g1              orders          0          3               3               0               -               -               -\n";
        assert_eq!(printed(|out| group_offsets(&[row(None)], out)), alone);
        let read = "
GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID                                           HOST            CLIENT-ID
g1              orders          0          3               3               0               console-consumer-3c9fc362-ad05-472d-a8df-b15b6479c644 /127.0.0.1      console-consumer\n";
        assert_eq!(printed(|out| group_offsets(&[row(Some(&member))], out)), read);
    }

    #[test]
    fn members_and_states_are_aligned_as_kafkas_tool_does_it() {
        let (empty, full) = (description(Vec::new()), description(vec![member()]));
        let members = "\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     \n";
        assert_eq!(printed(|out| group_members(&[&empty], false, out)), members);
        let verbose = "
GROUP           CONSUMER-ID                                           HOST            CLIENT-ID        #PARTITIONS     CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-ASSIGNMENT   \n";
        let printed_verbose = printed(|out| group_members(&[&full], true, out));
        assert!(printed_verbose.starts_with(verbose) && printed_verbose.contains(" orders:0,1 "), "{printed_verbose}");
        let states = "
GROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                #MEMBERS
g1              127.0.0.1:33201  (0)      -                    Empty                0
g1              127.0.0.1:33201  (0)      range                Stable               1\n";
        assert_eq!(printed(|out| group_states(&[&empty, &full], out)), states);
    }

    #[test]
    fn lists_and_resets_are_aligned_as_kafkas_tool_does_it() {
        let listing = GroupListing {
            group: GroupId::from("g1"),
            group_type: GroupType::Classic,
            protocol_type: "consumer".into(),
            state: "Empty".into(),
        };
        let list = |listed| printed(|out| groups_listed(std::slice::from_ref(&listing), listed, out));
        assert_eq!(list(Listed::default()), "g1\n");
        let with_state = "GROUP                     STATE               \ng1                        Empty               \n";
        assert_eq!(list(Listed { with_state: true, with_type: false }), with_state);
        let both = list(Listed { with_state: true, with_type: true });
        assert!(both.starts_with("GROUP                     TYPE                 STATE               \n"), "{both}");
        let reset = "\nGROUP           TOPIC           PARTITION  NEW-OFFSET\ng1              orders          1          0\n";
        assert_eq!(printed(|out| group_reset("g1", &[(&partition(1), 0)], out)), reset);
    }
}
