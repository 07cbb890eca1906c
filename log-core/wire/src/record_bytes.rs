//! Record batches inside a message: bytes that nobody looks into here.

use bytes::{Bytes, BytesMut};
use std::fmt;

/// A run of record batches, in one chunk or several. Cloning shares the bytes.
///
/// Decoding gives one chunk, a slice of the frame. A fetch answers with as many chunks as it found; they reach the socket as they are.
#[derive(Clone)]
pub struct Records(Chunks);

#[derive(Clone)]
enum Chunks {
    One(Bytes),
    Many(Vec<Bytes>),
}

impl Records {
    /// No records, which is not the same as null.
    pub const fn new() -> Self {
        Records(Chunks::One(Bytes::new()))
    }

    /// The chunks in order.
    pub fn chunks(&self) -> &[Bytes] {
        match &self.0 {
            Chunks::One(chunk) => std::slice::from_ref(chunk),
            Chunks::Many(chunks) => chunks,
        }
    }

    /// Bytes in all chunks.
    pub fn size_bytes(&self) -> usize {
        self.chunks().iter().map(Bytes::len).sum()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.chunks().iter().all(Bytes::is_empty)
    }

    /// The bytes in one piece: copied if there are several chunks.
    pub fn into_bytes(self) -> Bytes {
        match self.0 {
            Chunks::One(chunk) => chunk,
            Chunks::Many(chunks) => {
                let mut all = BytesMut::with_capacity(chunks.iter().map(Bytes::len).sum());
                chunks.iter().for_each(|chunk| all.extend_from_slice(chunk));
                all.freeze()
            }
        }
    }
}

impl Default for Records {
    fn default() -> Self {
        Records::new()
    }
}

impl From<Bytes> for Records {
    fn from(chunk: Bytes) -> Self {
        Records(Chunks::One(chunk))
    }
}

impl From<Vec<Bytes>> for Records {
    fn from(mut chunks: Vec<Bytes>) -> Self {
        match chunks.len() {
            1 => Records(Chunks::One(chunks.remove(0))),
            _ => Records(Chunks::Many(chunks)),
        }
    }
}

/// By content: how it is cut into chunks does not count.
impl PartialEq for Records {
    fn eq(&self, other: &Self) -> bool {
        let bytes = |records: &Records| records.chunks().to_vec().into_iter().flatten();
        self.size_bytes() == other.size_bytes() && bytes(self).eq(bytes(other))
    }
}

impl Eq for Records {}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Records({} bytes)", self.size_bytes())
    }
}
