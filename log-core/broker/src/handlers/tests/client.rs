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
use log_client::{Log, NewTopic, ProducerOptions};
use log_env::{Env, NetStream, Sim, SimDisk};
use log_model::{BrokerConfig, CompressionType, KafkaCode, Timestamp, TopicName};
use log_record::BatchBuilder;
use log_storage::DirectoryOptions;
use log_wire::frame;
use log_wire::{Decode, Encode, Reader, Request, Response, ResponseHeader};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A node that serves Kafka's protocol in a simulated world.
pub(crate) struct Node {
    pub(crate) sim: Sim,
    pub(crate) env: Env,
    pub(crate) log: EmbeddedLog,
    pub(crate) listener: KafkaListener,
    config: BrokerConfig,
}

impl Node {
    /// A new node with these entries in its configuration.
    pub(crate) fn start(entries: &[(&str, &str)]) -> Node {
        Node::on(SimDisk::new(), configuration(entries))
    }

    fn on(disk: SimDisk, config: BrokerConfig) -> Node {
        let (env, sim) = Env::simulated_on(7, disk);
        let directory = DirectoryOptions { journal_file_bytes: 4 << 20, ..DirectoryOptions::default() };
        let options = EmbeddedOptions { directory, threads: false, ..EmbeddedOptions::default() };
        let log = EmbeddedLog::open(env.clone(), "data", options).unwrap();
        let listener = sim.run_until(KafkaListener::start(&log, config.clone())).unwrap();
        Node { sim, env, log, listener, config }
    }

    /// The node after it was stopped and started again on the same disk.
    pub(crate) fn restarted(self) -> Node {
        self.sim.run_until(self.listener.stop());
        self.log.close().unwrap();
        Node::on(self.sim.disk.clone(), self.config)
    }

    /// As [`restarted`](Node::restarted), with other entries in its configuration.
    pub(crate) fn restarted_with(mut self, entries: &[(&str, &str)]) -> Node {
        self.config = configuration(entries);
        self.restarted()
    }

    /// Runs a client's part against the node.
    pub(crate) fn run<T>(&self, part: impl AsyncFnOnce(&mut Client) -> T) -> T {
        self.sim.run_until(async { part(&mut self.connect().await).await })
    }

    /// Another connection.
    pub(crate) async fn connect(&self) -> Client {
        let stream = self.env.network.connect(self.listener.address()).await.unwrap();
        Client { stream, correlation_id: 0, client_id: "test".to_owned() }
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
    correlation_id: i32,
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
        self.correlation_id += 1;
        for chunk in frame::request(version, self.correlation_id, Some(&self.client_id), request).unwrap() {
            self.stream.write_all(&chunk).await.unwrap();
        }
    }

    /// Sends bytes that may be no request at all.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The answer to the request sent last.
    pub(crate) async fn receive<A: Response + Decode<'static>>(&mut self, version: i16) -> A {
        let length = self.stream.read_i32().await.unwrap();
        let mut bytes = vec![0; usize::try_from(length).unwrap()];
        self.stream.read_exact(&mut bytes).await.unwrap();
        // Answers borrow from their bytes; in a test these may as well stay for ever.
        let bytes: &'static Bytes = Box::leak(Box::new(Bytes::from(bytes)));
        let mut reader = Reader::new(bytes);
        let header = ResponseHeader::decode(&mut reader, A::API_KEY, version).unwrap();
        assert_eq!(header.correlation_id, self.correlation_id);
        let answer = A::decode(&mut reader, version).unwrap();
        assert_eq!(reader.remaining_bytes(), 0, "{} version {version} has bytes too many", A::NAME);
        answer
    }

    /// Waits until the node closes the connection.
    pub(crate) async fn expect_end(&mut self) {
        assert_eq!(self.stream.read(&mut [0]).await.unwrap(), 0);
    }
}

/// The code a number stands for, so that a failed comparison names it.
pub(crate) fn code(number: i16) -> KafkaCode {
    KafkaCode::from_i16(number).unwrap()
}
