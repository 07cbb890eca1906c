//! The settings of formats, as statements give them.

use serde::{Deserialize, Serialize};

/// A format with its settings.
///
/// ```
/// use sql_operators::formats::{Format, FormatSpec};
/// let spec = FormatSpec::new(Format::Regex { pattern: r"(?<client>\S+) (?<status>\d+)".into(), null_text: Some("-".into()) });
/// assert_eq!(spec.format.name(), "regex");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormatSpec {
    /// The encoding of a record's value. The key, where there is one, is a JSON object of the key columns.
    pub format: Format,
    /// How timestamps stand in text, read and written, always in UTC where the text has no offset: a strftime format; RFC 3339 without one.
    pub timestamp_format: Option<String>,
}

impl FormatSpec {
    /// A format with timestamps in RFC 3339.
    pub fn new(format: Format) -> FormatSpec {
        FormatSpec { format, timestamp_format: None }
    }
}

/// The encodings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A JSON object a record, columns by name; further members are ignored, missing ones are null.
    Json,
    /// The whole value is the one VARCHAR column.
    Text(TextOptions),
    /// A line matched by a regular expression; named groups give the columns of their names. Reading only.
    Regex {
        /// The expression; it must match the whole line.
        pattern: String,
        /// A group with this text is null.
        null_text: Option<String>,
    },
    /// One line of separated values, columns by place.
    Csv(CsvOptions),
}

/// The settings of plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextOptions {
    /// A value with this text is null, and a null is written as it. Without one no text is null, and a null cannot be written.
    pub null_text: Option<String>,
}

/// The settings of separated values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsvOptions {
    /// Between two values; one byte.
    pub delimiter: char,
    /// Around values that hold delimiters, quotes or line ends; doubled inside; one byte.
    pub quote: char,
    /// An unquoted value with this text is null.
    pub null_text: String,
    /// Lines that hold the names of the columns are headers and no rows.
    pub header: bool,
}

impl Default for CsvOptions {
    fn default() -> Self {
        CsvOptions { delimiter: ',', quote: '"', null_text: String::new(), header: false }
    }
}

impl Format {
    /// The name in `WITH (format = …)`.
    pub fn name(&self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Text(_) => "text",
            Format::Regex { .. } => "regex",
            Format::Csv(_) => "csv",
        }
    }
}

/// What the records of a topic are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelationKind {
    /// Each record is one more row. A record without a value is left out and counted.
    Stream,
    /// A record replaces the earlier one of its key, a record without a value deletes it. Decoded rows have weight 1, deletions are rows of the key
    /// columns alone with weight −1: [`upsert_to_delta`](crate::upsert_to_delta) makes changes of them.
    Table {
        /// The columns of the key. Where the value lacks one it is taken from the record's key.
        key: Vec<usize>,
    },
}

/// What the records of a sink's topic mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkMode {
    /// Each record is one more row; rows are never taken back.
    Append,
    /// A record replaces the earlier one of its key; a record without a value deletes it.
    Upsert,
}

/// How rows become records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteOptions {
    /// The columns whose values become the record's key, as a JSON object; none: no key.
    pub key: Vec<usize>,
    /// The column whose value becomes the record's timestamp; without one, or where it is null, the row's event time.
    pub timestamp: Option<usize>,
    /// What a record means.
    pub mode: SinkMode,
}

impl WriteOptions {
    /// Records without keys, each one more row, stamped with the row's event time.
    pub fn append() -> WriteOptions {
        WriteOptions { key: Vec::new(), timestamp: None, mode: SinkMode::Append }
    }

    /// Records that replace the earlier one of their key.
    pub fn upsert(key: Vec<usize>) -> WriteOptions {
        WriteOptions { key, timestamp: None, mode: SinkMode::Upsert }
    }
}
