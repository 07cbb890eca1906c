//! Topics, configurations, ACLs, quotas, credentials and the cluster itself.

use super::probe::{CLUSTER, GROUP, Probe, TOPIC, acl, any_acl, check, probe};
use crate::handlers::config_resource::resource_type;
use log_model::KafkaCode;
use log_model::acl::AclOperation::{All, Alter, AlterConfigs, Create, Delete, Describe, DescribeConfigs, Read};
use log_model::acl::{AclOperation, AclPermissionType, PatternType, ResourceType};
use log_wire::messages::alter_client_quotas_request as quotas;
use log_wire::messages::alter_replica_log_dirs_request::{AlterReplicaLogDir, AlterReplicaLogDirTopic};
use log_wire::messages::alter_user_scram_credentials_request::ScramCredentialDeletion;
use log_wire::messages::create_partitions_request::CreatePartitionsTopic;
use log_wire::messages::create_topics_request::CreatableTopic;
use log_wire::messages::delete_topics_request::DeleteTopicState;
use log_wire::messages::describe_configs_request::DescribeConfigsResource;
use log_wire::messages::{alter_configs_request, incremental_alter_configs_request, *};

const NEW: (ResourceType, &str) = (ResourceType::Topic, "new");
const NODE: (i8, &str) = (resource_type::BROKER, "");

fn create_topic() -> CreateTopicsRequest<'static> {
    let topic = CreatableTopic { name: "new".into(), num_partitions: 1, replication_factor: 1, ..CreatableTopic::default() };
    CreateTopicsRequest { topics: vec![topic], ..CreateTopicsRequest::default() }
}

fn delete_topic() -> DeleteTopicsRequest<'static> {
    let topic = DeleteTopicState { name: Some("t".into()), ..DeleteTopicState::default() };
    DeleteTopicsRequest { topics: vec![topic], ..DeleteTopicsRequest::default() }
}

fn more_partitions() -> CreatePartitionsRequest<'static> {
    let topic = CreatePartitionsTopic { name: "t".into(), count: 2, assignments: None };
    CreatePartitionsRequest { topics: vec![topic], validate_only: true, ..CreatePartitionsRequest::default() }
}

fn describe_config((resource_type, name): (i8, &'static str)) -> DescribeConfigsRequest<'static> {
    let resource = DescribeConfigsResource { resource_type, resource_name: name.into(), configuration_keys: None };
    DescribeConfigsRequest { resources: vec![resource], ..DescribeConfigsRequest::default() }
}

fn alter_config((resource_type, name): (i8, &'static str)) -> AlterConfigsRequest<'static> {
    let resource = alter_configs_request::AlterConfigsResource { resource_type, resource_name: name.into(), configs: Vec::new() };
    AlterConfigsRequest { resources: vec![resource], validate_only: true }
}

fn alter_entry((resource_type, name): (i8, &'static str)) -> IncrementalAlterConfigsRequest<'static> {
    let resource = incremental_alter_configs_request::AlterConfigsResource { resource_type, resource_name: name.into(), configs: vec![] };
    IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: true }
}

#[test]
fn topics_are_made_changed_and_deleted_by_those_who_may() {
    check(&[
        probe!("CreateTopics", [(CLUSTER, Create), (NEW, Create)], TopicAuthorizationFailed, 7 create_topic(),
            |answer: CreateTopicsResponse<'_>| answer.topics[0].error_code),
        probe!("CreateTopics with its configuration", [(NEW, DescribeConfigs)], TopicAuthorizationFailed,
            7 CreateTopicsRequest { validate_only: true, ..create_topic() },
            |answer: CreateTopicsResponse<'_>| answer.topics[0].topic_config_error_code),
        probe!("DeleteTopics", [(CLUSTER, All), (TOPIC, Delete)], TopicAuthorizationFailed, 6 delete_topic(),
            |answer: DeleteTopicsResponse<'_>| answer.responses[0].error_code),
        probe!("CreatePartitions", [(TOPIC, Alter)], TopicAuthorizationFailed, 3 more_partitions(),
            |answer: CreatePartitionsResponse<'_>| answer.results[0].error_code),
    ]);
}

#[test]
fn configurations_are_seen_and_changed_by_those_who_may() {
    const TOPIC_CONFIG: (i8, &str) = (resource_type::TOPIC, "t");
    const GROUP_CONFIG: (i8, &str) = (resource_type::GROUP, "g");
    check(&[
        probe!("DescribeConfigs of a topic", [(TOPIC, DescribeConfigs)], TopicAuthorizationFailed, 4 describe_config(TOPIC_CONFIG),
            |answer: DescribeConfigsResponse<'_>| answer.results[0].error_code),
        probe!("DescribeConfigs of a group", [(GROUP, DescribeConfigs)], GroupAuthorizationFailed, 4 describe_config(GROUP_CONFIG),
            |answer: DescribeConfigsResponse<'_>| answer.results[0].error_code),
        probe!("DescribeConfigs of the nodes", [(CLUSTER, DescribeConfigs)], ClusterAuthorizationFailed, 4 describe_config(NODE),
            |answer: DescribeConfigsResponse<'_>| answer.results[0].error_code),
        probe!("AlterConfigs of a topic", [(TOPIC, AlterConfigs)], TopicAuthorizationFailed, 2 alter_config(TOPIC_CONFIG),
            |answer: AlterConfigsResponse<'_>| answer.responses[0].error_code),
        probe!("AlterConfigs of the nodes", [(CLUSTER, AlterConfigs)], ClusterAuthorizationFailed, 2 alter_config(NODE),
            |answer: AlterConfigsResponse<'_>| answer.responses[0].error_code),
        probe!("IncrementalAlterConfigs of a group", [(GROUP, AlterConfigs)], GroupAuthorizationFailed, 1 alter_entry(GROUP_CONFIG),
            |answer: IncrementalAlterConfigsResponse<'_>| answer.responses[0].error_code),
        probe!("ListConfigResources", [(CLUSTER, DescribeConfigs)], ClusterAuthorizationFailed, 1 ListConfigResourcesRequest::default(),
            |answer: ListConfigResourcesResponse<'_>| answer.error_code),
    ]);
}

fn describe_acls() -> DescribeAclsRequest<'static> {
    DescribeAclsRequest {
        resource_type_filter: ResourceType::Any.as_i8(),
        resource_name_filter: None,
        pattern_type_filter: PatternType::Any.as_i8(),
        principal_filter: None,
        host_filter: None,
        operation: AclOperation::Any.as_i8(),
        permission_type: AclPermissionType::Any.as_i8(),
    }
}

fn quota() -> AlterClientQuotasRequest<'static> {
    let entity = vec![quotas::EntityData { entity_type: "user".into(), entity_name: Some("alice".into()) }];
    AlterClientQuotasRequest { entries: vec![quotas::EntryData { entity, ops: Vec::new() }], validate_only: true }
}

fn no_credential() -> AlterUserScramCredentialsRequest<'static> {
    let deletions = vec![ScramCredentialDeletion { name: "alice".into(), mechanism: 1 }];
    AlterUserScramCredentialsRequest { deletions, ..AlterUserScramCredentialsRequest::default() }
}

fn move_partition() -> AlterReplicaLogDirsRequest<'static> {
    let topics = vec![AlterReplicaLogDirTopic { name: "t".into(), partitions: vec![0] }];
    AlterReplicaLogDirsRequest { dirs: vec![AlterReplicaLogDir { path: "elsewhere".into(), topics }] }
}

#[test]
fn access_and_quotas_are_managed_by_those_who_may() {
    check(&[
        probe!("CreateAcls", [(CLUSTER, Alter)], ClusterAuthorizationFailed,
            3 CreateAclsRequest { creations: vec![acl("User:alice", (NEW, Read), AclPermissionType::Allow)] },
            |answer: CreateAclsResponse<'_>| answer.results[0].error_code),
        probe!("DeleteAcls", [(CLUSTER, Alter)], ClusterAuthorizationFailed, 3 DeleteAclsRequest { filters: vec![any_acl(ResourceType::User)] },
            |answer: DeleteAclsResponse<'_>| answer.filter_results[0].error_code),
        probe!("DescribeAcls", [(CLUSTER, Describe)], ClusterAuthorizationFailed, 3 describe_acls(),
            |answer: DescribeAclsResponse<'_>| answer.error_code),
        probe!("AlterClientQuotas", [(CLUSTER, AlterConfigs)], ClusterAuthorizationFailed, 1 quota(),
            |answer: AlterClientQuotasResponse<'_>| answer.entries[0].error_code),
        probe!("DescribeClientQuotas", [(CLUSTER, DescribeConfigs)], ClusterAuthorizationFailed,
            1 DescribeClientQuotasRequest::default(), |answer: DescribeClientQuotasResponse<'_>| answer.error_code),
        probe!("AlterUserScramCredentials", [(CLUSTER, Alter)], ClusterAuthorizationFailed, 0 no_credential(),
            |answer: AlterUserScramCredentialsResponse<'_>| answer.results[0].error_code),
        probe!("DescribeUserScramCredentials", [(CLUSTER, Describe)], ClusterAuthorizationFailed,
            0 DescribeUserScramCredentialsRequest::default(), |answer: DescribeUserScramCredentialsResponse<'_>| answer.error_code),
    ]);
}

#[test]
fn the_cluster_is_managed_by_those_who_may() {
    check(&[
        probe!("DescribeLogDirs", [(CLUSTER, Describe)], ClusterAuthorizationFailed, 4 DescribeLogDirsRequest::default(),
            |answer: DescribeLogDirsResponse<'_>| answer.error_code),
        probe!("AlterReplicaLogDirs", [(CLUSTER, Alter)], ClusterAuthorizationFailed, 2 move_partition(),
            |answer: AlterReplicaLogDirsResponse<'_>| answer.results[0].partitions[0].error_code),
        probe!("ElectLeaders", [(CLUSTER, Alter)], ClusterAuthorizationFailed, 2 ElectLeadersRequest::default(),
            |answer: ElectLeadersResponse<'_>| answer.error_code),
        probe!("AlterPartitionReassignments", [(CLUSTER, Alter)], ClusterAuthorizationFailed,
            0 AlterPartitionReassignmentsRequest::default(), |answer: AlterPartitionReassignmentsResponse<'_>| answer.error_code),
        probe!("ListPartitionReassignments", [(CLUSTER, Describe)], ClusterAuthorizationFailed,
            0 ListPartitionReassignmentsRequest::default(), |answer: ListPartitionReassignmentsResponse<'_>| answer.error_code),
        probe!("UpdateFeatures", [(CLUSTER, Alter)], ClusterAuthorizationFailed, 1 UpdateFeaturesRequest::default(),
            |answer: UpdateFeaturesResponse<'_>| answer.error_code),
        probe!("UnregisterBroker", [(CLUSTER, Alter)], ClusterAuthorizationFailed,
            0 UnregisterBrokerRequest { broker_id: 7 }, |answer: UnregisterBrokerResponse<'_>| answer.error_code),
        probe!("DescribeQuorum", [(CLUSTER, Describe)], ClusterAuthorizationFailed, 2 DescribeQuorumRequest::default(),
            |answer: DescribeQuorumResponse<'_>| answer.error_code),
    ]);
}
