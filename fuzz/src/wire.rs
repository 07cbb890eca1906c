//! What the targets of the wire codec share: an input is two bytes that choose message and version, then the message.

use crate::within_memory;
use bytes::Bytes;
use log_wire::Error;
use log_wire::testing::Codec;

/// The message and version that the input chooses, and the bytes behind the choice.
pub fn choose(codecs: &'static [Codec], data: &[u8]) -> Option<(&'static Codec, i16, Bytes)> {
    let [message, version, body @ ..] = data else { return None };
    let codec = &codecs[usize::from(*message) % codecs.len()];
    let versions: Vec<i16> = codec.versions.iter().collect();
    Some((codec, versions[usize::from(*version) % versions.len()], Bytes::copy_from_slice(body)))
}

/// The input that makes [`choose`] choose this.
pub fn chosen(codecs: &'static [Codec], codec: &Codec, version: i16, body: &[u8]) -> Vec<u8> {
    let message = codecs.iter().position(|it| it.name == codec.name).unwrap_or_default();
    [&[message as u8, (version - codec.versions.first) as u8], body].concat()
}

/// Decodes the bytes within their memory. What is read is written, and what is written is read and written the same.
pub fn check(codec: &Codec, version: i16, bytes: &Bytes) {
    let Ok(decoded) = within_memory(bytes.len(), || (codec.decode)(bytes, version)) else { return };
    assert!(decoded.bytes <= bytes.len());
    let written = (codec.recode)(bytes, version).expect("what is read can be written");
    match (codec.recode)(&written, version) {
        Ok(again) => assert_eq!(again, written, "{} version {version}", codec.name),
        // Without the unknown tagged fields that were skipped the message is shorter, and may take less memory.
        Err(Error::OverBudget { .. }) => assert!(written.len() < decoded.bytes),
        Err(error) => panic!("{} version {version}: {error}", codec.name),
    }
}
