//! One connection: requests in, answers out, in order.
//!
//! Requests are *started* in the order in which they arrive, and answered in that order. Starting a produce request stages its batches, so several
//! of them share one flush; any other request does its work when the answers before it are out, one at a time, as Kafka's brokers do it. Reading
//! goes on meanwhile, up to the limits here: it is how the end of a connection is noticed while a fetch waits for records.
//!
//! A request that gives up waiting at some time notices it when it is looked at, which a connection does every few seconds or when the first one says: so
//! no request that waits for the disk has a timer of its own.
//!
//! Whoever is too slow with a request or for an answer, or lets others wait for memory that its requests hold, is closed (`budgets`).

use crate::broker::Broker;
use crate::handlers::{Outcome, Pending, start};
use crate::listener::budgets::PATIENCE_WHEN_SHORT;
use crate::listener::frames::{Frame, FrameError, FrameReader};
use crate::listener::pace::Pace;
use crate::listener::peers::PeerPlace;
use crate::listener::session::Session;
use crate::listener::transfer::paced;
use bytes::Bytes;
use futures::future::{BoxFuture, Either, select};
use log_env::{Mono, NetStream, Outgoing};
use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// Requests of one connection that may be under way.
const REQUESTS_MAX: usize = 64;
/// Bytes of them; one request may be larger.
const REQUEST_BYTES_MAX: usize = 64 << 20;
/// Bytes of them that a connection may hold for as long as it likes, unless there are none left for others.
const HELD_BYTES_MAX: usize = 4 << 10;
/// How long a goodbye may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why a connection ended.
#[derive(Debug)]
enum Ended {
    /// The client closed it.
    ByClient,
    /// The server stops.
    Stopped,
    /// It did nothing for `connections.max.idle.ms`.
    Idle,
    /// It is too slow.
    Slow(String),
    /// It broke the protocol, or the network failed.
    Broken(String),
}

impl Ended {
    /// One line in the log for whoever runs the server; only so many a second for what clients can bring about.
    fn tell(self, session: &Session) {
        let broker = &session.broker;
        let (peer, client) = (session.peer, session.client_id());
        let complain = |tell: &dyn Fn()| broker.complaints.tell(broker.core.env.clock.now(), tell);
        match self {
            Ended::ByClient => tracing::debug!(%peer, "the client closed its connection"),
            Ended::Stopped => tracing::debug!(%peer, "the connection is closed: the server stops"),
            Ended::Idle => complain(&|| tracing::info!(%peer, "the connection is closed: it did nothing for connections.max.idle.ms")),
            Ended::Slow(reason) | Ended::Broken(reason) => {
                complain(&|| tracing::warn!(%peer, %client, reason, "the connection is closed"));
            }
        }
    }
}

/// Serves a connection to its end.
pub(crate) async fn serve(mut stream: Box<dyn NetStream>, place: PeerPlace, session: Arc<Session>) {
    let mut connection = Connection::new(session.clone(), &place);
    let ended = tokio::select! {
        biased;
        () = session.broker.cut_off.wait() => Ended::Stopped,
        ended = connection.run(&mut stream) => ended,
    };
    drop(connection);
    ended.tell(&session);
    // Whoever went away does not hear it.
    let _ = select(pin!(stream.shutdown()), session.broker.core.env.clock.sleep(FAREWELL)).await;
}

struct Connection<'a> {
    session: Arc<Session>,
    place: &'a PeerPlace,
    frames: FrameReader,
    in_flight: VecDeque<Pending>,
    /// What these hold.
    in_flight_bytes: usize,
    /// Since when the first of them is the first.
    front_since: Mono,
    /// When to look next whether these are held for too long, and whether the first of them gives up waiting.
    look: Option<Look>,
}

struct Look {
    at: Mono,
    timer: BoxFuture<'static, ()>,
}

enum Step {
    Answered(Outcome),
    Frame(Result<Option<Frame>, FrameError>),
    Stop,
    Idle,
    /// The first request under way has been so for a while.
    Held,
}

impl<'a> Connection<'a> {
    fn new(session: Arc<Session>, place: &'a PeerPlace) -> Self {
        let frames = FrameReader::new(session.broker.limits.frame_bytes_max);
        Connection { session, place, frames, in_flight: VecDeque::new(), in_flight_bytes: 0, front_since: Mono::default(), look: None }
    }

    async fn run(&mut self, stream: &mut Box<dyn NetStream>) -> Ended {
        let mut stopping = false;
        loop {
            let stepped = match self.step(stream, stopping).await {
                Step::Answered(outcome) => self.answered(stream, outcome).await,
                Step::Frame(frame) => self.begin(stream, frame).await,
                Step::Held => self.check_held(),
                Step::Idle if self.in_flight.is_empty() => Err(Ended::Idle),
                Step::Stop | Step::Idle => Ok(()),
            };
            if let Err(ended) = stepped {
                return ended;
            }
            stopping = self.session.broker.stopping.is_given();
            if stopping && self.in_flight.is_empty() {
                return Ended::Stopped;
            }
        }
    }

    async fn step(&mut self, stream: &mut Box<dyn NetStream>, stopping: bool) -> Step {
        let may_read = !stopping && self.in_flight.len() < REQUESTS_MAX && self.in_flight_bytes < REQUEST_BYTES_MAX;
        self.look_in_time();
        let broker = &self.session.broker;
        let clock = &broker.core.env.clock;
        tokio::select! {
            // In this order, so that a simulated run is the same each time.
            biased;
            outcome = front_outcome(&mut self.in_flight) => Step::Answered(outcome),
            frame = self.frames.next(stream, &broker.budgets, clock.as_ref()), if may_read => Step::Frame(frame),
            () = broker.stopping.wait(), if !stopping => Step::Stop,
            () = self.place.activity.too_long_silent() => Step::Idle,
            () = next_look(&mut self.look) => Step::Held,
        }
    }

    /// Sets the time of the next look: soon, and at the latest when the first request gives up waiting. As requests follow one another it stays as it
    /// is, so that a busy connection sets a timer every few seconds and not for each of them.
    fn look_in_time(&mut self) {
        let Some(front) = self.in_flight.front() else { return };
        if self.look.as_ref().is_some_and(|look| front.deadline.is_none_or(|deadline| look.at <= deadline)) {
            return;
        }
        let clock = &self.session.broker.core.env.clock;
        let now = clock.now();
        let soon = now.plus(PATIENCE_WHEN_SHORT);
        let at = front.deadline.map_or(soon, |deadline| deadline.min(soon));
        self.look = Some(Look { at, timer: clock.sleep(at.since(now)) });
    }

    /// Starts a request. Where that takes a while, answers leave meanwhile.
    async fn begin(&mut self, stream: &mut Box<dyn NetStream>, frame: Result<Option<Frame>, FrameError>) -> Result<(), Ended> {
        let frame = match frame {
            Ok(Some(frame)) => frame,
            Ok(None) => return Err(Ended::ByClient),
            Err(FrameError::Io(error)) if is_hangup(&error) => return Err(Ended::ByClient),
            Err(error @ FrameError::Stalled { .. }) => return Err(Ended::Slow(error.to_string())),
            Err(error) => return Err(Ended::Broken(error.to_string())),
        };
        let now = self.note_activity();
        if self.in_flight.is_empty() {
            self.front_since = now;
        }
        let session = self.session.clone();
        let mut starting = pin!(start(&session, frame));
        let pending = loop {
            self.look_in_time();
            let outcome = tokio::select! {
                biased;
                pending = &mut starting => break pending.map_err(Ended::Broken)?,
                outcome = front_outcome(&mut self.in_flight) => outcome,
                () = next_look(&mut self.look) => {
                    self.check_held()?;
                    continue;
                }
            };
            // Both go on: the request may wait in a queue where others wait behind it, and the client may take its time with the answer.
            let answered = pin!(self.answered(stream, outcome));
            match select(answered, starting.as_mut()).await {
                Either::Left((answered, _)) => answered?,
                Either::Right((pending, answered)) => {
                    answered.await?;
                    break pending.map_err(Ended::Broken)?;
                }
            }
        };
        self.in_flight_bytes += pending.size_bytes;
        self.in_flight.push_back(pending);
        Ok(())
    }

    /// Ends a connection whose requests hold memory behind one that waits, while others need it.
    fn check_held(&mut self) -> Result<(), Ended> {
        self.look = None;
        let broker = &self.session.broker;
        let since = broker.core.env.clock.now().since(self.front_since);
        let may_hold = self.in_flight_bytes <= HELD_BYTES_MAX && !broker.budgets.requests.is_exhausted();
        if self.in_flight.is_empty() || may_hold || since < PATIENCE_WHEN_SHORT || !broker.budgets.requests_are_short() {
            return Ok(());
        }
        let (count, bytes) = (self.in_flight.len(), self.in_flight_bytes);
        Err(Ended::Slow(format!("its {count} requests hold {bytes} bytes that others wait for, the first of them for {since:?}")))
    }

    fn note_activity(&self) -> Mono {
        let now = self.session.broker.core.env.clock.now();
        self.place.activity.note(now);
        now
    }

    async fn answered(&mut self, stream: &mut Box<dyn NetStream>, outcome: Outcome) -> Result<(), Ended> {
        if let Some(pending) = self.in_flight.pop_front() {
            self.in_flight_bytes -= pending.size_bytes;
        }
        match outcome {
            Outcome::Silence => {}
            Outcome::Close(reason) => return Err(Ended::Broken(reason)),
            Outcome::Reply(reply) => tokio::select! {
                biased;
                written = write(&self.session.broker, stream, reply.chunks) => written?,
                // A client that takes nothing is silent too.
                () = self.place.activity.too_long_silent() => return Err(Ended::Idle),
            },
        }
        self.front_since = self.note_activity();
        Ok(())
    }
}

/// How the first request ends; waits for ever where there is none.
async fn front_outcome(in_flight: &mut VecDeque<Pending>) -> Outcome {
    match in_flight.front_mut() {
        Some(front) => (&mut front.outcome).await,
        None => futures::future::pending().await,
    }
}

async fn next_look(look: &mut Option<Look>) {
    match look {
        Some(look) => (&mut look.timer).await,
        None => futures::future::pending().await,
    }
}

fn is_hangup(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof)
}

/// Writes an answer at the pace at which the client takes it, if others do not need what it holds.
async fn write(broker: &Broker, stream: &mut Box<dyn NetStream>, chunks: Vec<Bytes>) -> Result<(), Ended> {
    let patience = || match broker.stopping.is_given() {
        true => Some(PATIENCE_WHEN_SHORT),
        false => broker.budgets.patience_with_answers(),
    };
    let failed = |error: io::Error| if is_hangup(&error) { Ended::ByClient } else { Ended::Broken(error.to_string()) };
    let mut outgoing = Outgoing::of(chunks);
    let mut pace = Pace::of(outgoing.size_bytes());
    while !outgoing.is_empty() {
        match paced(&mut pace, broker.core.env.clock.as_ref(), patience, outgoing.write_some(stream)).await {
            Some(written) => pace.note_moved(written.map_err(failed)?),
            None if broker.stopping.is_given() => return Err(Ended::Stopped),
            None => {
                let reason = format!("it does not take {} bytes of an answer, and others wait for what they hold", outgoing.size_bytes());
                return Err(Ended::Slow(reason));
            }
        }
    }
    stream.flush().await.map_err(failed)
}
