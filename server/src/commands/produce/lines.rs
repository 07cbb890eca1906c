//! Lines of the input in bounded memory, read on a thread of their own: a read may take as long as whoever writes them.

use headwater::log::Env;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use tokio::sync::mpsc;

/// Lines are handed over in chunks of about this size, or as soon as no further line is at hand.
const CHUNK_BYTES: usize = 64 << 10;
/// At most this many chunks wait.
const CHUNKS_MAX: usize = 8;

/// A line without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Counted from 1.
    pub(super) number: u64,
    pub(super) bytes: Vec<u8>,
}

/// Why there are no further lines.
#[derive(Debug)]
pub(super) enum Stop {
    TooLong { number: u64, limit_bytes: usize },
    Failed { number: u64, error: std::io::Error },
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::TooLong { number, limit_bytes } => {
                write!(
                    f,
                    "line {number} is longer than {limit_bytes} bytes, the topic's max.message.bytes; create the topic with a higher one"
                )
            }
            Stop::Failed { number, error } => write!(f, "cannot read line {number} of standard input: {error}"),
        }
    }
}

/// Starts reading. The channel ends after the last line or the first [`Stop`].
pub(super) fn read(env: &Env, input: impl Read + Send + 'static, limit_bytes: usize) -> mpsc::Receiver<Result<Vec<Line>, Stop>> {
    let (sender, receiver) = mpsc::channel(CHUNKS_MAX);
    let mut input = Input { reader: BufReader::with_capacity(CHUNK_BYTES, input), limit_bytes, number: 0 };
    let work = move || {
        loop {
            let (chunk, stop) = input.chunk();
            let ended = chunk.is_empty();
            // Nobody listens any more after a failure on the other side.
            if !ended && sender.blocking_send(Ok(chunk)).is_err() {
                return;
            }
            if let Some(stop) = stop {
                let _ = sender.blocking_send(Err(stop));
                return;
            }
            if ended {
                return;
            }
        }
    };
    drop(env.spawner.spawn_blocking("produce-input", Box::new(work)));
    receiver
}

struct Input<R: Read> {
    reader: BufReader<R>,
    limit_bytes: usize,
    number: u64,
}

impl<R: Read> Input<R> {
    /// The lines at hand, waiting for the first; none at the end. What stops the reading comes with the lines before it.
    fn chunk(&mut self) -> (Vec<Line>, Option<Stop>) {
        let (mut lines, mut size_bytes) = (Vec::new(), 0);
        loop {
            match self.line() {
                Ok(Some(line)) => {
                    size_bytes += line.bytes.len();
                    lines.push(line);
                }
                Ok(None) => return (lines, None),
                Err(stop) => return (lines, Some(stop)),
            }
            if size_bytes >= CHUNK_BYTES || !self.reader.buffer().contains(&b'\n') {
                return (lines, None);
            }
        }
    }

    fn line(&mut self) -> Result<Option<Line>, Stop> {
        let number = self.number + 1;
        let mut bytes = Vec::new();
        // Room for the line end, so that a line of exactly the limit is seen to end.
        let taken = (&mut self.reader).take(self.limit_bytes as u64 + 2).read_until(b'\n', &mut bytes);
        if taken.map_err(|error| Stop::Failed { number, error })? == 0 {
            return Ok(None);
        }
        self.number = number;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        if bytes.len() > self.limit_bytes {
            return Err(Stop::TooLong { number, limit_bytes: self.limit_bytes });
        }
        Ok(Some(Line { number, bytes }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &'static [u8], limit_bytes: usize) -> (Vec<(u64, String)>, Option<String>) {
        let mut chunks = read(&Env::real(), text, limit_bytes);
        let mut lines = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            match chunk {
                Ok(chunk) => lines.extend(chunk.into_iter().map(|line| (line.number, String::from_utf8_lossy(&line.bytes).into_owned()))),
                Err(stop) => return (lines, Some(stop.to_string())),
            }
        }
        (lines, None)
    }

    fn numbered(lines: &[&str]) -> Vec<(u64, String)> {
        lines.iter().zip(1..).map(|(line, number)| (number, line.to_string())).collect()
    }

    #[tokio::test]
    async fn lines_are_cut_at_their_ends_and_counted() {
        let cases: [(&[u8], &[&str]); 4] =
            [(b"", &[]), (b"a\nb\r\n\nc", &["a", "b", "", "c"]), (b"abcd\nabcd\r\n", &["abcd", "abcd"]), (b"\n", &[""])];
        for (text, expected) in cases {
            assert_eq!(all(text, 4).await, (numbered(expected), None));
        }
    }

    #[tokio::test]
    async fn a_line_over_the_limit_stops_after_those_before_it() {
        for text in [b"a\nb\nabcde\nc\n".as_slice(), b"a\nb\nabcdefghijklmnop"] {
            let (lines, stop) = all(text, 4).await;
            assert_eq!(lines, numbered(&["a", "b"]));
            assert!(stop.is_some_and(|stop| stop.starts_with("line 3 is longer than 4 bytes")));
        }
    }
}
