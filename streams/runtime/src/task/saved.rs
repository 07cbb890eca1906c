//! What a task must know again after a restart beside its stores: stream time, watermarks, the floor. Kept in the metadata of the offsets it commits.
//!
//! ```text
//! metadata = "hw1" (" t" time | " f" floor | " n" node ":" watermark | " u" task ":" watermark [":idle"])*
//! ```
//!
//! `t` is the stream time, `f` the watermark forced by closing windows, `n` that of a node that does not follow from its inputs (the node by the
//! fingerprint of its name), `u` that of an upstream task of the partition the metadata belongs to. Text of another origin is ignored.

use log_model::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write;

const MAGIC: &str = "hw1";

/// The longest metadata a log keeps.
const METADATA_BYTES_MAX: usize = 4096;

/// The state saved with one partition's offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) stream_time: Timestamp,
    pub(super) floor: Timestamp,
    pub(super) nodes: BTreeMap<u64, Timestamp>,
    pub(super) upstream: BTreeMap<usize, (Timestamp, bool)>,
}

impl Default for Saved {
    fn default() -> Self {
        Saved { stream_time: Timestamp::NONE, floor: Timestamp::MIN, nodes: BTreeMap::new(), upstream: BTreeMap::new() }
    }
}

impl Saved {
    /// As text. What does not fit is left out from the end: upstream tasks then report again with their next commit.
    pub(super) fn encode(&self) -> String {
        let mut words = vec![format!("t{}", self.stream_time.0)];
        if self.floor > Timestamp::MIN {
            words.push(format!("f{}", self.floor.0));
        }
        words.extend(self.nodes.iter().map(|(node, watermark)| format!("n{node:012x}:{}", watermark.0)));
        words.extend(
            self.upstream.iter().map(|(task, (watermark, idle))| format!("u{task}:{}{}", watermark.0, if *idle { ":idle" } else { "" })),
        );
        let mut text = MAGIC.to_string();
        for word in words {
            if text.len() + 1 + word.len() > METADATA_BYTES_MAX {
                break;
            }
            // Writing to a String cannot fail.
            let _ = write!(text, " {word}");
        }
        text
    }

    /// What [`Saved::encode`] wrote; nothing of any other text.
    pub(super) fn decode(text: &str) -> Saved {
        let mut saved = Saved::default();
        let mut words = text.split(' ');
        if words.next() != Some(MAGIC) {
            return saved;
        }
        for word in words {
            // A word that does not parse is one of a later version.
            let _ = saved.take(word);
        }
        saved
    }

    fn take(&mut self, word: &str) -> Option<()> {
        let (kind, rest) = word.split_at_checked(1)?;
        let time = |text: &str| text.parse().ok().map(Timestamp);
        match kind {
            "t" => self.stream_time = time(rest)?,
            "f" => self.floor = time(rest)?,
            "n" => {
                let (node, watermark) = rest.split_once(':')?;
                self.nodes.insert(u64::from_str_radix(node, 16).ok()?, time(watermark)?);
            }
            "u" => {
                let (task, rest) = rest.split_once(':')?;
                let (watermark, idle) = rest.split_once(':').map_or((rest, false), |(watermark, mark)| (watermark, mark == "idle"));
                self.upstream.insert(task.parse().ok()?, (time(watermark)?, idle));
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_state_round_trips_within_the_limit() {
        let mut saved = Saved { stream_time: Timestamp(77), floor: Timestamp(5), ..Saved::default() };
        saved.nodes.insert(0xabc, Timestamp(-3));
        saved.upstream.insert(1, (Timestamp(9), true));
        saved.upstream.insert(2, (Timestamp::MIN, false));
        assert_eq!(saved.encode(), "hw1 t77 f5 n000000000abc:-3 u1:9:idle u2:-9223372036854775808");
        assert_eq!(Saved::decode(&saved.encode()), saved);
        saved.upstream = (0..1000).map(|task| (task, (Timestamp(i64::MAX), true))).collect();
        assert!(saved.encode().len() <= METADATA_BYTES_MAX);
        assert_eq!(Saved::decode(&saved.encode()).nodes, saved.nodes);
    }

    #[test]
    fn metadata_of_others_is_ignored() {
        for text in ["", "AgAAAYx", "hw2 t5", "hw1 x9 t u1 n:"] {
            assert_eq!(Saved::decode(text), Saved::default(), "{text}");
        }
    }
}
