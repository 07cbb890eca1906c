//! What a quota limits.

use super::entity::{EntityType, QuotaEntity};
use crate::ErrorKind;
use serde::{Deserialize, Serialize};
use thiserror::Error;

named! {
    /// What a quota limits.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum QuotaKey {
        /// Bytes a second produced.
        ProducerByteRate => "producer_byte_rate",
        /// Bytes a second fetched.
        ConsumerByteRate => "consumer_byte_rate",
        /// Hundredths of a thread's time.
        RequestPercentage => "request_percentage",
        /// Partitions a second created or deleted.
        ControllerMutationRate => "controller_mutation_rate",
        /// Connections a second made.
        ConnectionCreationRate => "connection_creation_rate",
    }
}

/// A refused quota.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum InvalidQuota {
    /// The key is not one of Kafka's.
    #[error("unknown quota {key:?}")]
    UnknownKey {
        /// The key given.
        key: String,
    },
    /// The key limits something else.
    #[error("quota {key} is not for {kind}")]
    WrongEntity {
        /// The key.
        key: &'static str,
        /// Whom it was given for.
        kind: &'static str,
    },
    /// The key does not take the value.
    #[error("invalid value {value} for quota {key}: {reason}")]
    InvalidValue {
        /// The key.
        key: &'static str,
        /// The value given.
        value: f64,
        /// What the key takes.
        reason: &'static str,
    },
}

impl InvalidQuota {
    /// What the caller should do: change the quota.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }
}

impl QuotaKey {
    /// The key of this name.
    pub fn from_name(name: &str) -> Result<QuotaKey, InvalidQuota> {
        let unknown = || InvalidQuota::UnknownKey { key: name.chars().take(300).collect() };
        QuotaKey::ALL.iter().copied().find(|key| key.name() == name).ok_or_else(unknown)
    }

    /// Whether `entity` may have this quota with this value (Kafka's `ClientQuotaControlManager`).
    pub fn check(self, entity: &QuotaEntity, value: f64) -> Result<(), InvalidQuota> {
        let is_for_address = self == QuotaKey::ConnectionCreationRate;
        if entity.ip.is_some() != is_for_address {
            let kind = if entity.ip.is_some() { EntityType::Ip.name() } else { "users and client ids" };
            return Err(InvalidQuota::WrongEntity { key: self.name(), kind });
        }
        let refused = |reason| Err(InvalidQuota::InvalidValue { key: self.name(), value, reason });
        let largest = match self {
            QuotaKey::ProducerByteRate | QuotaKey::ConsumerByteRate => Some(i64::MAX as f64),
            QuotaKey::ConnectionCreationRate => Some(f64::from(i32::MAX)),
            QuotaKey::RequestPercentage | QuotaKey::ControllerMutationRate => None,
        };
        match largest {
            _ if !value.is_finite() || value <= 0.0 => refused("it takes a number above 0"),
            Some(_) if value.fract() != 0.0 => refused("it takes a whole number"),
            Some(largest) if value > largest => refused("it is above the largest value"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::QuotaName;
    use super::*;

    #[test]
    fn a_quota_fits_its_entity_and_its_type() {
        let user = QuotaEntity { user: Some(QuotaName::Default), ..QuotaEntity::default() };
        let ip = QuotaEntity { ip: Some(QuotaName::Default), ..QuotaEntity::default() };
        let cases = [
            ("producer_byte_rate", &user, 1024.0, None),
            ("producer_byte_rate", &user, 0.5, Some("invalid value 0.5 for quota producer_byte_rate: it takes a whole number")),
            ("request_percentage", &user, 0.5, None),
            ("producer_byte_rate", &user, 0.0, Some("invalid value 0 for quota producer_byte_rate: it takes a number above 0")),
            ("request_percentage", &user, -1.0, Some("invalid value -1 for quota request_percentage: it takes a number above 0")),
            ("request_percentage", &user, f64::NAN, Some("invalid value NaN for quota request_percentage: it takes a number above 0")),
            (
                "connection_creation_rate",
                &ip,
                3e9,
                Some("invalid value 3000000000 for quota connection_creation_rate: it is above the largest value"),
            ),
            ("connection_creation_rate", &ip, 3.0, None),
            ("connection_creation_rate", &user, 3.0, Some("quota connection_creation_rate is not for users and client ids")),
            ("consumer_byte_rate", &ip, 3.0, Some("quota consumer_byte_rate is not for ip")),
        ];
        for (key, entity, value, expected) in cases {
            let error = QuotaKey::from_name(key).unwrap().check(entity, value).err();
            assert_eq!(error.map(|error| error.to_string()).as_deref(), expected, "{key} {value}");
        }
        assert_eq!(QuotaKey::from_name("bytes").unwrap_err().to_string(), "unknown quota \"bytes\"");
    }
}
