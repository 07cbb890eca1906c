//! Records of the input in bounded memory, read on a thread of their own: a read may take as long as whoever writes them.

use crate::record_format::{Fields, TemplateReader};
use headwater::log::Env;
use std::fmt;
use std::io::{self, BufReader, Read};
use tokio::sync::mpsc;

/// Records are handed over in chunks of about this size, or as soon as no further one is at hand.
pub(super) const CHUNK_BYTES: usize = 64 << 10;
/// At most this many chunks wait.
const CHUNKS_MAX: usize = 8;

/// A record of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The line or record that it was, counted from 1.
    pub(super) number: u64,
    pub(super) fields: Fields,
}

impl Entry {
    fn size_bytes(&self) -> usize {
        self.fields.key.as_ref().map_or(0, Vec::len) + self.fields.value.as_ref().map_or(0, Vec::len)
    }
}

/// Why there are no further records.
#[derive(Debug)]
pub(super) enum Stop {
    TooLong { number: u64, limit_bytes: usize },
    Failed { number: u64, name: String, error: std::io::Error },
    Malformed { number: u64, error: anyhow::Error },
    WithoutKey { number: u64, name: String },
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::TooLong { number, limit_bytes } => {
                write!(
                    f,
                    "line {number} is longer than {limit_bytes} bytes, the topic's max.message.bytes; raise that with headwater config alter"
                )
            }
            Stop::Failed { number, name, error } => write!(f, "cannot read line {number} of {name}: {error}"),
            Stop::WithoutKey { number, name } => write!(f, "line {number} of {name} has no key: the --key-separator is not in it"),
            Stop::Malformed { number, error } => write!(f, "record {number} is not of the form that --format says: {error}"),
        }
    }
}

/// Where records come from.
pub(super) trait Source: Send {
    /// The next one; `None` at the end.
    fn next(&mut self) -> Result<Option<Entry>, Stop>;

    /// Whether the next one can be read without waiting.
    fn is_at_hand(&mut self) -> bool;
}

/// Starts reading. The channel ends after the last record or the first [`Stop`]. Errors: there is no thread for it.
pub(super) fn read(env: &Env, mut source: Box<dyn Source>) -> io::Result<mpsc::Receiver<Result<Vec<Entry>, Stop>>> {
    let (sender, receiver) = mpsc::channel(CHUNKS_MAX);
    let work = move || {
        loop {
            let (chunk, stop) = chunk(source.as_mut());
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
    env.spawner.spawn_blocking("produce-input", Box::new(work))?;
    Ok(receiver)
}

/// The records at hand, waiting for the first; none at the end. What stops the reading comes with the records before it.
fn chunk(source: &mut dyn Source) -> (Vec<Entry>, Option<Stop>) {
    let (mut entries, mut size_bytes) = (Vec::new(), 0);
    loop {
        match source.next() {
            Ok(Some(entry)) => {
                size_bytes += entry.size_bytes();
                entries.push(entry);
            }
            Ok(None) => return (entries, None),
            Err(stop) => return (entries, Some(stop)),
        }
        if size_bytes >= CHUNK_BYTES || entries.len() >= CHUNK_BYTES || !source.is_at_hand() {
            return (entries, None);
        }
    }
}

/// Records in the form of a template.
pub(super) struct Templated<R> {
    reader: TemplateReader<BufReader<R>>,
    number: u64,
}

impl<R: Read> Templated<R> {
    pub(super) fn new(reader: TemplateReader<BufReader<R>>) -> Templated<R> {
        Templated { reader, number: 0 }
    }
}

impl<R: Read + Send> Source for Templated<R> {
    fn next(&mut self) -> Result<Option<Entry>, Stop> {
        let number = self.number + 1;
        let fields = self.reader.next().map_err(|error| Stop::Malformed { number, error })?;
        self.number += u64::from(fields.is_some());
        Ok(fields.map(|fields| Entry { number, fields }))
    }

    fn is_at_hand(&mut self) -> bool {
        self.reader.has_more_at_hand()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record_format::Template;

    #[tokio::test]
    async fn records_before_a_malformed_one_arrive_and_it_is_numbered() {
        let template = Template::parse("%k:%v;").expect("a format");
        let reader = TemplateReader::new(template, BufReader::new(&b"a:1;b:2;c"[..]), 100).expect("readable");
        let mut chunks = read(&Env::real(), Box::new(Templated::new(reader))).expect("a thread");
        let first = chunks.recv().await.expect("a chunk").expect("records");
        assert_eq!(first.iter().map(|entry| entry.number).collect::<Vec<_>>(), [1, 2]);
        let stop = chunks.recv().await.expect("the stop").expect_err("c has no value").to_string();
        assert!(stop.contains("record 3") && stop.contains("\":\""), "{stop}");
        assert!(chunks.recv().await.is_none());
    }
}
