//! Kafka's error codes: every code of the protocol, with its name, whether a client tries again, and what it asks of one of ours.
//!
//! The table below is the only list; whatever can be asked of a code is a column of it. Names, numbers and the retriable flag are
//! Kafka 4.3's (`org.apache.kafka.common.protocol.Errors`); the messages and kinds are ours.

use crate::ErrorKind;
use std::fmt;

macro_rules! codes {
    ($($code:literal, $variant:ident, $name:literal, $kind:ident, $again:ident, $message:literal;)*) => {
        /// A code of Kafka's protocol. [`KafkaCode::None`] stands for success.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(i16)]
        pub enum KafkaCode {
            $(#[doc = concat!("`", $name, "`: ", $message, ".")] $variant = $code,)*
        }

        impl KafkaCode {
            /// Every code, in the order of the numbers.
            pub const ALL: &[KafkaCode] = &[$(KafkaCode::$variant),*];

            /// The code with this number; none for a number Kafka 4.3 does not have.
            pub const fn from_i16(code: i16) -> Option<KafkaCode> {
                match code {
                    $($code => Some(KafkaCode::$variant),)*
                    _ => None,
                }
            }

            /// Kafka's name, such as `UNKNOWN_TOPIC_OR_PARTITION`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(KafkaCode::$variant => $name,)*
                }
            }

            /// What happened, in a few words that suit an `error_message` field.
            pub const fn message(self) -> &'static str {
                match self {
                    $(KafkaCode::$variant => $message,)*
                }
            }

            /// Whether Kafka's clients send the same request again by themselves.
            pub const fn is_retriable(self) -> bool {
                match self {
                    $(KafkaCode::$variant => codes!(@ $again),)*
                }
            }

            /// What the code asks of the caller. [`KafkaCode::None`] raised as an error is a bug.
            pub const fn kind(self) -> ErrorKind {
                match self {
                    $(KafkaCode::$variant => ErrorKind::$kind,)*
                }
            }
        }
    };
    (@ retriable) => { true };
    (@ fatal) => { false };
}

codes! {
    -1, UnknownServerError, "UNKNOWN_SERVER_ERROR", Bug, fatal, "the server failed in a way it did not expect";
    0, None, "NONE", Bug, fatal, "no error";
    1, OffsetOutOfRange, "OFFSET_OUT_OF_RANGE", Invalid, fatal, "the offset lies outside the partition's log";
    2, CorruptMessage, "CORRUPT_MESSAGE", Corrupt, retriable, "a batch is damaged, or a record lacks the key its topic asks for";
    3, UnknownTopicOrPartition, "UNKNOWN_TOPIC_OR_PARTITION", Missing, retriable, "no such topic or partition here";
    4, InvalidFetchSize, "INVALID_FETCH_SIZE", Invalid, fatal, "the fetch size may not be used";
    5, LeaderNotAvailable, "LEADER_NOT_AVAILABLE", Retry, retriable, "the partition has no leader at the moment";
    6, NotLeaderOrFollower, "NOT_LEADER_OR_FOLLOWER", Retry, retriable, "this node is not the partition's leader";
    7, RequestTimedOut, "REQUEST_TIMED_OUT", Retry, retriable, "the time given for the request ran out";
    8, BrokerNotAvailable, "BROKER_NOT_AVAILABLE", Retry, fatal, "the broker cannot be reached";
    9, ReplicaNotAvailable, "REPLICA_NOT_AVAILABLE", Retry, retriable, "the replica cannot be reached";
    10, MessageTooLarge, "MESSAGE_TOO_LARGE", Invalid, fatal, "a batch is larger than max.message.bytes allows";
    11, StaleControllerEpoch, "STALE_CONTROLLER_EPOCH", Fenced, fatal, "another controller took over";
    12, OffsetMetadataTooLarge, "OFFSET_METADATA_TOO_LARGE", Invalid, fatal, "the text beside an offset is too long";
    13, NetworkException, "NETWORK_EXCEPTION", Retry, retriable, "the connection broke before the answer came";
    14, CoordinatorLoadInProgress, "COORDINATOR_LOAD_IN_PROGRESS", Retry, retriable, "the coordinator still loads its state";
    15, CoordinatorNotAvailable, "COORDINATOR_NOT_AVAILABLE", Retry, retriable, "no coordinator is ready for this group or transaction";
    16, NotCoordinator, "NOT_COORDINATOR", Retry, retriable, "another node coordinates this group or transaction";
    17, InvalidTopic, "INVALID_TOPIC_EXCEPTION", Invalid, fatal, "the topic name is not legal, or the topic may not be used so";
    18, RecordListTooLarge, "RECORD_LIST_TOO_LARGE", Invalid, fatal, "a batch is larger than a segment";
    19, NotEnoughReplicas, "NOT_ENOUGH_REPLICAS", Retry, retriable, "too few replicas are in sync to take the records";
    20, NotEnoughReplicasAfterAppend, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", Retry, retriable, "written, but too few replicas are in sync";
    21, InvalidRequiredAcks, "INVALID_REQUIRED_ACKS", Invalid, fatal, "acks takes -1, 0 or 1";
    22, IllegalGeneration, "ILLEGAL_GENERATION", Fenced, fatal, "the generation is not the group's current one";
    23, InconsistentGroupProtocol, "INCONSISTENT_GROUP_PROTOCOL", Invalid, fatal, "the member shares no protocol with the group";
    24, InvalidGroupId, "INVALID_GROUP_ID", Invalid, fatal, "the group id may not be used";
    25, UnknownMemberId, "UNKNOWN_MEMBER_ID", Fenced, fatal, "the group has no such member";
    26, InvalidSessionTimeout, "INVALID_SESSION_TIMEOUT", Invalid, fatal, "the session timeout lies outside the limits of this node";
    27, RebalanceInProgress, "REBALANCE_IN_PROGRESS", Retry, fatal, "the group is rebalancing: join again";
    28, InvalidCommitOffsetSize, "INVALID_COMMIT_OFFSET_SIZE", Invalid, fatal, "the offset to commit is larger than its log takes";
    29, TopicAuthorizationFailed, "TOPIC_AUTHORIZATION_FAILED", Invalid, fatal, "not allowed on this topic";
    30, GroupAuthorizationFailed, "GROUP_AUTHORIZATION_FAILED", Invalid, fatal, "not allowed on this group";
    31, ClusterAuthorizationFailed, "CLUSTER_AUTHORIZATION_FAILED", Invalid, fatal, "not allowed on the cluster";
    32, InvalidTimestamp, "INVALID_TIMESTAMP", Invalid, fatal, "a record's timestamp is further from the log's clock than the topic allows";
    33, UnsupportedSaslMechanism, "UNSUPPORTED_SASL_MECHANISM", Invalid, fatal, "the SASL mechanism is not enabled here";
    34, IllegalSaslState, "ILLEGAL_SASL_STATE", Invalid, fatal, "the request does not fit the state of the SASL exchange";
    35, UnsupportedVersion, "UNSUPPORTED_VERSION", Invalid, fatal, "this version of the request is not served";
    36, TopicAlreadyExists, "TOPIC_ALREADY_EXISTS", Invalid, fatal, "a topic of this name exists";
    37, InvalidPartitions, "INVALID_PARTITIONS", Invalid, fatal, "the number of partitions is not valid";
    38, InvalidReplicationFactor, "INVALID_REPLICATION_FACTOR", Invalid, fatal, "the replication factor does not fit the brokers";
    39, InvalidReplicaAssignment, "INVALID_REPLICA_ASSIGNMENT", Invalid, fatal, "the assignment of replicas is not valid";
    40, InvalidConfig, "INVALID_CONFIG", Invalid, fatal, "a configuration entry is not valid";
    41, NotController, "NOT_CONTROLLER", Retry, retriable, "another node is the controller";
    42, InvalidRequest, "INVALID_REQUEST", Invalid, fatal, "the request contradicts itself or the protocol";
    43, UnsupportedForMessageFormat, "UNSUPPORTED_FOR_MESSAGE_FORMAT", Invalid, fatal, "the record format lacks what is asked for";
    44, PolicyViolation, "POLICY_VIOLATION", Invalid, fatal, "a policy of this cluster refuses the request";
    45, OutOfOrderSequenceNumber, "OUT_OF_ORDER_SEQUENCE_NUMBER", Invalid, fatal, "a batch is missing before this sequence number";
    46, DuplicateSequenceNumber, "DUPLICATE_SEQUENCE_NUMBER", Invalid, fatal, "a batch with this sequence number was written before";
    47, InvalidProducerEpoch, "INVALID_PRODUCER_EPOCH", Fenced, fatal, "a newer epoch of this producer exists";
    48, InvalidTxnState, "INVALID_TXN_STATE", Invalid, fatal, "the transaction is in a state that does not allow this";
    49, InvalidProducerIdMapping, "INVALID_PRODUCER_ID_MAPPING", Invalid, fatal, "the producer id does not belong to the transactional id";
    50, InvalidTransactionTimeout, "INVALID_TRANSACTION_TIMEOUT", Invalid, fatal, "the transaction timeout is above transaction.max.timeout.ms";
    51, ConcurrentTransactions, "CONCURRENT_TRANSACTIONS", Retry, retriable, "an earlier step of this transaction has not ended";
    52, TransactionCoordinatorFenced, "TRANSACTION_COORDINATOR_FENCED", Fenced, fatal, "another coordinator took over the transaction";
    53, TransactionalIdAuthorizationFailed, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", Invalid, fatal, "not allowed on this transactional id";
    54, SecurityDisabled, "SECURITY_DISABLED", Invalid, fatal, "this node has no authorizer";
    55, OperationNotAttempted, "OPERATION_NOT_ATTEMPTED", Retry, fatal, "not tried, because an earlier part of the request failed";
    56, KafkaStorageError, "KAFKA_STORAGE_ERROR", Full, retriable, "the storage of the log failed";
    57, LogDirNotFound, "LOG_DIR_NOT_FOUND", Missing, fatal, "no such data directory";
    58, SaslAuthenticationFailed, "SASL_AUTHENTICATION_FAILED", Invalid, fatal, "the credentials were refused";
    59, UnknownProducerId, "UNKNOWN_PRODUCER_ID", Missing, fatal, "nothing is known of this producer: its records are gone";
    60, ReassignmentInProgress, "REASSIGNMENT_IN_PROGRESS", Invalid, fatal, "the partition is being reassigned";
    61, DelegationTokenAuthDisabled, "DELEGATION_TOKEN_AUTH_DISABLED", Invalid, fatal, "delegation tokens are not enabled";
    62, DelegationTokenNotFound, "DELEGATION_TOKEN_NOT_FOUND", Missing, fatal, "no such delegation token";
    63, DelegationTokenOwnerMismatch, "DELEGATION_TOKEN_OWNER_MISMATCH", Invalid, fatal, "the principal neither owns nor may renew the token";
    64, DelegationTokenRequestNotAllowed, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", Invalid, fatal, "not over this connection";
    65, DelegationTokenAuthorizationFailed, "DELEGATION_TOKEN_AUTHORIZATION_FAILED", Invalid, fatal, "not allowed on this delegation token";
    66, DelegationTokenExpired, "DELEGATION_TOKEN_EXPIRED", Invalid, fatal, "the delegation token has expired";
    67, InvalidPrincipalType, "INVALID_PRINCIPAL_TYPE", Invalid, fatal, "this kind of principal is not known";
    68, NonEmptyGroup, "NON_EMPTY_GROUP", Invalid, fatal, "the group still has members";
    69, GroupIdNotFound, "GROUP_ID_NOT_FOUND", Missing, fatal, "no such group";
    70, FetchSessionIdNotFound, "FETCH_SESSION_ID_NOT_FOUND", Retry, retriable, "no such fetch session: begin a new one";
    71, InvalidFetchSessionEpoch, "INVALID_FETCH_SESSION_EPOCH", Retry, retriable, "the fetch session is at another epoch: begin a new one";
    72, ListenerNotFound, "LISTENER_NOT_FOUND", Retry, retriable, "the leader has no listener of this name";
    73, TopicDeletionDisabled, "TOPIC_DELETION_DISABLED", Invalid, fatal, "delete.topic.enable is false";
    74, FencedLeaderEpoch, "FENCED_LEADER_EPOCH", Fenced, retriable, "the leader epoch is older than the partition's";
    75, UnknownLeaderEpoch, "UNKNOWN_LEADER_EPOCH", Retry, retriable, "the leader epoch is newer than the partition's";
    76, UnsupportedCompressionType, "UNSUPPORTED_COMPRESSION_TYPE", Invalid, fatal, "the codec is not supported by this version of the request";
    77, StaleBrokerEpoch, "STALE_BROKER_EPOCH", Fenced, fatal, "the broker has registered anew";
    78, OffsetNotAvailable, "OFFSET_NOT_AVAILABLE", Retry, retriable, "the new leader does not know its end offset yet";
    79, MemberIdRequired, "MEMBER_ID_REQUIRED", Retry, fatal, "join again with the member id given";
    80, PreferredLeaderNotAvailable, "PREFERRED_LEADER_NOT_AVAILABLE", Retry, retriable, "the preferred leader cannot be reached";
    81, GroupMaxSizeReached, "GROUP_MAX_SIZE_REACHED", Full, fatal, "the group has as many members as are allowed";
    82, FencedInstanceId, "FENCED_INSTANCE_ID", Fenced, fatal, "another member took over this group.instance.id";
    83, EligibleLeadersNotAvailable, "ELIGIBLE_LEADERS_NOT_AVAILABLE", Retry, retriable, "no replica may become leader at the moment";
    84, ElectionNotNeeded, "ELECTION_NOT_NEEDED", Invalid, retriable, "the partition already has that leader";
    85, NoReassignmentInProgress, "NO_REASSIGNMENT_IN_PROGRESS", Invalid, fatal, "the partition is not being reassigned";
    86, GroupSubscribedToTopic, "GROUP_SUBSCRIBED_TO_TOPIC", Invalid, fatal, "the group is subscribed to the topic whose offsets should go";
    87, InvalidRecord, "INVALID_RECORD", Invalid, fatal, "a record breaks a rule of its topic";
    88, UnstableOffsetCommit, "UNSTABLE_OFFSET_COMMIT", Retry, retriable, "a transaction with offsets of this partition is still open";
    89, ThrottlingQuotaExceeded, "THROTTLING_QUOTA_EXCEEDED", Retry, retriable, "a quota is used up";
    90, ProducerFenced, "PRODUCER_FENCED", Fenced, fatal, "a newer producer uses this transactional id";
    91, ResourceNotFound, "RESOURCE_NOT_FOUND", Missing, fatal, "the resource does not exist";
    92, DuplicateResource, "DUPLICATE_RESOURCE", Invalid, fatal, "the request names a resource twice";
    93, UnacceptableCredential, "UNACCEPTABLE_CREDENTIAL", Invalid, fatal, "the credential does not meet the rules";
    94, InconsistentVoterSet, "INCONSISTENT_VOTER_SET", Invalid, fatal, "the two sides disagree about who votes";
    95, InvalidUpdateVersion, "INVALID_UPDATE_VERSION", Invalid, fatal, "the version given is not the one stored";
    96, FeatureUpdateFailed, "FEATURE_UPDATE_FAILED", Invalid, fatal, "the features could not be changed";
    97, PrincipalDeserializationFailure, "PRINCIPAL_DESERIALIZATION_FAILURE", Bug, fatal, "a forwarded principal cannot be read";
    98, SnapshotNotFound, "SNAPSHOT_NOT_FOUND", Missing, fatal, "no such snapshot";
    99, PositionOutOfRange, "POSITION_OUT_OF_RANGE", Invalid, fatal, "the position lies outside the snapshot";
    100, UnknownTopicId, "UNKNOWN_TOPIC_ID", Missing, retriable, "no topic with this id here";
    101, DuplicateBrokerRegistration, "DUPLICATE_BROKER_REGISTRATION", Invalid, fatal, "the broker id is taken";
    102, BrokerIdNotRegistered, "BROKER_ID_NOT_REGISTERED", Missing, fatal, "the broker id is not registered";
    103, InconsistentTopicId, "INCONSISTENT_TOPIC_ID", Invalid, retriable, "the topic id is not that of the log";
    104, InconsistentClusterId, "INCONSISTENT_CLUSTER_ID", Invalid, fatal, "the request is meant for another cluster";
    105, TransactionalIdNotFound, "TRANSACTIONAL_ID_NOT_FOUND", Missing, fatal, "no such transactional id";
    106, FetchSessionTopicIdError, "FETCH_SESSION_TOPIC_ID_ERROR", Retry, retriable, "the fetch session mixes names and ids of topics";
    107, IneligibleReplica, "INELIGIBLE_REPLICA", Invalid, fatal, "a replica may not be in sync";
    108, NewLeaderElected, "NEW_LEADER_ELECTED", Retry, fatal, "the leader has changed";
    109, OffsetMovedToTieredStorage, "OFFSET_MOVED_TO_TIERED_STORAGE", Invalid, fatal, "the offset has moved to remote storage";
    110, FencedMemberEpoch, "FENCED_MEMBER_EPOCH", Fenced, fatal, "the member's epoch is over: give up its partitions and join again";
    111, UnreleasedInstanceId, "UNRELEASED_INSTANCE_ID", Invalid, fatal, "another member still holds this group.instance.id";
    112, UnsupportedAssignor, "UNSUPPORTED_ASSIGNOR", Invalid, fatal, "the group does not know this assignor";
    113, StaleMemberEpoch, "STALE_MEMBER_EPOCH", Retry, fatal, "the member's epoch is behind: heartbeat, then try again";
    114, MismatchedEndpointType, "MISMATCHED_ENDPOINT_TYPE", Invalid, fatal, "the request belongs to another kind of endpoint";
    115, UnsupportedEndpointType, "UNSUPPORTED_ENDPOINT_TYPE", Invalid, fatal, "this kind of endpoint is not served";
    116, UnknownControllerId, "UNKNOWN_CONTROLLER_ID", Missing, fatal, "no such controller";
    117, UnknownSubscriptionId, "UNKNOWN_SUBSCRIPTION_ID", Invalid, fatal, "the telemetry subscription is not current";
    118, TelemetryTooLarge, "TELEMETRY_TOO_LARGE", Invalid, fatal, "the telemetry is larger than allowed";
    119, InvalidRegistration, "INVALID_REGISTRATION", Invalid, fatal, "the registration was refused";
    120, TransactionAbortable, "TRANSACTION_ABORTABLE", Invalid, fatal, "the transaction cannot be committed: abort it and begin anew";
    121, InvalidRecordState, "INVALID_RECORD_STATE", Invalid, fatal, "the record is not in a state that can be acknowledged";
    122, ShareSessionNotFound, "SHARE_SESSION_NOT_FOUND", Retry, retriable, "no such share session: begin a new one";
    123, InvalidShareSessionEpoch, "INVALID_SHARE_SESSION_EPOCH", Retry, retriable, "the share session is at another epoch: begin a new one";
    124, FencedStateEpoch, "FENCED_STATE_EPOCH", Fenced, fatal, "the state of the share group is at another epoch";
    125, InvalidVoterKey, "INVALID_VOTER_KEY", Invalid, fatal, "the key of the voter is not the one expected";
    126, DuplicateVoter, "DUPLICATE_VOTER", Invalid, fatal, "the voter is in the set already";
    127, VoterNotFound, "VOTER_NOT_FOUND", Missing, fatal, "the voter is not in the set";
    128, InvalidRegularExpression, "INVALID_REGULAR_EXPRESSION", Invalid, fatal, "the pattern cannot be compiled";
    129, RebootstrapRequired, "REBOOTSTRAP_REQUIRED", Retry, fatal, "start again from the bootstrap servers";
    130, StreamsInvalidTopology, "STREAMS_INVALID_TOPOLOGY", Invalid, fatal, "the topology is not valid";
    131, StreamsInvalidTopologyEpoch, "STREAMS_INVALID_TOPOLOGY_EPOCH", Invalid, fatal, "the epoch of the topology is not valid";
    132, StreamsTopologyFenced, "STREAMS_TOPOLOGY_FENCED", Fenced, fatal, "the group uses a newer topology";
    133, ShareSessionLimitReached, "SHARE_SESSION_LIMIT_REACHED", Retry, retriable, "as many share sessions are open as are allowed";
}

impl KafkaCode {
    /// The number on the wire.
    pub const fn as_i16(self) -> i16 {
        self as i16
    }

    /// Whether the code stands for success.
    pub const fn is_none(self) -> bool {
        matches!(self, KafkaCode::None)
    }
}

impl From<KafkaCode> for i16 {
    fn from(code: KafkaCode) -> i16 {
        code.as_i16()
    }
}

impl From<KafkaCode> for ErrorKind {
    fn from(code: KafkaCode) -> ErrorKind {
        code.kind()
    }
}

impl fmt::Display for KafkaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_kafka_4_3_has_one_code() {
        let numbers: Vec<i16> = KafkaCode::ALL.iter().map(|code| code.as_i16()).collect();
        assert_eq!(numbers, (-1..=133).collect::<Vec<i16>>());
        for code in KafkaCode::ALL {
            assert_eq!(KafkaCode::from_i16(code.as_i16()), Some(*code));
        }
        assert_eq!((KafkaCode::from_i16(-2), KafkaCode::from_i16(134)), (None, None));
    }

    #[test]
    fn a_variant_is_the_name_in_camel_case() {
        for code in KafkaCode::ALL {
            let mut name = String::new();
            for (index, letter) in format!("{code:?}").char_indices() {
                if letter.is_ascii_uppercase() && index > 0 {
                    name.push('_');
                }
                name.push(letter.to_ascii_uppercase());
            }
            let expected = code.name().strip_suffix("_EXCEPTION").filter(|_| *code == KafkaCode::InvalidTopic).unwrap_or(code.name());
            assert_eq!(name, expected);
        }
    }

    #[test]
    fn a_kind_that_says_retry_or_fenced_agrees_with_what_kafkas_clients_do() {
        // A code that Kafka's clients repeat must not be one of ours that tells to give up for good.
        let give_up = |kind| matches!(kind, ErrorKind::Closed | ErrorKind::Bug);
        let odd: Vec<_> = KafkaCode::ALL.iter().filter(|code| code.is_retriable() && give_up(code.kind())).collect();
        assert!(odd.is_empty(), "{odd:?}");
        let retriable = [KafkaCode::NotCoordinator, KafkaCode::ConcurrentTransactions, KafkaCode::UnstableOffsetCommit];
        assert!(retriable.iter().all(|code| code.is_retriable() && ErrorKind::from(*code) == ErrorKind::Retry));
        assert!(!KafkaCode::RebalanceInProgress.is_retriable() && !KafkaCode::ProducerFenced.is_retriable());
    }

    #[test]
    fn names_and_messages_are_told_apart() {
        for (index, code) in KafkaCode::ALL.iter().enumerate() {
            assert!(KafkaCode::ALL[..index].iter().all(|other| other.name() != code.name() && other.message() != code.message()), "{code}");
        }
    }
}
