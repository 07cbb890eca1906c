//! The `csv` format: one line of separated values, columns by place.
//!
//! A value in quotes may hold delimiters, line ends and doubled quotes, and is never null. A null is written as the null text, a text equal to it
//! in quotes. Source: RFC 4180.

use super::registry::{Columns, Line, RowReader, RowWriter, shown, utf8};
use super::spec::CsvOptions;
use crate::columns::{Cell, ColumnView, Kind, TextParser, TextRenderer, sql_name};
use crate::{Error, Result};
use arrow::datatypes::SchemaRef;
use std::borrow::Cow;

fn ascii(what: &str, symbol: char) -> Result<u8> {
    let byte = u8::try_from(symbol).ok().filter(u8::is_ascii);
    byte.ok_or_else(|| Error::Format { reason: format!("{what} {symbol:?} of format csv is not one ASCII character") })
}

fn symbols(options: &CsvOptions) -> Result<(u8, u8)> {
    let (delimiter, quote) = (ascii("delimiter", options.delimiter)?, ascii("quote", options.quote)?);
    if delimiter == quote || delimiter == b'\n' || quote == b'\n' {
        return Err(Error::Format {
            reason: format!("delimiter {:?} and quote {:?} of format csv must differ and be no line end", options.delimiter, options.quote),
        });
    }
    Ok((delimiter, quote))
}

fn ensure_plain(schema: &SchemaRef) -> Result<()> {
    match schema.fields().iter().find(|field| matches!(Kind::of(field.data_type()), None | Some(Kind::Struct | Kind::List))) {
        Some(field) => Err(Error::unsupported_type(field.data_type(), "format csv")),
        None => Ok(()),
    }
}

pub(super) struct CsvReader {
    delimiter: u8,
    quote: u8,
    null_text: String,
    /// The names of all columns, if header lines are to be told apart.
    header: Option<Vec<String>>,
    count: usize,
    /// For each column, the cell it sets and how it is read; `None` for columns nobody uses.
    fields: Vec<Option<Field>>,
}

struct Field {
    name: String,
    cell: usize,
    parser: TextParser,
}

impl CsvReader {
    pub(super) fn new(columns: &Columns<'_>, options: &CsvOptions, timestamp_format: Option<&str>) -> Result<CsvReader> {
        let (delimiter, quote) = symbols(options)?;
        ensure_plain(columns.declared)?;
        let count = columns.declared.fields().len();
        let mut fields: Vec<Option<Field>> = (0..count).map(|_| None).collect();
        for (cell, column) in columns.used.iter().enumerate() {
            let field = columns.declared.field(*column);
            fields[*column] =
                Some(Field { name: field.name().clone(), cell, parser: TextParser::new(field.data_type(), timestamp_format)? });
        }
        let names = || columns.declared.fields().iter().map(|field| field.name().clone()).collect();
        Ok(CsvReader { delimiter, quote, null_text: options.null_text.clone(), header: options.header.then(names), count, fields })
    }

    fn is_header(&self, line: &str) -> bool {
        let Some(names) = &self.header else { return false };
        let mut fields = Fields { rest: Some(line), delimiter: self.delimiter, quote: self.quote };
        names.iter().all(|name| fields.next().is_some_and(|field| field.is_ok_and(|(text, _)| text == name.as_str())))
            && fields.next().is_none()
    }
}

/// The values of a line in order, each with whether it was in quotes.
struct Fields<'a> {
    rest: Option<&'a str>,
    delimiter: u8,
    quote: u8,
}

impl<'a> Fields<'a> {
    /// Takes what follows the value, which ends at byte `end` of `line`.
    fn end_at(&mut self, line: &'a str, end: usize) -> Result<(), String> {
        self.rest = match line.as_bytes().get(end) {
            None => None,
            Some(byte) if *byte == self.delimiter => Some(&line[end + 1..]),
            Some(_) => return Err(format!("something follows the closing quote: {}", shown(&line[end..]))),
        };
        Ok(())
    }

    fn quoted(&mut self, line: &'a str) -> Result<(Cow<'a, str>, bool), String> {
        let bytes = line.as_bytes();
        let mut text = Cow::Borrowed("");
        let mut from = 1;
        loop {
            let found = bytes[from..].iter().position(|byte| *byte == self.quote);
            let close = from + found.ok_or_else(|| format!("a quote is not closed: {}", shown(line)))?;
            let part = &line[from..close];
            if text.is_empty() {
                text = Cow::Borrowed(part)
            } else {
                text.to_mut().push_str(part)
            }
            if bytes.get(close + 1) != Some(&self.quote) {
                self.end_at(line, close + 1)?;
                return Ok((text, true));
            }
            text.to_mut().push(char::from(self.quote));
            from = close + 2;
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(Cow<'a, str>, bool), String>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.rest.take()?;
        if line.as_bytes().first() == Some(&self.quote) {
            return Some(self.quoted(line));
        }
        let end = line.bytes().position(|byte| byte == self.delimiter).unwrap_or(line.len());
        Some(self.end_at(line, end).map(|()| (Cow::Borrowed(&line[..end]), false)))
    }
}

fn parsed<'a>(parser: &TextParser, text: Cow<'a, str>) -> Option<Cell<'a>> {
    match text {
        Cow::Borrowed(text) => parser.parse(text),
        Cow::Owned(text) => parser.parse(&text).map(Cell::into_owned),
    }
}

impl RowReader for CsvReader {
    fn read<'a>(&mut self, value: &'a [u8], cells: &mut [Cell<'a>]) -> Result<Line, String> {
        let line = utf8(value)?;
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if self.is_header(line) {
            return Ok(Line::Header);
        }
        let mut found = 0;
        for field in (Fields { rest: Some(line), delimiter: self.delimiter, quote: self.quote }) {
            let (text, quoted) = field?;
            found += 1;
            let Some(Some(field)) = self.fields.get(found - 1) else { continue };
            if !quoted && text == self.null_text.as_str() {
                continue;
            }
            let given = text.clone();
            cells[field.cell] = parsed(&field.parser, text).ok_or_else(|| {
                format!("column {:?} is {}, which is no {}", field.name, shown(&given), sql_name(field.parser.data_type()))
            })?;
        }
        if found == self.count {
            Ok(Line::Row)
        } else {
            Err(format!("the line has {found} values, {} columns are declared: {}", self.count, shown(line)))
        }
    }
}

pub(super) struct CsvWriter {
    delimiter: u8,
    quote: u8,
    null_text: String,
    renderers: Vec<TextRenderer>,
    field: Vec<u8>,
}

impl CsvWriter {
    pub(super) fn new(schema: &SchemaRef, options: &CsvOptions, timestamp_format: Option<&str>) -> Result<CsvWriter> {
        let (delimiter, quote) = symbols(options)?;
        ensure_plain(schema)?;
        let renderer = |field: &arrow::datatypes::FieldRef| TextRenderer::new(field.data_type(), timestamp_format);
        let renderers = schema.fields().iter().map(renderer).collect::<Result<_>>()?;
        Ok(CsvWriter { delimiter, quote, null_text: options.null_text.clone(), renderers, field: Vec::new() })
    }

    fn write_field(&self, out: &mut Vec<u8>) {
        let special = |byte: &u8| *byte == self.delimiter || *byte == self.quote || matches!(byte, b'\n' | b'\r');
        if !self.field.iter().any(special) && self.field != self.null_text.as_bytes() {
            out.extend_from_slice(&self.field);
            return;
        }
        out.push(self.quote);
        for byte in &self.field {
            if *byte == self.quote {
                out.push(self.quote);
            }
            out.push(*byte);
        }
        out.push(self.quote);
    }
}

impl RowWriter for CsvWriter {
    fn write(&mut self, columns: &[ColumnView], row: usize, out: &mut Vec<u8>) {
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                out.push(self.delimiter);
            }
            let cell = column.cell(row);
            if matches!(cell, Cell::Null) {
                out.extend_from_slice(self.null_text.as_bytes());
                continue;
            }
            self.field.clear();
            self.renderers[index].render(&mut self.field, &cell);
            self.write_field(out);
        }
    }
}
