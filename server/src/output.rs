//! What all commands print alike: errors with their causes, messages, tables, numbers for people.

use crate::out::Out;
use crate::screen::AboveBlock;
use anyhow::{Error, Result};
use comfy_table::{Table, presets};
use std::fmt::{self, Write as _};
use std::io::Write as _;

/// The user has interrupted an answer; what is there so far has been said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Prints an error to standard error: a wrong statement with its place in the text and a hint, anything else with its causes, one a line.
pub(crate) fn error(error: &Error) {
    message(&report(error));
}

fn report(error: &Error) -> String {
    if let Some(headwater::Error::Sql(wrong)) = error.downcast_ref() {
        return format!("error: {}", wrong.report());
    }
    let mut report = format!("error: {error}");
    let mut last = error.to_string();
    for cause in error.chain().skip(1) {
        let text = cause.to_string();
        if !last.contains(&text) {
            let _ = write!(report, "\n  because: {text}");
        }
        last = text;
    }
    if let Some(step) = error.chain().find_map(next_step) {
        let _ = write!(report, "\n  try: {step}");
    }
    report
}

/// What to do about a cause that many commands meet.
fn next_step(cause: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    match cause.downcast_ref()? {
        headwater::log::Error::UnknownTopic { .. } => Some("headwater topic list, which shows the topics there are"),
        headwater::log::Error::UnknownPartition { .. } => Some("headwater topic describe, which shows the partitions there are"),
        _ => None,
    }
}

/// Prints what a statement says it did; on standard error, so that standard output holds rows only.
pub(crate) fn message(text: &str) {
    // Whoever closed our standard error does not want to see it.
    let _ = writeln!(AboveBlock, "{text}");
}

/// Prints rows under a header, aligned.
pub(crate) fn table(out: &mut Out<'_>, header: &[&str], rows: Vec<Vec<String>>) -> Result<()> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    table.to_string().lines().try_for_each(|line| out.line(line.trim()))
}

/// A count with thousands separators: `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in the largest unit that keeps it above one: `3.4 MiB`.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut size = number as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{number} B") } else { format!("{size:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn an_error_comes_with_the_causes_that_say_something_new() {
        let error = anyhow!("no room").context("cannot write x: no room").context("cannot open y");
        assert_eq!(report(&error), "error: cannot open y\n  because: cannot write x: no room");
    }

    #[test]
    fn a_topic_that_there_is_not_comes_with_the_next_step() {
        let topic = headwater::log::TopicName::new("t").expect("a name");
        let error = Error::new(headwater::log::Error::UnknownTopic { topic }).context("cannot do it");
        assert_eq!(
            report(&error),
            "error: cannot do it\n  because: unknown topic t\n  try: headwater topic list, which shows the topics there are"
        );
    }

    #[test]
    fn counts_have_separators() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn sizes_use_the_largest_unit() {
        for (number, text) in [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB")] {
            assert_eq!(bytes(number), text);
        }
    }
}
