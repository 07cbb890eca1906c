//! `kafka-metadata-quorum.sh describe`: `--status` and `--replication`.

use super::pad::{pretty_table, words};
use crate::out::Out;
use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headwater::admin::{QuorumDescription, QuorumReplica};

fn directory(replica: &QuorumReplica) -> String {
    URL_SAFE_NO_PAD.encode(replica.directory.unwrap_or_default())
}

/// A replica as it stands in a list: an object of JSON by looks, its parts left out where they are not known.
fn listed(replica: &QuorumReplica) -> String {
    let mut text = format!("{{\"id\": {}", replica.node);
    if replica.directory.is_some() {
        text += &format!(", \"directoryId\": \"{}\"", directory(replica));
    }
    if !replica.endpoints.is_empty() {
        let quoted: Vec<String> = replica.endpoints.iter().map(|endpoint| format!("\"{endpoint}\"")).collect();
        text += &format!(", \"endpoints\": [{}]", quoted.join(", "));
    }
    text + "}"
}

fn list(replicas: &[QuorumReplica]) -> String {
    format!("[{}]", replicas.iter().map(listed).collect::<Vec<_>>().join(", "))
}

/// `--status`: the lag is that of the voter that is farthest behind.
pub(crate) fn quorum_status(cluster_id: &str, quorum: &QuorumDescription, out: &mut Out<'_>) -> Result<()> {
    let leader = quorum.voters.iter().find(|voter| voter.node == quorum.leader);
    let last = quorum.voters.iter().min_by_key(|voter| voter.log_end);
    let (lag, lag_ms) = match (leader, last) {
        (Some(leader), Some(last)) if leader.node == last.node => (0, 0),
        (Some(leader), Some(last)) => {
            let times = leader.last_caught_up_ms.zip(last.last_caught_up_ms);
            (leader.log_end - last.log_end, times.map_or(-1, |(leader, last)| leader - last))
        }
        _ => (-1, -1),
    };
    for (name, value) in [
        ("ClusterId:", cluster_id.to_string()),
        ("LeaderId:", quorum.leader.to_string()),
        ("LeaderEpoch:", quorum.leader_epoch.to_string()),
        ("HighWatermark:", quorum.high_watermark.to_string()),
        ("MaxFollowerLag:", lag.to_string()),
        ("MaxFollowerLagTimeMs:", lag_ms.to_string()),
        ("CurrentVoters:", list(&quorum.voters)),
        ("CurrentObservers:", list(&quorum.observers)),
    ] {
        out.line(format_args!("{name:<23} {value}"))?;
    }
    Ok(())
}

/// `--replication`; with `now_ms` times are told as ages (`--human-readable`).
pub(crate) fn quorum_replication(quorum: &QuorumDescription, now_ms: Option<i64>, out: &mut Out<'_>) -> Result<()> {
    let leader_end = quorum.voters.iter().find(|voter| voter.node == quorum.leader).map_or(0, |leader| leader.log_end);
    let time = |ms: Option<i64>| match (ms, now_ms) {
        (None, _) => "-1".to_string(),
        (Some(ms), None) => ms.to_string(),
        (Some(ms), Some(now)) => format!("{} ms ago", now - ms),
    };
    let row = |replica: &QuorumReplica, status: &str| {
        vec![
            replica.node.to_string(),
            directory(replica),
            replica.log_end.to_string(),
            (leader_end - replica.log_end).to_string(),
            time(replica.last_fetch_ms),
            time(replica.last_caught_up_ms),
            status.to_string(),
        ]
    };
    let is_leader = |replica: &&QuorumReplica| replica.node == quorum.leader;
    let mut rows = vec![words(&["NodeId", "DirectoryId", "LogEndOffset", "Lag", "LastFetchTimestamp", "LastCaughtUpTimestamp", "Status"])];
    rows.extend(quorum.voters.iter().filter(is_leader).map(|replica| row(replica, "Leader")));
    rows.extend(quorum.voters.iter().filter(|replica| !is_leader(replica)).map(|replica| row(replica, "Follower")));
    rows.extend(quorum.observers.iter().map(|replica| row(replica, "Observer")));
    pretty_table(&rows).iter().try_for_each(|line| out.line(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    fn quorum() -> QuorumDescription {
        let replica = |node, log_end, caught_up: Option<i64>| QuorumReplica {
            node,
            directory: None,
            log_end,
            last_fetch_ms: caught_up,
            last_caught_up_ms: caught_up,
            endpoints: vec![format!("CONTROLLER://127.0.0.1:{node}")],
        };
        let observer = QuorumReplica { endpoints: Vec::new(), ..replica(3, 8, None) };
        let voters = vec![replica(1, 7, Some(900)), replica(2, 9, Some(1000))];
        QuorumDescription { leader: 2, leader_epoch: 4, high_watermark: 9, voters, observers: vec![observer] }
    }

    #[test]
    fn the_status_names_the_voter_farthest_behind() {
        let expected = "ClusterId:              abc\nLeaderId:               2\nLeaderEpoch:            4\nHighWatermark:          9\n\
            MaxFollowerLag:         2\nMaxFollowerLagTimeMs:   100\n\
            CurrentVoters:          [{\"id\": 1, \"endpoints\": [\"CONTROLLER://127.0.0.1:1\"]}, {\"id\": 2, \"endpoints\": [\"CONTROLLER://127.0.0.1:2\"]}]\n\
            CurrentObservers:       [{\"id\": 3}]\n";
        assert_eq!(crate::out::printed(|out| quorum_status("abc", &quorum(), out)), expected);
    }

    #[test]
    fn replication_is_a_row_a_replica_the_leader_first() {
        for (now_ms, leader, observer) in [(None, "1000", "-1"), (Some(1005), "5 ms ago", "-1")] {
            let shown = crate::out::printed(|out| quorum_replication(&quorum(), now_ms, out));
            let rows: Vec<Vec<&str>> = shown.lines().map(|line| line.split('\t').map(str::trim_end).collect()).collect();
            assert_eq!(rows[0][..3], ["NodeId", "DirectoryId", "LogEndOffset"]);
            assert_eq!(rows[1], ["2", "AAAAAAAAAAAAAAAAAAAAAA", "9", "0", leader, leader, "Leader", ""]);
            assert_eq!((rows[2][3], rows[2][6]), ("2", "Follower"));
            assert_eq!((rows[3][3], rows[3][5], rows[3][6]), ("1", observer, "Observer"));
        }
    }
}
