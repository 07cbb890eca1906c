//! Whom a quota is for.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

named! {
    /// A kind of name in an entity.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    pub enum EntityType {
        /// A user.
        User => "user",
        /// A client id.
        ClientId => "client-id",
        /// An address.
        Ip => "ip",
    }
}

impl EntityType {
    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<EntityType> {
        EntityType::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// A certain name, or all that have no quota of their own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum QuotaName {
    /// Each of those without a quota of their own.
    Default,
    /// This one.
    Named(String),
}

impl QuotaName {
    /// From the wire, where null is the default.
    pub fn from_wire(name: Option<&str>) -> QuotaName {
        name.map_or(QuotaName::Default, |name| QuotaName::Named(name.to_string()))
    }

    /// For the wire, where null is the default.
    pub fn to_wire(&self) -> Option<&str> {
        match self {
            QuotaName::Default => None,
            QuotaName::Named(name) => Some(name),
        }
    }
}

/// Whom a quota is for: a user, a client id, both together, or an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QuotaEntity {
    /// The user.
    pub user: Option<QuotaName>,
    /// The client id.
    pub client_id: Option<QuotaName>,
    /// The address.
    pub ip: Option<QuotaName>,
}

impl QuotaEntity {
    /// From its parts. None for no part, an empty or repeated one, an address together with others, or one that is none.
    ///
    /// Kafka takes the names of hosts too, and asks the name service for their addresses; here it is an address.
    pub fn new(parts: impl IntoIterator<Item = (EntityType, QuotaName)>) -> Option<QuotaEntity> {
        let mut entity = QuotaEntity::default();
        for (kind, name) in parts {
            let part = entity.part_mut(kind);
            let name = match name {
                QuotaName::Named(name) if name.is_empty() => return None,
                QuotaName::Named(name) if kind == EntityType::Ip => QuotaName::Named(name.parse::<IpAddr>().ok()?.to_string()),
                name => name,
            };
            if part.replace(name).is_some() {
                return None;
            }
        }
        let has_client = entity.user.is_some() || entity.client_id.is_some();
        (has_client != entity.ip.is_some()).then_some(entity)
    }

    /// The name of a kind.
    pub fn part(&self, kind: EntityType) -> Option<&QuotaName> {
        match kind {
            EntityType::User => self.user.as_ref(),
            EntityType::ClientId => self.client_id.as_ref(),
            EntityType::Ip => self.ip.as_ref(),
        }
    }

    /// The parts it has.
    pub fn parts(&self) -> impl Iterator<Item = (EntityType, &QuotaName)> {
        EntityType::ALL.iter().filter_map(|kind| Some((*kind, self.part(*kind)?)))
    }

    fn part_mut(&mut self, kind: EntityType) -> &mut Option<QuotaName> {
        match kind {
            EntityType::User => &mut self.user,
            EntityType::ClientId => &mut self.client_id,
            EntityType::Ip => &mut self.ip,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_alone() {
        use EntityType::{ClientId, Ip, User};
        let name = |name: &str| QuotaName::Named(name.into());
        let cases: [(Vec<(EntityType, QuotaName)>, bool); 10] = [
            (vec![(User, name("alice"))], true),
            (vec![(ClientId, QuotaName::Default)], true),
            (vec![(ClientId, name("app")), (User, name("alice"))], true),
            (vec![(Ip, name("10.0.0.1"))], true),
            (vec![(Ip, name("::1"))], true),
            (vec![(Ip, name("not an ip"))], false),
            (vec![], false),
            (vec![(Ip, name("10.0.0.1")), (User, name("alice"))], false),
            (vec![(User, name("alice")), (User, name("bob"))], false),
            (vec![(User, name(""))], false),
        ];
        for (parts, expected) in cases {
            assert_eq!(QuotaEntity::new(parts.clone()).is_some(), expected, "{parts:?}");
        }
    }

    #[test]
    fn an_address_has_one_spelling() {
        let of = |name: &str| QuotaEntity::new([(EntityType::Ip, QuotaName::Named(name.into()))]).unwrap();
        assert_eq!(of("0:0:0:0:0:0:0:1"), of("::1"));
    }
}
