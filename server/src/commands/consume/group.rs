//! Reading as a member of a group: what was printed is committed, poll by poll.

use super::arguments::ConsumeArguments;
use super::command::Reading;
use crate::offsets::{Bound, From, OffsetRange};
use crate::out::Out;
use anyhow::Result;
use headwater::log::{
    Consumer, ConsumerOptions, ErrorKind, FetchLimit, GroupId, Log, OffsetAndMetadata, OffsetReset, Poll, TopicName, TopicPartition,
};
use std::collections::BTreeSet;

pub(super) async fn consume(
    log: &dyn Log,
    topics: &[TopicName],
    arguments: &ConsumeArguments,
    (range, goes_on): (OffsetRange, bool),
    (reading, out): (&mut Reading, &mut Out<'_>),
) -> Result<()> {
    let reset = match range.from {
        Some(From::Place(Bound::End(_))) => OffsetReset::Latest,
        _ => OffsetReset::Earliest,
    };
    let group = arguments.group.as_deref().map(GroupId::from);
    let options = ConsumerOptions { client_id: "headwater-consume".into(), group, isolation: arguments.isolation(), reset };
    let mut consumer = log.consumer(options).await?;
    consumer.subscribe(topics).await?;
    let mut member = Member { consumer, commits: !arguments.no_commit, at_end: BTreeSet::new(), is_assigned: false };
    let done = member.work(goes_on, reading, out).await;
    let closed = member.consumer.close().await;
    done?;
    Ok(closed?)
}

struct Member {
    consumer: Box<dyn Consumer>,
    commits: bool,
    /// The partitions at whose end the last look at them arrived.
    at_end: BTreeSet<TopicPartition>,
    /// Whether the group has given anything yet.
    is_assigned: bool,
}

impl Member {
    async fn work(&mut self, goes_on: bool, reading: &mut Reading, out: &mut Out<'_>) -> Result<()> {
        while !reading.is_done() && !reading.is_interrupted() {
            let poll = self.consumer.poll(FetchLimit::default()).await?;
            self.notice(&poll);
            let mut printed = Vec::new();
            for fetched in &poll.batches {
                if let Some(last) = reading.print(fetched, |_| true, out)? {
                    printed.push((fetched.partition.clone(), OffsetAndMetadata::at(last.offset.next())));
                }
            }
            if !poll.batches.is_empty() {
                // Seen first, committed then: what is committed is not printed again.
                out.flush()?;
                self.commit(printed).await?;
            }
            if !goes_on && self.has_read_all() {
                return Ok(());
            }
            if poll.batches.is_empty() && !reading.is_done() && !reading.wait(self.consumer.as_mut()).await {
                return Ok(());
            }
        }
        Ok(())
    }

    fn notice(&mut self, poll: &Poll) {
        if poll.rebalance.is_some() {
            self.is_assigned = true;
            self.at_end.clear();
        }
        for fetched in &poll.batches {
            self.at_end.remove(&fetched.partition);
        }
        self.at_end.extend(poll.at_end.iter().cloned());
    }

    fn has_read_all(&self) -> bool {
        self.is_assigned && self.consumer.assignment().iter().all(|partition| self.at_end.contains(partition))
    }

    /// Errors: not those of a rebalance, after which another member prints the records again.
    async fn commit(&mut self, printed: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        if !self.commits || printed.is_empty() {
            return Ok(());
        }
        match self.consumer.commit(printed).await {
            Err(error) if error.kind() == ErrorKind::Retry => {
                tracing::warn!(%error, "what was printed last is not committed");
                Ok(())
            }
            done => Ok(done?),
        }
    }
}
