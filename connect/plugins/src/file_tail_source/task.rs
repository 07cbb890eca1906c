//! The task: takes turns among the files that match, and looks for new ones.

use super::follower::{Follower, Found};
use super::identity::Identity;
use super::pattern::Pattern;
use crate::text::{LineRecords, POSITION, line_values};
use connect_api::{
    Config, Error, JsonMap, Result, SourceBatch, SourceContext, SourceOffset, SourcePartition, SourcePoll, SourceTask, async_trait,
};
use serde_json::Value as Json;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Default)]
pub(super) struct FileTailTask {
    running: Option<Running>,
    draining: bool,
}

struct Running {
    pattern: Pattern,
    shown: String,
    records: LineRecords,
    batch_size: usize,
    interval: Duration,
    rotate_wait: Duration,
    stored: Vec<(SourcePartition, JsonMap)>,
    followers: Vec<Follower>,
    turn: usize,
    /// Look for new files before reading on.
    scan: bool,
}

type Offsets = Vec<(SourcePartition, Option<SourceOffset>)>;

#[async_trait]
impl SourceTask for FileTailTask {
    async fn start(&mut self, config: &Config, context: SourceContext) -> Result<()> {
        let file = config.string("file")?;
        let (encoding, limit_bytes) = line_values(config)?;
        let records = LineRecords { topic: config.topic("topic")?, encoding, limit_bytes };
        self.running = Some(Running {
            pattern: Pattern::new(file)?,
            shown: file.to_string(),
            records,
            batch_size: config.count("batch.size")?,
            interval: Duration::from_millis(config.count("poll.interval.ms")? as u64),
            rotate_wait: Duration::from_millis(config.count("rotate.wait.ms")? as u64),
            stored: context.offsets().map(|(partition, offset)| (partition.clone(), offset.clone())).collect(),
            followers: Vec::new(),
            turn: 0,
            scan: true,
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
        Some(self.running.as_ref()?.followers.iter().map(Follower::remaining).sum())
    }
}

impl Running {
    fn poll(&mut self, draining: bool) -> Result<SourcePoll> {
        let mut offsets = Vec::new();
        if std::mem::take(&mut self.scan) {
            self.look_for_files(&mut offsets)?;
            if !offsets.is_empty() {
                // On their own, because positions of a batch count after its records, and these are from before.
                return Ok(SourcePoll::Records(SourceBatch { records: Vec::new(), offsets }));
            }
        }
        let mut batch = SourceBatch { records: Vec::new(), offsets };
        let (mut more, mut waiting, mut missing) = (false, false, 0);
        for index in 0..self.followers.len() {
            let index = (self.turn + index) % self.followers.len();
            let room = self.batch_size - batch.records.len();
            match self.followers[index].poll(room, draining, &self.records, &mut batch.records)? {
                Found::More => more = true,
                Found::End => {}
                Found::Waiting => waiting = true,
                Found::Missing => missing += 1,
            }
            if batch.records.len() >= self.batch_size {
                break;
            }
        }
        self.turn = self.turn.wrapping_add(1);
        if more {
            return Ok(SourcePoll::Records(batch));
        }
        // At the end of all known files: look for others before saying so, and again when asked next.
        let known = self.followers.len();
        if self.pattern.is_wild() {
            self.forget_vanished(&mut batch.offsets);
            self.look_for_files(&mut batch.offsets)?;
            if self.followers.len() > known || !batch.offsets.is_empty() {
                return Ok(SourcePoll::Records(batch));
            }
        }
        self.scan = true;
        if waiting {
            return Ok(SourcePoll::Idle { retry_after: self.interval, waiting_for: None });
        }
        if missing == self.followers.len() {
            let waiting_for = if self.pattern.is_wild() {
                format!("no file matches {}; create one or correct the option \"file\"", self.shown)
            } else {
                format!("file {} does not exist; create it or correct the option \"file\"", self.shown)
            };
            return Ok(SourcePoll::Idle { retry_after: self.interval, waiting_for: Some(waiting_for) });
        }
        Ok(SourcePoll::EndOfInput { retry_after: self.interval })
    }

    fn look_for_files(&mut self, offsets: &mut Offsets) -> Result<()> {
        for path in self.pattern.paths()? {
            if !self.followers.iter().any(|follower| follower.path() == path) {
                let follower = self.follow(path, offsets)?;
                self.followers.push(follower);
            }
        }
        Ok(())
    }

    /// A follower of a new path: of a file that is followed under its old name, at a stored offset, or from the start.
    fn follow(&mut self, path: PathBuf, offsets: &mut Offsets) -> Result<Follower> {
        let mut follower = Follower::new(path.clone(), self.pattern.clone(), self.records.limit_bytes, self.rotate_wait);
        let identity = File::open(&path).and_then(|file| Identity::of(&file, 0)).ok();
        let renamed = |other: &&mut Follower| {
            let same = other.state().zip(identity).is_some_and(|((state, ..), identity)| state.same_file(&identity));
            // Hard links are two names of one file; only a name that no longer means the file was renamed.
            let still = other.path().metadata().is_ok_and(|metadata| identity.is_some_and(|identity| identity.same_inode(&metadata)));
            same && !still
        };
        if let Some(other) = self.followers.iter_mut().find(renamed) {
            other.hand_over(&mut follower);
        } else if let Some((_, offset)) = self.stored.iter().find(|(partition, _)| partition == follower.partition()) {
            follower.resume(offset)?;
            return Ok(follower);
        } else if let Some(offset) = self.stored_elsewhere(&path) {
            follower.resume(&offset)?;
        }
        if let Some((_, fields, position)) = follower.state() {
            offsets.push((follower.partition().clone(), Some(LineRecords::offset(Some(fields), position))));
        }
        Ok(follower)
    }

    /// The furthest stored offset of this very file under another name.
    fn stored_elsewhere(&self, path: &std::path::Path) -> Option<JsonMap> {
        let file = File::open(path).ok()?;
        let metadata = file.metadata().ok()?;
        let same = |offset: &&JsonMap| {
            let identity = Identity::from_fields(offset);
            identity.is_some_and(|identity| identity.same_inode(&metadata) && identity.same_head(&file).unwrap_or(false))
        };
        let stored = self.stored.iter().map(|(_, offset)| offset).filter(same);
        stored.max_by_key(|offset| offset.get(POSITION).and_then(Json::as_u64)).cloned()
    }

    /// Forgets files that are gone for good; their followers are at their end.
    fn forget_vanished(&mut self, offsets: &mut Offsets) {
        self.followers.retain_mut(|follower| {
            let gone = !follower.path().exists() && follower.is_over();
            if gone {
                offsets.push((follower.partition().clone(), None));
            }
            !gone
        });
    }
}
