//! What a file holds: the seam between the shared file sink and a format.

use connect_api::{Result, SinkRecord};

/// A format of files.
pub trait RowFormat: Send + Sync {
    /// The suffix of the files, without the dot.
    fn extension(&self) -> &'static str;

    /// A writer for a file that begins with this record.
    fn begin(&self, first: &SinkRecord) -> Result<Box<dyn RowWriter>>;

    /// Counts rows in the bytes of a finished file; `in_quotes` carries over from one piece to the next.
    fn count_rows(&self, bytes: &[u8], in_quotes: &mut bool) -> u64;

    /// Rows of a finished file that are no records: its header.
    fn header_rows(&self) -> u64;
}

/// Writes the rows of one file.
pub trait RowWriter: Send {
    /// Appends what stands before the first row.
    fn header(&self, out: &mut Vec<u8>);

    /// Whether the record can stand in this file; otherwise a new file begins with it.
    fn fits(&self, record: &SinkRecord) -> bool;

    /// Appends one row, with its end. Errors: the record cannot be written; `out` may then hold a part, which the caller cuts off.
    fn row(&mut self, record: &SinkRecord, out: &mut Vec<u8>) -> Result<()>;
}
