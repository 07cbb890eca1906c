//! Which entities are asked for (`ClientQuotaFilter`, KIP-546).

use super::entity::{EntityType, QuotaEntity, QuotaName};

/// What is asked of the name of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuotaMatch {
    /// This very name or the default.
    Exact(QuotaName),
    /// Any, but there is one.
    Any,
}

impl QuotaMatch {
    /// From the wire: match type 0 is exact, 1 the default, 2 any. None for other numbers and for a name that is missing or too many.
    pub fn from_wire(match_type: i8, name: Option<&str>) -> Option<QuotaMatch> {
        match (match_type, name) {
            (0, Some(name)) => Some(QuotaMatch::Exact(QuotaName::Named(name.to_string()))),
            (1, None) => Some(QuotaMatch::Exact(QuotaName::Default)),
            (2, None) => Some(QuotaMatch::Any),
            _ => None,
        }
    }
}

/// Entities by the names of their kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuotaFilter {
    /// What is asked of each kind; all must hold.
    pub components: Vec<(EntityType, QuotaMatch)>,
    /// Whether entities with other kinds than those asked for are left out.
    pub is_strict: bool,
}

impl QuotaFilter {
    /// Whether the entity is among those meant.
    pub fn matches(&self, entity: &QuotaEntity) -> bool {
        let holds = |(kind, wanted): &(EntityType, QuotaMatch)| match (entity.part(*kind), wanted) {
            (Some(name), QuotaMatch::Exact(wanted)) => name == wanted,
            (Some(_), QuotaMatch::Any) => true,
            (None, _) => false,
        };
        let is_asked_for = |kind: EntityType| self.components.iter().any(|(asked, _)| *asked == kind);
        self.components.iter().all(holds) && (!self.is_strict || entity.parts().all(|(kind, _)| is_asked_for(kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_match_by_kind_name_and_strictness() {
        use EntityType::{ClientId, Ip, User};
        let named = |name: &str| QuotaName::Named(name.into());
        let entities = [
            QuotaEntity::new([(User, named("alice"))]).unwrap(),
            QuotaEntity::new([(User, QuotaName::Default)]).unwrap(),
            QuotaEntity::new([(User, named("alice")), (ClientId, named("app"))]).unwrap(),
            QuotaEntity::new([(ClientId, named("app"))]).unwrap(),
            QuotaEntity::new([(Ip, QuotaName::Default)]).unwrap(),
        ];
        let alice = || (User, QuotaMatch::from_wire(0, Some("alice")).unwrap());
        let any = |kind| (kind, QuotaMatch::from_wire(2, None).unwrap());
        type Case = (Vec<(EntityType, QuotaMatch)>, bool, &'static [usize]);
        let cases: [Case; 8] = [
            (vec![], false, &[0, 1, 2, 3, 4]),
            (vec![], true, &[]),
            (vec![alice()], false, &[0, 2]),
            (vec![alice()], true, &[0]),
            (vec![any(User)], false, &[0, 1, 2]),
            (vec![(User, QuotaMatch::from_wire(1, None).unwrap())], false, &[1]),
            (vec![any(User), any(ClientId)], true, &[2]),
            (vec![any(Ip)], true, &[4]),
        ];
        for (components, is_strict, expected) in cases {
            let filter = QuotaFilter { components, is_strict };
            let found: Vec<usize> = (0..entities.len()).filter(|index| filter.matches(&entities[*index])).collect();
            assert_eq!(found, expected, "{filter:?}");
        }
        let refused = [QuotaMatch::from_wire(0, None), QuotaMatch::from_wire(1, Some("a")), QuotaMatch::from_wire(3, None)];
        assert_eq!(refused, [None, None, None]);
    }
}
