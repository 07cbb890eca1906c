//! The options that name resources, operations and patterns, shared by the actions.

use anyhow::{Result, anyhow, bail};
use clap::Args;
use headwater::log::acl::{AclOperation, CLUSTER_NAME, PatternType, ResourceType};

/// Resources by type and name.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Resources {
    /// A topic, or * for all; several times for several
    #[arg(short, long, value_name = "TOPIC")]
    pub(super) topic: Vec<String>,
    /// A consumer group, or * for all; several times for several
    #[arg(short, long, value_name = "GROUP")]
    pub(super) group: Vec<String>,
    /// A transactional id, or * for all; several times for several
    #[arg(long, value_name = "ID")]
    pub(super) transactional_id: Vec<String>,
    /// A user, for operations on its delegation tokens
    #[arg(long, value_name = "PRINCIPAL")]
    pub(super) user_principal: Vec<String>,
    /// The cluster itself
    #[arg(long)]
    pub(super) cluster: bool,
}

impl Resources {
    /// All that are named, by type and name.
    pub(super) fn named(&self) -> Vec<(ResourceType, &str)> {
        let lists = [
            (ResourceType::Topic, &self.topic),
            (ResourceType::Group, &self.group),
            (ResourceType::TransactionalId, &self.transactional_id),
            (ResourceType::User, &self.user_principal),
        ];
        let named = lists.into_iter().flat_map(|(resource_type, names)| names.iter().map(move |name| (resource_type, name.as_str())));
        named.chain(self.cluster.then_some((ResourceType::Cluster, CLUSTER_NAME))).collect()
    }
}

/// An operation by Kafka's name, however it is written: `describe-configs`, `DescribeConfigs`, `DESCRIBE_CONFIGS`.
pub(super) fn operation(text: &str) -> Result<AclOperation> {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let known = AclOperation::ALL.iter().filter(|operation| **operation != AclOperation::Unknown);
    known.clone().find(|operation| plain(operation.name()) == plain(text)).copied().ok_or_else(|| {
        let names: Vec<String> = known.map(|operation| operation.name().to_ascii_lowercase()).collect();
        anyhow!("--operation takes one of {}, not {text:?}", names.join(", "))
    })
}

/// A kind of pattern by Kafka's name.
pub(super) fn pattern_type(text: &str) -> Result<PatternType> {
    match PatternType::from_name(text) {
        None | Some(PatternType::Unknown) => bail!("--resource-pattern-type takes literal, prefixed, any or match, not {text:?}"),
        Some(found) => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_known_however_they_are_written() {
        for text in ["describe-configs", "DescribeConfigs", "DESCRIBE_CONFIGS", "describe_configs"] {
            assert_eq!(operation(text).ok(), Some(AclOperation::DescribeConfigs), "{text}");
        }
        assert_eq!(operation("all").ok(), Some(AclOperation::All));
        for text in ["reed", "unknown", ""] {
            assert!(operation(text).expect_err(text).to_string().contains("read, write"), "{text}");
        }
        assert!(pattern_type("prefix").expect_err("no word").to_string().contains("prefixed"));
    }
}
