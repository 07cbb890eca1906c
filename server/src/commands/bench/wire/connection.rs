//! One connection: requests out, answers in, in order.
//!
//! What always holds: nothing waits longer than [`WITHIN`]; memory follows what has arrived of an answer, not what it announced; every failure names the
//! server. Answers that are there already cost neither a read nor a timer.

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use futures::future::{Either, select};
use headwater::log::{Env, KafkaCode};
use log_env::{NetStream, write_chunks};
use log_wire::{ApiKey, Cutter, Encode, Reader, Request, ResponseHeader, frame};
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncReadExt, ReadHalf, WriteHalf};

const CLIENT_ID: &str = "headwater-bench";
/// No answer to what is asked here is larger.
const ANSWER_BYTES_MAX: usize = 256 << 20;
/// How long a server may take for an answer that is the next one, or to take a request; Kafka's `request.timeout.ms`.
const WITHIN: Duration = Duration::from_secs(30);
/// How long a connection may take to stand.
const CONNECT_WITHIN: Duration = Duration::from_secs(4);

/// Both halves.
pub(super) struct Connection {
    pub(super) requests: Requests,
    pub(super) answers: Answers,
}

/// The half that sends.
pub(super) struct Requests {
    stream: WriteHalf<Box<dyn NetStream>>,
    server: Server,
    correlation_id: i32,
}

/// The half that receives.
pub(super) struct Answers {
    stream: ReadHalf<Box<dyn NetStream>>,
    received: Cutter,
    server: Server,
    correlation_id: i32,
}

/// An answer without its header.
#[derive(Debug)]
pub(super) struct Answer {
    bytes: Bytes,
    header_bytes: usize,
}

/// Who is spoken to, and what tells the time meanwhile.
#[derive(Clone)]
struct Server {
    address: String,
    env: Env,
}

impl Connection {
    /// Connects to the first address of `host` that answers.
    pub(super) async fn open(env: &Env, host: &str, port: u16) -> Result<Connection> {
        let server = Server { address: format!("{host}:{port}"), env: env.clone() };
        let addresses = env.network.resolve(host, port).await.with_context(|| format!("cannot look up {host}"))?;
        let mut failure = anyhow::anyhow!("{host} has no address");
        for address in addresses {
            let connected = server.in_time(CONNECT_WITHIN, "take the connection", env.network.connect(address)).await;
            match connected.and_then(|connected| Ok(connected?)) {
                Ok(stream) => {
                    let (reads, writes) = tokio::io::split(stream);
                    let received = Cutter::new(frame::RESPONSE_BYTES_MIN, ANSWER_BYTES_MAX);
                    let answers = Answers { stream: reads, received, server: server.clone(), correlation_id: 0 };
                    return Ok(Connection { requests: Requests { stream: writes, server, correlation_id: 0 }, answers });
                }
                Err(error) => failure = error.context(format!("cannot connect to {address}")),
            }
        }
        Err(failure)
    }

    /// Sends a request and waits for its answer.
    pub(super) async fn ask<R: Request + Encode>(&mut self, version: i16, request: &R) -> Result<Answer> {
        self.requests.send(version, request).await?;
        self.answers.receive(R::API_KEY, version).await
    }
}

impl Server {
    /// What comes of it within so long. Errors: nothing came.
    async fn in_time<T>(&self, within: Duration, what: &str, work: impl Future<Output = T>) -> Result<T> {
        match select(pin!(work), self.env.clock.sleep(within)).await {
            Either::Left((done, _)) => Ok(done),
            Either::Right(_) => bail!("{} did not {what} within {} s", self.address, within.as_secs()),
        }
    }
}

impl Requests {
    /// Errors: the server does not take it in time, or is gone; the connection is of no use afterwards.
    pub(super) async fn send<R: Request + Encode>(&mut self, version: i16, request: &R) -> Result<()> {
        self.correlation_id = self.correlation_id.wrapping_add(1);
        let chunks = frame::request(version, self.correlation_id, Some(CLIENT_ID), request)?;
        let written = self.server.in_time(WITHIN, "take a request", write_chunks(&mut self.stream, chunks)).await?;
        written.with_context(|| format!("the connection to {} failed", self.server.address))
    }
}

impl Answers {
    /// The answer to the next request, which was of this API and version.
    ///
    /// Errors: it does not come in time, the server hangs up, or what comes is another one's; the connection is of no use afterwards.
    pub(super) async fn receive(&mut self, api: ApiKey, version: i16) -> Result<Answer> {
        let bytes = match self.cut()? {
            Some(bytes) => bytes,
            None => {
                let server = self.server.clone();
                server.in_time(WITHIN, &format!("answer {api}"), self.read(api)).await??
            }
        };
        self.correlation_id = self.correlation_id.wrapping_add(1);
        let mut reader = Reader::new(&bytes);
        let header = ResponseHeader::decode(&mut reader, api, version)?;
        let is_next = header.correlation_id == self.correlation_id;
        ensure!(is_next, "{} answered another request than the one that was next", self.server.address);
        let header_bytes = reader.position();
        Ok(Answer { bytes, header_bytes })
    }

    fn cut(&mut self) -> Result<Option<Bytes>> {
        self.received.cut().with_context(|| format!("what {} says is no answer of Kafka's protocol", self.server.address))
    }

    async fn read(&mut self, api: ApiKey) -> Result<Bytes> {
        loop {
            let read = self.stream.read_buf(&mut self.received.room()).await;
            let address = &self.server.address;
            if read.with_context(|| format!("the connection to {address} failed before it answered {api}"))? == 0 {
                bail!("{address} closed the connection before it answered {api}");
            }
            if let Some(bytes) = self.cut()? {
                return Ok(bytes);
            }
        }
    }
}

impl Answer {
    /// What is behind the header.
    pub(super) fn body(&self) -> Bytes {
        self.bytes.slice(self.header_bytes..)
    }
}

/// Fails where a server's code says so.
pub(super) fn check(code: i16, what: impl FnOnce() -> String) -> Result<()> {
    match KafkaCode::from_i16(code) {
        Some(code) if code.is_none() => Ok(()),
        Some(code) => bail!("{}: {} ({})", what(), code.message(), code.name()),
        None => bail!("{}: the server's code is {code}", what()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use log_env::Sim;
    use log_wire::messages::{InitProducerIdRequest, InitProducerIdResponse};
    use tokio::io::AsyncWriteExt;

    const VERSION: i16 = 4;

    fn answer(correlation_id: i32) -> Vec<u8> {
        let response = InitProducerIdResponse { producer_id: i64::from(correlation_id), ..Default::default() };
        frame::response(VERSION, correlation_id, &response).expect("it can be encoded").concat()
    }

    /// A server that says the pieces one after the other, whatever it is asked, and then hangs up or is silent.
    async fn connect(env: &Env, pieces: Vec<Vec<u8>>, hangs_up: bool) -> Connection {
        let mut listener = env.network.listen("127.0.0.1:9092".parse().expect("an address")).await.expect("free");
        let clock = env.clock.clone();
        let work = async move {
            let (mut stream, _) = listener.accept().await.expect("somebody");
            stream.read_u8().await.expect("something is asked");
            for piece in pieces {
                stream.write_all(&piece).await.expect("somebody reads");
                clock.sleep(Duration::from_millis(1)).await;
            }
            if !hangs_up {
                futures::future::pending::<()>().await;
            }
        };
        drop(env.spawner.spawn("server", work.boxed()));
        Connection::open(env, "127.0.0.1", 9092).await.expect("it listens")
    }

    fn simulated<T>(work: impl AsyncFnOnce(Env) -> T) -> T {
        let (env, sim): (Env, Sim) = Env::simulated(1);
        sim.run_until(async { work(env).await })
    }

    #[test]
    fn answers_come_in_whatever_pieces() {
        let whole: Vec<u8> = (1..=3).flat_map(answer).collect();
        for size in [1, 3, 20, whole.len()] {
            simulated(async |env| {
                let mut connection = connect(&env, whole.chunks(size).map(<[u8]>::to_vec).collect(), false).await;
                for _ in 0..3 {
                    connection.requests.send(VERSION, &InitProducerIdRequest::default()).await.expect("it is sent");
                }
                for number in 1..=3 {
                    let found = connection.answers.receive(ApiKey::InitProducerId, VERSION).await.expect("an answer");
                    let expected = answer(number);
                    assert!(expected.ends_with(&found.body()) && !found.body().is_empty(), "{size}");
                }
            });
        }
    }

    #[test]
    fn whatever_keeps_an_answer_away_is_told_with_the_server_and_in_time() {
        let half = answer(1)[..10].to_vec();
        let cases = [
            (vec![], false, "127.0.0.1:9092 did not answer InitProducerId within 30 s"),
            (vec![half.clone()], false, "127.0.0.1:9092 did not answer InitProducerId within 30 s"),
            (vec![], true, "127.0.0.1:9092 closed the connection before it answered InitProducerId"),
            (vec![half], true, "127.0.0.1:9092 closed the connection before it answered InitProducerId"),
            (vec![answer(2)], false, "127.0.0.1:9092 answered another request than the one that was next"),
            (vec![b"HTTP/1.1 400".to_vec()], false, "what 127.0.0.1:9092 says is no answer of Kafka's protocol"),
            // A huge answer that never comes takes no room.
            (vec![(200_i32 << 20).to_be_bytes().to_vec()], false, "127.0.0.1:9092 did not answer InitProducerId within 30 s"),
        ];
        for (pieces, hangs_up, expected) in cases {
            simulated(async |env| {
                let began = env.clock.now();
                let mut connection = connect(&env, pieces, hangs_up).await;
                let error = connection.ask(VERSION, &InitProducerIdRequest::default()).await.expect_err(expected);
                assert!(format!("{error:#}").contains(expected), "{error:#}");
                assert!(env.clock.now().since(began) <= WITHIN + Duration::from_millis(1));
                assert!(connection.answers.received.next_buffer_bytes() < 64 << 10);
            });
        }
    }

    #[test]
    fn a_server_that_takes_no_requests_is_told_in_time() {
        simulated(async |env| {
            let mut connection = connect(&env, Vec::new(), false).await;
            let long = InitProducerIdRequest { transactional_id: Some("x".repeat(30_000).into()), ..Default::default() };
            let error = loop {
                if let Err(error) = connection.requests.send(VERSION, &long).await {
                    break error.to_string();
                }
            };
            assert_eq!(error, "127.0.0.1:9092 did not take a request within 30 s");
        });
    }
}
