//! One connection: requests in, answers out, in order.
//!
//! Requests are *started* in the order in which they arrive, and answered in that order. Starting a produce request stages its batches, so several
//! of them share one flush; any other request does its work when the answers before it are out, one at a time, as Kafka's brokers do it. Reading
//! goes on meanwhile, up to the limits here: it is how the end of a connection is noticed while a fetch waits for records.

use crate::handlers::{Outcome, Pending, start};
use crate::listener::frames::{FrameError, FrameReader};
use crate::listener::peers::PeerPlace;
use crate::listener::session::Session;
use bytes::{Buf, Bytes};
use log_env::NetStream;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Requests of one connection that may be under way.
const REQUESTS_MAX: usize = 64;
/// Bytes of them; one request may be larger.
const REQUEST_BYTES_MAX: usize = 64 << 20;
/// Pieces handed to the system at once.
const SLICES_MAX: usize = 64;

/// Why a connection ended.
#[derive(Debug)]
enum Ended {
    /// The client closed it.
    ByClient,
    /// The server stops.
    Stopped,
    /// It did nothing for `connections.max.idle.ms`.
    Idle,
    /// It broke the protocol, or the network failed.
    Broken(String),
}

/// Serves a connection to its end.
pub(crate) async fn serve(mut stream: Box<dyn NetStream>, place: PeerPlace, session: Arc<Session>) {
    let mut connection = Connection::new(session.clone(), &place);
    let ended = tokio::select! {
        biased;
        ended = connection.run(&mut stream) => ended,
        () = session.broker.cut_off.wait() => Ended::Stopped,
    };
    drop(connection);
    let peer = place.address;
    match ended {
        Ended::ByClient => tracing::debug!(%peer, "the client closed its connection"),
        Ended::Stopped => tracing::debug!(%peer, "the connection is closed: the server stops"),
        Ended::Idle => tracing::info!(%peer, "the connection is closed: it did nothing for connections.max.idle.ms"),
        Ended::Broken(reason) => tracing::warn!(%peer, client = %session.client_id(), reason, "the connection is closed"),
    }
    // Whoever went away does not hear it.
    let _ = stream.shutdown().await;
}

struct Connection<'a> {
    session: Arc<Session>,
    place: &'a PeerPlace,
    frames: FrameReader,
    in_flight: VecDeque<Pending>,
    in_flight_bytes: usize,
}

enum Step {
    Answered(Outcome),
    Frame(Result<Option<crate::listener::frames::Frame>, FrameError>),
    Stop,
    Idle,
}

impl<'a> Connection<'a> {
    fn new(session: Arc<Session>, place: &'a PeerPlace) -> Self {
        let frames = FrameReader::new(session.broker.limits.frame_bytes_max);
        Connection { session, place, frames, in_flight: VecDeque::new(), in_flight_bytes: 0 }
    }

    async fn run(&mut self, stream: &mut Box<dyn NetStream>) -> Ended {
        let mut stopping = false;
        loop {
            match self.step(stream, stopping).await {
                Step::Answered(outcome) => {
                    if let Some(pending) = self.in_flight.pop_front() {
                        self.in_flight_bytes -= pending.size_bytes;
                    }
                    if let Err(ended) = self.answer(stream, outcome).await {
                        return ended;
                    }
                }
                Step::Frame(Ok(Some(frame))) => {
                    self.note_activity();
                    match start(&self.session, frame).await {
                        Ok(pending) => {
                            self.in_flight_bytes += pending.size_bytes;
                            self.in_flight.push_back(pending);
                        }
                        Err(reason) => return Ended::Broken(reason),
                    }
                }
                Step::Frame(Ok(None)) => return Ended::ByClient,
                Step::Frame(Err(FrameError::Io(error))) if is_hangup(&error) => return Ended::ByClient,
                Step::Frame(Err(error)) => return Ended::Broken(error.to_string()),
                Step::Stop => stopping = true,
                Step::Idle if self.in_flight.is_empty() => return Ended::Idle,
                Step::Idle => {}
            }
            if stopping && self.in_flight.is_empty() {
                return Ended::Stopped;
            }
        }
    }

    async fn step(&mut self, stream: &mut Box<dyn NetStream>, stopping: bool) -> Step {
        let broker = self.session.broker.clone();
        let may_read = !stopping && self.in_flight.len() < REQUESTS_MAX && self.in_flight_bytes < REQUEST_BYTES_MAX;
        let front = self.in_flight.front_mut();
        tokio::select! {
            // In this order, so that a simulated run is the same each time.
            biased;
            outcome = async { match front { Some(pending) => (&mut pending.outcome).await, None => futures::future::pending().await } } => {
                Step::Answered(outcome)
            }
            frame = self.frames.next(stream, &broker.budget), if may_read => Step::Frame(frame),
            () = broker.stopping.wait(), if !stopping => Step::Stop,
            () = self.place.activity.too_long_silent() => Step::Idle,
        }
    }

    fn note_activity(&self) {
        self.place.activity.note(self.session.broker.core.env.clock.now());
    }

    async fn answer(&mut self, stream: &mut Box<dyn NetStream>, outcome: Outcome) -> Result<(), Ended> {
        match outcome {
            Outcome::Silence => Ok(()),
            Outcome::Close(reason) => Err(Ended::Broken(reason)),
            Outcome::Reply(reply) => {
                let written = tokio::select! {
                    biased;
                    written = write_all(stream, reply.chunks) => written,
                    // A client that takes nothing is silent too.
                    () = self.place.activity.too_long_silent() => return Err(Ended::Idle),
                };
                self.note_activity();
                written.map_err(|error| if is_hangup(&error) { Ended::ByClient } else { Ended::Broken(error.to_string()) })
            }
        }
    }
}

fn is_hangup(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof)
}

/// Writes all chunks, many at once.
async fn write_all(stream: &mut (impl AsyncWrite + Unpin), chunks: Vec<Bytes>) -> io::Result<()> {
    let mut chunks: VecDeque<Bytes> = chunks.into_iter().filter(|chunk| !chunk.is_empty()).collect();
    while !chunks.is_empty() {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let count = chunks.len().min(SLICES_MAX);
        for (slice, chunk) in slices.iter_mut().zip(&chunks) {
            *slice = IoSlice::new(chunk);
        }
        let mut written = stream.write_vectored(&slices[..count]).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        while let Some(front) = chunks.front_mut().filter(|_| written > 0) {
            let step = written.min(front.len());
            front.advance(step);
            written -= step;
            if front.is_empty() {
                chunks.pop_front();
            }
        }
    }
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[test]
    fn chunks_arrive_whole_and_in_order_through_a_narrow_pipe() {
        let chunks: Vec<Bytes> = (0..200u32).map(|index| Bytes::from(vec![index as u8; (index % 7) as usize * 100])).collect();
        let expected: Vec<u8> = chunks.concat();
        let (mut near, mut far) = tokio::io::duplex(333);
        let (written, read) = futures::executor::block_on(async {
            let write = async move { write_all(&mut near, chunks).await };
            let read = async {
                let mut all = Vec::new();
                far.read_to_end(&mut all).await.map(|_| all)
            };
            futures::join!(write, read)
        });
        written.unwrap();
        assert_eq!(read.unwrap(), expected);
    }
}
