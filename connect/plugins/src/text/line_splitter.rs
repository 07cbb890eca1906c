//! Splits a stream of bytes into lines in bounded memory.
//!
//! A line ends with `\n`; a `\r` before it belongs to the end. Of a line longer than the limit only the head is kept and the rest is passed over.
//! What always holds: `position()` is the place in the file of the first byte not yet handed over as part of a line.

use bytes::{Bytes, BytesMut};

/// How much of an over-long line is kept.
const HEAD_BYTES: usize = 4096;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its bytes without its end; of an over-long line the head.
    pub(crate) bytes: Bytes,
    /// Where it begins in the file.
    pub(crate) start: u64,
    /// Where the next line begins.
    pub(crate) end: u64,
    /// Whether it was longer than the limit.
    pub(crate) too_long: bool,
}

#[derive(Debug)]
struct Skipped {
    head: Bytes,
    length_bytes: u64,
}

/// Splits bytes into lines.
#[derive(Debug)]
pub(crate) struct LineSplitter {
    buffer: BytesMut,
    /// The place in the file of the current line's first byte.
    start: u64,
    /// How many bytes of the buffer are known to hold no line end.
    scanned: usize,
    limit_bytes: usize,
    skipped: Option<Skipped>,
}

impl LineSplitter {
    /// For a file read from `position` on, with lines of at most `limit_bytes`.
    pub(crate) fn new(position: u64, limit_bytes: usize) -> LineSplitter {
        LineSplitter { buffer: BytesMut::new(), start: position, scanned: 0, limit_bytes, skipped: None }
    }

    /// Where the first line not yet handed over begins.
    pub(crate) fn position(&self) -> u64 {
        self.start
    }

    /// Where the next bytes to push lie in the file.
    pub(crate) fn next_read(&self) -> u64 {
        self.start + self.skipped.as_ref().map_or(0, |skipped| skipped.length_bytes) + self.buffer.len() as u64
    }

    /// Takes the bytes that follow in the file.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole line.
    pub(crate) fn next_line(&mut self) -> Option<Line> {
        let found = memchr::memchr(b'\n', &self.buffer[self.scanned..]).map(|index| self.scanned + index);
        match found {
            Some(index) => {
                let mut bytes = self.buffer.split_to(index + 1);
                bytes.truncate(index);
                self.scanned = 0;
                Some(self.finish(bytes.freeze(), 1))
            }
            None => {
                self.scanned = self.buffer.len();
                self.skip_if_too_long();
                None
            }
        }
    }

    /// What there is of a last line without its end, once nothing more will come.
    pub(crate) fn take_rest(&mut self) -> Option<Line> {
        if self.buffer.is_empty() && self.skipped.is_none() {
            return None;
        }
        let bytes = self.buffer.split().freeze();
        self.scanned = 0;
        Some(self.finish(bytes, 0))
    }

    fn finish(&mut self, bytes: Bytes, end_bytes: u64) -> Line {
        let start = self.start;
        let skipped = self.skipped.take();
        let length_bytes = bytes.len() as u64 + skipped.as_ref().map_or(0, |skipped| skipped.length_bytes);
        self.start = start + length_bytes + end_bytes;
        let too_long = skipped.is_some() || bytes.len() > self.limit_bytes;
        let bytes = match skipped {
            Some(skipped) => skipped.head,
            None if too_long => bytes.slice(..HEAD_BYTES.min(self.limit_bytes)),
            None if end_bytes > 0 && bytes.last() == Some(&b'\r') => bytes.slice(..bytes.len() - 1),
            None => bytes,
        };
        Line { bytes, start, end: self.start, too_long }
    }

    fn skip_if_too_long(&mut self) {
        if self.skipped.is_none() && self.buffer.len() <= self.limit_bytes {
            return;
        }
        let (head_bytes, length_bytes) = (HEAD_BYTES.min(self.limit_bytes), self.buffer.len() as u64);
        let skipped =
            self.skipped.get_or_insert_with(|| Skipped { head: Bytes::copy_from_slice(&self.buffer[..head_bytes]), length_bytes: 0 });
        skipped.length_bytes += length_bytes;
        self.buffer.clear();
        self.scanned = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(splitter: &mut LineSplitter) -> Vec<Line> {
        std::iter::from_fn(|| splitter.next_line()).collect()
    }

    #[test]
    fn ends_of_both_kinds_are_taken_off_and_the_rest_waits() {
        let mut splitter = LineSplitter::new(10, 100);
        splitter.push(b"a\r\n\nb\rc\nre");
        let found = lines(&mut splitter);
        let texts: Vec<&[u8]> = found.iter().map(|line| &line.bytes[..]).collect();
        assert_eq!(texts, [&b"a"[..], b"", b"b\rc"]);
        assert_eq!((found[2].start, found[2].end), (14, 18));
        assert_eq!(splitter.position(), 18);
        assert_eq!(&splitter.take_rest().unwrap().bytes[..], b"re");
        assert_eq!(splitter.position(), 20);
        assert_eq!(splitter.take_rest(), None);
    }

    #[test]
    fn a_huge_line_leaves_its_head_and_takes_no_memory() {
        let mut splitter = LineSplitter::new(0, 10_000);
        let chunk = vec![b'x'; 65_536];
        for _ in 0..1600 {
            splitter.push(&chunk);
            assert_eq!(splitter.next_line(), None);
            assert!(splitter.buffer.capacity() < 1 << 20);
        }
        splitter.push(b"\nnext\n");
        let found = lines(&mut splitter);
        assert!(found[0].too_long);
        assert_eq!((found[0].bytes.len(), found[0].end), (HEAD_BYTES, 1600 * 65_536 + 1));
        assert_eq!(&found[1].bytes[..], b"next");
    }

    proptest! {
        #[test]
        fn cutting_the_input_anywhere_gives_the_same_lines(text in "[ab\r\n]{0,60}", cuts in prop::collection::vec(1usize..7, 0..30)) {
            let mut whole = LineSplitter::new(0, 5);
            whole.push(text.as_bytes());
            let mut expected = lines(&mut whole);
            expected.extend(whole.take_rest());

            let mut pieces = LineSplitter::new(0, 5);
            let mut found = Vec::new();
            let (mut rest, mut cuts) = (text.as_bytes(), cuts.into_iter());
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(cuts.next().unwrap_or(3).min(rest.len()));
                prop_assert_eq!(pieces.next_read(), (text.len() - rest.len()) as u64);
                pieces.push(piece);
                found.extend(lines(&mut pieces));
                rest = after;
            }
            found.extend(pieces.take_rest());
            prop_assert_eq!(found, expected);
        }
    }
}
