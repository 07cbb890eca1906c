//! What the fuzz targets share.

mod checksum;
mod memory;
pub mod wire;

pub use checksum::crc32c;
pub use memory::{Counting, within_memory};
