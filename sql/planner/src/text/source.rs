//! A script's text, as written and as filled, and the way back from a place in the filled text to the written one.

use super::variables::Filled;
use super::{Variables, nearest};
use crate::error::{Error, Location, Place, Result};

/// A script before parsing.
#[derive(Clone, Debug)]
pub struct SourceText {
    written: String,
    /// Its pieces are in order and without gaps.
    filled: Filled,
}

/// A run of the filled text and where it comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) filled_start: usize,
    pub(super) written_start: usize,
    /// Copied; otherwise it stands for a variable that begins at `written_start`.
    pub(super) copied: bool,
}

impl SourceText {
    /// Fills the variables of `written`.
    ///
    /// Errors: a variable without value and default, or one that cannot stand where it does.
    pub fn fill(written: &str, variables: &Variables) -> Result<SourceText> {
        let mut text = SourceText { written: written.to_string(), filled: Filled::default() };
        let outcome = super::variables::fill(written, variables, &mut text.filled);
        outcome.map_err(|(position, error)| error.at(Location { line: 1, column: 1 }).placed(|_| Some(text.place_at(position))))?;
        Ok(text)
    }

    /// The text to parse.
    pub fn filled(&self) -> &str {
        &self.filled.text
    }

    /// The names of the variables in it, in order.
    pub fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.filled.names.iter().map(String::as_str)
    }

    /// Errors: a value for a variable that does not occur, which is most likely a misspelled name.
    pub(crate) fn refuse_unused(&self, variables: &Variables) -> Result<()> {
        let Some(unused) = variables.keys().find(|name| !self.filled.names.contains(*name)) else { return Ok(()) };
        let names = self.variable_names().collect::<Vec<_>>().join(", ");
        let hint = match nearest(unused, self.variable_names()) {
            Some(like) => format!("did you mean \"{like}\"?"),
            None if names.is_empty() => "it has no variables".to_string(),
            None => format!("its variables are {names}"),
        };
        Err(Error::missing(format!("the script has no variable \"{unused}\"")).with_hint(hint))
    }

    /// The same error with its place in the written text.
    pub fn locate(&self, error: Error) -> Error {
        error.placed(|location| self.place(location))
    }

    /// The filled text between two places; the end is exclusive.
    pub(crate) fn slice(&self, start: Location, end: Location) -> &str {
        let (start, end) = (self.position(start).unwrap_or(0), self.position(end).unwrap_or(self.filled().len()));
        self.filled().get(start..end.max(start)).unwrap_or_default()
    }

    fn place(&self, location: Location) -> Option<Place> {
        let position = self.position(location)?;
        let piece = self.filled.pieces.iter().rev().find(|piece| piece.filled_start <= position)?;
        let inside = if piece.copied { position - piece.filled_start } else { 0 };
        Some(self.place_at(piece.written_start + inside))
    }

    /// The byte of the filled text at a location; its end for a location past it.
    fn position(&self, location: Location) -> Option<usize> {
        let line = usize::try_from(location.line.checked_sub(1)?).ok()?;
        let column = usize::try_from(location.column.checked_sub(1)?).ok()?;
        let start = match line {
            0 => 0,
            _ => self.filled().match_indices('\n').nth(line - 1).map_or(self.filled().len(), |(index, _)| index + 1),
        };
        let rest = &self.filled()[start..];
        Some(start + rest.char_indices().nth(column).map_or(rest.len(), |(index, _)| index))
    }

    fn place_at(&self, position: usize) -> Place {
        let before = &self.written[..position.min(self.written.len())];
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        Place {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            source: self.written[line_start..].lines().next().unwrap_or_default().to_string(),
        }
    }
}
