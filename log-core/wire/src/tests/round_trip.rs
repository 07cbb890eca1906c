//! Every message in every version, with random content.

use crate::testing::{Codec, RECORDS, REQUESTS, RESPONSES};
use bytes::Bytes;
use proptest::prelude::*;

/// Every message with each of its versions.
pub(super) fn all() -> impl Iterator<Item = (&'static Codec, i16)> {
    let codecs = REQUESTS.iter().chain(RESPONSES).chain(RECORDS);
    codecs.flat_map(|codec| codec.versions.iter().map(move |version| (codec, version)))
}

fn any_message() -> impl Strategy<Value = (&'static Codec, i16)> {
    proptest::sample::select(all().collect::<Vec<_>>())
}

#[test]
fn every_message_in_every_version_is_read_back_equal_and_written_the_same() {
    for (codec, version) in all() {
        for seed in 0..20 {
            let what = format!("{} version {version} seed {seed}", codec.name);
            assert_eq!((codec.round_trips)(seed, version), Ok(true), "{what}");
            let bytes = (codec.sample)(seed, version).unwrap();
            assert_eq!((codec.recode)(&bytes, version).unwrap(), bytes, "{what}");
            assert_eq!((codec.decode)(&bytes, version).unwrap().bytes, bytes.len(), "{what}");
        }
    }
}

#[test]
fn no_proper_prefix_of_a_message_is_a_message() {
    for (codec, version) in all() {
        let bytes = (codec.sample)(7, version).unwrap();
        for length in 0..bytes.len() {
            let read = (codec.decode)(&bytes.slice(..length), version);
            assert!(read.is_err(), "{} version {version}: {length} of {} bytes were taken", codec.name, bytes.len());
        }
    }
}

#[test]
fn bytes_behind_a_message_are_left_alone() {
    for (codec, version) in all() {
        let bytes = (codec.sample)(3, version).unwrap();
        let longer = Bytes::from([&bytes[..], b"more"].concat());
        assert_eq!((codec.decode)(&longer, version).unwrap().bytes, bytes.len(), "{} version {version}", codec.name);
    }
}

#[test]
fn versions_outside_the_range_are_refused_in_both_directions() {
    for codec in REQUESTS.iter().chain(RESPONSES).chain(RECORDS) {
        for version in [codec.versions.first - 1, codec.versions.last + 1, i16::MIN, i16::MAX] {
            assert!((codec.decode)(&Bytes::new(), version).is_err(), "{} version {version} is read", codec.name);
            assert!((codec.sample)(0, version).is_err(), "{} version {version} is written", codec.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_messages_are_read_back_equal((codec, version) in any_message(), seed: u64) {
        prop_assert_eq!((codec.round_trips)(seed, version), Ok(true), "{} version {}", codec.name, version);
    }

    #[test]
    fn damaged_messages_never_panic_nor_take_more_memory_than_allowed(
        (codec, version) in any_message(),
        seed: u64,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = (codec.sample)(seed, version).unwrap().to_vec();
        bytes.push(0);
        for (index, byte) in damage {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        bytes.truncate(cut.index(bytes.len() * 4).max(1).min(bytes.len()));
        let bytes = Bytes::from(bytes);
        if let Ok(decoded) = (codec.decode)(&bytes, version) {
            prop_assert!(decoded.memory_bytes <= 10 * bytes.len() + 64 * 1024);
            // What was read can be written, and reads the same again.
            let written = (codec.recode)(&bytes, version).unwrap();
            prop_assert_eq!((codec.recode)(&written, version).unwrap(), written);
        }
    }

    #[test]
    fn garbage_never_panics((codec, version) in any_message(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = Bytes::from(bytes);
        if let Ok(decoded) = (codec.decode)(&bytes, version) {
            prop_assert!(decoded.bytes <= bytes.len());
        }
    }
}
