//! Skipping, for all to see.

use std::io::Write;

/// Says that a test, or a part of it, cannot run here; seen also where the harness captures what tests print.
pub fn say_skipped(reason: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}
