//! Names: the user's own, else `<kind>-<12 hexadecimal digits>` of a fingerprint of kind, description and the names of the inputs.
//!
//! So a name says what a node does and on what, and adding or removing another node renames nothing. Only exact twins (same kind, description
//! and inputs) are told apart by their order; what is kept under a name (a store, a repartition topic) may not hang on that.

use super::TopologyError;

/// The longest name of something that becomes part of a topic name, in bytes.
const KEPT_NAME_BYTES_MAX: usize = 160;

/// A 64-bit FNV-1a hash of the parts, each preceded by its length, mixed once more at the end.
pub(super) fn fingerprint(parts: &[&str]) -> u64 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = OFFSET_BASIS;
    let mut eat = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    for part in parts {
        (part.len() as u64).to_le_bytes().into_iter().for_each(&mut eat);
        part.bytes().for_each(&mut eat);
    }
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ (mixed >> 32)
}

/// The 48-bit fingerprint of a node's name, by which it is known in saved state.
pub(crate) fn name_fingerprint(name: &str) -> u64 {
    fingerprint(&[name]) >> 16
}

/// `<kind>-<12 hexadecimal digits>`.
pub(super) fn generated(kind: &str, describe: &str, inputs: &[String]) -> String {
    let mut parts = vec![kind, describe];
    parts.extend(inputs.iter().map(String::as_str));
    format!("{kind}-{:012x}", fingerprint(&parts) >> 16)
}

/// Checks the name of something that is kept: it becomes part of a topic name and of a path.
pub(super) fn check_kept(name: &str) -> Result<(), TopologyError> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let reason = match name {
        "" => "it is empty",
        "." | ".." => "it may not be `.` or `..`",
        _ if name.len() > KEPT_NAME_BYTES_MAX => "it is longer than 160 bytes",
        _ if !name.bytes().all(legal) => "only letters, digits, `.`, `_` and `-` are allowed",
        _ => return Ok(()),
    };
    Err(TopologyError::InvalidName { name: name.chars().take(200).collect(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_name_depends_on_kind_description_and_inputs_only() {
        let name = generated("filter", "a > 1", &["in".to_string()]);
        assert_eq!(name, generated("filter", "a > 1", &["in".to_string()]));
        assert_eq!(name.len(), "filter-".len() + 12);
        for other in [
            generated("map", "a > 1", &["in".to_string()]),
            generated("filter", "a > 2", &["in".to_string()]),
            generated("filter", "a > 1", &["other".to_string()]),
            generated("filter", "a > 1i", &["n".to_string()]),
        ] {
            assert_ne!(name[name.len() - 12..], other[other.len() - 12..]);
        }
    }

    #[test]
    fn kept_names_are_legal_in_topics_and_paths() {
        assert!(check_kept("counts.by-word_1").is_ok());
        for bad in ["", "..", "a b", "a/b", &"x".repeat(161)] {
            assert!(check_kept(bad).is_err(), "{bad}");
        }
    }
}
