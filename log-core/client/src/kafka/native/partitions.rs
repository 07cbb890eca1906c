//! librdkafka's list of partitions with offsets, owned.

use super::Fault;
use super::fault::text;
use rdkafka::bindings as sys;
use std::ffi::{CStr, CString, c_void};
use std::ptr::NonNull;

/// One entry of a list, copied out.
#[derive(Clone, Debug)]
pub(in crate::kafka) struct PartitionEntry {
    pub(in crate::kafka) topic: String,
    pub(in crate::kafka) partition: i32,
    pub(in crate::kafka) offset: i64,
    pub(in crate::kafka) leader_epoch: i32,
    pub(in crate::kafka) metadata: String,
    /// What this entry met, in an answer.
    pub(in crate::kafka) outcome: Result<(), Fault>,
}

/// An owned `rd_kafka_topic_partition_list_t`.
pub(in crate::kafka) struct PartitionList(NonNull<sys::rd_kafka_topic_partition_list_t>);

// SAFETY: the list is plain memory with one owner.
unsafe impl Send for PartitionList {}
// SAFETY: shared references only read it.
unsafe impl Sync for PartitionList {}

impl PartitionList {
    pub(in crate::kafka) fn new() -> PartitionList {
        // SAFETY: allocates; librdkafka aborts rather than return null when memory is out.
        let list = unsafe { sys::rd_kafka_topic_partition_list_new(8) };
        PartitionList(NonNull::new(list).expect("librdkafka allocates or aborts"))
    }

    /// Adds a partition with an offset.
    pub(in crate::kafka) fn add(&mut self, topic: &str, partition: i32, offset: i64) {
        self.add_with(topic, partition, offset, -1, "");
    }

    /// Adds a position with its leader epoch (-1 for none) and metadata.
    pub(in crate::kafka) fn add_with(&mut self, topic: &str, partition: i32, offset: i64, leader_epoch: i32, metadata: &str) {
        let topic = CString::new(topic).unwrap_or_default();
        // SAFETY: the list lives; the name is copied; the metadata is copied into memory of librdkafka's allocator, which frees it with the entry.
        unsafe {
            let entry = sys::rd_kafka_topic_partition_list_add(self.0.as_ptr(), topic.as_ptr(), partition);
            (*entry).offset = offset;
            if leader_epoch >= 0 {
                sys::rd_kafka_topic_partition_set_leader_epoch(entry, leader_epoch);
            }
            if !metadata.is_empty() {
                let memory = sys::rd_kafka_mem_malloc(std::ptr::null_mut(), metadata.len());
                std::ptr::copy_nonoverlapping(metadata.as_ptr().cast::<c_void>(), memory, metadata.len());
                (*entry).metadata = memory;
                (*entry).metadata_size = metadata.len();
            }
        }
    }

    pub(super) fn as_ptr(&self) -> *mut sys::rd_kafka_topic_partition_list_t {
        self.0.as_ptr()
    }
}

impl Drop for PartitionList {
    fn drop(&mut self) {
        // SAFETY: this is its owner.
        unsafe { sys::rd_kafka_topic_partition_list_destroy(self.0.as_ptr()) };
    }
}

/// Copies the entries of a list that stays its owner's.
///
/// # Safety
/// `list` is null or a list that lives through the call.
pub(super) unsafe fn entries(list: *const sys::rd_kafka_topic_partition_list_t) -> Vec<PartitionEntry> {
    if list.is_null() {
        return Vec::new();
    }
    // SAFETY: `cnt` entries lie at `elems`.
    unsafe { (0..(*list).cnt.max(0) as usize).map(|index| entry((*list).elems.add(index))).collect() }
}

/// Copies one entry.
///
/// # Safety
/// `entry` lives through the call.
pub(super) unsafe fn entry(entry: *const sys::rd_kafka_topic_partition_t) -> PartitionEntry {
    // SAFETY: the fields belong to the entry; the metadata is `metadata_size` bytes.
    unsafe {
        let metadata = if (*entry).metadata.is_null() {
            String::new()
        } else {
            let bytes = std::slice::from_raw_parts((*entry).metadata.cast::<u8>(), (*entry).metadata_size);
            String::from_utf8_lossy(bytes).into_owned()
        };
        PartitionEntry {
            topic: text((*entry).topic).unwrap_or_default(),
            partition: (*entry).partition,
            offset: (*entry).offset,
            leader_epoch: sys::rd_kafka_topic_partition_get_leader_epoch(entry),
            metadata,
            outcome: Fault::check((*entry).err),
        }
    }
}

/// The topic's name, borrowed from its handle.
///
/// # Safety
/// The handle lives as long as the result is used.
pub(super) unsafe fn topic_name<'a>(topic: *const sys::rd_kafka_topic_t) -> &'a str {
    // SAFETY: the name belongs to the handle. Kafka's topic names are ASCII.
    unsafe { CStr::from_ptr(sys::rd_kafka_topic_name(topic)) }.to_str().unwrap_or_default()
}
