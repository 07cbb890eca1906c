//! The records of `__headwater_metadata`: what the log itself must remember.
//!
//! ```text
//! key    version i16 = 0, kind i16 = 1 (ids given out)              value  version i16 = 0, next id i64
//! key    version i16 = 0, kind i16 = 2 (transactional id), UTF-8    value  version i16 = 0, producer id i64, epoch i16
//! key    version i16 = 0, kind i16 = 3 (setting), UTF-8             value  version i16 = 0, MessagePack
//! ```
//! A record without a value says that the fact no longer holds. Kind 2 is of older programs: `__transaction_state` has taken its place.

use log_coordination::transactions::ProducerIdAndEpoch;
use log_model::{ProducerEpoch, ProducerId};

const VERSION: [u8; 2] = [0, 0];
const IDS: [u8; 2] = [0, 1];
const TRANSACTIONAL: [u8; 2] = [0, 2];
const SETTING: [u8; 2] = [0, 3];

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// All producer ids below may have been given out.
    NextProducerId(i64),
    /// The newest producer of a transactional id; `None` if it is kept elsewhere now.
    Transactional(String, Option<ProducerIdAndEpoch>),
    /// A setting of the node, by name; `None` if it was taken back.
    Setting {
        /// Its name.
        name: String,
        /// Its value, encoded.
        value: Option<Vec<u8>>,
    },
}

impl Fact {
    /// Key and value of the record.
    pub(crate) fn encode(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        match self {
            Fact::NextProducerId(next) => ([VERSION, IDS].concat(), Some([&VERSION[..], &next.to_be_bytes()].concat())),
            Fact::Transactional(name, producer) => {
                let value = producer.map(|of| [&VERSION[..], &of.id.0.to_be_bytes(), &of.epoch.0.to_be_bytes()].concat());
                ([&VERSION[..], &TRANSACTIONAL, name.as_bytes()].concat(), value)
            }
            Fact::Setting { name, value } => {
                let value = value.as_ref().map(|value| [&VERSION[..], value].concat());
                ([&VERSION[..], &SETTING, name.as_bytes()].concat(), value)
            }
        }
    }

    /// `None` for a kind or version of a later program.
    pub(crate) fn decode(key: &[u8], value: Option<&[u8]>) -> Option<Fact> {
        let (version, key) = key.split_first_chunk::<2>()?;
        let (kind, name) = key.split_first_chunk::<2>()?;
        let value = match value.map(|value| value.split_first_chunk::<2>()) {
            None => None,
            Some(Some((value_version, value))) if *value_version == VERSION => Some(value),
            Some(_) => return None,
        };
        if *version != VERSION {
            return None;
        }
        let name = || std::str::from_utf8(name).ok().map(str::to_owned);
        match *kind {
            IDS => Some(Fact::NextProducerId(i64::from_be_bytes(*value?.first_chunk::<8>()?))),
            TRANSACTIONAL => Some(Fact::Transactional(name()?, value.map(decode_producer).unwrap_or_default())),
            SETTING => Some(Fact::Setting { name: name()?, value: value.map(<[u8]>::to_vec) }),
            _ => None,
        }
    }
}

fn decode_producer(value: &[u8]) -> Option<ProducerIdAndEpoch> {
    let (id, rest) = value.split_first_chunk::<8>()?;
    let epoch = rest.first_chunk::<2>()?;
    Some(ProducerIdAndEpoch { id: ProducerId(i64::from_be_bytes(*id)), epoch: ProducerEpoch(i16::from_be_bytes(*epoch)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_read_back_and_later_ones_are_left_alone() {
        let producer = ProducerIdAndEpoch { id: ProducerId(7), epoch: ProducerEpoch(3) };
        for fact in [
            Fact::NextProducerId(5_000),
            Fact::Transactional("shop".into(), Some(producer)),
            Fact::Transactional("shop".into(), None),
            Fact::Setting { name: "broker/num.partitions".into(), value: Some(vec![1, 2]) },
            Fact::Setting { name: "x".into(), value: None },
        ] {
            let (key, value) = fact.encode();
            assert_eq!(Fact::decode(&key, value.as_deref()), Some(fact));
        }
        assert_eq!(Fact::decode(&[0, 0, 0, 9], Some(&[0, 0])), None);
        assert_eq!(Fact::decode(&[0, 1, 0, 1], Some(&[0; 10])), None);
        assert_eq!(Fact::decode(&[0, 0, 0, 1], Some(&[0, 0, 1])), None);
        assert_eq!(Fact::decode(&[0], None), None);
    }

    #[test]
    fn the_bytes_of_older_programs_are_the_same() {
        assert_eq!(Fact::NextProducerId(258).encode(), (vec![0, 0, 0, 1], Some(vec![0, 0, 0, 0, 0, 0, 0, 0, 1, 2])));
        let producer = ProducerIdAndEpoch { id: ProducerId(1), epoch: ProducerEpoch(2) };
        let (key, value) = Fact::Transactional("t".into(), Some(producer)).encode();
        assert_eq!((key, value.unwrap()), (vec![0, 0, 0, 2, b't'], vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2]));
    }
}
