//! Consuming: what arrives in the consumer's queue, assignments, commits.

use super::client::Event;
use super::partitions::{PartitionEntry, entries, entry, topic_name};
use super::{Client, Fault, PartitionList};
use crate::GroupMetadata;
use log_model::GroupId;
use rdkafka::bindings as sys;
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use std::ffi::{CString, c_char, c_void};
use std::ptr;

/// What arrived.
pub(in crate::kafka) enum Arrival {
    /// A record.
    Record(Fetched),
    /// A partition has nothing more for now; the entry's offset is where the next record will be.
    End(PartitionEntry),
    /// The group gives partitions: to be answered by [`Client::take_on`].
    Given(Vec<PartitionEntry>),
    /// The group takes partitions: to be answered by [`Client::give_up`].
    Taken(Vec<PartitionEntry>),
    /// Something went wrong, with one partition or with all of them.
    Failed(Fault, Option<PartitionEntry>),
    /// Nothing that concerns a reader.
    Other,
}

/// A record as librdkafka holds it; its bytes are borrowed from here.
pub(in crate::kafka) struct Fetched {
    message: *const sys::rd_kafka_message_t,
    /// Owns the message.
    _event: Event,
}

// SAFETY: the message is owned by the event, which may move between threads.
unsafe impl Send for Fetched {}

impl Fetched {
    fn message(&self) -> &sys::rd_kafka_message_t {
        // SAFETY: the message lives as long as its event.
        unsafe { &*self.message }
    }

    fn bytes(&self, start: *const c_void, length: usize) -> Option<&[u8]> {
        // SAFETY: librdkafka tells where the bytes lie; they live as long as the message. Null is a null key or value.
        (!start.is_null()).then(|| unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length) })
    }

    /// The address of librdkafka's topic: equal for the same topic while the assignment holds.
    pub(in crate::kafka) fn topic_address(&self) -> usize {
        self.message().rkt as usize
    }

    pub(in crate::kafka) fn topic(&self) -> &str {
        // SAFETY: the message keeps its topic.
        unsafe { topic_name(self.message().rkt) }
    }

    pub(in crate::kafka) fn partition(&self) -> i32 {
        self.message().partition
    }

    pub(in crate::kafka) fn offset(&self) -> i64 {
        self.message().offset
    }

    pub(in crate::kafka) fn key(&self) -> Option<&[u8]> {
        self.bytes(self.message().key, self.message().key_len)
    }

    pub(in crate::kafka) fn value(&self) -> Option<&[u8]> {
        self.bytes(self.message().payload, self.message().len)
    }

    /// The timestamp, and whether it is the log's own.
    pub(in crate::kafka) fn timestamp(&self) -> (i64, bool) {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message lives.
        let timestamp = unsafe { sys::rd_kafka_message_timestamp(self.message, &mut kind) };
        (timestamp, kind == sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME)
    }

    pub(in crate::kafka) fn leader_epoch(&self) -> i32 {
        // SAFETY: the message lives.
        unsafe { sys::rd_kafka_message_leader_epoch(self.message) }
    }

    /// The headers, in order.
    pub(in crate::kafka) fn headers(&self) -> Vec<(&[u8], Option<&[u8]>)> {
        let mut list = ptr::null_mut();
        let mut found = Vec::new();
        // SAFETY: names and values belong to the message; a name is a C string.
        unsafe {
            if sys::rd_kafka_message_headers(self.message, &mut list) != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                return found;
            }
            let (mut name, mut value, mut length) = (ptr::null(), ptr::null(), 0);
            while sys::rd_kafka_header_get_all(list, found.len(), &mut name, &mut value, &mut length)
                == RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR
            {
                found.push((std::ffi::CStr::from_ptr(name).to_bytes(), self.bytes(value, length)));
            }
        }
        found
    }
}

impl Client {
    /// What arrived next; `None` if nothing is there now. Counts as a sign of life for the group.
    pub(in crate::kafka) fn next_arrival(&self) -> Option<Arrival> {
        // SAFETY: the queue lives as long as the instance, which is a consumer.
        let event = unsafe { Event::take(sys::rd_kafka_queue_poll(self.arrivals_ptr(), 0)) }?;
        Some(match event.kind() {
            sys::RD_KAFKA_EVENT_FETCH => {
                // SAFETY: a fetch event has one message, which lives as long as the event.
                let message = unsafe { sys::rd_kafka_event_message_next(event.as_ptr()) };
                if message.is_null() { Arrival::Other } else { arrived(message, event) }
            }
            sys::RD_KAFKA_EVENT_REBALANCE => {
                // SAFETY: the list belongs to the event.
                let partitions = unsafe { entries(sys::rd_kafka_event_topic_partition_list(event.as_ptr())) };
                match event.check() {
                    Err(fault) if fault.code == RDKafkaErrorCode::AssignPartitions => Arrival::Given(partitions),
                    _ => Arrival::Taken(partitions),
                }
            }
            sys::RD_KAFKA_EVENT_ERROR => failed(&event),
            _ => Arrival::Other,
        })
    }

    /// Reads exactly these partitions, from these offsets.
    pub(in crate::kafka) fn assign(&self, partitions: &PartitionList) -> Result<(), Fault> {
        // SAFETY: the list is copied.
        Fault::check(unsafe { sys::rd_kafka_assign(self.as_ptr(), partitions.as_ptr()) })
    }

    /// Reads these partitions too, as the group asked.
    pub(in crate::kafka) fn take_on(&self, partitions: &PartitionList) -> Result<(), Fault> {
        // SAFETY: the list is copied.
        Fault::take(unsafe { sys::rd_kafka_incremental_assign(self.as_ptr(), partitions.as_ptr()) })
    }

    /// Reads these partitions no more, as the group asked.
    pub(in crate::kafka) fn give_up(&self, partitions: &PartitionList) -> Result<(), Fault> {
        // SAFETY: the list is copied.
        Fault::take(unsafe { sys::rd_kafka_incremental_unassign(self.as_ptr(), partitions.as_ptr()) })
    }

    /// Stops or resumes fetching.
    pub(in crate::kafka) fn pause(&self, partitions: &PartitionList, paused: bool) {
        // SAFETY: the list lives through the call; partitions that are not assigned are marked in it and passed over.
        unsafe {
            if paused {
                sys::rd_kafka_pause_partitions(self.as_ptr(), partitions.as_ptr());
            } else {
                sys::rd_kafka_resume_partitions(self.as_ptr(), partitions.as_ptr());
            }
        }
    }

    /// Joins the group for these topics.
    pub(in crate::kafka) fn subscribe(&self, topics: &PartitionList) -> Result<(), Fault> {
        // SAFETY: the list is copied.
        Fault::check(unsafe { sys::rd_kafka_subscribe(self.as_ptr(), topics.as_ptr()) })
    }

    /// Whether what the group takes may be another member's already.
    pub(in crate::kafka) fn is_assignment_lost(&self) -> bool {
        // SAFETY: the instance lives.
        unsafe { sys::rd_kafka_assignment_lost(self.as_ptr()) != 0 }
    }

    /// One past the last acknowledged record, as of the last fetch; `None` before the first.
    pub(in crate::kafka) fn known_end(&self, topic: &str, partition: i32) -> Option<i64> {
        let topic = CString::new(topic).unwrap_or_default();
        let (mut low, mut high) = (-1, -1);
        // SAFETY: nothing is asked of the cluster; the name is only read.
        let code = unsafe { sys::rd_kafka_get_watermark_offsets(self.as_ptr(), topic.as_ptr(), partition, &mut low, &mut high) };
        (Fault::check(code).is_ok() && high >= 0).then_some(high)
    }

    /// Who this member is, for fencing.
    pub(in crate::kafka) fn group_metadata(&self) -> Option<GroupMetadata> {
        // SAFETY: the metadata is freed after its texts were copied.
        unsafe {
            let metadata = sys::rd_kafka_consumer_group_metadata(self.as_ptr());
            if metadata.is_null() {
                return None;
            }
            let read = |words: *const c_char| super::fault::text(words).unwrap_or_default();
            let found = GroupMetadata {
                group: GroupId::new(read(sys::rd_kafka_consumer_group_metadata_group_id(metadata))),
                generation: sys::rd_kafka_consumer_group_metadata_generation_id(metadata),
                member: read(sys::rd_kafka_consumer_group_metadata_member_id(metadata)),
            };
            sys::rd_kafka_consumer_group_metadata_destroy(metadata);
            Some(found)
        }
    }

    /// Commits positions as this member; each entry of the answer has its own outcome.
    pub(in crate::kafka) async fn commit(&self, positions: &PartitionList) -> Result<Vec<PartitionEntry>, Fault> {
        let event = self
            .request(|queue, opaque| {
                // SAFETY: the list is copied; without a callback the answer is an event with the opaque.
                Fault::check(unsafe { sys::rd_kafka_commit_queue(self.as_ptr(), positions.as_ptr(), queue, None, opaque) })
            })
            .await?;
        // SAFETY: the list belongs to the event.
        Ok(unsafe { entries(sys::rd_kafka_event_topic_partition_list(event.as_ptr())) })
    }

    /// Leaves the group and waits until that is done.
    pub(in crate::kafka) fn close_blocking(&self) {
        // SAFETY: the instance lives. A failure means that it was closed before.
        unsafe { sys::rd_kafka_consumer_close(self.as_ptr()) };
    }
}

fn arrived(message: *const sys::rd_kafka_message_t, event: Event) -> Arrival {
    // SAFETY: the message lives as long as the event.
    let code = unsafe { (*message).err };
    match Fault::check(code) {
        Ok(()) => Arrival::Record(Fetched { message, _event: event }),
        Err(fault) => {
            let failed = Fetched { message, _event: event };
            let place = PartitionEntry {
                topic: failed.topic().to_string(),
                partition: failed.partition(),
                offset: failed.offset(),
                leader_epoch: -1,
                metadata: String::new(),
                outcome: Err(fault.clone()),
            };
            Arrival::Failed(fault, Some(place))
        }
    }
}

fn failed(event: &Event) -> Arrival {
    let Err(fault) = event.check() else { return Arrival::Other };
    // SAFETY: the partition is made for the asker, who frees it.
    let place = unsafe {
        let found = sys::rd_kafka_event_topic_partition(event.as_ptr());
        (!found.is_null()).then(|| {
            let place = entry(found);
            sys::rd_kafka_topic_partition_destroy(found);
            place
        })
    };
    match (fault.code, place) {
        (RDKafkaErrorCode::PartitionEOF, Some(place)) => Arrival::End(place),
        (_, place) => Arrival::Failed(fault, place),
    }
}
