//! `kafka-cluster.sh`: `cluster-id` and `list-endpoints`.

use crate::out::Out;
use anyhow::Result;
use headwater::admin::ClusterDescription;

/// `cluster-id`.
pub(crate) fn cluster_id(cluster: &ClusterDescription, out: &mut Out<'_>) -> Result<()> {
    out.line(format_args!("Cluster ID: {}", cluster.cluster_id))
}

/// `list-endpoints`: the columns of hosts and racks are as wide as their longest value, whatever their heading.
pub(crate) fn cluster_endpoints(cluster: &ClusterDescription, out: &mut Out<'_>) -> Result<()> {
    let longest = |lengths: &mut dyn Iterator<Item = usize>, otherwise| lengths.max().unwrap_or(otherwise);
    let host = longest(&mut cluster.nodes.iter().map(|node| node.host.chars().count()), 100);
    let rack = longest(&mut cluster.nodes.iter().filter_map(|node| Some(node.rack.as_ref()?.chars().count())), 10);
    let mut line = |cells: [&str; 6]| {
        let [id, name, port, place, state, kind] = cells;
        out.line(format_args!("{id:<10} {name:<host$} {port:<10} {place:<rack$} {state:<10} {kind:<15}"))
    };
    line(["ID", "HOST", "PORT", "RACK", "STATE", "ENDPOINT_TYPE"])?;
    cluster.nodes.iter().try_for_each(|node| {
        let state = if node.is_fenced { "fenced" } else { "unfenced" };
        line([&node.id.to_string(), &node.host, &node.port.to_string(), node.rack.as_deref().unwrap_or("null"), state, "broker"])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use headwater::admin::Node;

    #[test]
    fn endpoints_stand_in_kafkas_columns() {
        let node =
            |id, host: &str, rack: Option<&str>| Node { id, host: host.into(), port: 9092, rack: rack.map(Into::into), is_fenced: id > 1 };
        let nodes = vec![node(1, "127.0.0.1", None), node(2, "b", Some("r"))];
        let cluster = ClusterDescription { cluster_id: "abc".into(), controller: None, nodes };
        let expected = "ID         HOST      PORT       RACK STATE      ENDPOINT_TYPE  \n\
            1          127.0.0.1 9092       null unfenced   broker         \n\
            2          b         9092       r fenced     broker         \n";
        assert_eq!(crate::out::printed(|out| cluster_endpoints(&cluster, out)), expected);
        assert_eq!(crate::out::printed(|out| cluster_id(&cluster, out)), "Cluster ID: abc\n");
    }
}
