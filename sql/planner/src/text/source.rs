//! A script's text, as written and as filled, and the way back from a place in the filled text to the written one.

use super::Variables;
use crate::error::{Error, Location, Place, Result};

/// A script before parsing.
#[derive(Clone, Debug)]
pub struct SourceText {
    written: String,
    filled: String,
    /// In order and without gaps over `filled`.
    pieces: Vec<Piece>,
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
        let mut text = SourceText { written: written.to_string(), filled: String::with_capacity(written.len()), pieces: Vec::new() };
        let outcome = super::variables::fill(written, variables, &mut text.filled, &mut text.pieces);
        outcome.map_err(|(position, error)| error.at(Location { line: 1, column: 1 }).placed(|_| Some(text.place_at(position))))?;
        Ok(text)
    }

    /// The text to parse.
    pub fn filled(&self) -> &str {
        &self.filled
    }

    /// The same error with its place in the written text.
    pub fn locate(&self, error: Error) -> Error {
        error.placed(|location| self.place(location))
    }

    /// The filled text between two places; the end is exclusive.
    pub(crate) fn slice(&self, start: Location, end: Location) -> &str {
        let (start, end) = (self.position(start).unwrap_or(0), self.position(end).unwrap_or(self.filled.len()));
        self.filled.get(start..end.max(start)).unwrap_or_default()
    }

    fn place(&self, location: Location) -> Option<Place> {
        let position = self.position(location)?;
        let piece = self.pieces.iter().rev().find(|piece| piece.filled_start <= position)?;
        let inside = if piece.copied { position - piece.filled_start } else { 0 };
        Some(self.place_at(piece.written_start + inside))
    }

    /// The byte of the filled text at a location; its end for a location past it.
    fn position(&self, location: Location) -> Option<usize> {
        let line = usize::try_from(location.line.checked_sub(1)?).ok()?;
        let column = usize::try_from(location.column.checked_sub(1)?).ok()?;
        let start = match line {
            0 => 0,
            _ => self.filled.match_indices('\n').nth(line - 1).map_or(self.filled.len(), |(index, _)| index + 1),
        };
        let rest = &self.filled[start..];
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
