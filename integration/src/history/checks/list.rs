//! The list of checks.

use super::super::anomaly::Report;
use super::super::index::Index;

/// Adds what it finds to the report.
type Check = fn(&Index<'_>, &mut Report);

/// In the order they report.
pub(in super::super) const CHECKS: &[Check] = &[
    super::offsets::look,
    super::lost::look,
    super::aborted::look,
    super::precommitted::look,
    super::polls::look,
    super::sends::look,
    super::cycles::look,
];
