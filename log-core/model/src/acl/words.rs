//! The words of ACLs with Kafka's numbers and names.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal, $text:literal;)* }) => {
        named! {
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[repr(i8)]
            pub enum $name {
                $($(#[$doc])* $variant = $code => $text,)*
            }
        }

        impl $name {
            /// The word with this number; [`Self::Unknown`] for a number Kafka 4.3 does not have.
            pub const fn from_i8(code: i8) -> $name {
                match code {
                    $($code => $name::$variant,)*
                    _ => $name::Unknown,
                }
            }

            /// The number on the wire.
            pub const fn as_i8(self) -> i8 {
                self as i8
            }

            /// The word of this name, in any case.
            pub fn from_name(name: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|word| word.name().eq_ignore_ascii_case(name))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

numbered! {
    /// What an ACL is about.
    ResourceType {
        /// A number of a newer Kafka.
        Unknown = 0, "UNKNOWN";
        /// In a filter: any of them.
        Any = 1, "ANY";
        /// A topic.
        Topic = 2, "TOPIC";
        /// A group.
        Group = 3, "GROUP";
        /// The cluster itself.
        Cluster = 4, "CLUSTER";
        /// A transactional id.
        TransactionalId = 5, "TRANSACTIONAL_ID";
        /// A delegation token.
        DelegationToken = 6, "DELEGATION_TOKEN";
        /// A user.
        User = 7, "USER";
    }
}

numbered! {
    /// How the name of a pattern matches the name of a resource.
    PatternType {
        /// A number of a newer Kafka.
        Unknown = 0, "UNKNOWN";
        /// In a filter: any of them.
        Any = 1, "ANY";
        /// In a filter: every pattern that matches the name.
        Match = 2, "MATCH";
        /// The very name, or all names where it is `*`.
        Literal = 3, "LITERAL";
        /// All names that begin so.
        Prefixed = 4, "PREFIXED";
    }
}

numbered! {
    /// What is done with a resource.
    AclOperation {
        /// A number of a newer Kafka.
        Unknown = 0, "UNKNOWN";
        /// In a filter: any of them.
        Any = 1, "ANY";
        /// Every operation.
        All = 2, "ALL";
        /// Reading records, joining a group.
        Read = 3, "READ";
        /// Writing records.
        Write = 4, "WRITE";
        /// Making it.
        Create = 5, "CREATE";
        /// Removing it.
        Delete = 6, "DELETE";
        /// Changing it.
        Alter = 7, "ALTER";
        /// Seeing it.
        Describe = 8, "DESCRIBE";
        /// What nodes do among themselves.
        ClusterAction = 9, "CLUSTER_ACTION";
        /// Seeing its configuration.
        DescribeConfigs = 10, "DESCRIBE_CONFIGS";
        /// Changing its configuration.
        AlterConfigs = 11, "ALTER_CONFIGS";
        /// Writing as an idempotent producer.
        IdempotentWrite = 12, "IDEMPOTENT_WRITE";
        /// Making delegation tokens for the user.
        CreateTokens = 13, "CREATE_TOKENS";
        /// Seeing the user's delegation tokens.
        DescribeTokens = 14, "DESCRIBE_TOKENS";
        /// Two-phase commit of a transaction.
        TwoPhaseCommit = 15, "TWO_PHASE_COMMIT";
    }
}

numbered! {
    /// Whether an ACL allows or forbids.
    AclPermissionType {
        /// A number of a newer Kafka.
        Unknown = 0, "UNKNOWN";
        /// In a filter: any of them.
        Any = 1, "ANY";
        /// It forbids; that is stronger than whatever allows.
        Deny = 2, "DENY";
        /// It allows.
        Allow = 3, "ALLOW";
    }
}

impl ResourceType {
    /// The operations an ACL of such a resource may name besides `All` (Kafka's `AclEntry.supportedOperations`).
    pub const fn operations(self) -> &'static [AclOperation] {
        use AclOperation::{
            Alter, AlterConfigs, ClusterAction, Create, CreateTokens, Delete, Describe, DescribeConfigs, DescribeTokens, IdempotentWrite,
            Read, TwoPhaseCommit, Write,
        };
        match self {
            ResourceType::Unknown | ResourceType::Any => &[],
            ResourceType::Topic => &[Read, Write, Create, Delete, Alter, Describe, DescribeConfigs, AlterConfigs],
            ResourceType::Group => &[Read, Delete, Describe, DescribeConfigs, AlterConfigs],
            ResourceType::Cluster => &[Create, Alter, Describe, ClusterAction, DescribeConfigs, AlterConfigs, IdempotentWrite],
            ResourceType::TransactionalId => &[Write, Describe, TwoPhaseCommit],
            ResourceType::DelegationToken => &[Describe],
            ResourceType::User => &[CreateTokens, DescribeTokens],
        }
    }
}

impl AclOperation {
    /// Whether allowing this operation allows `other` too: whoever reads, writes, deletes or alters may see.
    pub fn implies(self, other: AclOperation) -> bool {
        use AclOperation::{All, Alter, AlterConfigs, Delete, Describe, DescribeConfigs, Read, Write};
        match other {
            _ if self == other || self == All => true,
            Describe => matches!(self, Read | Write | Delete | Alter),
            DescribeConfigs => self == AlterConfigs,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Facts: the names of Kafka 4.3.1 in the order of the numbers.
    #[test]
    fn numbers_and_names_are_kafkas() {
        fn listed<T: Copy + fmt::Display>(all: &[T]) -> String {
            all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        }
        assert_eq!(listed(ResourceType::ALL), "UNKNOWN ANY TOPIC GROUP CLUSTER TRANSACTIONAL_ID DELEGATION_TOKEN USER");
        assert_eq!(listed(PatternType::ALL), "UNKNOWN ANY MATCH LITERAL PREFIXED");
        assert_eq!(listed(AclPermissionType::ALL), "UNKNOWN ANY DENY ALLOW");
        assert_eq!(
            listed(AclOperation::ALL),
            "UNKNOWN ANY ALL READ WRITE CREATE DELETE ALTER DESCRIBE CLUSTER_ACTION DESCRIBE_CONFIGS ALTER_CONFIGS IDEMPOTENT_WRITE \
             CREATE_TOKENS DESCRIBE_TOKENS TWO_PHASE_COMMIT"
        );
        for (index, operation) in AclOperation::ALL.iter().enumerate() {
            assert_eq!(operation.as_i8(), i8::try_from(index).unwrap());
            assert_eq!(AclOperation::from_i8(operation.as_i8()), *operation);
            assert_eq!(AclOperation::from_name(&operation.name().to_lowercase()), Some(*operation));
        }
        assert_eq!((AclOperation::from_i8(16), AclOperation::from_i8(-1)), (AclOperation::Unknown, AclOperation::Unknown));
    }
}
