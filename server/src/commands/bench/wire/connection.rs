//! One connection: requests out, answers in, in order.

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use headwater::log::{Env, KafkaCode};
use log_env::{NetStream, write_chunks};
use log_wire::{ApiKey, Encode, Reader, Request, ResponseHeader, frame};
use tokio::io::{AsyncReadExt, ReadHalf, WriteHalf};

const CLIENT_ID: &str = "headwater-bench";
/// No answer to what is asked here is larger.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// Both halves.
pub(super) struct Connection {
    pub(super) requests: Requests,
    pub(super) answers: Answers,
}

/// The half that sends.
pub(super) struct Requests {
    stream: WriteHalf<Box<dyn NetStream>>,
    correlation_id: i32,
}

/// The half that receives.
pub(super) struct Answers {
    stream: ReadHalf<Box<dyn NetStream>>,
    correlation_id: i32,
}

/// An answer without its header.
pub(super) struct Answer {
    bytes: Bytes,
    header_bytes: usize,
}

impl Connection {
    /// Connects to the first address of `host` that answers.
    pub(super) async fn open(env: &Env, host: &str, port: u16) -> Result<Connection> {
        let addresses = env.network.resolve(host, port).await.with_context(|| format!("cannot look up {host}"))?;
        let mut failure = anyhow::anyhow!("{host} has no address");
        for address in addresses {
            match env.network.connect(address).await {
                Ok(stream) => {
                    let (reads, writes) = tokio::io::split(stream);
                    let requests = Requests { stream: writes, correlation_id: 0 };
                    return Ok(Connection { requests, answers: Answers { stream: reads, correlation_id: 0 } });
                }
                Err(error) => failure = anyhow::Error::new(error).context(format!("cannot connect to {address}")),
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

impl Requests {
    pub(super) async fn send<R: Request + Encode>(&mut self, version: i16, request: &R) -> Result<()> {
        self.correlation_id = self.correlation_id.wrapping_add(1);
        let chunks = frame::request(version, self.correlation_id, Some(CLIENT_ID), request)?;
        write_chunks(&mut self.stream, chunks).await.context("the connection to the server failed")
    }
}

impl Answers {
    /// The answer to the next request, which was of this API and version.
    pub(super) async fn receive(&mut self, api: ApiKey, version: i16) -> Result<Answer> {
        let bytes = self.read().await.context("the connection to the server failed")?;
        self.correlation_id = self.correlation_id.wrapping_add(1);
        let mut reader = Reader::new(&bytes);
        let header = ResponseHeader::decode(&mut reader, api, version)?;
        ensure!(header.correlation_id == self.correlation_id, "the server answered another request than the one that was next");
        let header_bytes = reader.position();
        Ok(Answer { bytes, header_bytes })
    }

    async fn read(&mut self) -> Result<Bytes> {
        let mut prefix = [0; frame::LENGTH_BYTES];
        self.stream.read_exact(&mut prefix).await?;
        let Some(length) = frame::length(&prefix, frame::RESPONSE_BYTES_MIN, ANSWER_BYTES_MAX)? else { bail!("a length has four bytes") };
        let mut bytes = Vec::with_capacity(length);
        let read = (&mut self.stream).take(length as u64).read_to_end(&mut bytes).await?;
        ensure!(read == length, "it ended inside an answer");
        Ok(bytes.into())
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
