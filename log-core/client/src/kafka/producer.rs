//! The producer: batches become messages of librdkafka, in order; transactions are the cluster's.

use super::error::{About, error};
use super::hand::Hand;
use super::log::Cluster;
use super::native::{Client, Fault, PartitionList, Role, TopicHandle};
use super::receipt::{Receipt, Tally};
use super::topics::Topic;
use super::transaction::{Ending, Transaction};
use crate::local::check_offsets;
use crate::{Delivery, Error, GroupMetadata, OffsetAndMetadata, Producer, ProducerOptions, Result};
use async_trait::async_trait;
use futures::FutureExt;
use log_model::{ErrorKind, TopicName, TopicPartition};
use log_record::RecordBatch;
use parking_lot::Mutex;
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long the cluster may take for one step of a transaction.
const STEP_MS: i32 = 60_000;
/// How long a dropped producer may take to deliver what it was given.
const FAREWELL_MS: i32 = 30_000;
/// librdkafka fills a request up to this size; a topic that takes less gets one batch at a time.
const REQUEST_BYTES: i32 = 1_000_000;

/// What a transactional producer keeps of its transaction; shared with the calls that its thread makes.
type Session = Arc<Mutex<Option<Transaction>>>;

pub(super) struct KafkaProducer {
    // Before the instance, which counts its handles.
    handles: Mutex<BTreeMap<TopicName, Arc<TopicHandle>>>,
    hand: Hand,
    cluster: Arc<Cluster>,
    transactional_id: Option<String>,
    session: Session,
    tally: Arc<Tally>,
    /// Held while a batch is queued: batches keep the order of their sends.
    order: tokio::sync::Mutex<()>,
}

fn deliver_the_rest(client: &Client) {
    // What fails here has failed for its delivery, too.
    let _ = client.flush_blocking(FAREWELL_MS);
    client.purge();
    let _ = client.flush_blocking(FAREWELL_MS);
}

fn abort_what_is_open(client: &Client) {
    // Without this, readers at read_committed would wait for the transaction's timeout. Fails if none is open or the producer was fenced.
    let _ = client.abort_transaction_blocking(FAREWELL_MS);
    client.purge();
    let _ = client.flush_blocking(FAREWELL_MS);
}

fn no_transaction() -> Error {
    Error::Invalid { reason: "no transaction is open; begin one first".into() }
}

fn not_transactional() -> Error {
    Error::Invalid { reason: "a producer without a transactional id has no transactions".into() }
}

/// Refuses what the cluster would refuse, before it is queued.
fn check(batch: &RecordBatch, topic: &Topic) -> Result<()> {
    let invalid = |reason: &str| Err(Error::Invalid { reason: reason.into() });
    if batch.is_control() {
        return invalid("a control batch cannot be produced");
    }
    if batch.record_count() < 1 || batch.record_count() != batch.last_offset_delta() + 1 {
        return invalid("a produced batch must hold at least one record and no gaps; build it with a batch builder");
    }
    let (size_bytes, limit_bytes) = (batch.size_bytes() as u64, topic.config.max_message_bytes as u64);
    if size_bytes > limit_bytes {
        let fix = "send smaller batches or raise the topic's max.message.bytes";
        return Err(Error::TooLarge { what: "batch", size_bytes, limit_bytes, fix });
    }
    if topic.config.cleanup_policy.compacts() {
        let mut records = batch.records()?;
        while let Some(record) = records.next_view() {
            if record?.key.is_none() {
                return invalid("a record has no key, which a compacted topic needs (cleanup.policy=compact); give each record a key");
            }
        }
    }
    Ok(())
}

fn list(positions: &BTreeMap<TopicPartition, OffsetAndMetadata>) -> PartitionList {
    let mut list = PartitionList::new();
    for (partition, position) in positions {
        let (topic, epoch) = (partition.topic.as_str(), position.leader_epoch.0);
        list.add_with(topic, partition.partition, position.offset.0, epoch, &position.metadata);
    }
    list
}

/// Sends the positions, then commits. What was done is noted in the session, so that a repeated call goes on from there.
fn commit(client: &Client, session: &Session) -> Result<(), Fault> {
    loop {
        let next = session.lock().as_ref().and_then(Transaction::next_positions);
        let Some((by, positions)) = next else { break };
        client.send_offsets_blocking(&list(&positions), &by, STEP_MS)?;
        if let Some(transaction) = session.lock().as_mut() {
            transaction.positions_sent();
        }
    }
    client.commit_transaction_blocking(STEP_MS)?;
    if let Some(transaction) = session.lock().take() {
        transaction.end(Ok(()));
    }
    Ok(())
}

impl KafkaProducer {
    /// A new producer; a transactional one has fenced all earlier ones of its id.
    pub(super) async fn start(cluster: Arc<Cluster>, options: ProducerOptions) -> Result<KafkaProducer> {
        let id = options.transactional_id;
        let properties = cluster.properties(&options.client_id).producer(id.as_deref());
        let farewell = if id.is_some() { abort_what_is_open } else { deliver_the_rest };
        let hand = Hand::start(Role::Producer, &properties, farewell)?;
        let producer = KafkaProducer {
            handles: Mutex::default(),
            hand,
            cluster,
            transactional_id: id,
            session: Session::default(),
            tally: Arc::default(),
            order: tokio::sync::Mutex::default(),
        };
        if producer.transactional_id.is_some() {
            producer.step(|client| client.init_transactions_blocking(STEP_MS)).await?;
        }
        Ok(producer)
    }

    fn about(&self) -> About<'_> {
        self.transactional_id.as_deref().map_or(About::Cluster, About::Transaction)
    }

    fn check_fatal(&self) -> Result<()> {
        self.hand.client().fatal().map_or(Ok(()), |fault| Err(error(&fault, self.about())))
    }

    /// One step of a transaction, on the producer's thread.
    async fn step(&self, step: impl FnOnce(&Client) -> Result<(), Fault> + Send + 'static) -> Result<()> {
        self.hand.call(step).await?.map_err(|fault| error(&fault, self.about()))
    }

    /// Waits until `is_so`; the bell rings after every delivery report.
    async fn wait_until(&self, is_so: impl Fn(&Tally) -> bool) {
        loop {
            let rings = self.hand.client().bell().rings();
            if is_so(&self.tally) {
                return;
            }
            self.hand.client().bell().beyond(rings).await;
        }
    }

    fn handle(&self, topic: &TopicName) -> Arc<TopicHandle> {
        let mut handles = self.handles.lock();
        handles.entry(topic.clone()).or_insert_with(|| Arc::new(self.hand.client().topic(topic.as_str()))).clone()
    }

    /// Queues all records of a batch, without waiting.
    fn queue(&self, handle: &TopicHandle, partition: &TopicPartition, batch: &RecordBatch) -> Result<Result<Delivery, Fault>> {
        let count = batch.record_count() as usize;
        let mut records = batch.records()?;
        let (receipt, answer) = Receipt::new(partition.clone(), count, batch.size_bytes(), self.tally.clone());
        for sent in 0..count {
            let outcome = match records.next_view() {
                Some(Ok(record)) => self.hand.client().produce(handle, partition.partition, &record, &receipt),
                Some(Err(damage)) => {
                    receipt.note_unsent(sent, &Fault::of(RDKafkaErrorCode::BadMessage));
                    return Err(damage.into());
                }
                None => Err(Fault::of(RDKafkaErrorCode::BadMessage)),
            };
            if let Err(fault) = outcome {
                receipt.note_unsent(sent, &fault);
                return Ok(Err(fault));
            }
        }
        let closed = || Err(Error::Closed { reason: "the producer was closed before the batch was acknowledged".into() });
        Ok(Ok(answer.map(move |answer| answer.unwrap_or_else(|_| closed())).boxed()))
    }

    /// What a delivery waits for besides the acknowledgement. Errors: the producer is transactional and no transaction is open.
    fn ending(&self) -> Result<Option<Ending>> {
        match &self.transactional_id {
            None => Ok(None),
            Some(_) => self.session.lock().as_ref().map(|open| Some(open.ending())).ok_or_else(no_transaction),
        }
    }

    async fn send_in_order(&self, partition: &TopicPartition, batch: &RecordBatch) -> Result<Delivery> {
        let topic = self.cluster.topics.look_up_partition(partition).await?;
        check(batch, &topic)?;
        let handle = self.handle(&partition.topic);
        let _order = self.order.lock().await;
        if topic.config.max_message_bytes < REQUEST_BYTES {
            let mark = self.tally.mark();
            self.wait_until(|tally| tally.is_done_below(mark)).await;
        }
        self.wait_until(Tally::has_room).await;
        let fault = match self.queue(&handle, partition, batch)? {
            Ok(delivery) => return Ok(delivery),
            Err(fault) => fault,
        };
        if !matches!(fault.code, RDKafkaErrorCode::UnknownPartition | RDKafkaErrorCode::UnknownTopic) {
            return Err(error(&fault, About::Partition(partition)));
        }
        // librdkafka remembers the topic from before it grew or was created anew. The failure of the first try is told to nobody.
        self.tally.take_failure();
        let refreshed = handle.clone();
        let seen = self.hand.call(move |client| client.topics_blocking(Some(&refreshed)).map(drop)).await?;
        seen.map_err(|fault| error(&fault, About::Topic(&partition.topic)))?;
        self.queue(&handle, partition, batch)?.map_err(|fault| {
            self.cluster.topics.forget(&partition.topic);
            error(&fault, About::Partition(partition))
        })
    }
}

#[async_trait]
impl Producer for KafkaProducer {
    async fn send(&self, partition: &TopicPartition, batch: RecordBatch) -> Result<Delivery> {
        self.check_fatal()?;
        let ending = self.ending()?;
        let delivery = self.send_in_order(partition, &batch).await?;
        let Some(ending) = ending else { return Ok(delivery) };
        Ok(async move {
            ending.await?;
            delivery.await
        }
        .boxed())
    }

    async fn flush(&self) -> Result<()> {
        let mark = self.tally.mark();
        self.wait_until(|tally| tally.is_done_below(mark)).await;
        self.check_fatal()?;
        self.tally.take_failure().map_or(Ok(()), Err)
    }

    async fn begin(&self) -> Result<()> {
        if self.transactional_id.is_none() {
            return Err(not_transactional());
        }
        self.check_fatal()?;
        let session = self.session.clone();
        let already_open = || Error::Invalid { reason: "a transaction is already open; commit or abort it".into() };
        if session.lock().is_some() {
            return Err(already_open());
        }
        self.tally.take_failure();
        self.step(move |client| {
            client.begin_transaction_blocking()?;
            *session.lock() = Some(Transaction::new());
            Ok(())
        })
        .await
    }

    async fn send_offsets(&self, group: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        check_offsets(&offsets)?;
        if self.session.lock().is_none() {
            return Err(no_transaction());
        }
        self.check_fatal()?;
        for (partition, _) in &offsets {
            self.cluster.topics.look_up_partition(partition).await?;
        }
        self.session.lock().as_mut().ok_or_else(no_transaction)?.add_positions(group, offsets);
        Ok(())
    }

    async fn commit(&self) -> Result<()> {
        if self.session.lock().is_none() {
            return Err(no_transaction());
        }
        let session = self.session.clone();
        let outcome = self.step(move |client| commit(client, &session)).await;
        outcome.map_err(|error| match self.tally.take_failure() {
            // The cluster tells that the transaction cannot be committed; the delivery that failed tells why.
            Some(cause) if error.kind() == ErrorKind::Invalid && cause.kind() == ErrorKind::Missing => cause,
            _ => error,
        })
    }

    async fn abort(&self) -> Result<()> {
        if self.session.lock().is_none() {
            return Err(no_transaction());
        }
        let session = self.session.clone();
        self.step(move |client| {
            let outcome = client.abort_transaction_blocking(STEP_MS);
            // A fenced producer's transaction was aborted by whoever fenced it.
            if outcome.as_ref().map_or_else(|fault| fault.is_fatal, |()| true)
                && let Some(transaction) = session.lock().take()
            {
                transaction.end(Err(Transaction::aborted()));
            }
            outcome
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_model::{CompressionType, Timestamp, TopicConfig, TopicId};
    use log_record::BatchBuilder;
    use uuid::Uuid;

    fn batch(keys: &[Option<&[u8]>]) -> RecordBatch {
        let mut builder = BatchBuilder::new(CompressionType::None);
        keys.iter().for_each(|key| builder.append_parts(Timestamp(1), *key, Some(b"value"), &[]).unwrap());
        builder.build()
    }

    #[test]
    fn what_the_cluster_would_refuse_is_refused_before() {
        let topic = |entries: &[(&str, &str)]| Topic {
            id: TopicId(Uuid::nil()),
            partition_count: 1,
            config: TopicConfig::from_entries(entries.iter().copied()).unwrap(),
        };
        let (any, compacted, small) = (topic(&[]), topic(&[("cleanup.policy", "compact")]), topic(&[("max.message.bytes", "70")]));
        let cases = [
            (batch(&[Some(b"k"), None]), &any, true),
            (batch(&[]), &any, false),
            (batch(&[Some(b"k")]), &compacted, true),
            (batch(&[Some(b"k"), None]), &compacted, false),
            (batch(&[Some(b"k")]), &small, false),
        ];
        for (index, (batch, topic, is_taken)) in cases.into_iter().enumerate() {
            let answer = check(&batch, topic);
            assert_eq!(answer.is_ok(), is_taken, "case {index}: {answer:?}");
            assert!(is_taken || answer.unwrap_err().kind() == ErrorKind::Invalid);
        }
    }
}
