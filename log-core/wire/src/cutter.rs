//! Cutting frames out of a stream: a state machine that is given bytes as they arrive, in whatever pieces, and gives frames or a refusal.
//!
//! Whoever reads asks for [`room`](Cutter::room), fills some of it, and asks for the frame to [`cut`](Cutter::cut) off. What always holds:
//!
//! - Memory follows what has arrived, not what was announced: a frame's buffer, what it grew through included, stays below ten times the bytes
//!   that are there plus a few thousand.
//! - There is never room beyond the end of a frame longer than 512 bytes, so it is the sole owner of its bytes; shorter ones may lie in one buffer
//!   of that size, and a small request costs one read.
//! - The frames do not depend on the pieces.
//!
//! Waiting, budgets and deadlines are not here.

use crate::frame::{LENGTH_BYTES, length};
use crate::{Error, Result};
use bytes::buf::Limit;
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Room while the length is not known.
const FIRST_READ_BYTES: usize = 512;

/// Room once the length is known, however little has arrived.
const FIRST_STEP_BYTES: usize = 4 << 10;

/// Room is made for so many times what has arrived. Eight times the largest buffer and its predecessors, each an eighth, stay below ten.
const GROWTH: usize = 7;

/// Cuts the frames of one stream.
#[derive(Debug)]
pub struct Cutter {
    arrived: BytesMut,
    /// The size of the frame under way, once it is known.
    wanted: Option<usize>,
    least_bytes: usize,
    limit_bytes: usize,
}

impl Cutter {
    /// For frames of these sizes.
    pub fn new(least_bytes: usize, limit_bytes: usize) -> Cutter {
        Cutter { arrived: BytesMut::new(), wanted: None, least_bytes, limit_bytes }
    }

    /// The first frame that is there as a whole, without its length; `None` while there is none.
    ///
    /// # Errors
    /// [`Error::FrameLength`]: what follows cannot be understood, the connection has to end.
    pub fn cut(&mut self) -> Result<Option<Bytes>> {
        let wanted = match self.wanted {
            Some(wanted) => wanted,
            None => {
                let Some(wanted) = length(&self.arrived, self.least_bytes, self.limit_bytes)? else { return Ok(None) };
                self.arrived.advance(LENGTH_BYTES);
                *self.wanted.insert(wanted)
            }
        };
        if self.arrived.len() < wanted {
            return Ok(None);
        }
        self.wanted = None;
        let frame = if self.arrived.len() == wanted { std::mem::take(&mut self.arrived) } else { self.arrived.split_to(wanted) };
        Ok(Some(frame.freeze()))
    }

    /// What the buffer is going to hold after the next [`room`](Cutter::room).
    pub fn next_buffer_bytes(&self) -> usize {
        let (arrived, capacity) = (self.arrived.len(), self.arrived.capacity());
        match self.wanted {
            Some(wanted) if capacity == arrived => arrived + self.step(wanted),
            _ => capacity.max(FIRST_READ_BYTES),
        }
    }

    fn step(&self, wanted: usize) -> usize {
        let arrived = self.arrived.len();
        wanted.saturating_sub(arrived).min((arrived * GROWTH).max(FIRST_STEP_BYTES))
    }

    /// Room for what comes next: never empty, unless a frame is there and was not taken.
    pub fn room(&mut self) -> Limit<&mut BytesMut> {
        let arrived = self.arrived.len();
        let spare = self.arrived.capacity() - arrived;
        let step = match self.wanted {
            None => {
                let step = FIRST_READ_BYTES.saturating_sub(arrived).max(1);
                if spare < step {
                    self.grow(step);
                }
                step
            }
            // What was made room for is filled before there is more: a frame that trickles in is not copied with every byte.
            Some(wanted) if spare > 0 => spare.min(wanted.saturating_sub(arrived)),
            Some(wanted) => {
                let step = self.step(wanted);
                self.grow(step);
                step
            }
        };
        (&mut self.arrived).limit(step)
    }

    /// By exactly so much: a buffer that doubles as it likes would be larger than what was counted for it.
    fn grow(&mut self, step: usize) {
        let mut grown = BytesMut::with_capacity(self.arrived.len() + step);
        grown.extend_from_slice(&self.arrived);
        self.arrived = grown;
    }

    /// The size of the frame under way, once it is known.
    pub fn wanted_bytes(&self) -> Option<usize> {
        self.wanted
    }

    /// How many bytes of the frame under way have arrived.
    pub fn arrived_bytes(&self) -> usize {
        self.arrived.len()
    }

    /// Whether part of a frame has arrived.
    pub fn is_inside_a_frame(&self) -> bool {
        self.wanted.is_some() || !self.arrived.is_empty()
    }

    /// What it means that the stream ends here: nothing between two frames.
    ///
    /// # Errors
    /// [`Error::Truncated`] inside a frame.
    pub fn end(&self) -> Result<()> {
        match (self.wanted, self.arrived.len()) {
            (None, 0) => Ok(()),
            (wanted, remaining) => Err(Error::Truncated { at: 0, needed: wanted.unwrap_or(LENGTH_BYTES), remaining }),
        }
    }
}
