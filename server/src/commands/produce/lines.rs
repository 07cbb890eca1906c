//! Lines of the input, each a record: split into key and value, nulls marked, as the arguments say.

use super::input::{CHUNK_BYTES, Entry, Source, Stop};
use crate::record_format::Fields;
use std::io::{BufRead, BufReader, Read};

/// What a line says.
#[derive(Clone, Debug, Default)]
pub(super) struct Splitter {
    /// Key and value are parted by the first of these.
    pub(super) separator: Option<String>,
    /// Whether a line must have it.
    pub(super) is_key_required: bool,
    /// A key or value that is this text is null.
    pub(super) null_marker: Option<String>,
}

impl Splitter {
    /// Key and value of a line; `None` if it lacks the key it must have.
    fn fields(&self, line: Vec<u8>) -> Option<Fields> {
        let present = |bytes: &Vec<u8>| self.null_marker.as_ref().is_none_or(|marker| marker.as_bytes() != *bytes);
        let place = self.separator.as_deref().map(str::as_bytes).and_then(|separator| {
            let found = line.windows(separator.len()).position(|window| window == separator)?;
            Some((found, found + separator.len()))
        });
        let (key, value) = match place {
            Some((key_end, value_start)) => (Some(line[..key_end].to_vec()), line[value_start..].to_vec()),
            None if self.is_key_required => return None,
            None => (None, line),
        };
        Some(Fields { key: key.filter(present), value: Some(value).filter(present), ..Fields::default() })
    }
}

/// Lines without their ends.
pub(super) struct Lines<R: Read> {
    reader: BufReader<R>,
    name: String,
    limit_bytes: usize,
    splitter: Splitter,
    number: u64,
}

impl<R: Read> Lines<R> {
    /// The lines of an input, which `name` calls by its name in errors.
    pub(super) fn new(input: R, name: String, limit_bytes: usize, splitter: Splitter) -> Lines<R> {
        Lines { reader: BufReader::with_capacity(CHUNK_BYTES, input), name, limit_bytes, splitter, number: 0 }
    }
}

impl<R: Read + Send> Source for Lines<R> {
    fn next(&mut self) -> Result<Option<Entry>, Stop> {
        let number = self.number + 1;
        let mut bytes = Vec::new();
        // Room for the line end, so that a line of exactly the limit is seen to end.
        let taken = (&mut self.reader).take(self.limit_bytes as u64 + 2).read_until(b'\n', &mut bytes);
        if taken.map_err(|error| Stop::Failed { number, name: self.name.clone(), error })? == 0 {
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
        let fields = self.splitter.fields(bytes).ok_or_else(|| Stop::WithoutKey { number, name: self.name.clone() })?;
        Ok(Some(Entry { number, fields }))
    }

    fn is_at_hand(&mut self) -> bool {
        self.reader.buffer().contains(&b'\n')
    }
}

#[cfg(test)]
mod tests {
    use super::super::input::read;
    use super::*;
    use headwater::log::Env;

    async fn all(input: impl Read + Send + 'static, limit_bytes: usize) -> (Vec<(u64, String)>, Option<String>) {
        let lines = Lines::new(input, "standard input".to_string(), limit_bytes, Splitter::default());
        let mut chunks = read(&Env::real(), Box::new(lines)).expect("a thread");
        let text = |entry: Entry| String::from_utf8(entry.fields.value.expect("a value")).expect("text");
        let mut lines = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            match chunk {
                Ok(chunk) => lines.extend(chunk.into_iter().map(|entry| (entry.number, text(entry)))),
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

    #[tokio::test]
    async fn a_failed_read_names_line_and_input() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("torn"))
            }
        }
        assert_eq!(all(Broken, 4).await.1.as_deref(), Some("cannot read line 1 of standard input: torn"));
    }

    #[test]
    fn a_line_is_split_and_marked_as_the_arguments_say() {
        type Case<'a> = (Option<&'a str>, Option<&'a str>, &'a [u8], (Option<&'a [u8]>, Option<&'a [u8]>));
        let cases: [Case<'_>; 5] = [
            (None, None, b"a:b", (None, Some(b"a:b"))),
            (Some(":"), None, b"a:b:c", (Some(b"a"), Some(b"b:c"))),
            (Some("::"), None, b"a:b", (None, Some(b"a:b"))),
            (None, Some("-"), b"-", (None, None)),
            (Some(":"), Some(""), b":", (None, None)),
        ];
        for (separator, null_marker, line, expected) in cases {
            let splitter =
                Splitter { separator: separator.map(str::to_string), is_key_required: false, null_marker: null_marker.map(str::to_string) };
            let fields = splitter.fields(line.to_vec()).expect("no key is required");
            assert_eq!((fields.key.as_deref(), fields.value.as_deref()), expected, "{separator:?} {null_marker:?}");
        }
    }

    #[tokio::test]
    async fn a_line_without_the_key_it_must_have_ends_the_input() {
        let splitter = Splitter { separator: Some(":".to_string()), is_key_required: true, null_marker: None };
        let lines = Lines::new(&b"a:b\nab\n"[..], "orders.txt".to_string(), 100, splitter);
        let mut chunks = read(&Env::real(), Box::new(lines)).expect("a thread");
        assert_eq!(chunks.recv().await.expect("a chunk").map_err(|stop| stop.to_string()).map(|chunk| chunk.len()), Ok(1));
        let stop = chunks.recv().await.expect("an end").expect_err("no key").to_string();
        assert_eq!(stop, "line 2 of orders.txt has no key: the --key-separator is not in it");
    }
}
