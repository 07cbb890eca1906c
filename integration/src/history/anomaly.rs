//! What a history can show that it must not.

use std::collections::BTreeMap;
use std::fmt;

/// The kinds of anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Sends and polls disagree about the value at one offset.
    InconsistentOffsets,
    /// One value lies at more than one offset of a partition.
    Duplicate,
    /// A value was read that nobody sent to that partition.
    Unwritten,
    /// A value that must have been committed lies below what has been read, and nobody read it.
    LostWrite,
    /// A value that must have been committed was never read, though nothing above it was read either.
    Unseen,
    /// Aborted read (G1a): a value was read whose writer failed.
    AbortedRead,
    /// A transaction polled what it wrote itself.
    PrecommittedRead,
    /// Two successive polls of one client jump over known values.
    PollSkip,
    /// A poll of a client starts at or before the end of its earlier poll.
    NonmonotonicPoll,
    /// Successive operations of one client sent to one partition, and lie there in reverse order.
    NonmonotonicSend,
    /// As [`Kind::PollSkip`], within one operation.
    InternalPollSkip,
    /// As [`Kind::NonmonotonicPoll`], within one operation.
    InternalNonmonotonicPoll,
    /// Between two consecutive sends of one operation to one partition lie values of others. Kafka allows it.
    InternalSendSkip,
    /// Two consecutive sends of one operation to one partition lie there in reverse order.
    InternalNonmonotonicSend,
    /// A cycle of writes that follow each other (ww). Kafka allows it: batches of transactions interleave.
    G0,
    /// A cycle of reads (wr) and of writes that follow each other (ww). Kafka allows it, as it allows G0.
    G1c,
    /// A cycle of reads (wr) and of one client's operations in their order: somebody read what had not been written yet.
    ReadCycle,
    /// A value that was committed has no copy, from a job that copies every value.
    NotCopied,
    /// A value has two copies, from a job that copies exactly once.
    CopiedTwice,
}

impl Kind {
    /// Whether a log that keeps Kafka's promises may show it.
    pub fn is_allowed(self) -> bool {
        matches!(self, Kind::InternalSendSkip | Kind::G0 | Kind::G1c)
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// What is wrong.
    pub kind: Kind,
    /// Where, with the operations concerned.
    pub text: String,
}

/// How many findings of one kind are described; the rest are counted.
const DESCRIBED: usize = 4;

/// All findings.
#[derive(Clone, Debug, Default)]
pub struct Report {
    counts: BTreeMap<Kind, usize>,
    described: Vec<Anomaly>,
}

impl Report {
    pub(super) fn add(&mut self, kind: Kind, text: impl FnOnce() -> String) {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        if *count <= DESCRIBED {
            self.described.push(Anomaly { kind, text: text() });
        }
    }

    /// What it says of these kinds.
    pub fn only(mut self, kinds: &[Kind]) -> Report {
        self.counts.retain(|kind, _| kinds.contains(kind));
        self.described.retain(|anomaly| kinds.contains(&anomaly.kind));
        self
    }

    /// How often each kind was found.
    pub fn counts(&self) -> &BTreeMap<Kind, usize> {
        &self.counts
    }

    /// The kinds that were found and that Kafka does not allow.
    pub fn faults(&self) -> Vec<Kind> {
        self.counts.keys().copied().filter(|kind| !kind.is_allowed()).collect()
    }

    /// The first findings of each kind.
    pub fn described(&self) -> &[Anomaly] {
        &self.described
    }
}

impl fmt::Display for Report {
    /// The findings that Kafka does not allow, a line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, count) in self.counts.iter().filter(|(kind, _)| !kind.is_allowed()) {
            writeln!(f, "{kind:?}: {count}")?;
            for anomaly in self.described.iter().filter(|anomaly| anomaly.kind == *kind) {
                writeln!(f, "    {}", anomaly.text)?;
            }
        }
        Ok(())
    }
}
