//! The arguments, and what they say together.

use super::print::Format;
use crate::offsets::{Bound, From, OffsetRange};
use crate::place::LogChoice;
use crate::record_format;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use headwater::log::Isolation;

const EXAMPLES: &str = "\
Examples:
  headwater consume orders -f '%p@%o %k=%v\\n' --bootstrap 127.0.0.1:9092
  headwater consume orders --group billing --bootstrap 127.0.0.1:9092";

/// Arguments of `headwater consume`.
#[derive(Debug, Args)]
#[command(after_long_help = record_format::help(EXAMPLES))]
pub(crate) struct ConsumeArguments {
    #[command(flatten)]
    pub(super) log: LogChoice,
    /// The topics
    #[arg(required = true, value_name = "TOPIC")]
    pub(super) topics: Vec<String>,
    /// Where to begin and end: beginning, end, stored (where the group stands), N, +N (after the start), -N (before the end), N:M, :end, @TIME, @FROM:TO
    ///
    /// Ranges are half-open. A time is milliseconds or seconds since 1970, 2026-11-21, 2026-11-21T10:00:00Z, or -1h for an hour ago; s@TIME and e@TIME are
    /// kcat's words for begin and end. Without it reading begins at the beginning and ends at the end that the topic has now; from end, or with --follow,
    /// it goes on until it is interrupted. A range ends there too if the topic does not reach so far; with --follow it waits for an offset M. The words
    /// value, key-value and json given to -o mean --output.
    #[arg(short, long, value_name = "PLACE", allow_hyphen_values = true)]
    offset: Vec<String>,
    /// How each record is printed; value without it
    #[arg(long, value_enum)]
    output: Option<Format>,
    /// JSON lines: short for --output json
    #[arg(short = 'J', long, conflicts_with_all = ["output", "format"])]
    json: bool,
    /// A form of your own, as kcat and rpk have it: '%t %p %o %k %v\n'; --help explains
    #[arg(short, long, conflicts_with = "output")]
    pub(super) format: Option<String>,
    /// The form of kafka-console-consumer.sh, by its properties: print.key=true, print.offset=true, key.separator=:; several times for several
    #[arg(long, value_name = "KEY=VALUE", conflicts_with_all = ["output", "json", "format"], visible_alias = "property")]
    pub(super) formatter_property: Vec<String>,
    /// What is printed for a null key or value in a --format
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) null_marker: String,
    /// Prints NULL for null: short for --null-marker NULL
    #[arg(short = 'Z', long, conflicts_with = "null_marker")]
    pub(super) null: bool,
    /// Only these partitions: 0,2-4
    #[arg(short, long, value_name = "PARTITIONS", visible_alias = "partitions")]
    pub(super) partition: Option<String>,
    /// Stop after this many records
    #[arg(short = 'n', long, value_name = "COUNT", visible_short_alias = 'c', visible_alias = "count")]
    pub(super) number: Option<u64>,
    /// Stop at the end that the topic has now, also with --group or from the end
    #[arg(short = 'e', long, conflicts_with = "follow")]
    pub(super) exit_at_end: bool,
    /// Wait for more records at the end
    #[arg(short = 'F', long)]
    pub(super) follow: bool,
    /// Stop when no record has come for so many milliseconds
    #[arg(long, value_name = "MS")]
    pub(super) timeout_ms: Option<u64>,
    /// Read as a member of this group: begin where it stands, commit what was printed, and wait for more
    #[arg(short = 'G', long)]
    pub(super) group: Option<String>,
    /// Leave the group's committed offsets as they are
    #[arg(long, requires = "group")]
    pub(super) no_commit: bool,
    /// Which records are shown
    #[arg(long, value_enum, default_value_t = Visible::ReadCommitted)]
    isolation: Visible,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Visible {
    /// Decided ones: none of an open or aborted transaction
    #[value(name = "read_committed", alias = "read-committed")]
    ReadCommitted,
    /// All
    #[value(name = "read_uncommitted", alias = "read-uncommitted")]
    ReadUncommitted,
}

impl ConsumeArguments {
    pub(super) fn isolation(&self) -> Isolation {
        match self.isolation {
            Visible::ReadCommitted => Isolation::ReadCommitted,
            Visible::ReadUncommitted => Isolation::ReadUncommitted,
        }
    }

    /// Where to begin and end at `now_ms`, without what `-o` says of the output.
    pub(super) fn range(&self, now_ms: i64) -> Result<OffsetRange> {
        let texts = self.offset.iter().filter(|text| Format::named(text).is_none());
        texts.map(|text| OffsetRange::parse(text, now_ms)).try_fold(OffsetRange::default(), |sum, range| sum.and(range?))
    }

    /// How records are printed where no `--format` says it.
    pub(super) fn output(&self) -> Result<Format> {
        let named: Vec<Format> = self.offset.iter().filter_map(|text| Format::named(text)).collect();
        match (self.output, named.as_slice()) {
            (None, []) => Ok(if self.json { Format::Json } else { Format::Value }),
            (Some(output), []) => Ok(output),
            (None, [output]) if !self.json && self.format.is_none() => Ok(*output),
            _ => bail!("the output is given twice; say --output, -J or --format once"),
        }
    }

    /// Whether reading goes on at the end.
    pub(super) fn goes_on(&self, range: OffsetRange) -> bool {
        if self.exit_at_end || range.until.is_some() {
            return false;
        }
        self.follow || self.group.is_some() || range.from == Some(From::Place(Bound::End(0)))
    }

    /// What is wrong whatever the log holds.
    pub(super) fn check(&self, range: OffsetRange) -> Result<()> {
        let is_ahead = |until: Bound| matches!(until, Bound::At(_) | Bound::Start(_));
        if self.follow && range.until.is_some_and(|until| !is_ahead(until)) {
            bail!("--follow waits at the end, and --offset says where to stop; leave one out");
        }
        if range.from == Some(From::Stored) && self.group.is_none() {
            bail!("--offset stored is where a group stands; name it with --group");
        }
        let Some(group) = &self.group else { return Ok(()) };
        if group.is_empty() {
            bail!("--group takes a name of at least one character");
        }
        if self.partition.is_some() {
            bail!("--group is given its partitions by the group; leave --partition out");
        }
        let starts = [None, Some(From::Stored), Some(From::Place(Bound::Start(0))), Some(From::Place(Bound::End(0)))];
        if range.until.is_some() || !starts.contains(&range.from) {
            bail!(
                "with --group, --offset takes stored, beginning or end (where the group has committed nothing); headwater group reset moves a group"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Whole {
        #[command(flatten)]
        arguments: ConsumeArguments,
    }

    fn arguments(words: &[&str]) -> ConsumeArguments {
        Whole::parse_from(["consume", "t"].iter().chain(words)).arguments
    }

    #[test]
    fn reading_ends_at_the_end_unless_there_is_something_to_wait_for() {
        let cases: [(&[&str], bool); 9] = [
            (&[], false),
            (&["-o", "5"], false),
            (&["-o", "-5"], false),
            (&["-o", "end"], true),
            (&["-o", "end", "-e"], false),
            (&["-F"], true),
            (&["-G", "g"], true),
            (&["-G", "g", "-e"], false),
            (&["-o", "3:end"], false),
        ];
        for (words, expected) in cases {
            let arguments = arguments(words);
            let range = arguments.range(0).expect("a range");
            assert_eq!(arguments.goes_on(range), expected, "{words:?}");
            assert!(arguments.check(range).is_ok(), "{words:?}");
        }
    }

    #[test]
    fn the_output_can_be_said_in_four_ways_and_only_once() {
        let cases: [(&[&str], Option<Format>); 7] = [
            (&[], Some(Format::Value)),
            (&["-o", "json", "-o", "5"], Some(Format::Json)),
            (&["-o", "key-value"], Some(Format::KeyValue)),
            (&["--output", "json"], Some(Format::Json)),
            (&["-J"], Some(Format::Json)),
            (&["-J", "-o", "json"], None),
            (&["-o", "json", "--output", "value"], None),
        ];
        for (words, expected) in cases {
            assert_eq!(arguments(words).output().ok(), expected, "{words:?}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let cases: [(&[&str], &str); 5] = [
            (&["-o", "stored"], "--group"),
            (&["-F", "-o", ":end"], "--follow"),
            (&["-G", "g", "-p", "0"], "--partition"),
            (&["-G", "g", "-o", "5"], "group reset"),
            (&["-G", ""], "--group"),
        ];
        for (words, word) in cases {
            let arguments = arguments(words);
            let error = arguments.check(arguments.range(0).expect("a range")).expect_err("refused").to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
