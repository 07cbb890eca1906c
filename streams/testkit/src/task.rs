//! One task of the program under test, committed after every record.

use log_model::{Offset, TopicPartition};
use streams_runtime::task::{CollectedOutput, CollectedRecord, OutputTopicKind, TaskCore};
use streams_runtime::topology::Topology;
use streams_runtime::{ConsumedRecord, Result};

/// A task with its outputs.
pub(crate) struct TestTask {
    pub(crate) core: TaskCore,
    out: CollectedOutput,
    /// The end of the changelog of each store.
    changelog_ends: Vec<i64>,
}

/// A record that a task wrote, and where it belongs.
pub(crate) struct Written {
    pub(crate) record: CollectedRecord,
    pub(crate) kind: OutputTopicKind,
}

impl TestTask {
    pub(crate) fn new(topology: &Topology, subtopology: usize) -> Result<TestTask> {
        let mut core = TaskCore::in_memory(topology, subtopology)?;
        let out = CollectedOutput::new(core.output_topics());
        let changelog_ends = vec![0; core.stores().len()];
        Ok(TestTask { core, out, changelog_ends })
    }

    pub(crate) fn reads(&self, partition: &TopicPartition) -> bool {
        self.core.inputs().contains(partition)
    }

    /// Processes one record and commits.
    pub(crate) fn process(&mut self, partition: &TopicPartition, record: ConsumedRecord) -> Result<Vec<Written>> {
        self.core.feed(partition, vec![record])?;
        self.core.run(&mut self.out)?;
        self.commit()
    }

    /// Lets time pass and commits, if an operator holds something open: it closes what is to be closed until then.
    pub(crate) fn close(&mut self) -> Result<Option<Vec<Written>>> {
        let Some(until) = self.core.open_until() else { return Ok(None) };
        self.core.advance_to(until, &mut self.out)?;
        self.core.run(&mut self.out)?;
        self.commit().map(Some)
    }

    fn commit(&mut self) -> Result<Vec<Written>> {
        self.core.finish_epoch(false, &mut self.out)?;
        let topics = self.core.output_topics();
        let kind = |record: &CollectedRecord| topics.iter().find(|topic| topic.name == record.topic).map(|topic| topic.kind);
        let written = self.out.take().into_iter().filter_map(|record| kind(&record).map(|kind| Written { record, kind }));
        let written: Vec<Written> = written.collect();
        for Written { kind, .. } in &written {
            if let OutputTopicKind::Changelog(store) = kind {
                self.changelog_ends[*store] += 1;
            }
        }
        let ends: Vec<_> = self.changelog_ends.iter().map(|end| Some(Offset(*end))).collect();
        self.core.committed(&ends, true)?;
        Ok(written)
    }
}
