//! What the fuzz targets share.

mod checksum;

pub use checksum::crc32c;
