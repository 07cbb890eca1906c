//! `_manifest.jsonl`: one JSON object per finished file, so that a reader can check that it has everything.
//!
//! Appended after the rename, under a lock, because several tasks may share a directory. A torn last line is cut off by the next append. It is derived:
//! [`super::recovery`] adds what a crash left out.

use super::FileName;
use connect_api::{Error, Result, Timestamp};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The manifest's name within the directory.
pub const MANIFEST: &str = "_manifest.jsonl";

/// What the manifest says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestEntry {
    /// The file's name.
    pub file: String,
    /// What its name says.
    pub name: FileName,
    /// How many records it holds.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// The least and largest timestamp of its records; `None` if they are no longer known.
    pub timestamps: Option<(Timestamp, Timestamp)>,
    /// The CRC-32 (as of zip and gzip) of its bytes.
    pub crc32: u32,
}

impl ManifestEntry {
    fn to_json(&self) -> Json {
        json!({
            "file": self.file,
            "topic": self.name.partition.topic.as_str(),
            "partition": self.name.partition.partition,
            "first_offset": self.name.first.0,
            "last_offset": self.name.last.0,
            "rows": self.rows,
            "bytes": self.bytes,
            "min_timestamp": self.timestamps.map(|(min, _)| min.0),
            "max_timestamp": self.timestamps.map(|(_, max)| max.0),
            "crc32": format!("{:08x}", self.crc32),
        })
    }
}

/// Appends entries.
pub(super) fn append(directory: &Path, entries: &[ManifestEntry]) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let path = directory.join(MANIFEST);
    let write = || {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        file.lock()?;
        let end = end_of_whole_lines(&mut file)?;
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        let lines: String = entries.iter().map(|entry| format!("{}\n", entry.to_json())).collect();
        file.write_all(lines.as_bytes())
    };
    write().map_err(|error| Error::io("append to", path.display(), &error))
}

/// The names of the files the manifest speaks of.
pub(super) fn files(directory: &Path) -> Result<BTreeSet<String>> {
    let path = directory.join(MANIFEST);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(Error::io("read", path.display(), &error)),
    };
    let mut files = BTreeSet::new();
    for line in BufReader::new(file).split(b'\n') {
        let line = line.map_err(|error| Error::io("read", path.display(), &error))?;
        let json = serde_json::from_slice::<Json>(&line).unwrap_or_default();
        files.extend(json.get("file").and_then(Json::as_str).map(str::to_string));
    }
    Ok(files)
}

/// Where the last line end is, looking back from the end.
fn end_of_whole_lines(file: &mut File) -> std::io::Result<u64> {
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut piece = [0u8; 4096];
    while end > 0 {
        let count = end.min(piece.len() as u64);
        file.seek(SeekFrom::Start(end - count))?;
        file.read_exact(&mut piece[..count as usize])?;
        if let Some(index) = memchr::memrchr(b'\n', &piece[..count as usize]) {
            return Ok(end - count + index as u64 + 1);
        }
        end -= count;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(first: i64) -> ManifestEntry {
        let name = FileName { partition: connect_api::TopicName::new("t").unwrap().partition(0), first: first.into(), last: first.into() };
        ManifestEntry { file: name.format("jsonl"), name, rows: 1, bytes: 3, timestamps: Some((5.into(), 6.into())), crc32: 0xab }
    }

    #[test]
    fn a_torn_line_is_cut_off_by_the_next_append() {
        let directory = tempfile::tempdir().unwrap();
        append(directory.path(), &[entry(0)]).unwrap();
        let path = directory.path().join(MANIFEST);
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{whole}{}", &whole[..20])).unwrap();
        append(directory.path(), &[entry(1)]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert_eq!(
            text.lines().next().unwrap(),
            r#"{"file":"t-0-0000000000-0000000000.jsonl","topic":"t","partition":0,"first_offset":0,"last_offset":0,"rows":1,"bytes":3,"min_timestamp":5,"max_timestamp":6,"crc32":"000000ab"}"#
        );
        assert_eq!(files(directory.path()).unwrap().len(), 2);
    }
}
