//! What may be asked twice, and what is said where nobody knows whether it was done.
//!
//! Pure. Always holds: only what reads is repeated once a server may have it; what changes something may have been done although no answer came, and doing it
//! again could act twice or tell of a refusal after a success. An API that is not known to read is taken for one that changes.

use crate::Error;
use log_wire::ApiKey;

/// Where one sees whether a change was made; `None` for what only reads.
fn evidence(api: ApiKey) -> Option<&'static str> {
    match api {
        ApiKey::ApiVersions
        | ApiKey::ConsumerGroupDescribe
        | ApiKey::DescribeAcls
        | ApiKey::DescribeCluster
        | ApiKey::DescribeConfigs
        | ApiKey::DescribeGroups
        | ApiKey::DescribeLogDirs
        | ApiKey::DescribeProducers
        | ApiKey::DescribeQuorum
        | ApiKey::DescribeTransactions
        | ApiKey::FindCoordinator
        | ApiKey::ListGroups
        | ApiKey::ListTransactions
        | ApiKey::Metadata => None,
        ApiKey::CreateAcls | ApiKey::DeleteAcls => Some("list the ACLs"),
        ApiKey::DeleteGroups => Some("list the groups"),
        ApiKey::OffsetDelete => Some("describe the group"),
        ApiKey::IncrementalAlterConfigs => Some("describe the configuration"),
        _ => Some("look whether it was done"),
    }
}

/// Whether a request may go to a server that may have had it before.
pub(crate) fn is_repeatable(api: ApiKey) -> bool {
    evidence(api).is_none()
}

/// What it means that a request which a server may have had failed without an answer of the server's.
pub(crate) fn after_sending(api: ApiKey, failure: Error) -> Error {
    match evidence(api) {
        Some(look) => Error::Uncertain { failure: Box::new(failure), api: api.name(), look },
        None => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_model::ErrorKind;

    #[test]
    fn what_only_reads_is_repeated_and_nothing_else() {
        let silent = Error::Silent { address: "a:1".into(), api: "it", seconds: 30 };
        for api in [ApiKey::DescribeAcls, ApiKey::FindCoordinator, ApiKey::Metadata] {
            assert!(is_repeatable(api), "{api}");
            assert_eq!(after_sending(api, silent.clone()), silent);
        }
        for (api, look) in [
            (ApiKey::DeleteAcls, "list the ACLs"),
            (ApiKey::DeleteGroups, "list the groups"),
            (ApiKey::OffsetDelete, "describe the group"),
            (ApiKey::IncrementalAlterConfigs, "describe the configuration"),
            (ApiKey::CreateTopics, "look whether it was done"),
            (ApiKey::Produce, "look whether it was done"),
        ] {
            assert!(!is_repeatable(api), "{api}");
            let told = after_sending(api, silent.clone());
            assert_eq!(told.kind(), ErrorKind::Closed);
            let told = told.to_string();
            assert!(told.starts_with("a:1 did not answer it within 30 s; ") && told.contains(look) && told.contains(api.name()), "{told}");
        }
    }
}
