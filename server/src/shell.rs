//! The SQL shell: line editing with history, completion of keywords and names, statements over several lines, timing.

use crate::commands::{execute, rows};
use crate::output;
use anyhow::Result;
use headwater::Headwater;
use headwater::log::Env;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Editor, Helper, Highlighter, Hinter};
use std::path::PathBuf;

const KEYWORDS: &[&str] = &[
    "AND",
    "AS",
    "BY",
    "CASE",
    "CAST",
    "CHANGES",
    "CLOSE",
    "CONNECTOR",
    "COUNT",
    "CREATE",
    "DESCRIBE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "EMIT",
    "END",
    "EXISTS",
    "EXPLAIN",
    "FROM",
    "GROUP",
    "HAVING",
    "INSERT",
    "INTERVAL",
    "INTO",
    "JOIN",
    "LIMIT",
    "NOT",
    "NULL",
    "ON",
    "OR",
    "ORDER",
    "QUERIES",
    "SELECT",
    "SHOW",
    "SINK",
    "SOURCE",
    "STREAM",
    "STREAMS",
    "TABLE",
    "TABLES",
    "THEN",
    "TOPICS",
    "TUMBLE",
    "VALUES",
    "WATERMARK",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
];

const HELP: &str =
    "Statements end with a semicolon. SHOW STREAMS, SHOW TABLES, SHOW TOPICS, DESCRIBE name and EXPLAIN SELECT … look around.
\\help  this text        \\timing  switch the time of each statement on or off        \\quit  leave (or Ctrl-D)";

/// What the line editor asks us about.
#[derive(Helper, Hinter, Highlighter)]
struct Sql {
    names: Vec<String>,
}

impl Completer for Sql {
    type Candidate = Pair;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let start = line[..position].rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |place| place + 1);
        let word = line[start..position].to_lowercase();
        let known = self.names.iter().map(String::as_str).chain(KEYWORDS.iter().copied());
        let fitting = known.filter(|name| !word.is_empty() && name.to_lowercase().starts_with(&word));
        Ok((start, fitting.map(|name| Pair { display: name.to_string(), replacement: name.to_string() }).collect()))
    }
}

impl Validator for Sql {
    /// A statement goes on over further lines until its semicolon.
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input().trim();
        let complete = text.is_empty() || text.starts_with('\\') || text.ends_with(';');
        Ok(if complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

/// Reads and executes statements until the user leaves.
pub(crate) async fn run(headwater: &Headwater, format: rows::Format) -> Result<()> {
    let mut editor: Editor<Sql, DefaultHistory> =
        Editor::with_config(Config::builder().auto_add_history(true).history_ignore_dups(true)?.build())?;
    let history = history_file();
    if let Some(history) = &history {
        // The first time there is none.
        let _ = editor.load_history(history);
    }
    println!("headwater {}: SQL over topics and tables. \\help helps, \\quit leaves.", env!("CARGO_PKG_VERSION"));
    let clock = Env::real().clock;
    let mut timing = true;
    loop {
        editor.set_helper(Some(Sql { names: headwater.engine().names() }));
        let line = match editor.readline("headwater> ") {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error.into()),
        };
        match line.trim() {
            "" => continue,
            "\\quit" | "\\q" => break,
            "\\help" | "\\h" | "\\?" => println!("{HELP}"),
            "\\timing" => {
                timing = !timing;
                println!("timing is {}", if timing { "on" } else { "off" });
            }
            command if command.starts_with('\\') => println!("unknown command {command}; \\help lists them"),
            text => {
                let start = clock.now();
                if let Err(error) = execute(headwater, text, format).await {
                    output::error(&error);
                } else if timing {
                    println!("{:.1} ms", clock.now().since(start).as_secs_f64() * 1000.0);
                }
            }
        }
    }
    if let Some(history) = &history
        && let Err(error) = editor.save_history(history)
    {
        tracing::warn!(%error, file = %history.display(), "the history was not saved");
    }
    Ok(())
}

fn history_file() -> Option<PathBuf> {
    std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".headwater_history"))
}
