//! The task: opens the file when it is there, reads on, resumes at the stored position.

use crate::text::{LineFile, LineRecords, POSITION, ReadState, line_values};
use connect_api::{Config, Error, Result, SourceBatch, SourceContext, SourcePartition, SourcePoll, SourceTask, async_trait};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// How long until the file is looked at again.
const RETRY_AFTER: Duration = Duration::from_millis(200);

#[derive(Default)]
pub(super) struct FileStreamTask {
    running: Option<Running>,
    draining: bool,
}

struct Running {
    path: PathBuf,
    partition: SourcePartition,
    records: LineRecords,
    batch_size: usize,
    position: u64,
    file: Option<LineFile>,
}

#[async_trait]
impl SourceTask for FileStreamTask {
    async fn start(&mut self, config: &Config, context: SourceContext) -> Result<()> {
        let filename = config.string("file")?;
        let partition = LineRecords::partition(filename);
        let position = context.offset_number(&partition, POSITION).unwrap_or(0);
        let (encoding, limit_bytes) = line_values(config)?;
        self.running = Some(Running {
            path: PathBuf::from(filename),
            records: LineRecords { topic: config.topic("topic")?, encoding, limit_bytes },
            batch_size: config.count("batch.size")?,
            position: u64::try_from(position)
                .map_err(|_| Error::failed(format!("stored position {position} of {filename} is negative")))?,
            partition,
            file: None,
        });
        Ok(())
    }

    async fn poll(&mut self) -> Result<SourcePoll> {
        let draining = self.draining;
        let running = self.running.as_mut().ok_or_else(|| Error::Bug { reason: "poll before start".into() })?;
        running.poll(draining)
    }

    fn set_draining(&mut self, draining: bool) {
        self.draining = draining;
    }

    async fn stop(&mut self) -> Result<()> {
        self.running = None;
        Ok(())
    }

    fn remaining(&self) -> Option<u64> {
        let file = self.running.as_ref()?.file.as_ref()?;
        Some(file.length_bytes().ok()?.saturating_sub(file.position()))
    }
}

impl Running {
    fn poll(&mut self, draining: bool) -> Result<SourcePoll> {
        let place = self.path.display().to_string();
        if self.file.is_none() {
            match LineFile::open(&self.path, self.position, self.records.limit_bytes) {
                Ok(file) => self.file = Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let waiting_for = Some(format!("file {place} does not exist; create it or correct the option \"file\""));
                    return Ok(SourcePoll::Idle { retry_after: RETRY_AFTER, waiting_for });
                }
                Err(error) => return Err(Error::io("open", place, &error)),
            }
        }
        let file = self.file.as_mut().ok_or_else(|| Error::Bug { reason: "no file after opening it".into() })?;
        let mut lines = Vec::new();
        let state = file.read_lines(self.batch_size, &mut lines).map_err(|error| Error::io("read", &place, &error))?;
        if state == ReadState::End && lines.is_empty() {
            let length_bytes = file.length_bytes().map_err(|error| Error::io("read", &place, &error))?;
            if length_bytes < file.read_position() {
                return Err(Error::failed(format!(
                    "file {place} has {length_bytes} bytes but was read up to byte {}: it was truncated or replaced; \
                     use FileTailSource for files that are, or delete the connector to start over",
                    file.read_position()
                )));
            }
            lines.extend(if draining { file.take_rest() } else { None });
            if lines.is_empty() {
                return Ok(SourcePoll::EndOfInput { retry_after: RETRY_AFTER });
            }
        }
        self.position = file.position();
        let records: Vec<_> = lines.iter().map(|line| self.records.record(line, &self.partition, None)).collect();
        Ok(SourcePoll::Records(SourceBatch::from(records)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use connect_api::JsonMap;
    use futures::executor::block_on;

    fn start(path: &std::path::Path, position: Option<i64>) -> FileStreamTask {
        let file = path.to_str().unwrap();
        let config = super::super::plugin().config.parse(&[("file", file), ("topic", "t"), ("batch.size", "2")]).unwrap();
        let stored = position.map(|position| (LineRecords::partition(file), JsonMap::from([(POSITION.into(), position.into())])));
        let mut task = FileStreamTask::default();
        block_on(task.start(&config, SourceContext::new("c", 0, stored))).unwrap();
        task
    }

    fn texts(poll: SourcePoll) -> Vec<(String, String)> {
        let SourcePoll::Records(batch) = poll else { panic!("{poll:?}") };
        let text = |record: &connect_api::SourceRecord| record.value.value.as_str().unwrap().to_string();
        batch.records.iter().map(|record| (text(record), record.source_offset.as_ref().unwrap().to_string())).collect()
    }

    #[test]
    fn lines_are_read_in_batches_with_their_positions_and_the_rest_only_when_draining() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("in.txt");
        let mut task = start(&path, None);
        let poll = block_on(task.poll()).unwrap();
        assert!(matches!(&poll, SourcePoll::Idle { waiting_for: Some(reason), .. } if reason.contains("does not exist")), "{poll:?}");

        std::fs::write(&path, "one\ntwo\r\nthree\nfo").unwrap();
        let pair = |text: &str, position: i64| (text.to_string(), format!("{{\"position\":{position}}}"));
        assert_eq!(texts(block_on(task.poll()).unwrap()), [pair("one", 4), pair("two", 9)]);
        assert_eq!(task.remaining(), Some(8));
        assert_eq!(texts(block_on(task.poll()).unwrap()), [pair("three", 15)]);
        assert!(matches!(block_on(task.poll()).unwrap(), SourcePoll::EndOfInput { .. }));
        task.set_draining(true);
        assert_eq!(texts(block_on(task.poll()).unwrap()), [pair("fo", 17)]);
        assert!(matches!(block_on(task.poll()).unwrap(), SourcePoll::EndOfInput { .. }));

        let mut again = start(&path, Some(9));
        assert_eq!(texts(block_on(again.poll()).unwrap()), [pair("three", 15)]);
    }

    #[test]
    fn a_file_that_shrank_is_an_error_and_not_silence() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("in.txt");
        std::fs::write(&path, "one\n").unwrap();
        let mut task = start(&path, Some(100));
        let error = block_on(task.poll()).unwrap_err().to_string();
        assert!(error.contains("has 4 bytes but was read up to byte 100"), "{error}");
    }
}
