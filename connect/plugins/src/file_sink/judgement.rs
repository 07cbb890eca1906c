//! What a file sink says of a record, without writing it: by the option for null values, then by its format.

use super::{FileSinkConfig, OnNull, RowFormat};
use connect_api::{Error, ErrorKind, Rejected, Result, SinkRecord};

/// What becomes of a record whose value is null, if that is decided already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NullVerdict {
    /// It is written like any other.
    Write,
    /// It is passed over.
    Pass,
}

/// Applies `behavior.on.null.values`. Errors: the record is refused.
pub(super) fn judge_null(record: &SinkRecord, config: &FileSinkConfig) -> Result<NullVerdict> {
    match config.on_null {
        _ if !record.value.value.is_null() => Ok(NullVerdict::Write),
        OnNull::Write => Ok(NullVerdict::Write),
        OnNull::Ignore => Ok(NullVerdict::Pass),
        OnNull::Fail => Err(Error::data("the value is null; set behavior.on.null.values to ignore or write to take such records")),
    }
}

/// Whether the record would be refused, as a row of a file of its own.
pub(super) fn judge(record: &SinkRecord, config: &FileSinkConfig, format: &dyn RowFormat) -> Result<Option<Rejected>> {
    let judged = judge_null(record, config).and_then(|verdict| match verdict {
        NullVerdict::Pass => Ok(()),
        NullVerdict::Write => format.begin(record)?.row(record, &mut Vec::new()),
    });
    match judged {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == ErrorKind::Invalid => Ok(Some(rejected(record, error))),
        Err(error) => Err(error),
    }
}

/// A record that cannot be taken.
pub(super) fn rejected(record: &SinkRecord, error: Error) -> Rejected {
    Rejected { partition: record.partition.clone(), offset: record.offset, error }
}
