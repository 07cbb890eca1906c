//! What the fuzz targets share.

mod checksum;
mod memory;
pub mod wire;

pub use checksum::crc32c;
pub use memory::{Counting, PER_BYTE, taken_by, within_memory};
