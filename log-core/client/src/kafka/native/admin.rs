//! Administration: each call asks one thing about one topic or group, or about many partitions, and resolves when the cluster has answered.

use super::client::Event;
use super::fault::text;
use super::partitions::{PartitionEntry, entries, entry};
use super::{Client, Fault, PartitionList};
use rdkafka::bindings as sys;
use rdkafka::types::RDKafkaErrorCode;
use std::ffi::{CString, c_char, c_int};
use std::ptr;
use sys::rd_kafka_admin_op_t as Op;

/// How long the cluster may take to answer one question.
const ANSWER_MS: c_int = 30_000;

/// Which offset is asked for: librdkafka's numbers, or a timestamp.
#[derive(Clone, Copy, Debug)]
pub(in crate::kafka) enum OffsetQuery {
    Earliest,
    Latest,
    MaxTimestamp,
    AtOrAfter(i64),
}

/// An offset that was found; -1 where there is none.
#[derive(Clone, Debug)]
pub(in crate::kafka) struct FoundOffset {
    pub(in crate::kafka) place: PartitionEntry,
    pub(in crate::kafka) timestamp: i64,
}

/// One entry of a configuration.
#[derive(Clone, Debug)]
pub(in crate::kafka) struct ConfigEntry {
    pub(in crate::kafka) name: String,
    pub(in crate::kafka) value: String,
    /// It was set for the topic; else it is a default of the cluster.
    pub(in crate::kafka) is_topics_own: bool,
}

/// A group as the coordinators list it.
#[derive(Clone, Debug)]
pub(in crate::kafka) struct ListedGroup {
    pub(in crate::kafka) name: String,
    /// It has no members.
    pub(in crate::kafka) is_empty: bool,
    /// It does not exist any more.
    pub(in crate::kafka) is_dead: bool,
}

/// Options of an admin call, owned.
struct Options(*mut sys::rd_kafka_AdminOptions_t);

// SAFETY: the options are plain memory with one owner.
unsafe impl Send for Options {}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: this is their owner.
        unsafe { sys::rd_kafka_AdminOptions_destroy(self.0) };
    }
}

fn c_text(words: &str) -> CString {
    CString::new(words).unwrap_or_default()
}

impl Client {
    /// Runs one admin call; `ask` gets options that carry the way back, and the queue for the answer.
    async fn administer(
        &self,
        op: Op,
        ask: impl FnOnce(*const sys::rd_kafka_AdminOptions_t, *mut sys::rd_kafka_queue_t),
    ) -> Result<Event, Fault> {
        self.request(|queue, opaque| {
            // SAFETY: the instance lives; the call copies the options.
            let options = unsafe {
                let options = Options(sys::rd_kafka_AdminOptions_new(self.as_ptr(), op));
                sys::rd_kafka_AdminOptions_set_request_timeout(options.0, ANSWER_MS, ptr::null_mut(), 0);
                if matches!(
                    op,
                    Op::RD_KAFKA_ADMIN_OP_CREATETOPICS | Op::RD_KAFKA_ADMIN_OP_DELETETOPICS | Op::RD_KAFKA_ADMIN_OP_DELETERECORDS
                ) {
                    sys::rd_kafka_AdminOptions_set_operation_timeout(options.0, ANSWER_MS, ptr::null_mut(), 0);
                }
                sys::rd_kafka_AdminOptions_set_opaque(options.0, opaque);
                options
            };
            ask(options.0, queue);
            Ok(())
        })
        .await
    }

    /// Creates a topic; the replication factor is the cluster's default.
    pub(in crate::kafka) async fn create_topic(&self, name: &str, partitions: i32, config: &[(&str, String)]) -> Result<(), Fault> {
        let event = self
            .administer(Op::RD_KAFKA_ADMIN_OP_CREATETOPICS, |options, queue| {
                // SAFETY: names and values are copied; the description is freed after the call, which copies it.
                unsafe {
                    let mut told = [0 as c_char; 256];
                    let topic = sys::rd_kafka_NewTopic_new(c_text(name).as_ptr(), partitions, -1, told.as_mut_ptr(), told.len());
                    for (key, value) in config {
                        sys::rd_kafka_NewTopic_set_config(topic, c_text(key).as_ptr(), c_text(value).as_ptr());
                    }
                    let mut topics = [topic];
                    sys::rd_kafka_CreateTopics(self.as_ptr(), topics.as_mut_ptr(), 1, options, queue);
                    sys::rd_kafka_NewTopic_destroy(topic);
                }
            })
            .await?;
        // SAFETY: the answer belongs to the event.
        unsafe {
            let mut count = 0;
            let results = sys::rd_kafka_CreateTopics_result_topics(sys::rd_kafka_event_CreateTopics_result(event.as_ptr()), &mut count);
            topic_outcome(results, count)
        }
    }

    /// Deletes a topic.
    pub(in crate::kafka) async fn delete_topic(&self, name: &str) -> Result<(), Fault> {
        let event = self
            .administer(Op::RD_KAFKA_ADMIN_OP_DELETETOPICS, |options, queue| {
                // SAFETY: as in `create_topic`.
                unsafe {
                    let topic = sys::rd_kafka_DeleteTopic_new(c_text(name).as_ptr());
                    let mut topics = [topic];
                    sys::rd_kafka_DeleteTopics(self.as_ptr(), topics.as_mut_ptr(), 1, options, queue);
                    sys::rd_kafka_DeleteTopic_destroy(topic);
                }
            })
            .await?;
        // SAFETY: the answer belongs to the event.
        unsafe {
            let mut count = 0;
            let results = sys::rd_kafka_DeleteTopics_result_topics(sys::rd_kafka_event_DeleteTopics_result(event.as_ptr()), &mut count);
            topic_outcome(results, count)
        }
    }

    /// Adds partitions up to `total`.
    pub(in crate::kafka) async fn create_partitions(&self, name: &str, total: usize) -> Result<(), Fault> {
        let event = self
            .administer(Op::RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, |options, queue| {
                // SAFETY: as in `create_topic`.
                unsafe {
                    let mut told = [0 as c_char; 256];
                    let topic = sys::rd_kafka_NewPartitions_new(c_text(name).as_ptr(), total, told.as_mut_ptr(), told.len());
                    let mut topics = [topic];
                    sys::rd_kafka_CreatePartitions(self.as_ptr(), topics.as_mut_ptr(), 1, options, queue);
                    sys::rd_kafka_NewPartitions_destroy(topic);
                }
            })
            .await?;
        // SAFETY: the answer belongs to the event.
        unsafe {
            let mut count = 0;
            let result = sys::rd_kafka_event_CreatePartitions_result(event.as_ptr());
            topic_outcome(sys::rd_kafka_CreatePartitions_result_topics(result, &mut count), count)
        }
    }

    /// The id of a topic, most significant bits first, and how many partitions it has.
    pub(in crate::kafka) async fn describe_topic(&self, name: &str) -> Result<((i64, i64), usize), Fault> {
        let event = self
            .administer(Op::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, |options, queue| {
                // SAFETY: the collection copies the names and is freed after the call, which copies it.
                unsafe {
                    let name = c_text(name);
                    let mut names = [name.as_ptr()];
                    let topics = sys::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), 1);
                    sys::rd_kafka_DescribeTopics(self.as_ptr(), topics, options, queue);
                    sys::rd_kafka_TopicCollection_destroy(topics);
                }
            })
            .await?;
        // SAFETY: the answer belongs to the event; `count` descriptions lie there.
        unsafe {
            let mut count = 0;
            let topics = sys::rd_kafka_DescribeTopics_result_topics(sys::rd_kafka_event_DescribeTopics_result(event.as_ptr()), &mut count);
            if count == 0 {
                return Err(Fault::of(RDKafkaErrorCode::UnknownTopicOrPartition));
            }
            let topic = *topics;
            Fault::look(sys::rd_kafka_TopicDescription_error(topic))?;
            let mut partitions = 0;
            sys::rd_kafka_TopicDescription_partitions(topic, &mut partitions);
            let id = sys::rd_kafka_TopicDescription_topic_id(topic);
            Ok(((sys::rd_kafka_Uuid_most_significant_bits(id), sys::rd_kafka_Uuid_least_significant_bits(id)), partitions))
        }
    }

    /// All configuration entries of a topic, the cluster's defaults included.
    pub(in crate::kafka) async fn describe_config(&self, name: &str) -> Result<Vec<ConfigEntry>, Fault> {
        let event = self
            .administer(Op::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, |options, queue| {
                // SAFETY: as in `create_topic`.
                unsafe {
                    let mut resources = [topic_resource(name)];
                    sys::rd_kafka_DescribeConfigs(self.as_ptr(), resources.as_mut_ptr(), 1, options, queue);
                    sys::rd_kafka_ConfigResource_destroy(resources[0]);
                }
            })
            .await?;
        // SAFETY: the answer belongs to the event; `count` entries lie there.
        unsafe {
            let mut count = 0;
            let result = sys::rd_kafka_event_DescribeConfigs_result(event.as_ptr());
            let resource = resource_outcome(sys::rd_kafka_DescribeConfigs_result_resources(result, &mut count), count)?;
            let entries = sys::rd_kafka_ConfigResource_configs(resource, &mut count);
            let pair = |index| {
                let entry = *entries.add(index);
                let own = sys::rd_kafka_ConfigSource_t::RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG;
                Some(ConfigEntry {
                    name: text(sys::rd_kafka_ConfigEntry_name(entry))?,
                    value: text(sys::rd_kafka_ConfigEntry_value(entry))?,
                    is_topics_own: sys::rd_kafka_ConfigEntry_source(entry) == own,
                })
            };
            Ok((0..count).filter_map(pair).collect())
        }
    }

    /// Replaces the entries that are set for a topic.
    pub(in crate::kafka) async fn alter_config(&self, name: &str, config: &[(&str, String)]) -> Result<(), Fault> {
        let event = self
            .administer(Op::RD_KAFKA_ADMIN_OP_ALTERCONFIGS, |options, queue| {
                // SAFETY: as in `create_topic`.
                unsafe {
                    let resource = topic_resource(name);
                    for (key, value) in config {
                        sys::rd_kafka_ConfigResource_set_config(resource, c_text(key).as_ptr(), c_text(value).as_ptr());
                    }
                    let mut resources = [resource];
                    sys::rd_kafka_AlterConfigs(self.as_ptr(), resources.as_mut_ptr(), 1, options, queue);
                    sys::rd_kafka_ConfigResource_destroy(resource);
                }
            })
            .await?;
        // SAFETY: the answer belongs to the event.
        unsafe {
            let mut count = 0;
            let result = sys::rd_kafka_event_AlterConfigs_result(event.as_ptr());
            resource_outcome(sys::rd_kafka_AlterConfigs_result_resources(result, &mut count), count).map(drop)
        }
    }

    /// Deletes the records below the offset of each entry; answers the new starts.
    pub(in crate::kafka) async fn delete_records(&self, before: &PartitionList) -> Result<Vec<PartitionEntry>, Fault> {
        let event = self
            .administer(Op::RD_KAFKA_ADMIN_OP_DELETERECORDS, |options, queue| {
                // SAFETY: as in `create_topic`.
                unsafe {
                    let request = sys::rd_kafka_DeleteRecords_new(before.as_ptr());
                    let mut requests = [request];
                    sys::rd_kafka_DeleteRecords(self.as_ptr(), requests.as_mut_ptr(), 1, options, queue);
                    sys::rd_kafka_DeleteRecords_destroy(request);
                }
            })
            .await?;
        // SAFETY: the answer belongs to the event.
        unsafe { Ok(entries(sys::rd_kafka_DeleteRecords_result_offsets(sys::rd_kafka_event_DeleteRecords_result(event.as_ptr())))) }
    }

    /// Finds an offset in each partition, with one request to each broker.
    pub(in crate::kafka) async fn list_offsets(
        &self,
        partitions: &[(&str, i32, OffsetQuery)],
        read_committed: bool,
    ) -> Result<Vec<FoundOffset>, Fault> {
        let mut list = PartitionList::new();
        for (topic, partition, query) in partitions {
            let number = match query {
                OffsetQuery::Latest => -1,
                OffsetQuery::Earliest => -2,
                OffsetQuery::MaxTimestamp => -3,
                OffsetQuery::AtOrAfter(timestamp) => *timestamp,
            };
            list.add(topic, *partition, number);
        }
        let event = self
            .administer(Op::RD_KAFKA_ADMIN_OP_LISTOFFSETS, |options, queue| {
                use sys::rd_kafka_IsolationLevel_t::{RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED};
                let level =
                    if read_committed { RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED } else { RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED };
                // SAFETY: the list is copied; a refused option is not one that this call has.
                unsafe {
                    let _ = Fault::take(sys::rd_kafka_AdminOptions_set_isolation_level(options.cast_mut(), level));
                    sys::rd_kafka_ListOffsets(self.as_ptr(), list.as_ptr(), options, queue);
                }
            })
            .await?;
        // SAFETY: the answer belongs to the event; `count` infos lie there.
        unsafe {
            let mut count = 0;
            let infos = sys::rd_kafka_ListOffsets_result_infos(sys::rd_kafka_event_ListOffsets_result(event.as_ptr()), &mut count);
            let found = |index| {
                let info = *infos.add(index);
                FoundOffset {
                    place: entry(sys::rd_kafka_ListOffsetsResultInfo_topic_partition(info)),
                    timestamp: sys::rd_kafka_ListOffsetsResultInfo_timestamp(info),
                }
            };
            Ok((0..count).map(found).collect())
        }
    }

    /// All groups of all coordinators.
    pub(in crate::kafka) async fn list_groups(&self) -> Result<Vec<ListedGroup>, Fault> {
        let event = self
            .administer(Op::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, |options, queue| {
                // SAFETY: the call copies the options.
                unsafe { sys::rd_kafka_ListConsumerGroups(self.as_ptr(), options, queue) };
            })
            .await?;
        // SAFETY: the answer belongs to the event; as many groups lie there as are counted.
        unsafe {
            use sys::rd_kafka_consumer_group_state_t::{
                RD_KAFKA_CONSUMER_GROUP_STATE_DEAD as DEAD, RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY as EMPTY,
            };
            let result = sys::rd_kafka_event_ListConsumerGroups_result(event.as_ptr());
            let mut count = 0;
            let errors = sys::rd_kafka_ListConsumerGroups_result_errors(result, &mut count);
            if count > 0 {
                Fault::look(*errors)?;
            }
            let groups = sys::rd_kafka_ListConsumerGroups_result_valid(result, &mut count);
            let listed = |index| {
                let group = *groups.add(index);
                let state = sys::rd_kafka_ConsumerGroupListing_state(group);
                let name = text(sys::rd_kafka_ConsumerGroupListing_group_id(group)).unwrap_or_default();
                ListedGroup { name, is_empty: state == EMPTY, is_dead: state == DEAD }
            };
            Ok((0..count).map(listed).collect())
        }
    }

    /// What a group has committed: for these partitions, where a position of an open transaction is a fault of its partition; or for all that have a position
    /// decided.
    pub(in crate::kafka) async fn committed(&self, group: &str, only: Option<&PartitionList>) -> Result<Vec<PartitionEntry>, Fault> {
        let event = self
            .administer(Op::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, |options, queue| {
                // SAFETY: no list means all partitions; the request copies it, and is freed after the call, which copies the request.
                unsafe {
                    let _ = Fault::take(sys::rd_kafka_AdminOptions_set_require_stable_offsets(options.cast_mut(), 1));
                    let list = only.map_or(ptr::null(), |list| list.as_ptr().cast_const());
                    let request = sys::rd_kafka_ListConsumerGroupOffsets_new(c_text(group).as_ptr(), list);
                    let mut requests = [request];
                    sys::rd_kafka_ListConsumerGroupOffsets(self.as_ptr(), requests.as_mut_ptr(), 1, options, queue);
                    sys::rd_kafka_ListConsumerGroupOffsets_destroy(request);
                }
            })
            .await?;
        // SAFETY: the answer belongs to the event.
        unsafe {
            let mut count = 0;
            let result = sys::rd_kafka_event_ListConsumerGroupOffsets_result(event.as_ptr());
            let groups = sys::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &mut count);
            if count == 0 {
                return Ok(Vec::new());
            }
            Fault::look(sys::rd_kafka_group_result_error(*groups))?;
            Ok(entries(sys::rd_kafka_group_result_partitions(*groups)))
        }
    }

    /// The names of all topics, or of one if it exists; refreshes what this instance knows of them.
    pub(in crate::kafka) fn topics_blocking(&self, only: Option<&super::TopicHandle>) -> Result<Vec<String>, Fault> {
        let mut found = ptr::null();
        let handle = only.map_or(ptr::null_mut(), super::TopicHandle::as_ptr);
        // SAFETY: the answer is freed after it was copied; `topic_cnt` topics lie there.
        unsafe {
            Fault::check(sys::rd_kafka_metadata(self.as_ptr(), c_int::from(only.is_none()), handle, &mut found, ANSWER_MS))?;
            let topics = (0..(*found).topic_cnt.max(0) as usize).map(|index| &*(*found).topics.add(index));
            let names = topics.filter(|topic| Fault::check(topic.err).is_ok()).filter_map(|topic| text(topic.topic)).collect();
            sys::rd_kafka_metadata_destroy(found);
            Ok(names)
        }
    }
}

unsafe fn topic_resource(name: &str) -> *mut sys::rd_kafka_ConfigResource_t {
    // SAFETY: the name is copied; the caller frees the resource.
    unsafe { sys::rd_kafka_ConfigResource_new(sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC, c_text(name).as_ptr()) }
}

unsafe fn topic_outcome(results: *mut *const sys::rd_kafka_topic_result_t, count: usize) -> Result<(), Fault> {
    // SAFETY: the caller has `count` results.
    (0..count).try_for_each(|index| unsafe {
        let result = *results.add(index);
        Fault::check_told(sys::rd_kafka_topic_result_error(result), sys::rd_kafka_topic_result_error_string(result))
    })
}

unsafe fn resource_outcome(
    resources: *mut *const sys::rd_kafka_ConfigResource_t,
    count: usize,
) -> Result<*const sys::rd_kafka_ConfigResource_t, Fault> {
    if count == 0 {
        return Err(Fault::of(RDKafkaErrorCode::UnknownTopicOrPartition));
    }
    // SAFETY: the caller has `count` resources.
    unsafe {
        let resource = *resources;
        Fault::check_told(sys::rd_kafka_ConfigResource_error(resource), sys::rd_kafka_ConfigResource_error_string(resource))?;
        Ok(resource)
    }
}
