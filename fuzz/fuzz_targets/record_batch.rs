//! Any bytes as a run of record batches: parsed, split, every record and header walked, within ten times their memory. Then every codec, within the
//! limit of the process: a decompressor takes its window, and what it makes may be many times what it reads.
#![no_main]

use bytes::Bytes;
use headwater_fuzz::{Counting, within_memory};
use libfuzzer_sys::fuzz_target;
use log_model::CompressionType;
use log_record::{DecompressionLimit, RecordBatch};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fuzz_target!(|data: &[u8]| {
    let mut run = Bytes::copy_from_slice(data);
    within_memory(data.len(), || {
        while let Ok(Some(batch)) = RecordBatch::split(&mut run) {
            walk(&batch);
        }
    });
    // The checksum stops almost every mutation; with it mended the records themselves are reached.
    if let Some(mended) = mend(data)
        && let Ok(batch) = within_memory(data.len(), || RecordBatch::parse(mended))
    {
        within_memory(data.len(), || walk(&batch));
        own(&batch);
    }
});

/// Every record and header where it lies, unless they are compressed.
fn walk(batch: &RecordBatch) {
    if batch.compression() != CompressionType::None {
        return;
    }
    let Ok(mut records) = batch.records() else { return };
    while let Some(Ok(record)) = records.next_view() {
        assert_eq!(record.headers().count(), record.header_count());
    }
}

/// Every record as one that stands by itself, decompressed first.
fn own(batch: &RecordBatch) {
    let Ok(records) = batch.records() else { return };
    for record in records {
        let Ok(record) = record else { return };
        assert!(record.record.headers.len() <= batch.size_bytes() * DecompressionLimit::default().ratio_max);
    }
}

/// The same bytes with the length and the checksum a batch of this size must have.
fn mend(data: &[u8]) -> Option<Bytes> {
    const HEADER_BYTES: usize = 61;
    if data.len() < HEADER_BYTES {
        return None;
    }
    let mut bytes = data.to_vec();
    let length = (bytes.len() - 12) as i32;
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    bytes[16] = 2;
    let crc = headwater_fuzz::crc32c(&bytes[21..]);
    bytes[17..21].copy_from_slice(&crc.to_be_bytes());
    Some(bytes.into())
}
