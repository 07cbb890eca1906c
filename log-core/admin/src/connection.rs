//! One connection to one server: a request goes out, its answer comes in.
//!
//! A call that fails, or whose future is dropped half-way, leaves a connection that must not be used again: the caller takes it out of its pool first.

use crate::address::Address;
use crate::answer::Answer;
use crate::call::Deadline;
use crate::exchange::{self, GREETINGS, Greeted, Spoken};
use crate::{AdminOptions, Error, Result};
use bytes::Bytes;
use futures::FutureExt;
use futures::future::{Either, select};
use log_env::{Env, NetStream, write_chunks};
use log_wire::{Cutter, Encode, Request, frame};
use std::io;
use std::pin::pin;
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// The largest answer that is taken.
const ANSWER_BYTES_MAX: usize = 100 << 20;

pub(crate) struct Connection {
    stream: Box<dyn NetStream>,
    received: Cutter,
    env: Env,
    address: String,
    options: AdminOptions,
    spoken: Spoken,
    /// The number of the last request.
    correlation_id: i32,
}

/// A question without an answer.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// All of the request went out: the server may have carried it out.
    pub(crate) is_sent: bool,
}

impl Failure {
    fn before_sending(error: Error) -> Failure {
        Failure { error, is_sent: false }
    }

    fn after_sending(error: Error) -> Failure {
        Failure { error, is_sent: true }
    }
}

impl Connection {
    /// Connects and learns what the server speaks.
    pub(crate) async fn open(env: &Env, address: &Address, options: &AdminOptions, deadline: Deadline) -> Result<Connection> {
        let within = deadline.step(env, options.connect_within);
        let stream = match in_time(env, within, connect(env, address)).await {
            Some(connected) => connected.map_err(|error| unreachable(address, &error.to_string()))?,
            None => return Err(unreachable(address, &format!("nothing came back within {} s", seconds(within)))),
        };
        let mut connection = Connection {
            stream,
            received: Cutter::new(frame::RESPONSE_BYTES_MIN, ANSWER_BYTES_MAX),
            env: env.clone(),
            address: address.to_string(),
            options: options.clone(),
            spoken: Spoken::default(),
            correlation_id: 0,
        };
        for version in GREETINGS {
            connection.correlation_id += 1;
            let frame = exchange::greeting(version, connection.correlation_id, &options.client_id).map_err(unsendable)?;
            let within = deadline.step(env, options.connect_within);
            let bytes = connection.exchange("ApiVersions", frame, within).await.map_err(|failure| at_greeting(failure.error))?;
            match exchange::greeted(&bytes, version, connection.correlation_id).map_err(|reason| connection.foreign(reason))? {
                Greeted::Speaks(spoken) => {
                    connection.spoken = spoken;
                    return Ok(connection);
                }
                Greeted::TryOlder => {}
            }
        }
        Err(connection.foreign("it knows no version of ApiVersions".into()))
    }

    /// Whether, as far as this side has heard, the server did not close the connection while nothing was asked. Unasked bytes are no Kafka server's.
    pub(crate) fn is_open(&mut self) -> bool {
        self.stream.read_buf(&mut self.received.room()).now_or_never().is_none()
    }

    /// Asks and waits for the answer.
    pub(crate) async fn call<R: Request + Encode>(&mut self, request: &R, deadline: Deadline) -> Result<Answer<R>, Failure> {
        let api = R::API_KEY.name();
        let unserved = |versions| Failure::before_sending(Error::Unserved { address: self.address.clone(), api, versions });
        let version = self.spoken.version_of::<R>().map_err(unserved)?;
        self.correlation_id = self.correlation_id.wrapping_add(1);
        let frame = exchange::request(version, self.correlation_id, &self.options.client_id, request)
            .map_err(|error| Failure::before_sending(unsendable(error)))?;
        let within = deadline.step(&self.env, self.options.answer_within);
        let bytes = self.exchange(api, frame, within).await?;
        exchange::answer(bytes, version, self.correlation_id, &self.address).map_err(|reason| Failure::after_sending(self.foreign(reason)))
    }

    /// Writes a frame and reads one. A frame that did not go out whole is one that the server cannot carry out.
    async fn exchange(&mut self, api: &'static str, chunks: Vec<Bytes>, within: Duration) -> Result<Bytes, Failure> {
        let (env, address) = (self.env.clone(), self.address.clone());
        let (began, silent) = (env.clock.now(), || Error::Silent { address: address.clone(), api, seconds: seconds(within) });
        let hangup = |error: io::Error| Error::Hangup { address: address.clone(), reason: error.to_string() };
        match in_time(&env, within, write_chunks(&mut self.stream, chunks)).await {
            Some(written) => written.map_err(|error| Failure::before_sending(hangup(error)))?,
            None => return Err(Failure::before_sending(silent())),
        }
        let left = within.saturating_sub(env.clock.now().since(began));
        let answer = async {
            loop {
                let cut = self.received.cut();
                if let Some(answer) = cut.map_err(|error| self.foreign(stranger(&error).unwrap_or_else(|| error.to_string())))? {
                    return Ok(answer);
                }
                if self.stream.read_buf(&mut self.received.room()).await.map_err(hangup)? == 0 {
                    return Err(Error::Hangup { address: address.clone(), reason: format!("before it answered {api}") });
                }
            }
        };
        let answer = in_time(&env, left, answer).await.unwrap_or_else(|| Err(silent()));
        answer.map_err(Failure::after_sending)
    }

    fn foreign(&self, reason: String) -> Error {
        Error::Foreign { address: self.address.clone(), reason }
    }
}

/// What comes of it within so long; nothing is begun without any time.
async fn in_time<T>(env: &Env, within: Duration, work: impl Future<Output = T>) -> Option<T> {
    if within.is_zero() {
        return None;
    }
    match select(pin!(work), env.clock.sleep(within)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

/// As a person reads it: a part of a second is one.
fn seconds(within: Duration) -> u64 {
    within.as_secs() + u64::from(within.subsec_nanos() > 0)
}

/// Names the usual strangers by the first bytes of what they say.
fn stranger(error: &log_wire::Error) -> Option<String> {
    let log_wire::Error::FrameLength { length, .. } = error else { return None };
    match length.to_be_bytes() {
        [b'H', b'T', b'T', b'P'] => Some("it speaks HTTP".to_string()),
        [0x15, 0x03, ..] => Some("it speaks TLS, which is not known here".to_string()),
        _ => None,
    }
}

/// Tries every address of the host's name.
async fn connect(env: &Env, address: &Address) -> io::Result<Box<dyn NetStream>> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for candidate in env.network.resolve(&address.host, address.port).await? {
        match env.network.connect(candidate).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn unreachable(address: &Address, reason: &str) -> Error {
    Error::Unreachable { address: address.to_string(), reason: reason.to_string() }
}

fn unsendable(error: log_wire::Error) -> Error {
    Error::Invalid { reason: error.to_string() }
}

/// A server that hangs up on, or is silent about, the first thing that every Kafka server answers is likely none.
fn at_greeting(error: Error) -> Error {
    match error {
        Error::Hangup { address, reason } => Error::Foreign { address, reason: format!("it closed the connection {reason}") },
        Error::Silent { address, seconds, .. } => {
            Error::Foreign { address, reason: format!("it took the connection and said nothing for {seconds} s") }
        }
        other => other,
    }
}
