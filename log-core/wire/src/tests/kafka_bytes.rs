//! Bytes that Apache Kafka 4.3.1 wrote: the newest version of every message, the records of its internal topics.

use super::round_trip::all;
use std::collections::BTreeMap;

const BYTES: &str = include_str!("kafka_4_3_1.txt");

fn lines() -> impl Iterator<Item = (&'static str, i16, Vec<u8>)> {
    BYTES.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let [name, version, hex] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        (name, version.parse().unwrap(), bytes)
    })
}

#[test]
fn what_kafka_wrote_is_read_and_written_back_byte_for_byte() {
    let codecs: BTreeMap<_, _> = all().map(|(codec, version)| ((codec.name, version), codec)).collect();
    for (name, version, bytes) in lines() {
        let bytes = bytes.into();
        let codec = codecs[&(name, version)];
        assert_eq!((codec.decode)(&bytes, version).map(|decoded| decoded.bytes), Ok(bytes.len()), "{name} version {version}");
        assert_eq!((codec.recode)(&bytes, version), Ok(bytes), "{name} version {version}");
    }
}

#[test]
fn the_newest_version_of_every_message_is_there() {
    let there: Vec<_> = lines().map(|(name, version, _)| (name, version)).collect();
    for (codec, version) in all().filter(|(codec, version)| *version == codec.versions.last) {
        assert!(there.contains(&(codec.name, version)), "{} version {version}", codec.name);
    }
}
