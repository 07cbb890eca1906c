//! The known name that resembles a wrong one most, by the number of letters to change.

/// The longest name that is compared: names come from the network, and the work grows with their length.
const NAME_BYTES_MAX: usize = 100;

/// The nearest of `known`; none if nearly half of the letters would have to change. Among equally near ones the first.
pub(super) fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let ranked = known.map(|candidate| (distance(name.as_bytes(), candidate.as_bytes()), candidate));
    ranked.min_by_key(|(distance, _)| *distance).filter(|(distance, candidate)| distance * 5 <= candidate.len() * 2).map(|(_, name)| name)
}

/// The least number of inserted, removed or replaced bytes (Levenshtein), a row of the table at a time.
fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, byte) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(byte != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_changed_letters() {
        for (from, to, expected) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("flush.ms", "flush.ms", 0), ("ab", "ba", 2)] {
            assert_eq!(distance(from.as_bytes(), to.as_bytes()), expected, "{from} {to}");
        }
    }

    #[test]
    fn a_name_like_none_has_no_nearest() {
        let known = || ["retention.ms", "segment.bytes"].into_iter();
        assert_eq!(nearest("retention.msec", known()), Some("retention.ms"));
        assert_eq!(nearest("zookeeper.connect", known()), None);
        assert_eq!(nearest(&"retention.ms".repeat(20), known()), None);
    }
}
