//! The `regex` format: a line matched by an expression whose named groups give the columns of their names. Reading only.
//!
//! The expression is compiled once; a line allocates nothing. A group that takes no part in the match is null.

use super::registry::{Columns, Line, RowReader, shown, utf8};
use crate::columns::{Cell, TextParser, sql_name};
use crate::{Error, Result};
use regex::{CaptureLocations, Regex};

pub(super) struct RegexReader {
    regex: Regex,
    locations: CaptureLocations,
    groups: Vec<Group>,
    null_text: Option<String>,
}

/// A column and the group it is read from.
struct Group {
    name: String,
    index: usize,
    parser: TextParser,
}

impl RegexReader {
    /// Errors: an expression that does not compile, a column without a group of its name.
    pub(super) fn new(
        columns: &Columns<'_>,
        pattern: &str,
        null_text: Option<&str>,
        timestamp_format: Option<&str>,
    ) -> Result<RegexReader> {
        let invalid = |error: regex::Error| Error::Format { reason: format!("pattern is no regular expression: {error}") };
        Regex::new(pattern).map_err(invalid)?;
        let regex = Regex::new(&format!(r"\A(?:{pattern})\z")).map_err(invalid)?;
        let names: Vec<&str> = regex.capture_names().flatten().collect();
        for field in columns.declared.fields() {
            if !names.contains(&field.name().as_str()) {
                let reason =
                    format!("column {:?} has no group (?<{}>…) in the pattern; its groups are {names:?}", field.name(), field.name());
                return Err(Error::Format { reason });
            }
        }
        let group = |column: &usize| {
            let field = columns.declared.field(*column);
            let index = regex.capture_names().position(|name| name == Some(field.name())).unwrap_or(0);
            Ok(Group { name: field.name().clone(), index, parser: TextParser::new(field.data_type(), timestamp_format)? })
        };
        let groups = columns.used.iter().map(group).collect::<Result<_>>()?;
        Ok(RegexReader { locations: regex.capture_locations(), regex, groups, null_text: null_text.map(str::to_string) })
    }
}

impl RowReader for RegexReader {
    fn read<'a>(&mut self, value: &'a [u8], cells: &mut [Cell<'a>]) -> Result<Line, String> {
        let line = utf8(value)?;
        if self.regex.captures_read(&mut self.locations, line).is_none() {
            return Err(format!("the line does not match the pattern: {}", shown(line)));
        }
        for (group, cell) in self.groups.iter().zip(cells) {
            let Some((from, to)) = self.locations.get(group.index) else { continue };
            let text = &line[from..to];
            if self.null_text.as_deref() == Some(text) {
                continue;
            }
            *cell = group
                .parser
                .parse(text)
                .ok_or_else(|| format!("group {:?} is {}, which is no {}", group.name, shown(text), sql_name(group.parser.data_type())))?;
        }
        Ok(Line::Row)
    }
}

/// Why nothing is written in this format.
pub(super) fn cannot_write() -> Error {
    Error::Format { reason: "format regex can only be read; write in format json, csv or text".to_string() }
}
