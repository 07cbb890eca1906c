//! A JSON value to a value of a column's type.

use super::scan::{Scanner, Token, unescape};
use crate::columns::{Cell, Kind, TextParser};
use crate::formats::registry::shown;
use crate::{Error, Result};
use arrow::datatypes::{DataType, Field};
use std::borrow::Cow;

/// How the values of one column are read.
pub(super) struct Converter {
    kind: Kind,
    parser: TextParser,
    /// The members of a struct, the item of a list.
    nested: Vec<Member>,
}

/// A value inside a value.
struct Member {
    name: String,
    nullable: bool,
    converter: Converter,
}

impl Member {
    fn new(field: &Field, timestamp_format: Option<&str>) -> Result<Member> {
        let converter = Converter::new(field.data_type(), timestamp_format)?;
        Ok(Member { name: field.name().clone(), nullable: field.is_nullable(), converter })
    }
}

impl Converter {
    pub(super) fn new(data_type: &DataType, timestamp_format: Option<&str>) -> Result<Converter> {
        let kind = Kind::of(data_type).ok_or_else(|| Error::unsupported_type(data_type, "format json"))?;
        let nested = match data_type {
            DataType::Struct(fields) => fields.iter().map(|field| Member::new(field, timestamp_format)).collect::<Result<_>>()?,
            DataType::List(item) => vec![Member::new(item, timestamp_format)?],
            _ => Vec::new(),
        };
        Ok(Converter { kind, parser: TextParser::new(data_type, timestamp_format)?, nested })
    }

    /// The type in SQL's words.
    pub(super) fn expected(&self) -> String {
        crate::columns::sql_name(self.parser.data_type())
    }

    /// The value, or `None` if it is none of the type.
    pub(super) fn convert<'a>(&self, token: Token<'a>) -> Option<Cell<'a>> {
        match (self.kind, token) {
            (_, Token::Null) => Some(Cell::Null),
            (Kind::Text, token) => Some(Cell::Text(text_of(token))),
            (Kind::Boolean, Token::Boolean(value)) => Some(Cell::Boolean(value)),
            (Kind::Int, Token::Number(text)) => self.int(text).map(Cell::Int),
            (Kind::Uint, Token::Number(text)) => text.parse().ok().or_else(|| u64::try_from(whole(text)?).ok()).map(Cell::Uint),
            (Kind::Float | Kind::Decimal, Token::Number(text)) => self.parser.parse(text),
            (Kind::Float, Token::Text("NaN" | "Infinity" | "-Infinity", _)) | (Kind::Decimal | Kind::Binary, Token::Text(_, false)) => {
                let Token::Text(text, _) = token else { return None };
                self.parser.parse(text)
            }
            (Kind::Int, Token::Text(text, escaped)) if self.is_temporal() => match unescape(text, escaped) {
                Cow::Borrowed(text) => self.parser.parse(text),
                Cow::Owned(text) => match self.parser.parse(&text)? {
                    Cell::Int(value) => Some(Cell::Int(value)),
                    _ => None,
                },
            },
            (Kind::Struct, Token::Object(text)) => self.members(text),
            (Kind::List, Token::Array(text)) => self.items(text),
            _ => None,
        }
    }

    fn is_temporal(&self) -> bool {
        use DataType::{Date32, Date64, Time32, Time64, Timestamp};
        matches!(self.parser.data_type(), Date32 | Date64 | Time32(_) | Time64(_) | Timestamp(_, _))
    }

    fn int(&self, text: &str) -> Option<i64> {
        let value = text.parse().ok().or_else(|| i64::try_from(whole(text)?).ok())?;
        match self.parser.data_type() {
            DataType::Timestamp(unit, _) => crate::columns::timestamp_of_ms(value, *unit),
            data_type => crate::columns::int_in_range(value, data_type),
        }
    }

    fn members<'a>(&self, text: &'a str) -> Option<Cell<'a>> {
        let mut cells = vec![Cell::Null; self.nested.len()];
        let mut scanner = Scanner::new(text);
        scanner.open(b'{').ok()?;
        let mut first = true;
        while let Some((name, escaped)) = scanner.member(first).ok()? {
            first = false;
            let token = scanner.value().ok()?;
            let name = unescape(name, escaped);
            if let Some(at) = self.nested.iter().position(|member| member.name == name) {
                cells[at] = self.nested[at].converter.convert(token)?;
            }
        }
        let complete = self.nested.iter().zip(&cells).all(|(member, cell)| member.nullable || *cell != Cell::Null);
        complete.then_some(Cell::Struct(cells))
    }

    fn items<'a>(&self, text: &'a str) -> Option<Cell<'a>> {
        let item = self.nested.first()?;
        let mut cells = Vec::new();
        let mut scanner = Scanner::new(text);
        scanner.open(b'[').ok()?;
        while scanner.item(cells.is_empty()).ok()? {
            let cell = item.converter.convert(scanner.value().ok()?)?;
            if cell == Cell::Null && !item.nullable {
                return None;
            }
            cells.push(cell);
        }
        Some(Cell::List(cells))
    }
}

/// A value as the text of a VARCHAR column: strings as they are meant, all else as it is written.
fn text_of(token: Token<'_>) -> Cow<'_, str> {
    match token {
        Token::Text(text, escaped) => unescape(text, escaped),
        Token::Number(text) | Token::Object(text) | Token::Array(text) => Cow::Borrowed(text),
        Token::Boolean(true) => Cow::Borrowed("true"),
        Token::Boolean(false) => Cow::Borrowed("false"),
        Token::Null => Cow::Borrowed("null"),
    }
}

/// The whole number that a text with a point or exponent is, if it is one exactly.
fn whole(text: &str) -> Option<i128> {
    let value: f64 = text.parse().ok()?;
    (value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0).then_some(value as i128)
}

/// A value as shown in a dead letter's reason.
pub(super) fn shown_token(token: Token<'_>) -> String {
    match token {
        Token::Text(text, escaped) => shown(&unescape(text, escaped)),
        token => {
            let text = text_of(token);
            text.chars().take(80).collect()
        }
    }
}
