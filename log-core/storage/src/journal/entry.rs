//! One entry of the journal: what happens together or not at all.
//!
//! ```text
//! 0   body_bytes  u32
//! 4   crc         u32  CRC-32C of everything from byte 8 on
//! 8   kind        u8   1 batches, 2 change of the directory
//! 9   zero        3 bytes
//! 12  count       u32  batches in the body; 1 for a change
//! 16  body             batches: count x { topic id 16 bytes, partition u32, length u32, batch }; change: JSON
//! ```
//! All numbers but the batches' own are little-endian. The sectors prove the bytes already; the entry's checksum proves its borders.

use super::SectorBuffer;
use bytes::{Buf, Bytes};
use crc_fast::{CrcAlgorithm, Digest};
use log_model::TopicId;
use log_record::RecordBatch;
use uuid::Uuid;

pub(crate) const HEADER_BYTES: usize = 16;
const BATCH_HEADER_BYTES: usize = 24;
const KIND_BATCHES: u8 = 1;
const KIND_CHANGE: u8 = 2;

/// A partition as the journal names it: a topic created again under an old name is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PartitionRef {
    pub(crate) topic_id: TopicId,
    pub(crate) partition: i32,
}

/// A decoded entry.
#[derive(Debug)]
pub(crate) enum Entry {
    /// Numbered batches.
    Batches(Vec<(PartitionRef, RecordBatch)>),
    /// A change of the directory, as JSON.
    Change(Bytes),
}

/// Writes entries into a sector buffer.
#[derive(Debug)]
pub(crate) struct EntryEncoder {}

fn batch_header(partition: PartitionRef, batch_bytes: usize) -> [u8; BATCH_HEADER_BYTES] {
    let mut header = [0; BATCH_HEADER_BYTES];
    header[..16].copy_from_slice(partition.topic_id.0.as_bytes());
    header[16..20].copy_from_slice(&partition.partition.to_le_bytes());
    header[20..].copy_from_slice(&(batch_bytes as u32).to_le_bytes());
    header
}

fn header(kind: u8, count: usize, body_bytes: usize, crc: u32) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..4].copy_from_slice(&(body_bytes as u32).to_le_bytes());
    header[4..8].copy_from_slice(&crc.to_le_bytes());
    header[8] = kind;
    header[12..].copy_from_slice(&(count as u32).to_le_bytes());
    header
}

impl EntryEncoder {
    /// The size of an entry of batches that have these sizes.
    pub(crate) fn batches_bytes(sizes: impl Iterator<Item = usize>) -> u64 {
        HEADER_BYTES as u64 + sizes.map(|size| (BATCH_HEADER_BYTES + size) as u64).sum::<u64>()
    }

    /// The size of an entry with this change.
    pub(crate) fn change_bytes(change: &[u8]) -> u64 {
        (HEADER_BYTES + change.len()) as u64
    }

    /// Appends an entry of numbered batches. The caller keeps the body below 4 GiB.
    pub(crate) fn push_batches<'a>(buffer: &mut SectorBuffer, batches: impl Iterator<Item = (PartitionRef, &'a RecordBatch)> + Clone) {
        let count = batches.clone().count();
        let body_bytes: usize = batches.clone().map(|(_, batch)| BATCH_HEADER_BYTES + batch.size_bytes()).sum();
        let mut digest = Digest::new(CrcAlgorithm::Crc32Iscsi);
        digest.update(&header(KIND_BATCHES, count, body_bytes, 0)[8..]);
        for (partition, batch) in batches.clone() {
            digest.update(&batch_header(partition, batch.size_bytes()));
            digest.update(batch.as_bytes());
        }
        buffer.push(&header(KIND_BATCHES, count, body_bytes, digest.finalize() as u32));
        for (partition, batch) in batches {
            buffer.push(&batch_header(partition, batch.size_bytes()));
            buffer.push(batch.as_bytes());
        }
    }

    /// Appends a change of the directory.
    pub(crate) fn push_change(buffer: &mut SectorBuffer, change: &[u8]) {
        let mut digest = Digest::new(CrcAlgorithm::Crc32Iscsi);
        digest.update(&header(KIND_CHANGE, 1, change.len(), 0)[8..]);
        digest.update(change);
        buffer.push(&header(KIND_CHANGE, 1, change.len(), digest.finalize() as u32));
        buffer.push(change);
    }
}

impl Entry {
    /// The size of the entry at the front of the stream, once its header is there.
    pub(super) fn size_of(front: &[u8]) -> Option<usize> {
        let body: [u8; 4] = front.get(..HEADER_BYTES)?[..4].try_into().expect("four bytes");
        Some(HEADER_BYTES + u32::from_le_bytes(body) as usize)
    }

    /// Decodes a whole entry.
    pub(super) fn decode(mut bytes: Bytes) -> Result<Entry, &'static str> {
        if bytes.len() < HEADER_BYTES {
            return Err("an entry is shorter than its header");
        }
        let _body_bytes = bytes.get_u32_le();
        let crc = bytes.get_u32_le();
        if super::sector::crc32c(&bytes) != crc {
            return Err("the checksum of an entry is wrong");
        }
        let kind = bytes.get_u8();
        bytes.advance(3);
        let count = bytes.get_u32_le();
        match kind {
            KIND_BATCHES => decode_batches(bytes, count).map(Entry::Batches),
            KIND_CHANGE => Ok(Entry::Change(bytes)),
            _ => Err("an entry is of an unknown kind"),
        }
    }
}

fn decode_batches(mut bytes: Bytes, count: u32) -> Result<Vec<(PartitionRef, RecordBatch)>, &'static str> {
    let mut batches = Vec::new();
    for _ in 0..count {
        if bytes.len() < BATCH_HEADER_BYTES {
            return Err("an entry ends within the header of a batch");
        }
        let mut id = [0; 16];
        bytes.copy_to_slice(&mut id);
        let partition = bytes.get_i32_le();
        let length = bytes.get_u32_le() as usize;
        if length > bytes.len() {
            return Err("an entry ends within a batch");
        }
        let batch = RecordBatch::parse(bytes.split_to(length)).map_err(|_| "a batch of an entry is damaged")?;
        batches.push((PartitionRef { topic_id: TopicId(Uuid::from_bytes(id)), partition }, batch));
    }
    if bytes.is_empty() { Ok(batches) } else { Err("an entry has bytes behind its last batch") }
}
