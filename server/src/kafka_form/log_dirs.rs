//! `kafka-log-dirs.sh --describe`.

use crate::out::Out;
use anyhow::Result;
use headwater::admin::LogDir;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Two lines for people, then one of JSON.
pub(crate) fn log_dirs(dirs: &[LogDir], out: &mut Out<'_>) -> Result<()> {
    let mut nodes: BTreeMap<i32, Vec<Value>> = BTreeMap::new();
    for dir in dirs {
        let replica = |replica: &headwater::admin::ReplicaSize| {
            let partition = format!("{}-{}", replica.partition.topic, replica.partition.partition);
            json!({"partition": partition, "size": replica.size_bytes, "offsetLag": replica.offset_lag, "isFuture": replica.is_future})
        };
        let partitions: Vec<Value> = dir.replicas.iter().map(replica).collect();
        nodes.entry(dir.node).or_default().push(json!({"partitions": partitions, "error": null, "logDir": dir.path}));
    }
    let ids: Vec<String> = nodes.keys().map(ToString::to_string).collect();
    let brokers: Vec<Value> = nodes.iter().map(|(node, dirs)| json!({"broker": node, "logDirs": dirs})).collect();
    out.line("Querying brokers for log directories information")?;
    out.line(format_args!("Received log directory information from brokers {}", ids.join(",")))?;
    out.line(json!({"brokers": brokers, "version": 1}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use headwater::admin::ReplicaSize;
    use headwater::log::TopicName;

    #[test]
    fn directories_are_one_line_of_json() {
        let partition = TopicName::new("orders").expect("a name").partition(0);
        let replicas = vec![ReplicaSize { partition, size_bytes: 88, offset_lag: 0, is_future: false }];
        let dirs = [LogDir { node: 0, path: "/data".into(), total_bytes: None, usable_bytes: None, replicas }];
        let expected = "Querying brokers for log directories information\n\
            Received log directory information from brokers 0\n\
            {\"brokers\":[{\"broker\":0,\"logDirs\":[{\"partitions\":[{\"partition\":\"orders-0\",\"size\":88,\"offsetLag\":0,\"isFuture\":false}],\
            \"error\":null,\"logDir\":\"/data\"}]}],\"version\":1}\n";
        assert_eq!(crate::out::printed(|out| log_dirs(&dirs, out)), expected);
    }
}
