//! A node on a simulated network, and a client that sends it any request in any version.
//!
//! ```ignore
//! let node = Node::start(&[("num.partitions", "3")]);
//! node.run(async |client| {
//!     let answer: MetadataResponse<'_> = client.ask(12, &MetadataRequest::default()).await;
//! });
//! ```

use crate::{EmbeddedLog, EmbeddedOptions, KafkaListener};
use bytes::Bytes;
use futures::future::{Either, select};
use log_client::{Log, NewTopic, ProducerOptions};
use log_env::{Clock, Env, Fault, FaultKind, FaultOn, NetStream, Sim, SimDisk};
use log_model::{BrokerConfig, CompressionType, KafkaCode, Timestamp, TopicConfig, TopicName};
use log_record::BatchBuilder;
use log_storage::DirectoryOptions;
use log_wire::frame;
use log_wire::{Decode, Encode, Reader, Request, Response, ResponseHeader};
use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

/// No answer comes later: a node that forgot its client fails the test instead of running for ever.
const PATIENCE: Duration = Duration::from_secs(1800);

/// A node that serves Kafka's protocol in a simulated world.
pub(crate) struct Node {
    pub(crate) sim: Sim,
    pub(crate) env: Env,
    pub(crate) log: EmbeddedLog,
    pub(crate) listener: KafkaListener,
    config: BrokerConfig,
    /// The order in which tasks run follows from it.
    seed: u64,
}

impl Node {
    /// A new node with these entries in its configuration.
    pub(crate) fn start(entries: &[(&str, &str)]) -> Node {
        Node::seeded(7, entries)
    }

    /// As [`start`](Node::start), on a machine that lets many connect.
    pub(crate) fn crowded(entries: &[(&str, &str)]) -> Node {
        let disk = SimDisk::new();
        disk.set_open_files_max(10_000);
        Node::on(disk, configuration(entries), 7)
    }

    /// As [`start`](Node::start), in another order of events.
    pub(crate) fn seeded(seed: u64, entries: &[(&str, &str)]) -> Node {
        Node::on(SimDisk::new(), configuration(entries), seed)
    }

    fn on(disk: SimDisk, config: BrokerConfig, seed: u64) -> Node {
        let (env, sim) = Env::simulated_on(seed, disk);
        let options = EmbeddedOptions::of_node(&config);
        let directory = DirectoryOptions { journal_file_bytes: 4 << 20, ..options.directory };
        let options = EmbeddedOptions { directory, threads: false, ..options };
        let log = EmbeddedLog::open(env.clone(), "data", options).unwrap();
        let listener = sim.run_until(KafkaListener::start(&log, config.clone())).unwrap();
        Node { sim, env, log, listener, config, seed }
    }

    /// The node after it was stopped and started again on the same disk.
    pub(crate) fn restarted(self) -> Node {
        self.sim.run_until(self.listener.stop());
        self.log.close().unwrap();
        Node::on(self.sim.disk.clone(), self.config, self.seed)
    }

    /// As [`restarted`](Node::restarted), with other entries in its configuration.
    pub(crate) fn restarted_with(mut self, entries: &[(&str, &str)]) -> Node {
        self.config = configuration(entries);
        self.restarted()
    }

    /// Its log, looked after by somebody who is not its server.
    pub(crate) fn beside(mut self) -> Node {
        self.sim.run_until(self.listener.stop());
        self.listener = self.sim.run_until(KafkaListener::start_beside(&self.log, configuration(&[]))).unwrap();
        self
    }

    /// The node after a power cut: what was not synced is gone, or not, as chance has it.
    pub(crate) fn crashed(self) -> Node {
        Node::on(self.sim.disk.crash(self.env.random.as_ref()), self.config, self.seed)
    }

    /// Runs a client's part against the node.
    pub(crate) fn run<T>(&self, part: impl AsyncFnOnce(&mut Client) -> T) -> T {
        self.sim.run_until(async { part(&mut self.connect().await).await })
    }

    /// Another connection.
    pub(crate) async fn connect(&self) -> Client {
        let stream = self.env.network.connect(self.listener.address()).await.unwrap();
        Client { stream, clock: self.env.clock.clone(), correlation_id: 0, unanswered: VecDeque::new(), client_id: "test".to_owned() }
    }

    /// From now on nothing becomes durable.
    pub(crate) fn fill_journal(&self) {
        self.fill_journal_after(0);
    }

    /// After so many writes more nothing becomes durable.
    pub(crate) fn fill_journal_after(&self, writes: u64) {
        let full = Fault { on: FaultOn::Write, kind: FaultKind::NoSpace, path_part: "journal".into(), skip: writes, count: u64::MAX };
        self.sim.disk.inject(full);
    }

    /// From now on things become durable again, those of meanwhile too.
    pub(crate) fn empty_journal(&self) {
        self.sim.disk.clear_faults();
    }

    /// Lets time pass.
    pub(crate) async fn pass(&self, duration: Duration) {
        self.env.clock.sleep(duration).await;
    }

    /// Lets others have so many turns.
    pub(crate) async fn turns(&self, count: usize) {
        let mut left = count;
        let over = std::future::poll_fn(|context| {
            let Some(rest) = left.checked_sub(1) else { return Poll::Ready(()) };
            left = rest;
            context.waker().wake_by_ref();
            Poll::Pending
        });
        over.await;
    }

    /// The id of a topic that exists.
    pub(crate) fn topic_id(&self, topic: &str) -> Uuid {
        self.log.core().topics.topic(&TopicName::new(topic).unwrap()).unwrap().id.0
    }

    /// Makes topics with so many partitions.
    pub(crate) fn create_topics(&self, topics: &[(&str, i32)]) {
        self.sim.run_until(async {
            for (name, partition_count) in topics {
                let topic = NewTopic::new(TopicName::new(name).unwrap(), *partition_count);
                self.log.admin().create_topic(topic).await.unwrap();
            }
        });
    }

    /// Makes a topic with one partition and these entries in its configuration.
    pub(crate) fn create_configured(&self, topic: &str, entries: &[(&str, &str)]) {
        let config = TopicConfig::from_entries(entries.iter().copied()).unwrap();
        let topic = NewTopic::new(TopicName::new(topic).unwrap(), 1).with_config(config);
        self.sim.run_until(self.log.admin().create_topic(topic)).unwrap();
    }

    /// Writes records into the first partition of a topic, a batch each.
    pub(crate) fn produce(&self, topic: &str, values: &[&str]) {
        let partition = TopicName::new(topic).unwrap().partition(0);
        self.sim.run_until(async {
            let producer = self.log.producer(ProducerOptions::default()).await.unwrap();
            for value in values {
                let mut builder = BatchBuilder::new(CompressionType::None);
                builder.append_parts(Timestamp(1), None, Some(value.as_bytes()), &[]).unwrap();
                producer.send(&partition, builder.build()).await.unwrap().await.unwrap();
            }
        });
    }
}

fn configuration(entries: &[(&str, &str)]) -> BrokerConfig {
    let listeners = ("listeners", "PLAINTEXT://127.0.0.1:9092");
    BrokerConfig::from_entries([listeners].into_iter().chain(entries.iter().copied())).unwrap()
}

/// One connection.
pub(crate) struct Client {
    stream: Box<dyn NetStream>,
    clock: Arc<dyn Clock>,
    correlation_id: i32,
    /// Requests that wait for their answers, in order.
    unanswered: VecDeque<i32>,
    /// What requests say of who sends them.
    pub(crate) client_id: String,
}

impl Client {
    /// Sends a request and waits for the answer.
    pub(crate) async fn ask<R: Request + Encode, A: Response + Decode<'static>>(&mut self, version: i16, request: &R) -> A {
        self.send(version, request).await;
        self.receive(version).await
    }

    /// Sends a request.
    pub(crate) async fn send<R: Request + Encode>(&mut self, version: i16, request: &R) {
        self.send_unanswered(version, request).await;
        self.unanswered.push_back(self.correlation_id);
    }

    /// As [`send`](Client::send); whether the connection is still open.
    pub(crate) async fn try_send<R: Request + Encode>(&mut self, version: i16, request: &R) -> bool {
        let sent = self.write(version, request).await;
        self.unanswered.push_back(self.correlation_id);
        sent.is_ok()
    }

    /// Sends a request that asks for no answer.
    pub(crate) async fn send_unanswered<R: Request + Encode>(&mut self, version: i16, request: &R) {
        self.write(version, request).await.unwrap();
    }

    async fn write<R: Request + Encode>(&mut self, version: i16, request: &R) -> io::Result<()> {
        self.correlation_id += 1;
        for chunk in frame::request(version, self.correlation_id, Some(&self.client_id), request).unwrap() {
            self.stream.write_all(&chunk).await?;
        }
        Ok(())
    }

    /// Sends bytes that may be no request at all.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The answer to the first request that has none yet.
    pub(crate) async fn receive<A: Response + Decode<'static>>(&mut self, version: i16) -> A {
        self.try_receive(version).await.expect("an answer, not the end of the connection")
    }

    /// As [`receive`](Client::receive); `None` if the node has closed the connection instead.
    pub(crate) async fn try_receive<A: Response + Decode<'static>>(&mut self, version: i16) -> Option<A> {
        // Answers borrow from their bytes; in a test these may as well stay for ever.
        let bytes: &'static Bytes = Box::leak(Box::new(self.receive_frame().await?));
        let mut reader = Reader::new(bytes);
        let header = ResponseHeader::decode(&mut reader, A::API_KEY, version).unwrap();
        assert_eq!(Some(header.correlation_id), self.unanswered.pop_front(), "{} version {version}", A::NAME);
        let answer = A::decode(&mut reader, version).unwrap();
        assert_eq!(reader.remaining_bytes(), 0, "{} version {version} has bytes too many", A::NAME);
        Some(answer)
    }

    /// The next frame; `None` if the node has closed the connection instead.
    pub(crate) async fn receive_frame(&mut self) -> Option<Bytes> {
        let read = async {
            let mut length = [0; frame::LENGTH_BYTES];
            match self.stream.read(&mut length).await.unwrap() {
                0 => return None,
                got => self.stream.read_exact(&mut length[got..]).await.unwrap(),
            };
            let mut bytes = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
            self.stream.read_exact(&mut bytes).await.unwrap();
            Some(Bytes::from(bytes))
        };
        match select(pin!(read), self.clock.sleep(PATIENCE)).await {
            Either::Left((read, _)) => read,
            Either::Right(_) => panic!("the node neither answers nor closes the connection"),
        }
    }

    /// Waits until the node closes the connection, with nothing said before.
    pub(crate) async fn expect_end(&mut self) {
        assert_eq!(self.receive_frame().await, None);
    }

    /// Says that nothing more comes.
    pub(crate) async fn finish_sending(&mut self) {
        self.stream.shutdown().await.unwrap();
    }
}

/// The code a number stands for, so that a failed comparison names it.
pub(crate) fn code(number: i16) -> KafkaCode {
    KafkaCode::from_i16(number).unwrap()
}
