//! A block of lines at the bottom of the terminal that is redrawn in place, and log lines above it.

use parking_lot::Mutex;
use std::io::Write;

/// The lines that stand there now.
static BLOCK: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Draws a block in place of the last one. No line may be wider than the terminal: it would take two rows and the next redraw would miss one.
pub(crate) fn draw(lines: Vec<String>) {
    let mut block = BLOCK.lock();
    write(&format!("{}{}", erase(&block), joined(&lines)));
    *block = lines;
}

/// Leaves the block standing; what comes next goes below it.
pub(crate) fn release() {
    BLOCK.lock().clear();
}

/// A writer to standard error that keeps the block at the bottom.
pub(crate) struct AboveBlock;

impl Write for AboveBlock {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let block = BLOCK.lock();
        let mut error = std::io::stderr().lock();
        if block.is_empty() {
            return error.write(bytes);
        }
        error.write_all(erase(&block).as_bytes())?;
        error.write_all(bytes)?;
        error.write_all(joined(&block).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

/// Up to the block's first line, and everything from there on cleared.
fn erase(block: &[String]) -> String {
    if block.is_empty() { String::new() } else { format!("\x1b[{}A\x1b[J", block.len()) }
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn write(text: &str) {
    let mut error = std::io::stderr().lock();
    // Whoever closed our standard error does not want to see it.
    let _ = error.write_all(text.as_bytes()).and_then(|()| error.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_erased_from_its_first_line_on() {
        assert_eq!(erase(&[]), "");
        assert_eq!(erase(&["a".to_string(), "b".to_string()]), "\x1b[2A\x1b[J");
        assert_eq!(joined(&["a".to_string(), "b".to_string()]), "a\nb\n");
    }
}
