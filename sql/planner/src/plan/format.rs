//! How the bytes of a topic's records and the columns of a relation correspond.

use serde::{Deserialize, Serialize};

/// A format with its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormatSpec {
    /// The encoding of a record's value. The key, where there is one, is a JSON object of the key columns.
    pub format: Format,
    /// How timestamp columns stand in text, read and written: a chrono format string; RFC 3339 without one.
    pub timestamp_format: Option<String>,
    /// For `text`: a value with this text is null, and a null is written as it. Without one no text is null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null_text: Option<String>,
}

/// The encodings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A JSON object a record, columns by name; further members are ignored, missing ones are null.
    Json,
    /// The whole value is the one VARCHAR column.
    Text,
    /// A line matched by a regular expression; named groups give the columns of their names, cast to the declared types. Reading only.
    Regex {
        /// The expression; it must match the whole line.
        pattern: String,
        /// A group with this text is null.
        null_text: Option<String>,
    },
    /// One line of separated values, columns by place.
    Csv(CsvOptions),
}

/// The settings of separated values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsvOptions {
    /// Between two values.
    pub delimiter: char,
    /// Around values that hold delimiters, quotes or line ends; doubled inside.
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

impl FormatSpec {
    /// The format and its settings, as a user reads them.
    pub fn describe(&self) -> String {
        let settings = match &self.format {
            Format::Regex { pattern, null_text } => {
                let null = null_text.as_ref().map(|text| format!(" null '{text}'")).unwrap_or_default();
                format!(" pattern '{pattern}'{null}")
            }
            Format::Csv(options) if *options != CsvOptions::default() => {
                let CsvOptions { delimiter, quote, null_text, header } = options;
                format!(" delimiter {delimiter:?} quote {quote:?} null '{null_text}' header {header}")
            }
            _ => self.null_text.as_ref().map(|text| format!(" null '{text}'")).unwrap_or_default(),
        };
        let timestamps = self.timestamp_format.as_ref().map(|format| format!(" timestamps '{format}'")).unwrap_or_default();
        format!("{}{settings}{timestamps}", self.format.name())
    }
}

impl Format {
    /// The name in `WITH (format = …)`.
    pub fn name(&self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Text => "text",
            Format::Regex { .. } => "regex",
            Format::Csv(_) => "csv",
        }
    }

    /// Whether rows can be written in it.
    pub fn writes(&self) -> bool {
        !matches!(self, Format::Regex { .. })
    }
}
