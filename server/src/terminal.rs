//! How wide the terminal is.

use rustyline::config::Behavior;
use rustyline::history::DefaultHistory;
use rustyline::{Config, Editor};

/// Asks the terminal that controls the program, whichever of its streams are redirected.
pub(crate) struct Terminal {
    editor: Option<Editor<(), DefaultHistory>>,
}

impl Terminal {
    pub(crate) fn open() -> Terminal {
        Terminal { editor: Editor::with_config(Config::builder().behavior(Behavior::PreferTerm).build()).ok() }
    }

    /// Characters a line; 80 where the terminal does not say.
    pub(crate) fn width(&mut self) -> usize {
        let dimensions = self.editor.as_mut().and_then(Editor::dimensions);
        dimensions.map(|(columns, _)| columns.into()).filter(|columns| *columns > 0).unwrap_or(80)
    }
}
