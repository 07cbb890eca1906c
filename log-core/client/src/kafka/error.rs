//! What librdkafka's errors are in the words of the traits: one table.

use super::native::Fault;
use crate::Error;
use log_model::{GroupId, KafkaCode, TopicName, TopicPartition};
use rdkafka::types::RDKafkaErrorCode as Code;

/// What a call was about, for the error's words.
#[derive(Clone, Copy, Debug)]
pub(super) enum About<'a> {
    /// The cluster as a whole.
    Cluster,
    /// A topic.
    Topic(&'a TopicName),
    /// A partition.
    Partition(&'a TopicPartition),
    /// A member of a group, outside transactions.
    Member(&'a GroupId),
    /// A transactional producer.
    Transaction(&'a str),
}

/// The error for a fault.
pub(super) fn error(fault: &Fault, about: About<'_>) -> Error {
    match fault.code {
        Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownTopicId | Code::UnknownPartition => missing(fault, about),
        Code::TopicAlreadyExists => match about {
            About::Topic(topic) => Error::TopicExists { topic: topic.clone() },
            _ => invalid(fault),
        },
        Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch | Code::FencedInstanceId => Error::Fenced { who: who(about) },
        Code::IllegalGeneration
        | Code::UnknownMemberId
        | Code::StaleMemberEpoch
        | Code::FencedMemberEpoch
        | Code::AssignmentLost
        | Code::RebalanceInProgress => match about {
            About::Member(group) => Error::Rebalancing { group: group.clone() },
            _ if fault.code == Code::RebalanceInProgress && !fault.requires_abort => retry(fault),
            _ => Error::Fenced { who: who(about) },
        },
        _ if fault.is_fatal => Error::Closed { reason: fault.text.clone() },
        _ if fault.requires_abort => {
            Error::Invalid { reason: format!("{}; nothing of the transaction is stored once it is aborted", fault.text) }
        }
        code if is_denied(code) => denied(code, about),
        _ if fault.is_retriable || may_pass(fault.code) => retry(fault),
        Code::BrokerDestroy => Error::Closed { reason: "the client was closed".into() },
        _ => invalid(fault),
    }
}

fn missing(fault: &Fault, about: About<'_>) -> Error {
    match about {
        About::Topic(topic) => Error::UnknownTopic { topic: topic.clone() },
        About::Partition(partition) => Error::UnknownPartition { partition: partition.clone() },
        // Which one is not told.
        About::Cluster | About::Member(_) | About::Transaction(_) => invalid(fault),
    }
}

/// Whether an ACL stands in the way.
pub(super) fn is_denied(code: Code) -> bool {
    matches!(
        code,
        Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
    )
}

fn denied(code: Code, about: About<'_>) -> Error {
    let what = match (code, about) {
        (Code::TopicAuthorizationFailed, About::Topic(topic)) => format!("topic {topic}"),
        (Code::TopicAuthorizationFailed, About::Partition(place)) => format!("topic {}", place.topic),
        (Code::TopicAuthorizationFailed, _) => "a topic".to_string(),
        (Code::GroupAuthorizationFailed, About::Member(group)) => format!("group {group}"),
        (Code::GroupAuthorizationFailed, _) => "a group".to_string(),
        (Code::TransactionalIdAuthorizationFailed, About::Transaction(id)) => format!("transactional id {id:?}"),
        (Code::TransactionalIdAuthorizationFailed, _) => "a transactional id".to_string(),
        _ => "the cluster".to_string(),
    };
    let code = match code {
        Code::TopicAuthorizationFailed => KafkaCode::TopicAuthorizationFailed,
        Code::GroupAuthorizationFailed => KafkaCode::GroupAuthorizationFailed,
        Code::TransactionalIdAuthorizationFailed => KafkaCode::TransactionalIdAuthorizationFailed,
        _ => KafkaCode::ClusterAuthorizationFailed,
    };
    Error::Denied { what, code }
}

fn who(about: About<'_>) -> String {
    match about {
        About::Member(group) => format!("a member of group {group}"),
        About::Transaction(id) => format!("producer with transactional id {id:?}"),
        About::Partition(partition) => format!("a producer to {partition}"),
        About::Topic(_) | About::Cluster => "this client".into(),
    }
}

fn retry(fault: &Fault) -> Error {
    Error::Retry { reason: fault.text.clone() }
}

fn invalid(fault: &Fault) -> Error {
    Error::Invalid { reason: fault.text.clone() }
}

/// The causes that pass by themselves: connections, elections, coordinators that load or move.
fn may_pass(code: Code) -> bool {
    matches!(
        code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::OperationTimedOut
            | Code::MessageTimedOut
            | Code::TimedOutQueue
            | Code::Resolve
            | Code::WaitingForCoordinator
            | Code::WaitCache
            | Code::InProgress
            | Code::PreviousInProgress
            | Code::QueueFull
            | Code::Retry
            | Code::Outdated
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::RequestTimedOut
            | Code::BrokerNotAvailable
            | Code::ReplicaNotAvailable
            | Code::NetworkException
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
            | Code::NotEnoughReplicas
            | Code::NotEnoughReplicasAfterAppend
            | Code::NotController
            | Code::ConcurrentTransactions
            | Code::UnstableOffsetCommit
            | Code::OffsetNotAvailable
            | Code::UnknownLeaderEpoch
            | Code::FencedLeaderEpoch
            | Code::KafkaStorageError
            | Code::ThrottlingQuotaExceeded
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_model::ErrorKind;

    #[test]
    fn each_code_has_the_kind_that_tells_what_to_do() {
        let topic = TopicName::new("t").unwrap();
        let (partition, group) = (topic.partition(3), GroupId::new("g"));
        let (member, transaction) = (About::Member(&group), About::Transaction("app"));
        let cases = [
            (Code::UnknownTopicOrPartition, About::Topic(&topic), ErrorKind::Missing),
            (Code::UnknownPartition, About::Partition(&partition), ErrorKind::Missing),
            (Code::TopicAlreadyExists, About::Topic(&topic), ErrorKind::Invalid),
            (Code::InvalidConfig, About::Topic(&topic), ErrorKind::Invalid),
            (Code::MessageSizeTooLarge, About::Partition(&partition), ErrorKind::Invalid),
            (Code::Fenced, transaction, ErrorKind::Fenced),
            (Code::InvalidProducerEpoch, transaction, ErrorKind::Fenced),
            (Code::IllegalGeneration, transaction, ErrorKind::Fenced),
            (Code::IllegalGeneration, member, ErrorKind::Retry),
            (Code::RebalanceInProgress, member, ErrorKind::Retry),
            (Code::AllBrokersDown, About::Cluster, ErrorKind::Retry),
            (Code::NotCoordinator, member, ErrorKind::Retry),
            (Code::BrokerDestroy, About::Cluster, ErrorKind::Closed),
        ];
        for (code, about, kind) in cases {
            assert_eq!(error(&Fault::of(code), about).kind(), kind, "{code:?} {about:?}");
        }
    }

    #[test]
    fn what_is_denied_is_named() {
        let topic = TopicName::new("t").unwrap();
        let (partition, group) = (topic.partition(3), GroupId::new("g"));
        let cases = [
            (Code::TopicAuthorizationFailed, About::Topic(&topic), "topic t"),
            (Code::TopicAuthorizationFailed, About::Partition(&partition), "topic t"),
            (Code::TopicAuthorizationFailed, About::Cluster, "a topic"),
            (Code::GroupAuthorizationFailed, About::Member(&group), "group g"),
            (Code::TransactionalIdAuthorizationFailed, About::Transaction("app"), "transactional id \"app\""),
            (Code::ClusterAuthorizationFailed, About::Topic(&topic), "the cluster"),
        ];
        for (code, about, what) in cases {
            let error = error(&Fault::of(code), about);
            assert_eq!(error.to_string(), format!("access to {what} is denied; it takes an ACL that allows it (headwater acl create)"));
            assert_eq!((error.kind(), error.kafka_code() as i16), (ErrorKind::Invalid, code as i16), "{code:?}");
        }
    }

    #[test]
    fn a_fatal_fault_closes_and_an_abortable_one_is_final() {
        let fatal = Fault { is_fatal: true, ..Fault::of(Code::OutOfOrderSequenceNumber) };
        assert_eq!(error(&fatal, About::Cluster).kind(), ErrorKind::Closed);
        let abortable = Fault { requires_abort: true, ..Fault::of(Code::MessageTimedOut) };
        assert_eq!(error(&abortable, About::Transaction("app")).kind(), ErrorKind::Invalid);
    }
}
