//! A session: lines in, statements executed, answers and times out.

use super::completion::Names;
use super::statement_end::is_whole;
use crate::commands::execute_text;
use crate::out::Out;
use crate::output::{self, Interrupted};
use crate::rows::{Format, Layout};
use crate::terminal::Terminal;
use anyhow::Result;
use headwater::Headwater;
use headwater::log::{Env, is_internal_topic};
use headwater::sql::Variables;
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{Config, Editor};
use std::path::PathBuf;

const PROMPT: &str = "headwater> ";
/// While a statement goes on over further lines.
const GOES_ON: &str = "       ... ";

const HELP: &str =
    "Statements end with a semicolon. SHOW STREAMS, SHOW TABLES, SHOW TOPICS, DESCRIBE name and EXPLAIN SELECT … look around.
Ctrl-C interrupts an answer or discards what has been typed.
help  this text        \\timing  switch the time of each statement on or off        quit  leave (or Ctrl-D)";

/// What the user has typed.
enum Typed {
    Text(String),
    /// Ctrl-C: whatever was begun is forgotten.
    Discarded,
    End,
}

/// The shell of one user.
struct Session<'a, 'out> {
    headwater: &'a Headwater,
    variables: &'a Variables,
    format: Format,
    out: &'a mut Out<'out>,
    editor: Editor<Names, DefaultHistory>,
    history: Option<PathBuf>,
    terminal: Terminal,
    timing: bool,
}

/// Reads and executes statements until the user leaves.
pub(crate) async fn run(headwater: &Headwater, format: Format, variables: &Variables, out: &mut Out<'_>) -> Result<()> {
    let mut editor = Editor::with_config(Config::builder().history_ignore_dups(true)?.build())?;
    let history = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".headwater_history"));
    if let Some(history) = &history {
        // The first time there is none.
        let _ = editor.load_history(history);
    }
    out.line(format_args!("headwater {}: SQL over topics and tables. help helps, quit leaves.", env!("CARGO_PKG_VERSION")))?;
    let terminal = Terminal::open();
    Session { headwater, variables, format, out, editor, history, terminal, timing: true }.run().await
}

impl Session<'_, '_> {
    async fn run(mut self) -> Result<()> {
        loop {
            self.out.flush()?;
            let names = self.names().await;
            self.editor.set_helper(Some(Names::new(names)));
            let text = match self.read()? {
                Typed::Text(text) => text,
                Typed::Discarded => continue,
                Typed::End => return Ok(()),
            };
            if text.trim().is_empty() {
                continue;
            }
            if !is_command(&text) {
                self.execute(&text).await?;
                continue;
            }
            match command(&text) {
                "quit" | "exit" | "q" => return Ok(()),
                "help" | "h" | "?" => self.out.line(HELP)?,
                "timing" => {
                    self.timing = !self.timing;
                    self.out.line(format_args!("timing is {}", if self.timing { "on" } else { "off" }))?;
                }
                unknown => self.out.line(format_args!("unknown command \\{unknown}; help lists them"))?,
            }
        }
    }

    /// Reads lines up to the end of a statement or a command.
    fn read(&mut self) -> Result<Typed> {
        let mut text = String::new();
        loop {
            match self.editor.readline(if text.is_empty() { PROMPT } else { GOES_ON }) {
                Ok(line) => text.push_str(&line),
                Err(ReadlineError::Interrupted) => return Ok(Typed::Discarded),
                Err(ReadlineError::Eof) => return Ok(Typed::End),
                Err(error) => return Err(error.into()),
            }
            if is_whole(&text) || is_command(&text) {
                self.remember(&text);
                return Ok(Typed::Text(text));
            }
            text.push('\n');
        }
    }

    /// Keeps the text in the history, on disk at once: a shell that is killed has lost nothing.
    fn remember(&mut self, text: &str) {
        let added = self.editor.add_history_entry(text.trim_end()).unwrap_or(false);
        if let Some(history) = self.history.as_ref().filter(|_| added)
            && let Err(error) = self.editor.append_history(history)
        {
            tracing::warn!(%error, file = %history.display(), "the history was not saved");
            self.history = None;
        }
    }

    async fn execute(&mut self, text: &str) -> Result<()> {
        let clock = Env::real().clock;
        let start = clock.now();
        let layout = Layout { format: self.format, width: Some(self.terminal.width()) };
        match execute_text(self.headwater, text, self.variables, layout, self.out).await {
            Err(error) if error.is::<crate::out::Closed>() => return Err(error),
            // It has been said how far the answer came.
            Err(error) if error.is::<Interrupted>() => {}
            Err(error) => output::error(&error),
            Ok(()) => {}
        }
        if self.timing {
            self.out.line(format_args!("{:.1} ms", clock.now().since(start).as_secs_f64() * 1000.0))?;
        }
        Ok(())
    }

    /// What may be completed besides keywords.
    async fn names(&self) -> Vec<String> {
        let mut names = self.headwater.engine().names();
        match self.headwater.log().admin().list_topics().await {
            Ok(topics) => names.extend(topics.iter().map(ToString::to_string).filter(|topic| !is_internal_topic(topic))),
            Err(error) => tracing::debug!(%error, "topics are not completed"),
        }
        names
    }
}

/// Whether the text is a command of the shell, which needs no semicolon.
fn is_command(text: &str) -> bool {
    text.trim_start().starts_with('\\') || matches!(command(text), "quit" | "exit" | "help")
}

/// The command's name, if the text is one: `\quit`, `quit` or `quit;`.
fn command(text: &str) -> &str {
    let text = text.trim();
    match text.strip_prefix('\\') {
        Some(name) => name,
        None => text.strip_suffix(';').map_or(text, str::trim_end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_need_neither_backslash_nor_semicolon() {
        for text in ["quit", " exit ", "help", "help;", "\\timing", "\\nonsense"] {
            assert!(is_command(text), "{text}");
        }
        for text in ["timing", "SELECT 1", "quit now", ""] {
            assert!(!is_command(text), "{text}");
        }
    }
}
