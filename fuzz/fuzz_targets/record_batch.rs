//! Any bytes as a run of record batches: parsed, split, every record and header walked, every codec.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use log_record::RecordBatch;

fuzz_target!(|data: &[u8]| {
    let mut run = Bytes::copy_from_slice(data);
    while let Ok(Some(batch)) = RecordBatch::split(&mut run) {
        walk(&batch);
    }
    // The checksum stops almost every mutation; with it mended the records themselves are reached.
    if let Some(mended) = mend(data)
        && let Ok(batch) = RecordBatch::parse(mended)
    {
        walk(&batch);
    }
});

fn walk(batch: &RecordBatch) {
    let Ok(records) = batch.records() else { return };
    for record in records {
        let Ok(record) = record else { return };
        assert!(record.record.headers.len() <= batch.size_bytes() * 64);
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
