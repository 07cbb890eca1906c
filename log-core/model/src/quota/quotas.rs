//! The quotas of a cluster, and which one holds for a client.

use super::entity::{EntityType, QuotaEntity, QuotaName};
use super::filter::QuotaFilter;
use super::key::{InvalidQuota, QuotaKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One change of one entity's quotas.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuotaChange {
    /// What is limited.
    pub key: QuotaKey,
    /// The new limit; none removes it.
    pub value: Option<f64>,
}

/// The limit that holds for a client.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaLimit {
    /// The entity whose quota it is.
    pub entity: QuotaEntity,
    /// Who shares the limit: the client's own names of the kinds the entity has.
    pub shared_by: QuotaEntity,
    /// The limit.
    pub value: f64,
}

/// The quotas of a cluster. Stored as a list of entities with their limits; an entity without limits is not kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Vec<(QuotaEntity, Limits)>", from = "Vec<(QuotaEntity, Limits)>")]
pub struct Quotas {
    limits: BTreeMap<QuotaEntity, Limits>,
}

type Limits = BTreeMap<QuotaKey, f64>;

impl Quotas {
    /// Changes the quotas of one entity: all of the changes, or none on an error.
    ///
    /// Errors: a key that is not for such an entity, or a value the key does not take.
    pub fn alter(&mut self, entity: &QuotaEntity, changes: &[QuotaChange]) -> Result<(), InvalidQuota> {
        // What is taken away need not be what could be set.
        for (key, value) in changes.iter().filter_map(|change| Some((change.key, change.value?))) {
            key.check(entity, value)?;
        }
        let limits = self.limits.entry(entity.clone()).or_default();
        for change in changes {
            match change.value {
                Some(value) => limits.insert(change.key, value),
                None => limits.remove(&change.key),
            };
        }
        if limits.is_empty() {
            self.limits.remove(entity);
        }
        Ok(())
    }

    /// The entities a filter means, with their limits.
    pub fn describe(&self, filter: &QuotaFilter) -> impl Iterator<Item = (&QuotaEntity, &BTreeMap<QuotaKey, f64>)> {
        self.limits.iter().filter(|(entity, _)| filter.matches(entity))
    }

    /// The limit of a client by user and client id: the most particular one there is.
    ///
    /// A user is more particular than a client id, a name than the default (KIP-55).
    pub fn limit(&self, key: QuotaKey, user: &str, client_id: &str) -> Option<QuotaLimit> {
        let users = [Some(QuotaName::Named(user.into())), Some(QuotaName::Default), None];
        let clients = || [Some(QuotaName::Named(client_id.into())), Some(QuotaName::Default), None];
        users.into_iter().flat_map(|user| clients().map(|client_id| (user.clone(), client_id))).find_map(|(own_user, own_client)| {
            let entity = QuotaEntity { user: own_user, client_id: own_client, ip: None };
            self.find(key, entity, &[(EntityType::User, user), (EntityType::ClientId, client_id)])
        })
    }

    /// The limit of an address.
    pub fn address_limit(&self, key: QuotaKey, ip: &str) -> Option<QuotaLimit> {
        [QuotaName::Named(ip.into()), QuotaName::Default].into_iter().find_map(|name| {
            let entity = QuotaEntity { ip: Some(name), ..QuotaEntity::default() };
            self.find(key, entity, &[(EntityType::Ip, ip)])
        })
    }

    fn find(&self, key: QuotaKey, entity: QuotaEntity, names: &[(EntityType, &str)]) -> Option<QuotaLimit> {
        let value = *self.limits.get(&entity)?.get(&key)?;
        let own = names.iter().filter(|(kind, _)| entity.part(*kind).is_some());
        let own = own.map(|(kind, name)| (*kind, QuotaName::Named((*name).to_string())));
        let mut shared_by = QuotaEntity::default();
        for (kind, name) in own {
            match kind {
                EntityType::User => shared_by.user = Some(name),
                EntityType::ClientId => shared_by.client_id = Some(name),
                EntityType::Ip => shared_by.ip = Some(name),
            }
        }
        Some(QuotaLimit { entity, shared_by, value })
    }
}

impl From<Quotas> for Vec<(QuotaEntity, Limits)> {
    fn from(quotas: Quotas) -> Self {
        quotas.limits.into_iter().collect()
    }
}

impl From<Vec<(QuotaEntity, Limits)>> for Quotas {
    fn from(entries: Vec<(QuotaEntity, Limits)>) -> Self {
        Quotas { limits: entries.into_iter().filter(|(_, limits)| !limits.is_empty()).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: QuotaKey = QuotaKey::ProducerByteRate;

    fn name(text: &str) -> Option<QuotaName> {
        match text {
            "-" => None,
            "*" => Some(QuotaName::Default),
            _ => Some(QuotaName::Named(text.into())),
        }
    }

    fn entity(user: &str, client_id: &str) -> QuotaEntity {
        QuotaEntity { user: name(user), client_id: name(client_id), ip: None }
    }

    fn change(value: Option<f64>) -> [QuotaChange; 1] {
        [QuotaChange { key: RATE, value }]
    }

    #[test]
    fn the_most_particular_quota_holds() {
        // From the most particular one to the least, as KIP-55 lists them.
        let order = [("alice", "app"), ("alice", "*"), ("alice", "-"), ("*", "app"), ("*", "*"), ("*", "-"), ("-", "app"), ("-", "*")];
        let mut quotas = Quotas::default();
        for (index, (user, client_id)) in (1..).zip(order.iter()) {
            quotas.alter(&entity(user, client_id), &change(Some(f64::from(index)))).unwrap();
        }
        for (index, (user, client_id)) in (1..).zip(order.iter()) {
            let limit = quotas.limit(RATE, "alice", "app").unwrap();
            assert_eq!((limit.value, &limit.entity), (f64::from(index), &entity(user, client_id)));
            let own = |part: &str, own: &'static str| if part == "-" { "-" } else { own };
            assert_eq!(limit.shared_by, entity(own(user, "alice"), own(client_id, "app")));
            quotas.alter(&entity(user, client_id), &change(None)).unwrap();
        }
        assert_eq!((quotas.limit(RATE, "alice", "app"), quotas), (None, Quotas::default()));
    }

    #[test]
    fn other_keys_and_other_clients_are_not_limited() {
        let mut quotas = Quotas::default();
        quotas.alter(&entity("alice", "app"), &change(Some(10.0))).unwrap();
        assert_eq!(quotas.limit(QuotaKey::ConsumerByteRate, "alice", "app"), None);
        assert_eq!((quotas.limit(RATE, "alice", "other"), quotas.limit(RATE, "bob", "app")), (None, None));
        let refused =
            [QuotaChange { key: RATE, value: Some(20.0) }, QuotaChange { key: QuotaKey::ConnectionCreationRate, value: Some(3.0) }];
        assert!(quotas.alter(&entity("alice", "app"), &refused).is_err());
        assert_eq!(quotas.limit(RATE, "alice", "app").unwrap().value, 10.0);
    }

    #[test]
    fn an_address_has_its_own_quota_or_the_default() {
        let mut quotas = Quotas::default();
        for (ip, value) in [("*", 5.0), ("10.0.0.1", 7.0)] {
            let entity = QuotaEntity { ip: name(ip), ..QuotaEntity::default() };
            quotas.alter(&entity, &[QuotaChange { key: QuotaKey::ConnectionCreationRate, value: Some(value) }]).unwrap();
        }
        for (ip, expected) in [("10.0.0.1", 7.0), ("10.0.0.2", 5.0)] {
            let limit = quotas.address_limit(QuotaKey::ConnectionCreationRate, ip).unwrap();
            assert_eq!((limit.value, limit.shared_by.ip), (expected, name(ip)));
        }
    }

    #[test]
    fn quotas_are_stored_as_a_list() {
        let mut quotas = Quotas::default();
        quotas.alter(&entity("alice", "*"), &change(Some(10.5e3))).unwrap();
        let stored = serde_json::to_string(&quotas).unwrap();
        assert_eq!(stored, r#"[[{"user":{"Named":"alice"},"client_id":"Default","ip":null},{"producer_byte_rate":10500.0}]]"#);
        assert_eq!(serde_json::from_str::<Quotas>(&stored).unwrap(), quotas);
        assert_eq!(quotas.describe(&QuotaFilter::default()).count(), 1);
    }
}
