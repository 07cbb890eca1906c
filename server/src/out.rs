//! Where a command's results go: standard output, written to in one place.
//!
//! A reader that has seen enough (`| head`) closes its end. That is no error of ours: the write answers [`Closed`], the command ends, closes its data
//! directory in order, and the program succeeds.

use anyhow::{Context, Error, Result};
use std::fmt;
use std::io::{BufWriter, ErrorKind, Write};

/// The reader has closed its end; nothing is wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("whoever reads the output has closed it")
    }
}

impl std::error::Error for Closed {}

/// A buffered writer of results. Whatever must be seen before the command goes on waiting is flushed by it.
pub(crate) struct Out<'a> {
    writer: BufWriter<Box<dyn Write + 'a>>,
    name: String,
}

impl<'a> Out<'a> {
    /// Standard output.
    pub(crate) fn standard() -> Out<'static> {
        Out::new(std::io::stdout(), "standard output")
    }

    /// Anything else; `name` is for error messages.
    pub(crate) fn new(writer: impl Write + 'a, name: impl Into<String>) -> Out<'a> {
        Out { writer: BufWriter::with_capacity(64 << 10, Box::new(writer)), name: name.into() }
    }

    /// Writes a text and a line end.
    pub(crate) fn line(&mut self, text: impl fmt::Display) -> Result<()> {
        let done = writeln!(self.writer, "{text}");
        self.judge(done)
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let done = self.writer.write_all(bytes);
        self.judge(done)
    }

    /// Hands everything over to the reader.
    pub(crate) fn flush(&mut self) -> Result<()> {
        let done = self.writer.flush();
        self.judge(done)
    }

    fn judge(&self, done: std::io::Result<()>) -> Result<()> {
        match done {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Error::new(Closed)),
            done => done.with_context(|| format!("cannot write to {}", self.name)),
        }
    }
}

/// What a command prints, for tests.
#[cfg(test)]
pub(crate) fn printed(print: impl FnOnce(&mut Out<'_>) -> Result<()>) -> String {
    let mut bytes = Vec::new();
    let mut out = Out::new(&mut bytes, "a buffer");
    print(&mut out).and_then(|()| out.flush()).expect("a buffer takes everything");
    drop(out);
    String::from_utf8(bytes).expect("UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_closed_reader_is_told_from_a_failed_write() {
        let fail = |kind| {
            let mut out = Out::new(Failing(kind), "the tape");
            out.line("text").and_then(|()| out.flush()).unwrap_err()
        };
        assert!(fail(ErrorKind::BrokenPipe).is::<Closed>());
        let error = fail(ErrorKind::StorageFull);
        assert!(!error.is::<Closed>() && error.to_string() == "cannot write to the tape", "{error}");
    }
}
