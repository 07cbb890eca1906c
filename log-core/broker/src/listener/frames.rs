//! Reading requests from a stream: a length of four bytes, then so many bytes, cut by a [`Cutter`].
//!
//! Memory follows what has arrived, not what was announced: a frame's buffer grows as its bytes come in, and beyond [`FREE_BYTES`] only with a share
//! of the budget of frames for it; a smaller one has a share of that of requests when it is whole. A frame that has begun goes on at its pace or ends
//! the connection. Reading is cancel safe: what has arrived stays here.

use crate::listener::budget::Share;
use crate::listener::budgets::{Budgets, REQUEST_OVERHEAD_BYTES};
use crate::listener::pace::Pace;
use crate::listener::transfer::paced;
use bytes::Bytes;
use futures::future::{Either, select};
use log_env::Clock;
use log_wire::{Cutter, frame};
use std::io;
use std::pin::pin;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::OwnedSemaphorePermit;

/// The buffer of a frame may be so large without a share of the budget.
pub(super) const FREE_BYTES: usize = 8 << 10;

/// Why a connection is closed by this side.
#[derive(Debug, Error)]
pub(crate) enum FrameError {
    /// It ended, or the network failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// It ended inside a frame.
    #[error("the connection ended {got} bytes into a request of {wanted} bytes")]
    Truncated { got: usize, wanted: usize },
    /// It has begun and does not come.
    #[error("a request of {wanted} bytes does not come: {got} of them have arrived, and too little followed")]
    Stalled { got: usize, wanted: usize },
    /// What was announced is no request.
    #[error("{what}")]
    Refused { what: String },
}

/// A whole request, and its share of the budget.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) bytes: Bytes,
    pub(crate) share: Share,
}

/// Reads frames from one connection.
#[derive(Debug)]
pub(crate) struct FrameReader {
    cutter: Cutter,
    share: Share,
    /// Held until the frame is whole.
    overdraft: Option<OwnedSemaphorePermit>,
    pace: Pace,
    frame_bytes_max: usize,
}

impl FrameReader {
    pub(crate) fn new(frame_bytes_max: usize) -> FrameReader {
        let cutter = Cutter::new(frame::REQUEST_BYTES_MIN, frame_bytes_max);
        FrameReader { cutter, share: Share::default(), overdraft: None, pace: Pace::default(), frame_bytes_max }
    }

    /// The next request; `None` if the connection ended between two. Cancel safe.
    pub(crate) async fn next(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        budgets: &Budgets,
        clock: &dyn Clock,
    ) -> Result<Option<Frame>, FrameError> {
        loop {
            if let Some(bytes) = self.cutter.cut().map_err(|error| self.refusal(&error))? {
                return Ok(Some(self.whole(bytes, budgets)));
            }
            self.wait_for_room(budgets, clock).await?;
            let count = self.read(stream, budgets, clock).await?;
            if count == 0 {
                return self.cutter.end().map(|()| None).map_err(|error| self.refusal(&error));
            }
            self.pace.note_moved(count);
        }
    }

    fn whole(&mut self, bytes: Bytes, budgets: &Budgets) -> Frame {
        self.pace = Pace::default();
        self.overdraft = None;
        let mut share = std::mem::take(&mut self.share);
        if share.is_empty() {
            share = budgets.requests.charge(bytes.len() + REQUEST_OVERHEAD_BYTES);
        }
        Frame { bytes, share }
    }

    /// Waits until the buffer may be as large as the next read makes it.
    async fn wait_for_room(&mut self, budgets: &Budgets, clock: &dyn Clock) -> Result<(), FrameError> {
        let needed = self.cutter.next_buffer_bytes();
        if needed <= FREE_BYTES {
            budgets.requests.room().await;
        } else if needed > self.share.bytes() {
            let stalled = self.stalled();
            let more = more_room(budgets, needed - self.share.bytes(), &self.share, &mut self.overdraft);
            let more = paced(&mut self.pace, clock, || Some(budgets.patience()), more).await.ok_or(stalled)?;
            self.share.join(more);
        }
        Ok(())
    }

    /// Reads what is there, waiting for the first of it: for ever between two frames, at the pace of a frame inside one.
    async fn read(&mut self, stream: &mut (impl AsyncRead + Unpin), budgets: &Budgets, clock: &dyn Clock) -> Result<usize, FrameError> {
        if !self.cutter.is_inside_a_frame() {
            return Ok(stream.read_buf(&mut self.cutter.room()).await?);
        }
        let stalled = self.stalled();
        self.pace.set_whole(self.cutter.wanted_bytes().unwrap_or_default());
        let patience = || Some(budgets.patience());
        match paced(&mut self.pace, clock, patience, stream.read_buf(&mut self.cutter.room())).await {
            Some(read) => Ok(read?),
            None => Err(stalled),
        }
    }

    fn stalled(&self) -> FrameError {
        FrameError::Stalled { got: self.cutter.arrived_bytes(), wanted: self.cutter.wanted_bytes().unwrap_or(frame::LENGTH_BYTES) }
    }

    fn refusal(&self, error: &log_wire::Error) -> FrameError {
        match error {
            log_wire::Error::Truncated { needed, remaining, .. } => FrameError::Truncated { got: *remaining, wanted: *needed },
            log_wire::Error::FrameLength { length, .. } => FrameError::Refused { what: describe_foreign(*length, self.frame_bytes_max) },
            other => FrameError::Refused { what: other.to_string() },
        }
    }
}

/// More of the budget of frames, for one that has a share already or has none. Where nothing is left, frames that hold a part and wait for the rest would
/// wait for one another: one of them at a time goes beyond the budget and comes to its end. Cancel safe.
async fn more_room(budgets: &Budgets, bytes: usize, share: &Share, overdraft: &mut Option<OwnedSemaphorePermit>) -> Share {
    if share.is_empty() {
        return budgets.frames.take(bytes).await;
    }
    if overdraft.is_none() {
        match select(pin!(budgets.frames.take(bytes)), pin!(budgets.overdraft.clone().acquire_owned())).await {
            Either::Left((taken, _)) => return taken,
            // The semaphore is never closed.
            Either::Right((permit, _)) => *overdraft = permit.ok(),
        }
    }
    budgets.frames.charge(bytes)
}

/// Names the usual strangers at this door.
fn describe_foreign(length: i32, frame_bytes_max: usize) -> String {
    match length.to_be_bytes() {
        [0x16, 0x03, ..] => "a TLS handshake came to a listener without TLS; set the client's security.protocol to PLAINTEXT".to_owned(),
        [b'G', b'E', b'T', b' ']
        | [b'P', b'O', b'S', b'T']
        | [b'P', b'U', b'T', b' ']
        | [b'H', b'E', b'A', b'D']
        | [b'O', b'P', b'T', b'I'] => "an HTTP request came to a listener that speaks Kafka's protocol".to_owned(),
        _ if length < frame::REQUEST_BYTES_MIN as i32 => format!("a request of {length} bytes was announced, which is less than a header"),
        _ => format!("a request of {length} bytes was announced; socket.request.max.bytes allows {frame_bytes_max}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use log_env::Env;
    use std::time::Duration;
    use tokio::io::AsyncWriteExt;

    const MAX: usize = 4 << 20;

    /// What a reader makes of bytes that arrive in pieces of `piece` bytes, and then end.
    fn read(bytes: &[u8], piece: usize) -> (Vec<Bytes>, Option<String>) {
        let (mut near, mut far) = tokio::io::duplex(piece);
        let (env, _) = Env::simulated(1);
        let budgets = Budgets::new(None);
        let write = async {
            let sent = near.write_all(bytes).await;
            drop(near);
            sent
        };
        let read = async {
            let mut reader = FrameReader::new(MAX);
            let mut frames = Vec::new();
            loop {
                match reader.next(&mut far, &budgets, env.clock.as_ref()).await {
                    Ok(Some(frame)) => frames.push(frame.bytes),
                    Ok(None) => break (frames, None),
                    Err(error) => break (frames, Some(error.to_string())),
                }
            }
        };
        block_on(async { futures::join!(write, read) }).1
    }

    fn frame(size: usize, fill: u8) -> Vec<u8> {
        [&(size as i32).to_be_bytes()[..], &vec![fill; size]].concat()
    }

    #[test]
    fn what_is_no_request_is_named() {
        for (bytes, says) in [
            (&[0x16, 3, 1, 2, 0, 1][..], "TLS handshake"),
            (b"GET / HTTP/1.1\r\n\r\n", "HTTP request"),
            (&[0x7f, 0xff, 0xff, 0xff], "socket.request.max.bytes allows 4194304"),
            (&[0xff, 0xff, 0xff, 0xff], "less than a header"),
            (&[0, 0, 0, 7, 1], "less than a header"),
            (&[0, 0, 1, 0, 1, 2], "ended 2 bytes into a request of 256 bytes"),
            (&[0, 0], "ended 2 bytes into"),
        ] {
            let (frames, error) = read(bytes, 4096);
            assert!(frames.is_empty() && error.as_deref().is_some_and(|error| error.contains(says)), "{bytes:?}: {error:?}");
        }
    }

    /// What becomes of a frame of which this much has arrived, when the budget of frames has this much left, and after how long.
    fn stalled(size: i32, arrived: usize, left_bytes: i64) -> (String, Duration, bool) {
        let (env, sim) = Env::simulated(1);
        let (mut near, mut far) = tokio::io::duplex(1 << 20);
        let budgets = Budgets::new(Some(10 << 20));
        let held = budgets.frames.charge(usize::try_from((10 << 20) - left_bytes).unwrap());
        let mut reader = FrameReader::new(MAX);
        sim.run_until(async {
            near.write_all(&[&size.to_be_bytes()[..], &vec![1; arrived]].concat()).await.unwrap();
            let start = env.clock.now();
            let error = reader.next(&mut far, &budgets, env.clock.as_ref()).await.unwrap_err();
            drop(held);
            (error.to_string(), env.clock.now().since(start), reader.share.is_empty())
        })
    }

    #[test]
    fn a_frame_that_does_not_come_ends_the_connection_soon_and_sooner_when_room_is_short() {
        let whole = 10 << 20;
        for (arrived, left_bytes, seconds, has_no_share) in [
            (0, whole, 30, true),
            (100, whole, 30, true),
            (100, whole / 3, 5, true),
            (100_000, whole, 30, false),
            (100_000, whole / 2 + 1, 5, false),
            // It waits for room and not for its bytes.
            (100_000, -1, 5, true),
        ] {
            let (error, time, is_empty) = stalled(2_000_000, arrived, left_bytes);
            assert_eq!((time, is_empty), (Duration::from_secs(seconds), has_no_share), "{arrived} bytes, {left_bytes} left");
            assert!(left_bytes < 0 || error.contains(&format!("2000000 bytes does not come: {arrived} of them")), "{error}");
        }
    }

    #[test]
    fn a_frame_that_drips_in_is_behind_its_pace_and_an_idle_connection_is_not() {
        let (env, sim) = Env::simulated(1);
        let (mut near, mut far) = tokio::io::duplex(1 << 20);
        let (budgets, clock) = (Budgets::new(None), env.clock.clone());
        let start = clock.now();
        let drip = async move {
            clock.sleep(Duration::from_secs(500)).await;
            near.write_all(&1000_i32.to_be_bytes()).await.unwrap();
            while near.write_all(&[1]).await.is_ok() {
                clock.sleep(Duration::from_secs(1)).await;
            }
        };
        env.spawner.spawn("drip", futures::FutureExt::boxed(drip));
        let mut reader = FrameReader::new(MAX);
        let error = sim.run_until(reader.next(&mut far, &budgets, env.clock.as_ref())).unwrap_err();
        assert!(matches!(error, FrameError::Stalled { got: 29..=31, wanted: 1000 }), "{error}");
        assert_eq!(env.clock.now().since(start).as_secs(), 530);
    }

    #[test]
    fn nothing_is_read_while_the_requests_of_all_hold_more_than_they_may() {
        let (env, sim) = Env::simulated(1);
        let (mut near, mut far) = tokio::io::duplex(1 << 20);
        let budgets = Budgets::new(None);
        let held = budgets.requests.charge((64 << 20) - 2000);
        let mut reader = FrameReader::new(MAX);
        sim.run_until(async {
            near.write_all(&[frame(1000, 1), frame(1000, 2)].concat()).await.unwrap();
            let clock = env.clock.as_ref();
            let first = reader.next(&mut far, &budgets, clock).await.unwrap().unwrap();
            {
                let waiting = std::pin::pin!(reader.next(&mut far, &budgets, clock));
                let late = clock.sleep(Duration::from_secs(100));
                assert!(matches!(futures::future::select(waiting, late).await, futures::future::Either::Right(_)));
            }
            drop(first);
            assert_eq!(reader.next(&mut far, &budgets, clock).await.unwrap().unwrap().bytes, vec![2; 1000]);
            drop(held);
        });
    }
}
