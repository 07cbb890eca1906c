//! A script: statements separated by semicolons, with the text they came from.

use super::cursor::{Cursor, DIALECT, location_of};
use super::list::STATEMENTS;
use super::{Statement, nesting};
use crate::error::{Error, Location, Result};
use crate::text::{SourceText, Variables, did_you_mean};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use std::sync::Arc;

/// Scripts longer than this are refused.
const BYTES_MAX: usize = 16 << 20;

/// Parsed statements in order.
#[derive(Clone, Debug)]
pub struct Script {
    statements: Vec<ParsedStatement>,
    text: Arc<SourceText>,
}

/// A statement and its place in the script.
#[derive(Clone, Debug)]
pub struct ParsedStatement {
    /// What it says.
    pub statement: Statement,
    text: Arc<SourceText>,
    start: Location,
    end: Location,
}

impl Script {
    /// Fills variables and parses all statements; nothing is checked against a catalog yet.
    ///
    /// Errors: an unset variable or a syntax error, each with its place.
    ///
    /// ```
    /// let script = sql_planner::Script::parse("SHOW STREAMS; SELECT 1", &Default::default())?;
    /// assert_eq!(script.statements().len(), 2);
    /// # Ok::<(), sql_planner::Error>(())
    /// ```
    pub fn parse(text: &str, variables: &Variables) -> Result<Script> {
        if text.len() > BYTES_MAX {
            return Err(Error::invalid(format!("the script has {} bytes; the limit is {BYTES_MAX}", text.len())));
        }
        let text = Arc::new(SourceText::fill(text, variables)?);
        let statements = parse_all(&text).map_err(|error| text.locate(error))?;
        Ok(Script { statements, text })
    }

    /// As [`Script::parse`], and refuses a value for a variable that the script does not have: a misspelled name would silently leave the default.
    ///
    /// ```
    /// let variables = [("inptu".to_string(), "a.log".to_string())].into();
    /// let error = sql_planner::Script::parse_with("SELECT '${input:-access.log}'", &variables).unwrap_err();
    /// assert_eq!(error.report(), "the script has no variable \"inptu\"\nhint: did you mean \"input\"?");
    /// ```
    pub fn parse_with(text: &str, variables: &Variables) -> Result<Script> {
        let script = Script::parse(text, variables)?;
        script.text.refuse_unused(variables)?;
        Ok(script)
    }

    /// The names of the variables it has, whether or not they were given a value, in order.
    pub fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.text.variable_names()
    }

    /// Errors: a continuous SELECT. It never ends, so that nothing behind it would come; whoever runs a script to its end asks before the first statement.
    ///
    /// ```
    /// let script = sql_planner::Script::parse("SELECT 1; SELECT a FROM s EMIT CHANGES", &Default::default())?;
    /// assert_eq!(script.refuse_endless().unwrap_err().to_string(), "a continuous SELECT never ends, and a script must (line 1, column 11)");
    /// # Ok::<(), sql_planner::Error>(())
    /// ```
    pub fn refuse_endless(&self) -> Result<()> {
        for parsed in &self.statements {
            if let Statement::Select { emit: Some(_), .. } = &parsed.statement {
                let error = Error::invalid("a continuous SELECT never ends, and a script must")
                    .with_hint("use CREATE STREAM … AS SELECT to keep its rows, or headwater sql -c to watch them")
                    .at(parsed.start);
                return Err(parsed.locate(error));
            }
        }
        Ok(())
    }

    /// The statements, in order.
    pub fn statements(&self) -> &[ParsedStatement] {
        &self.statements
    }
}

impl ParsedStatement {
    /// Its text with variables filled, without the semicolon.
    pub fn sql(&self) -> &str {
        self.text.slice(self.start, self.end).trim_end()
    }

    /// The same error with its place in the script.
    pub fn locate(&self, error: Error) -> Error {
        self.text.locate(error)
    }
}

fn parse_all(text: &Arc<SourceText>) -> Result<Vec<ParsedStatement>> {
    let tokens = Tokenizer::new(&DIALECT, text.filled()).tokenize_with_location().map_err(|error| {
        let location = Location { line: error.location.line, column: error.location.column };
        Error::invalid(lower_first(&error.message)).at(location)
    })?;
    let mut statements = Vec::new();
    let mut run: Vec<TokenWithSpan> = Vec::new();
    let last = tokens
        .last()
        .map_or(Location { line: 1, column: 1 }, |token| Location { line: token.span.end.line, column: token.span.end.column });
    for token in tokens {
        match token.token {
            Token::SemiColon => {
                let end = location_of(&token).unwrap_or(last);
                parse_run(std::mem::take(&mut run), end, text, true, &mut statements)?;
            }
            Token::Whitespace(_) => {}
            _ => run.push(token),
        }
    }
    parse_run(run, last, text, false, &mut statements)?;
    Ok(statements)
}

fn parse_run(
    tokens: Vec<TokenWithSpan>,
    end: Location,
    text: &Arc<SourceText>,
    semicolon: bool,
    statements: &mut Vec<ParsedStatement>,
) -> Result<()> {
    let Some(start) = tokens.first().and_then(location_of) else { return Ok(()) };
    nesting::check(&tokens)?;
    let mut cursor = Cursor::new(tokens, end, text);
    let statement = parse_statement(&mut cursor).and_then(|statement| cursor.finish().map(|()| statement));
    let statement = statement.map_err(|error| if semicolon { semicolon_for_end(error) } else { error })?;
    statements.push(ParsedStatement { statement, text: Arc::clone(text), start, end });
    Ok(())
}

pub(super) fn parse_statement(cursor: &mut Cursor<'_>) -> Result<Statement> {
    for (words, parse) in STATEMENTS {
        if *words == "SELECT|WITH|VALUES|(" {
            if cursor.peek(words) {
                return parse(cursor);
            }
        } else if cursor.take(words) {
            return parse(cursor);
        }
    }
    Err(unknown_statement(cursor))
}

fn unknown_statement(cursor: &Cursor<'_>) -> Error {
    let first = cursor.parser.peek_token_ref().token.to_string();
    let starts = STATEMENTS.iter().flat_map(|(words, _)| words.split(' ').next().unwrap_or(words).split('|')).filter(|word| *word != "(");
    if first.eq_ignore_ascii_case("create") {
        let second = cursor.parser.peek_nth_token_ref(1).token.to_string();
        return Error::invalid(format!("cannot create \"{second}\""))
            .with_detail("CREATE takes STREAM, TABLE, SOURCE CONNECTOR or SINK CONNECTOR")
            .with_hint_if(did_you_mean(&second, ["STREAM", "TABLE", "SOURCE", "SINK"]))
            .at(location_of(cursor.parser.peek_nth_token_ref(1)).unwrap_or(cursor.end()));
    }
    let hint = did_you_mean(&first, starts);
    Error::invalid(format!("unknown statement \"{first}\""))
        .with_detail("statements begin with CREATE, INSERT INTO, SELECT, SHOW, DESCRIBE, EXPLAIN or DROP")
        .with_hint_if(hint)
        .at(cursor.location())
}

/// The statement ended at its semicolon: that is what stands at the place.
fn semicolon_for_end(error: Error) -> Error {
    error.map_message(|message| message.replace("found the end of the statement", "found \";\""))
}

fn lower_first(message: &str) -> String {
    let mut characters = message.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
