//! A format as a list of pieces.

use super::number::NumberForm;
use super::parse;
use anyhow::Result;

/// A piece of text or a number of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Bytes as they are.
    Literal(Vec<u8>),
    /// A text.
    Text(Text, TextForm),
    /// A number.
    Number(Number, NumberForm),
    /// The timestamp.
    Time(TimeForm),
    /// All headers, `name=value` with commas between them.
    Headers,
    /// Each header in this form.
    EachHeader(Vec<Piece>),
}

/// The texts of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    Topic,
    Key,
    Value,
}

/// The numbers of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    Partition,
    Offset,
    KeyLength,
    ValueLength,
    HeaderCount,
    LeaderEpoch,
    ProducerId,
    ProducerEpoch,
    /// How many records were shown, with this one.
    Count,
}

/// How bytes are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TextForm {
    #[default]
    Raw,
    Hex,
    Base64,
}

/// How a timestamp is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TimeForm {
    /// Milliseconds since 1970.
    Number(NumberForm),
    Seconds,
    Rfc3339,
    /// By a pattern of strftime, checked.
    Strftime(String),
}

/// A format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pub(super) pieces: Vec<Piece>,
}

impl Template {
    /// Reads a format. Errors name the place and what may stand there.
    pub(crate) fn parse(text: &str) -> Result<Template> {
        Ok(Template { pieces: parse::pieces(text)? })
    }
}
