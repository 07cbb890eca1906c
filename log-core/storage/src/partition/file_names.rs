//! The names of a partition's files, which are Kafka's: twenty digits of an offset and a suffix that tells the kind.
//!
//! While compaction replaces segments, a second suffix tells the stage: `.cleaned` is being written and worth nothing yet, `.swap` is
//! complete and replaces what it was made from.

use log_model::Offset;

/// The history of leader epochs, as text.
pub(crate) const EPOCHS_FILE: &str = "leader-epoch-checkpoint";
/// The id of the topic, as text.
pub(crate) const METADATA_FILE: &str = "partition.metadata";

/// What a file of a segment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FileKind {
    Log,
    OffsetIndex,
    TimeIndex,
    TransactionIndex,
    Snapshot,
}

/// How far the replacement of a file has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// In service.
    Plain,
    /// Being written.
    Cleaned,
    /// Written and synced; waits for its predecessor to go.
    Swap,
}

const KINDS: [(FileKind, &str); 5] = [
    (FileKind::Log, "log"),
    (FileKind::OffsetIndex, "index"),
    (FileKind::TimeIndex, "timeindex"),
    (FileKind::TransactionIndex, "txnindex"),
    (FileKind::Snapshot, "snapshot"),
];

/// The files that stand beside a segment's log.
pub(crate) const INDEX_KINDS: [FileKind; 3] = [FileKind::OffsetIndex, FileKind::TimeIndex, FileKind::TransactionIndex];

/// The name of a file in service.
pub(crate) fn file_name(offset: Offset, kind: FileKind) -> String {
    staged_name(offset, kind, Stage::Plain)
}

/// The name of a file at a stage.
pub(crate) fn staged_name(offset: Offset, kind: FileKind, stage: Stage) -> String {
    let suffix = KINDS.iter().find(|entry| entry.0 == kind).map_or("", |entry| entry.1);
    let stage = match stage {
        Stage::Plain => "",
        Stage::Cleaned => ".cleaned",
        Stage::Swap => ".swap",
    };
    format!("{:020}.{suffix}{stage}", offset.0)
}

/// What a name says; `None` for a name that is not one of these.
pub(crate) fn parse_name(name: &str) -> Option<(Offset, FileKind, Stage)> {
    let mut parts = name.split('.');
    let digits = parts.next()?;
    if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let offset = Offset(digits.parse().ok()?);
    let suffix = parts.next()?;
    let kind = KINDS.iter().find(|entry| entry.1 == suffix)?.0;
    let stage = match parts.next() {
        None => Stage::Plain,
        Some("cleaned") => Stage::Cleaned,
        Some("swap") => Stage::Swap,
        Some(_) => return None,
    };
    parts.next().is_none().then_some((offset, kind, stage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for (kind, _) in KINDS {
            for stage in [Stage::Plain, Stage::Cleaned, Stage::Swap] {
                let name = staged_name(Offset(1234), kind, stage);
                assert_eq!(parse_name(&name), Some((Offset(1234), kind, stage)), "{name}");
            }
        }
        assert_eq!(file_name(Offset(7), FileKind::Log), "00000000000000000007.log");
    }

    #[test]
    fn other_names_are_not_taken_for_ours() {
        for name in
            ["", "7.log", "00000000000000000007", "00000000000000000007.logs", "99999999999999999999.log", "0000000000000000000x.log"]
        {
            assert_eq!(parse_name(name), None, "{name}");
        }
    }
}
