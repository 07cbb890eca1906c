//! A sink task: reads the topics as a member of the group `connect-<name>`, converts, delivers, commits what the sink says is safe.
//!
//! What always holds: a partition starts at what the group committed. What the sink has beyond that is not delivered again but judged again: its dead letters
//! may have died with the task that held them. An offset is committed only after the sink said that everything below it is durable.

use super::sink_offsets::{Standing, Start};
use super::supervisor::TaskContext;
use super::{Control, Target, dead_letters};
use crate::convert::{Converters, headers_from_log};
use crate::error::TaskError;
use crate::outbox::Outbox;
use crate::policy::{Failed, Origin, Retry, Stage, Verdict};
use crate::state::{State, TargetState};
use crate::topics::Topics;
use bytes::Bytes;
use connect_api::{Data, Error as ConnectError, Rejected, SinkContext, SinkOffsets, SinkRecord, SinkTask};
use log_client::{
    Consumer, ConsumerOptions, Error as LogError, FetchLimit, FetchedBatch, Isolation, OffsetAndMetadata, OffsetReset, OffsetSpec,
    Position, Producer, ProducerOptions, Rebalance,
};
use log_env::Mono;
use log_model::{ErrorKind, GroupId, Offset, TopicPartition};
use log_record::OffsetRecord;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long a task without new records waits before it asks its sink whether something became safe, such as a file whose time is up.
const TICK: Duration = Duration::from_millis(500);

/// The group of a sink connector, as in Kafka.
pub(crate) fn group(connector: &str) -> GroupId {
    GroupId::new(format!("connect-{connector}"))
}

/// Runs the task until it is told to stop (`Ok`) or fails.
pub(crate) async fn run(context: &TaskContext, control: &mut Control, mut task: Box<dyn SinkTask>) -> Result<(), TaskError> {
    let options = ConsumerOptions {
        client_id: context.transactional_id(),
        group: Some(group(&context.connector)),
        isolation: Isolation::ReadCommitted,
        reset: OffsetReset::Earliest,
    };
    let mut consumer = context.log.consumer(options).await?;
    consumer.subscribe(&context.setup.topics).await?;
    task.start(&context.config, SinkContext { connector: context.connector.clone(), task: context.task }).await?;
    let mut run = Run {
        task,
        context,
        converters: Converters::new(&context.setup)?,
        consumer,
        producer: None,
        topics: Topics::new(context.log.admin()),
        standing: Standing::default(),
        last_commit: context.env.clock.now(),
    };
    let result = run.work(control).await;
    let closed = run.close(result.is_ok()).await;
    result.and(closed)
}

/// Records as the sink takes them, and as they came, in the same order.
#[derive(Default)]
struct Converted {
    records: Vec<SinkRecord>,
    originals: Vec<OffsetRecord>,
}

/// Why the sink is shown records.
#[derive(Clone, Copy)]
enum Purpose {
    /// It has them; which of them could it not take?
    Judge,
    /// It is to take them.
    Put,
}

struct Run<'a> {
    /// Dropped first: the consumer's end gives the partitions to others.
    task: Box<dyn SinkTask>,
    context: &'a TaskContext,
    converters: Converters,
    consumer: Box<dyn Consumer>,
    /// For dead letters; opened when first needed.
    producer: Option<Arc<dyn Producer>>,
    topics: Topics,
    standing: Standing,
    last_commit: Mono,
}

impl Run<'_> {
    async fn work(&mut self, control: &mut Control) -> Result<(), TaskError> {
        let shared = self.context.shared.clone();
        loop {
            let target = control.target();
            match target.state {
                TargetState::Stopped => return Ok(()),
                TargetState::Paused => {
                    self.flush(control).await?;
                    self.context.report(State::Paused, None).await;
                    control.changed(target).await;
                    continue;
                }
                TargetState::Running => self.context.report(State::Running, None).await,
            }
            let poll = match self.consumer.poll(FetchLimit::default()).await {
                Ok(poll) => poll,
                Err(LogError::Rebalancing { .. }) => continue,
                Err(error) => return Err(TaskError::from(error).at(Stage::KafkaConsume.name())),
            };
            let mut batches = poll.batches;
            if let Some(rebalance) = poll.rebalance {
                // What was read of new partitions began at the group's offset; they are read again from where the sink stands.
                batches.retain(|fetched| !rebalance.assigned.contains(&fetched.partition));
                self.rebalance(rebalance, control).await?;
                shared.at_end.store(false, Ordering::Relaxed);
            } else if batches.is_empty() {
                self.rest(target, control).await?;
                continue;
            }
            self.deliver(&batches, control).await?;
            shared.set_lag(Some(self.standing.lag()));
        }
    }

    /// Nothing to read now: commits what is safe, answers a drain, waits.
    async fn rest(&mut self, target: Target, control: &mut Control) -> Result<(), TaskError> {
        let shared = self.context.shared.clone();
        // A poll that finds nothing still passes what nobody sees: markers of transactions at the end.
        for (partition, standing) in &mut self.standing.positions {
            *standing = self.consumer.position(partition).map_or(*standing, |position| position.max(*standing));
        }
        let is_at_end = self.is_at_end().await?;
        shared.at_end.store(is_at_end, Ordering::Relaxed);
        if is_at_end {
            shared.set_lag(Some(0));
        }
        if is_at_end && target.drain > shared.drained.load(Ordering::SeqCst) {
            if self.flush(control).await? {
                shared.failures.store(0, Ordering::Relaxed);
                shared.finish_drain(target.drain);
                return Ok(());
            }
        } else {
            self.commit_safe(control).await?;
        }
        let ready = self.consumer.ready();
        control.wait(&self.context.env, target, TICK, ready).await;
        Ok(())
    }

    async fn is_at_end(&mut self) -> Result<bool, TaskError> {
        let admin = self.context.log.admin();
        for (partition, position) in &self.standing.positions {
            if let Some(end) = admin.find_offset(partition, OffsetSpec::Latest).await?
                && *position < end.offset
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives partitions up and takes others on.
    async fn rebalance(&mut self, rebalance: Rebalance, control: &mut Control) -> Result<(), TaskError> {
        if !rebalance.revoked.is_empty() {
            // They are this task's until it polls again: what is safe of them is committed, so that a sink without memory is not given it twice.
            match self.task.pre_commit(&self.standing.positions).await {
                Ok(safe) => _ = self.commit(safe).await?,
                Err(error) => {
                    tracing::warn!(connector = self.context.connector, %error, "the sink could not say what is safe; it is delivered again")
                }
            }
            self.task.close(&rebalance.revoked).await?;
            for partition in &rebalance.revoked {
                self.standing.close(partition);
            }
        }
        if rebalance.assigned.is_empty() {
            return Ok(());
        }
        let mut retry = self.context.policy.retry(&self.context.env);
        let resume = loop {
            match self.task.open(&rebalance.assigned).await {
                Ok(resume) => break resume,
                Err(error) => {
                    if !self.wait_to_repeat(TaskError::from(error), &mut retry, control).await? {
                        return Ok(());
                    }
                }
            }
        };
        let committed = self.context.log.admin().committed(&group(&self.context.connector)).await?;
        for partition in rebalance.assigned {
            let committed = committed.get(&partition).map(|committed| committed.offset);
            self.start_partition(partition.clone(), resume.get(&partition).copied(), committed).await?;
        }
        Ok(())
    }

    /// Positions a partition at what was committed.
    async fn start_partition(
        &mut self,
        partition: TopicPartition,
        resume: Option<Offset>,
        committed: Option<Offset>,
    ) -> Result<(), TaskError> {
        let admin = self.context.log.admin();
        let at = |found: Option<log_client::OffsetAndTimestamp>| found.map_or(Offset::ZERO, |found| found.offset);
        let first = at(admin.find_offset(&partition, OffsetSpec::Earliest).await?);
        let end = at(admin.find_offset(&partition, OffsetSpec::Latest).await?);
        let start = committed.unwrap_or(first);
        let resume = resume.map_or(start, |resume| resume.max(start));
        if resume > end {
            let cause = format!(
                "the sink already holds {partition} up to offset {resume}, but that partition ends at {end}: the topic was deleted and created anew; \
                 move what the sink holds away, or give it another place"
            );
            return Err(TaskError::new(ErrorKind::Invalid, "org.apache.kafka.connect.errors.ConnectException", cause));
        }
        if resume < first {
            tracing::warn!(connector = self.context.connector, %partition, from = resume.0, to = first.0, "records were deleted from the topic before the sink had them");
        } else if start < first {
            tracing::warn!(connector = self.context.connector, %partition, from = start.0, to = first.0, "records the sink has were deleted from the topic before it was known whether all of them could be written");
        }
        let position = start.max(first);
        self.consumer.seek(&partition, Position::At(position)).await?;
        self.standing.open(partition.clone(), Start { position, resume, committed });
        self.standing.note_end(&partition, end);
        Ok(())
    }

    /// Converts and delivers batches, then commits what is due.
    async fn deliver(&mut self, batches: &[FetchedBatch], control: &mut Control) -> Result<(), TaskError> {
        let (mut known, mut fresh) = (Converted::default(), Converted::default());
        let mut bytes = 0;
        for fetched in batches {
            self.standing.note_end(&fetched.partition, fetched.end);
            for record in fetched.batch.records()? {
                let record = record?;
                if record.offset < fetched.from || !self.standing.is_new(&fetched.partition, record.offset) {
                    continue;
                }
                let is_known = self.standing.is_delivered(&fetched.partition, record.offset);
                if !is_known {
                    bytes += (record.key.as_ref().map_or(0, Bytes::len) + record.value.as_ref().map_or(0, Bytes::len)) as u64;
                }
                if let Some(converted) = self.convert(&fetched.partition, &record)? {
                    let to = if is_known { &mut known } else { &mut fresh };
                    to.originals.push(record);
                    to.records.push(converted);
                }
            }
        }
        for (converted, purpose) in [(&known, Purpose::Judge), (&fresh, Purpose::Put)] {
            if !converted.records.is_empty() {
                let Some(rejected) = self.give(&converted.records, purpose, control).await? else { return Ok(()) };
                self.reject(rejected, converted)?;
            }
        }
        self.context.shared.skipped.fetch_add(self.task.take_passed_over(), Ordering::Relaxed);
        for fetched in batches {
            // Past gaps too: the position is the consumer's, not the last record's.
            if let Some(position) = self.consumer.position(&fetched.partition)
                && let Some(standing) = self.standing.positions.get_mut(&fetched.partition)
            {
                *standing = position.max(*standing);
            }
        }
        self.context.shared.note_records(fresh.records.len() as u64, bytes, self.context.now_ms());
        let options = &self.context.options;
        let is_full =
            self.standing.held_count() > options.held_dead_letters_max || self.standing.held_bytes() > options.held_dead_letter_bytes_max;
        if is_full { self.flush(control).await.map(|_| ()) } else { self.commit_safe(control).await }
    }

    /// A record as the sink takes it; `None` if it was judged.
    fn convert(&mut self, partition: &TopicPartition, record: &OffsetRecord) -> Result<Option<SinkRecord>, TaskError> {
        let topic = partition.topic.as_str();
        let converted = |key: Data, value: Data| SinkRecord {
            partition: partition.clone(),
            offset: record.offset,
            timestamp: record.timestamp,
            key,
            value,
            headers: headers_from_log(record.headers.clone()),
        };
        let key = self.converters.key.to_data(topic, record.key.as_ref());
        let value = self.converters.value.to_data(topic, record.value.as_ref());
        match (key, value) {
            (Ok(key), Ok(value)) => Ok(Some(converted(key, value))),
            (Err(error), _) => self.judge(partition, record, Stage::KeyConverter, self.converters.key_class, &error).map(|()| None),
            (_, Err(error)) => self.judge(partition, record, Stage::ValueConverter, self.converters.value_class, &error).map(|()| None),
        }
    }

    /// Judges what the sink cannot take.
    fn reject(&mut self, rejected: Vec<Rejected>, converted: &Converted) -> Result<(), TaskError> {
        if rejected.is_empty() {
            return Ok(());
        }
        let pairs = converted.records.iter().zip(&converted.originals);
        let by_place: BTreeMap<(&TopicPartition, Offset), &OffsetRecord> =
            pairs.map(|(record, original)| ((&record.partition, record.offset), original)).collect();
        for Rejected { partition, offset, error } in rejected {
            if let Some(record) = by_place.get(&(&partition, offset)) {
                self.judge(&partition, record, Stage::TaskPut, self.context.setup.plugin.class, &error)?;
            }
        }
        Ok(())
    }

    fn judge(
        &mut self,
        partition: &TopicPartition,
        record: &OffsetRecord,
        stage: Stage,
        class: &str,
        error: &ConnectError,
    ) -> Result<(), TaskError> {
        let failed = Failed {
            stage,
            class,
            error,
            key: record.key.clone(),
            value: record.value.clone(),
            headers: record.headers.clone(),
            timestamp: record.timestamp,
            from: Origin::Sink { partition, offset: record.offset },
        };
        if let Verdict::DeadLetter(letter) = self.context.policy.judge(failed, &self.context.shared)? {
            self.standing.hold(partition.clone(), record.offset, letter);
        }
        Ok(())
    }

    /// Gives records to the sink, again and again while it fails for a passing reason; `None` if the task is to stop meanwhile.
    async fn give(&mut self, records: &[SinkRecord], purpose: Purpose, control: &mut Control) -> Result<Option<Vec<Rejected>>, TaskError> {
        let mut retry = self.context.policy.retry(&self.context.env);
        loop {
            let answer = match purpose {
                Purpose::Judge => self.task.judge(records).await,
                Purpose::Put => self.task.put(records).await,
            };
            match answer {
                Ok(rejected) => return Ok(Some(rejected)),
                Err(error) => {
                    let error = TaskError::from(error).at(Stage::TaskPut.name());
                    if !self.wait_to_repeat(error, &mut retry, control).await? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Waits before a repetition; false if the task is to stop. Errors: the error itself, if the call is not to be repeated.
    async fn wait_to_repeat(&mut self, error: TaskError, retry: &mut Retry, control: &mut Control) -> Result<bool, TaskError> {
        let Some(pause) = retry.next(&error, &self.context.env) else { return Err(error) };
        self.context.shared.retries.fetch_add(1, Ordering::Relaxed);
        self.context.shared.set_cause(Some(error.cause));
        let go_on = control.pause(&self.context.env, pause).await;
        self.context.shared.set_cause(None);
        Ok(go_on)
    }

    /// Makes everything delivered durable and commits it; false if that did not come to an end and is to be tried again.
    async fn flush(&mut self, control: &mut Control) -> Result<bool, TaskError> {
        let mut retry = self.context.policy.retry(&self.context.env);
        loop {
            match self.task.flush(&self.standing.positions).await {
                Ok(safe) => return self.commit(safe).await,
                Err(error) => {
                    if !self.wait_to_repeat(TaskError::from(error), &mut retry, control).await? {
                        return Ok(false);
                    }
                }
            }
        }
    }

    /// Asks the sink what is safe, and commits that if it is time.
    async fn commit_safe(&mut self, control: &mut Control) -> Result<(), TaskError> {
        let mut retry = self.context.policy.retry(&self.context.env);
        let safe = loop {
            match self.task.pre_commit(&self.standing.positions).await {
                Ok(safe) => break safe,
                Err(error) => {
                    if !self.wait_to_repeat(TaskError::from(error), &mut retry, control).await? {
                        return Ok(());
                    }
                }
            }
        };
        let is_time = self.context.env.clock.now().since(self.last_commit) >= self.context.options.offset_flush_interval;
        if is_time { self.commit(safe).await.map(|_| ()) } else { Ok(()) }
    }

    /// Commits safe offsets, with the dead letters below them in the same transaction; false if the log asks to try again.
    async fn commit(&mut self, safe: SinkOffsets) -> Result<bool, TaskError> {
        self.last_commit = self.context.env.clock.now();
        let (offsets, letters) = self.standing.to_commit(&safe);
        let letter_count = letters.len() as u64;
        if offsets.is_empty() {
            return Ok(true);
        }
        let positions = offsets.iter().map(|(partition, offset)| (partition.clone(), OffsetAndMetadata::at(*offset))).collect();
        let name = self.context.policy.dead_letter_topic.as_ref().filter(|_| !letters.is_empty());
        let committed = match name {
            Some(name) => {
                // Without membership there is nothing to fence with: the next assignment brings it.
                let Some(group) = self.consumer.group_metadata() else { return Ok(false) };
                let mut outbox = Outbox::default();
                for letter in letters {
                    dead_letters::add(&mut outbox, &mut self.topics, name, letter).await?;
                }
                let producer = match &self.producer {
                    Some(producer) => producer.clone(),
                    None => self.open_producer().await?,
                };
                producer.begin().await?;
                let result = async {
                    for (partition, batch) in outbox.take() {
                        drop(producer.send(&partition, batch).await?);
                    }
                    producer.send_offsets(&group, positions).await?;
                    producer.commit().await
                };
                let result = result.await;
                if result.is_err() {
                    // The first error is the one to tell.
                    let _ = producer.abort().await;
                }
                match result {
                    Err(fenced @ LogError::Fenced { .. }) => Err(self.fenced_by(fenced).await),
                    result => result,
                }
            }
            None => self.consumer.commit(positions).await,
        };
        match committed {
            Ok(()) => {
                self.context.shared.dead_lettered.fetch_add(letter_count, Ordering::Relaxed);
                self.standing.note_committed(offsets);
                Ok(true)
            }
            // The next poll brings the new assignment; a full log is asked again at the next commit.
            Err(LogError::Rebalancing { .. } | LogError::Full { .. } | LogError::Retry { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Who fenced a transaction: one that holds offsets is refused as fenced also by a rebalance, which only the group can tell from a newer task.
    async fn fenced_by(&mut self, fenced: LogError) -> LogError {
        // Commits nothing: only the generation is checked.
        match self.consumer.commit(Vec::new()).await {
            Err(rebalancing @ LogError::Rebalancing { .. }) => rebalancing,
            _ => fenced,
        }
    }

    async fn open_producer(&mut self) -> Result<Arc<dyn Producer>, TaskError> {
        let options =
            ProducerOptions { client_id: self.context.transactional_id(), transactional_id: Some(self.context.transactional_id()) };
        let producer = self.context.log.producer(options).await?;
        self.producer = Some(producer.clone());
        Ok(producer)
    }

    /// Ends the run: after orderly work everything delivered is made durable and committed first.
    async fn close(&mut self, orderly: bool) -> Result<(), TaskError> {
        if orderly && !self.standing.positions.is_empty() {
            match self.task.flush(&self.standing.positions).await {
                Ok(safe) => _ = self.commit(safe).await?,
                Err(error) => {
                    tracing::warn!(connector = self.context.connector, %error, "the sink could not be flushed; what is missing is delivered again")
                }
            }
        }
        self.task.close(&self.standing.partitions()).await?;
        self.task.stop().await?;
        Ok(self.consumer.close().await?)
    }
}
