//! What is wrong with a statement, in PostgreSQL's parts: primary message, detail, hint, and the place in the text.

use log_model::ErrorKind;
use std::fmt;

/// The result of planning.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refused statement. [`Error::report`] is the text for a person; `Display` is its first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Parts>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    kind: ErrorKind,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
    location: Option<Location>,
    subject: Option<Subject>,
    place: Option<Place>,
}

/// What of a query an error is about, where the place is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The first call of this function.
    Call(String),
    /// The last column of this name that is selected.
    Selected(String),
    /// This text literal.
    Text(String),
    /// The only division.
    Division,
}

/// A place in the text as the parser saw it, that is, after variables were filled: line and column, from 1, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The line.
    pub line: u64,
    /// The character in the line.
    pub column: u64,
}

/// A place in the text as the user wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// That line.
    pub source: String,
}

impl Error {
    /// A statement that is wrong.
    pub fn invalid(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Invalid, message)
    }

    /// A name that does not exist.
    pub fn missing(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Missing, message)
    }

    /// An error of any kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(Parts { kind, message: message.into(), detail: None, hint: None, location: None, subject: None, place: None }))
    }

    /// Says more about what was found.
    pub fn with_detail(mut self, detail: impl Into<String>) -> Error {
        self.0.detail = Some(detail.into());
        self
    }

    /// Says how to mend it.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Error {
        self.0.hint = Some(hint.into());
        self
    }

    /// Says how to mend it, if that is known.
    pub fn with_hint_if(mut self, hint: Option<String>) -> Error {
        self.0.hint = hint.or(self.0.hint);
        self
    }

    /// Says where, unless that is known already.
    pub fn at(mut self, location: impl Into<Option<Location>>) -> Error {
        self.0.location = self.0.location.or(location.into());
        self
    }

    /// Says what of the query it is about, for a place to be found later.
    pub(crate) fn about(mut self, subject: Subject) -> Error {
        self.0.subject = Some(subject);
        self
    }

    pub(crate) fn subject(&self) -> Option<&Subject> {
        self.0.subject.as_ref()
    }

    pub(crate) fn map_message(mut self, change: impl FnOnce(&str) -> String) -> Error {
        self.0.message = change(&self.0.message);
        self
    }

    pub(crate) fn placed(mut self, place: impl FnOnce(Location) -> Option<Place>) -> Error {
        if self.0.place.is_none() {
            self.0.place = self.0.location.and_then(place);
        }
        self
    }

    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The primary message, one line.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// More about what was found.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// How to mend it.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Where in the user's text.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// The whole message for a person, several lines without a final newline: message, place with a caret, detail, hint.
    ///
    /// ```
    /// let error = sql_planner::Script::parse("SELECT 1;\nCREATE STREAM;", &Default::default()).unwrap_err();
    /// assert_eq!(error.report(), "expected a name, found \";\"\nline 2, column 14:\n  CREATE STREAM;\n               ^");
    /// ```
    pub fn report(&self) -> String {
        let mut text = self.0.message.clone();
        if let Some(place) = &self.0.place {
            let (source, caret) = place.excerpt();
            text += &format!("\nline {}, column {}:\n  {source}\n  {}^", place.line, place.column, " ".repeat(caret));
        }
        if let Some(detail) = &self.0.detail {
            text += &format!("\ndetail: {detail}");
        }
        if let Some(hint) = &self.0.hint {
            text += &format!("\nhint: {hint}");
        }
        text
    }
}

impl Place {
    /// At most this many characters of a source line are shown, around the place.
    const SHOWN: usize = 120;

    /// The shown part of the line and the caret's distance from its start. Tabs become spaces so that the caret stands right.
    fn excerpt(&self) -> (String, usize) {
        let characters: Vec<char> = self.source.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let caret = (self.column - 1).min(characters.len());
        let start = if characters.len() <= Place::SHOWN { 0 } else { caret.saturating_sub(Place::SHOWN / 2) };
        let end = characters.len().min(start + Place::SHOWN);
        (characters[start..end].iter().collect::<String>().trim_end().to_string(), caret - start)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(place) = &self.0.place {
            write!(f, " (line {}, column {})", place.line, place.column)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
