//! Producing: messages into the queue, transactions.

use super::{Client, Fault, PartitionList};
use crate::kafka::receipt::Receipt;
use log_record::RecordView;
use rdkafka::bindings as sys;
use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr::NonNull;
use std::sync::Arc;

/// A topic as an instance knows it. Goes before its instance.
pub(in crate::kafka) struct TopicHandle(NonNull<sys::rd_kafka_topic_t>);

// SAFETY: handles may be used from any thread, and from many at once.
unsafe impl Send for TopicHandle {}
// SAFETY: as above.
unsafe impl Sync for TopicHandle {}

impl TopicHandle {
    pub(super) fn as_ptr(&self) -> *mut sys::rd_kafka_topic_t {
        self.0.as_ptr()
    }
}

impl Drop for TopicHandle {
    fn drop(&mut self) {
        // SAFETY: this is its owner; the instance counts its handles.
        unsafe { sys::rd_kafka_topic_destroy(self.as_ptr()) };
    }
}

/// An empty value that is not null.
static EMPTY: u8 = 0;

fn memory(bytes: Option<&[u8]>) -> sys::rd_kafka_vu_s__bindgen_ty_1 {
    let (ptr, size) = match bytes {
        None => (std::ptr::null_mut(), 0),
        Some([]) => ((&raw const EMPTY).cast_mut().cast::<c_void>(), 0),
        Some(bytes) => (bytes.as_ptr().cast_mut().cast::<c_void>(), bytes.len()),
    };
    sys::rd_kafka_vu_s__bindgen_ty_1 { mem: sys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr, size } }
}

/// The record's headers as librdkafka's, null if there are none. Whoever gets them frees them or gives them away.
fn headers(record: &RecordView<'_>) -> *mut sys::rd_kafka_headers_t {
    if record.header_count() == 0 {
        return std::ptr::null_mut();
    }
    // SAFETY: names and values are copied with their lengths; a null value is told by a null pointer.
    unsafe {
        let list = sys::rd_kafka_headers_new(record.header_count());
        for (name, value) in record.headers() {
            let (bytes, length) = match value {
                None => (std::ptr::null(), 0),
                Some([]) => (&raw const EMPTY, 0),
                Some(bytes) => (bytes.as_ptr(), bytes.len()),
            };
            let name_bytes = if name.is_empty() { &raw const EMPTY } else { name.as_ptr() };
            sys::rd_kafka_header_add(list, name_bytes.cast::<c_char>(), name.len() as isize, bytes.cast::<c_void>(), length as isize);
        }
        list
    }
}

/// librdkafka takes 0 for "now"; the nearest time that it takes as it is, is a millisecond later.
fn timestamp(given: i64) -> i64 {
    if given == 0 { 1 } else { given }
}

impl Client {
    /// A handle for a topic, whether it exists or not.
    pub(in crate::kafka) fn topic(&self, name: &str) -> TopicHandle {
        let name = CString::new(name).unwrap_or_default();
        // SAFETY: the instance lives; the name is copied. Null is only answered to a bad configuration, and none is given.
        let handle = unsafe { sys::rd_kafka_topic_new(self.as_ptr(), name.as_ptr(), std::ptr::null_mut()) };
        TopicHandle(NonNull::new(handle).expect("a topic without a configuration is never refused"))
    }

    /// Queues one record for a partition, without waiting. Its delivery is noted in `receipt`.
    pub(in crate::kafka) fn produce(
        &self,
        topic: &TopicHandle,
        partition: i32,
        record: &RecordView<'_>,
        receipt: &Arc<Receipt>,
    ) -> Result<(), Fault> {
        use sys::rd_kafka_vtype_t as kind;
        use sys::rd_kafka_vu_s__bindgen_ty_1 as value;
        let opaque = Arc::into_raw(receipt.clone()).cast_mut();
        let headers = headers(record);
        let parts = [
            sys::rd_kafka_vu_t { vtype: kind::RD_KAFKA_VTYPE_RKT, u: value { rkt: topic.as_ptr() } },
            sys::rd_kafka_vu_t { vtype: kind::RD_KAFKA_VTYPE_PARTITION, u: value { i32_: partition } },
            sys::rd_kafka_vu_t { vtype: kind::RD_KAFKA_VTYPE_MSGFLAGS, u: value { i: sys::RD_KAFKA_MSG_F_COPY } },
            sys::rd_kafka_vu_t { vtype: kind::RD_KAFKA_VTYPE_KEY, u: memory(record.key) },
            sys::rd_kafka_vu_t { vtype: kind::RD_KAFKA_VTYPE_VALUE, u: memory(record.value) },
            sys::rd_kafka_vu_t { vtype: kind::RD_KAFKA_VTYPE_TIMESTAMP, u: value { i64_: timestamp(record.timestamp.0) } },
            sys::rd_kafka_vu_t { vtype: kind::RD_KAFKA_VTYPE_OPAQUE, u: value { ptr: opaque.cast::<c_void>() } },
            sys::rd_kafka_vu_t { vtype: kind::RD_KAFKA_VTYPE_HEADERS, u: value { headers } },
        ];
        let count = if headers.is_null() { parts.len() - 1 } else { parts.len() };
        // SAFETY: key and value are copied; headers and opaque are librdkafka's after success and ours after failure.
        unsafe {
            let outcome = Fault::take(sys::rd_kafka_produceva(self.as_ptr(), parts.as_ptr(), count));
            if outcome.is_err() {
                drop(Arc::from_raw(opaque.cast_const()));
                if !headers.is_null() {
                    sys::rd_kafka_headers_destroy(headers);
                }
            }
            outcome
        }
    }

    /// Waits until everything queued is acknowledged or has failed.
    pub(in crate::kafka) fn flush_blocking(&self, timeout_ms: c_int) -> Result<(), Fault> {
        // SAFETY: the instance lives.
        Fault::check(unsafe { sys::rd_kafka_flush(self.as_ptr(), timeout_ms) })
    }

    /// Lets everything fail that was not acknowledged yet.
    pub(in crate::kafka) fn purge(&self) {
        // SAFETY: the instance lives. Only producers are asked, which never refuse.
        unsafe { sys::rd_kafka_purge(self.as_ptr(), sys::RD_KAFKA_PURGE_F_QUEUE | sys::RD_KAFKA_PURGE_F_INFLIGHT) };
    }

    /// Takes the transactional id, fencing whoever had it.
    pub(in crate::kafka) fn init_transactions_blocking(&self, timeout_ms: c_int) -> Result<(), Fault> {
        // SAFETY: the instance lives.
        Fault::take(unsafe { sys::rd_kafka_init_transactions(self.as_ptr(), timeout_ms) })
    }

    /// Begins a transaction; nothing is sent.
    pub(in crate::kafka) fn begin_transaction_blocking(&self) -> Result<(), Fault> {
        // SAFETY: the instance lives.
        Fault::take(unsafe { sys::rd_kafka_begin_transaction(self.as_ptr()) })
    }

    /// Adds positions of a group to the open transaction.
    pub(in crate::kafka) fn send_offsets_blocking(
        &self,
        positions: &PartitionList,
        group: &crate::GroupMetadata,
        timeout_ms: c_int,
    ) -> Result<(), Fault> {
        let name = CString::new(group.group.as_str()).unwrap_or_default();
        let member = CString::new(group.member.as_str()).unwrap_or_default();
        // SAFETY: the texts are copied; the metadata is freed after the call, which copies it. A null instance id is a member without one.
        unsafe {
            let metadata =
                sys::rd_kafka_consumer_group_metadata_new_with_genid(name.as_ptr(), group.generation, member.as_ptr(), std::ptr::null());
            let outcome = sys::rd_kafka_send_offsets_to_transaction(self.as_ptr(), positions.as_ptr(), metadata, timeout_ms);
            sys::rd_kafka_consumer_group_metadata_destroy(metadata);
            Fault::take(outcome)
        }
    }

    /// Commits the open transaction after everything queued is acknowledged.
    pub(in crate::kafka) fn commit_transaction_blocking(&self, timeout_ms: c_int) -> Result<(), Fault> {
        // SAFETY: the instance lives.
        Fault::take(unsafe { sys::rd_kafka_commit_transaction(self.as_ptr(), timeout_ms) })
    }

    /// Aborts the open transaction; what is queued fails.
    pub(in crate::kafka) fn abort_transaction_blocking(&self, timeout_ms: c_int) -> Result<(), Fault> {
        // SAFETY: the instance lives.
        Fault::take(unsafe { sys::rd_kafka_abort_transaction(self.as_ptr(), timeout_ms) })
    }
}
