//! One JSON object to the cells of a row.

use super::convert::{Converter, shown_token};
use super::scan::{Scanner, unescape};
use crate::Result;
use crate::codec::Interner;
use crate::columns::Cell;
use crate::formats::registry::{Columns, Line, RowReader, utf8};

/// How a cell of the current row was set.
#[derive(Clone, Copy, PartialEq)]
enum Match {
    No,
    /// By a member whose name has other upper and lower case.
    Similar,
    Exact,
}

pub(in crate::formats) struct JsonReader {
    names: Interner,
    columns: Vec<(String, Converter)>,
    matched: Vec<Match>,
}

impl JsonReader {
    pub(in crate::formats) fn new(columns: &Columns<'_>, timestamp_format: Option<&str>) -> Result<JsonReader> {
        let mut reader = JsonReader { names: Interner::new(), columns: Vec::new(), matched: Vec::new() };
        for index in columns.used {
            let field = columns.declared.field(*index);
            reader.names.intern(field.name().as_bytes());
            reader.columns.push((field.name().clone(), Converter::new(field.data_type(), timestamp_format)?));
        }
        reader.matched = vec![Match::No; reader.columns.len()];
        Ok(reader)
    }

    /// The column of a member: `guess`, where the last row had it, is looked at first.
    #[inline]
    fn find(&self, name: &str, guess: usize) -> Option<(usize, Match)> {
        if self.columns.get(guess).is_some_and(|(column, _)| column == name) {
            return Some((guess, Match::Exact));
        }
        if let Some(column) = self.names.find(name.as_bytes()) {
            return Some((column as usize, Match::Exact));
        }
        let similar = self.columns.iter().position(|(column, _)| column.eq_ignore_ascii_case(name))?;
        (self.matched[similar] == Match::No).then_some((similar, Match::Similar))
    }
}

impl RowReader for JsonReader {
    fn read<'a>(&mut self, value: &'a [u8], cells: &mut [Cell<'a>]) -> Result<Line, String> {
        let invalid = |error: String| format!("not a JSON object: {error}");
        let mut scanner = Scanner::new(utf8(value)?);
        scanner.open(b'{').map_err(invalid)?;
        self.matched.fill(Match::No);
        let mut first = true;
        let mut guess = 0;
        while let Some((name, escaped)) = scanner.member(first).map_err(invalid)? {
            first = false;
            let token = scanner.value().map_err(invalid)?;
            let Some((column, how)) = self.find(&unescape(name, escaped), guess) else { continue };
            guess = column + 1;
            let converter = &self.columns[column].1;
            cells[column] = converter.convert(token).ok_or_else(|| {
                let (name, expected) = (&self.columns[column].0, converter.expected());
                format!("field {name:?} is {} {}, expected {expected}", token.name(), shown_token(token))
            })?;
            self.matched[column] = how;
        }
        scanner.end().map_err(invalid)?;
        Ok(Line::Row)
    }
}
