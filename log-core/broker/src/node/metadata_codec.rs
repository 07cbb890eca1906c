//! The records of `__headwater_metadata`: what the log itself must remember of producers.
//!
//! ```text
//! key    version i16 = 0, kind i16 = 1 (ids given out)              value  version i16 = 0, next id i64
//! key    version i16 = 0, kind i16 = 2 (transactional id), UTF-8    value  version i16 = 0, producer id i64, epoch i16
//! ```

use log_model::{ProducerEpoch, ProducerId};

const VERSION: [u8; 2] = [0, 0];
const IDS: [u8; 2] = [0, 1];
const TRANSACTIONAL: [u8; 2] = [0, 2];

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// All producer ids below may have been given out.
    NextProducerId(i64),
    /// The newest producer of a transactional id.
    Transactional(String, ProducerId, ProducerEpoch),
}

impl Fact {
    pub(crate) fn encode(&self) -> (Vec<u8>, Vec<u8>) {
        match self {
            Fact::NextProducerId(next) => ([VERSION, IDS].concat(), [&VERSION[..], &next.to_be_bytes()].concat()),
            Fact::Transactional(name, id, epoch) => (
                [&VERSION[..], &TRANSACTIONAL, name.as_bytes()].concat(),
                [&VERSION[..], &id.0.to_be_bytes(), &epoch.0.to_be_bytes()].concat(),
            ),
        }
    }

    /// `None` for a kind or version of a later program.
    pub(crate) fn decode(key: &[u8], value: &[u8]) -> Option<Fact> {
        let (version, key) = key.split_first_chunk::<2>()?;
        let (kind, name) = key.split_first_chunk::<2>()?;
        let (value_version, value) = value.split_first_chunk::<2>()?;
        if *version != VERSION || *value_version != VERSION {
            return None;
        }
        let (number, rest) = value.split_first_chunk::<8>()?;
        let number = i64::from_be_bytes(*number);
        match *kind {
            IDS => Some(Fact::NextProducerId(number)),
            TRANSACTIONAL => {
                let name = std::str::from_utf8(name).ok()?.to_string();
                let epoch = i16::from_be_bytes(*rest.first_chunk::<2>()?);
                Some(Fact::Transactional(name, ProducerId(number), ProducerEpoch(epoch)))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_round_trip_and_unknown_ones_are_left_alone() {
        for fact in [Fact::NextProducerId(2_000), Fact::Transactional("äpp".into(), ProducerId(7), ProducerEpoch(3))] {
            let (key, value) = fact.encode();
            assert_eq!(Fact::decode(&key, &value), Some(fact));
            assert_eq!(Fact::decode(&key, &value[..5]), None);
        }
        assert_eq!(Fact::decode(&[0, 0, 0, 9], &[0; 10]), None);
        assert_eq!(Fact::decode(&[], &[]), None);
    }
}
