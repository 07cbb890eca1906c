//! ACLs, quotas and SCRAM credentials: what is kept, and what is given out.

use super::client::{Client, Node, code};
use log_model::KafkaCode;
use log_model::acl::{AclOperation, AclPermissionType, PatternType, ResourceType};
use log_wire::messages::alter_client_quotas_request::{EntityData, EntryData, OpData};
use log_wire::messages::alter_user_scram_credentials_request::{ScramCredentialDeletion, ScramCredentialUpsertion};
use log_wire::messages::create_acls_request::AclCreation;
use log_wire::messages::delete_acls_request::DeleteAclsFilter;
use log_wire::messages::describe_client_quotas_request::ComponentData;
use log_wire::messages::describe_user_scram_credentials_request::UserName;
use log_wire::messages::{
    AlterClientQuotasRequest, AlterClientQuotasResponse, AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse,
    CreateAclsRequest, CreateAclsResponse, DeleteAclsRequest, DeleteAclsResponse, DescribeAclsRequest, DescribeAclsResponse,
    DescribeClientQuotasRequest, DescribeClientQuotasResponse, DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse,
};

fn acl(principal: &'static str, topic: &'static str, pattern_type: PatternType, operation: AclOperation) -> AclCreation<'static> {
    AclCreation {
        resource_type: ResourceType::Topic.as_i8(),
        resource_name: topic.into(),
        resource_pattern_type: pattern_type.as_i8(),
        principal: principal.into(),
        host: "*".into(),
        operation: operation.as_i8(),
        permission_type: AclPermissionType::Allow.as_i8(),
    }
}

fn any() -> DescribeAclsRequest<'static> {
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

/// The ACLs a filter finds, as `name/pattern type principal operation`.
async fn found(client: &mut Client, version: i16, filter: DescribeAclsRequest<'static>) -> Vec<String> {
    let answer: DescribeAclsResponse<'_> = client.ask(version, &filter).await;
    let of_resource = |resource: log_wire::messages::describe_acls_response::DescribeAclsResource<'static>| {
        let line = move |acl: &log_wire::messages::describe_acls_response::AclDescription<'_>| {
            let pattern = PatternType::from_i8(resource.pattern_type);
            format!("{}/{pattern} {} {}", resource.resource_name, acl.principal, AclOperation::from_i8(acl.operation))
        };
        resource.acls.iter().map(line).collect::<Vec<_>>()
    };
    answer.resources.into_iter().flat_map(of_resource).collect()
}

#[test]
fn acls_are_kept_found_by_filters_and_deleted() {
    use PatternType::{Literal, Match, Prefixed};
    let node = Node::start(&[]);
    let all =
        ["a/b/LITERAL User:x/y READ", "orders/LITERAL User:alice READ", "orders/LITERAL User:alice WRITE", "ord/PREFIXED User:bob READ"];
    node.run(async |client| {
        let creations = vec![
            acl("User:alice", "orders", Literal, AclOperation::Read),
            acl("User:alice", "orders", Literal, AclOperation::Write),
            acl("User:bob", "ord", Prefixed, AclOperation::Read),
            acl("User:x/y", "a/b", Literal, AclOperation::Read),
            acl("alice", "orders", Literal, AclOperation::Read),
            acl("User:alice", "orders", Match, AclOperation::Read),
            acl("User:alice", "orders", Literal, AclOperation::Read),
        ];
        for version in 1..=3 {
            let answer: CreateAclsResponse<'_> = client.ask(version, &CreateAclsRequest { creations: creations.clone() }).await;
            let codes: Vec<_> = answer.results.iter().map(|result| code(result.error_code)).collect();
            let ok = KafkaCode::None;
            assert_eq!(codes, [ok, ok, ok, ok, KafkaCode::InvalidRequest, KafkaCode::InvalidRequest, ok]);
        }
    });
    let node = node.restarted();
    node.run(async |client| {
        let mut here = found(client, 2, any()).await;
        here.sort();
        let mut expected = all.map(str::to_owned);
        expected.sort();
        assert_eq!(here, expected);
        let by_name = |pattern_type: PatternType| DescribeAclsRequest {
            resource_name_filter: Some("orders".into()),
            pattern_type_filter: pattern_type.as_i8(),
            ..any()
        };
        assert_eq!(found(client, 3, by_name(Literal)).await, &all[1..3]);
        assert_eq!(found(client, 3, by_name(Match)).await.len(), 3);
        let unknown: DescribeAclsResponse<'_> = client.ask(1, &DescribeAclsRequest { operation: 99, ..any() }).await;
        assert_eq!(code(unknown.error_code), KafkaCode::InvalidRequest);
        let filter = |principal: Option<&'static str>, operation: i8| DeleteAclsFilter {
            resource_type_filter: ResourceType::Any.as_i8(),
            pattern_type_filter: PatternType::Any.as_i8(),
            resource_name_filter: None,
            principal_filter: principal.map(Into::into),
            host_filter: None,
            operation,
            permission_type: AclPermissionType::Any.as_i8(),
        };
        let read = AclOperation::Read.as_i8();
        let filters = vec![filter(Some("User:alice"), AclOperation::Any.as_i8()), filter(None, read), filter(None, 99)];
        let answer: DeleteAclsResponse<'_> = client.ask(3, &DeleteAclsRequest { filters }).await;
        let counts: Vec<_> = answer.filter_results.iter().map(|result| (code(result.error_code), result.matching_acls.len())).collect();
        assert_eq!(counts, [(KafkaCode::None, 2), (KafkaCode::None, 3), (KafkaCode::InvalidRequest, 0)]);
        assert_eq!(found(client, 1, any()).await, Vec::<String>::new());
    });
}

fn entity(parts: &[(&'static str, Option<&'static str>)]) -> Vec<EntityData<'static>> {
    let part =
        |(kind, name): &(&'static str, Option<&'static str>)| EntityData { entity_type: (*kind).into(), entity_name: name.map(Into::into) };
    parts.iter().map(part).collect()
}

fn limit(key: &'static str, value: f64) -> OpData<'static> {
    OpData { key: key.into(), value, remove: false }
}

#[test]
fn quotas_are_kept_for_whom_they_fit_and_found_by_filters() {
    let node = Node::start(&[]);
    let alice = || entity(&[("user", Some("alice"))]);
    let rate = || limit("producer_byte_rate", 1024.0);
    let cases = [
        (alice(), vec![rate(), limit("request_percentage", 12.5)], KafkaCode::None),
        (entity(&[("user", Some("alice")), ("client-id", None)]), vec![rate()], KafkaCode::None),
        (entity(&[("ip", Some("10.0.0.1"))]), vec![limit("connection_creation_rate", 3.0)], KafkaCode::None),
        (entity(&[("ip", Some("10.0.0.1")), ("user", None)]), vec![rate()], KafkaCode::InvalidRequest),
        (entity(&[("group", Some("g"))]), vec![rate()], KafkaCode::InvalidRequest),
        (entity(&[]), vec![rate()], KafkaCode::InvalidRequest),
        (alice(), vec![rate(), rate()], KafkaCode::InvalidRequest),
        (alice(), vec![limit("bytes", 1.0)], KafkaCode::InvalidRequest),
        (alice(), vec![limit("producer_byte_rate", -1.0)], KafkaCode::InvalidRequest),
        (alice(), vec![limit("producer_byte_rate", 0.0)], KafkaCode::InvalidRequest),
        (entity(&[("ip", Some("not an address"))]), vec![limit("connection_creation_rate", 3.0)], KafkaCode::InvalidRequest),
    ];
    node.run(async |client| {
        for (validate_only, version) in [(true, 0), (false, 1)] {
            let entries = cases.iter().map(|(entity, ops, _)| EntryData { entity: entity.clone(), ops: ops.clone() }).collect();
            let answer: AlterClientQuotasResponse<'_> = client.ask(version, &AlterClientQuotasRequest { entries, validate_only }).await;
            for (entry, (_, _, expected)) in answer.entries.iter().zip(&cases) {
                assert_eq!(code(entry.error_code), *expected, "{entry:?}");
            }
        }
    });
    let node = node.restarted();
    node.run(async |client| {
        let filter = |components: &[(&'static str, i8, Option<&'static str>)], strict| DescribeClientQuotasRequest {
            components: components
                .iter()
                .map(|(kind, match_type, name)| ComponentData {
                    entity_type: (*kind).into(),
                    match_type: *match_type,
                    r#match: name.map(Into::into),
                })
                .collect(),
            strict,
        };
        for (request, expected) in [
            (filter(&[], false), Ok(3)),
            (filter(&[("user", 0, Some("alice"))], false), Ok(2)),
            (filter(&[("user", 0, Some("alice"))], true), Ok(1)),
            (filter(&[("ip", 2, None)], true), Ok(1)),
            (filter(&[("user", 2, None), ("user", 2, None)], true), Err(KafkaCode::InvalidRequest)),
            (filter(&[("user", 2, None), ("ip", 2, None)], true), Err(KafkaCode::InvalidRequest)),
            (filter(&[("user", 7, None)], true), Err(KafkaCode::InvalidRequest)),
            (filter(&[("group", 2, None)], true), Err(KafkaCode::UnsupportedVersion)),
        ] {
            let answer: DescribeClientQuotasResponse<'_> = client.ask(1, &request).await;
            let outcome = answer.entries.map(|entries| entries.len()).ok_or_else(|| code(answer.error_code));
            assert_eq!(outcome, expected, "{request:?}");
        }
        // What there is not can be taken away too.
        let removed = [rate(), limit("bytes", 1.0), limit("connection_creation_rate", 0.0)].map(|limit| OpData { remove: true, ..limit });
        let entries = vec![EntryData { entity: alice(), ops: removed.into() }];
        let _: AlterClientQuotasResponse<'_> = client.ask(1, &AlterClientQuotasRequest { entries, validate_only: false }).await;
        let answer: DescribeClientQuotasResponse<'_> = client.ask(0, &filter(&[("user", 0, Some("alice"))], true)).await;
        let entries = answer.entries.unwrap();
        let values: Vec<_> = entries[0].values.iter().map(|value| (&*value.key, value.value)).collect();
        assert_eq!(values, [("request_percentage", 12.5)]);
    });
}

fn upsertion(user: &'static str, mechanism: i8, iterations: i32) -> ScramCredentialUpsertion<'static> {
    ScramCredentialUpsertion { name: user.into(), mechanism, iterations, salt: vec![1; 16].into(), salted_password: vec![2; 32].into() }
}

async fn alter(
    client: &mut Client,
    deletions: &[(&'static str, i8)],
    upsertions: Vec<ScramCredentialUpsertion<'static>>,
) -> Vec<(String, KafkaCode)> {
    let deletions = deletions.iter().map(|(user, mechanism)| ScramCredentialDeletion { name: (*user).into(), mechanism: *mechanism });
    let request = AlterUserScramCredentialsRequest { deletions: deletions.collect(), upsertions };
    let answer: AlterUserScramCredentialsResponse<'_> = client.ask(0, &request).await;
    answer.results.iter().map(|result| (result.user.to_string(), code(result.error_code))).collect()
}

#[test]
fn credentials_are_kept_changed_and_described_without_their_secrets() {
    use KafkaCode::{DuplicateResource, ResourceNotFound, UnacceptableCredential, UnsupportedSaslMechanism};
    let node = Node::start(&[]);
    node.run(async |client| {
        type Case = (&'static [(&'static str, i8)], Vec<ScramCredentialUpsertion<'static>>, &'static [(&'static str, KafkaCode)]);
        let cases: [Case; 8] = [
            (
                &[],
                vec![upsertion("alice", 1, 4096), upsertion("alice", 2, 16_384), upsertion("bob", 1, 8192)],
                &[("alice", KafkaCode::None), ("bob", KafkaCode::None)],
            ),
            (&[], vec![upsertion("carol", 1, 4095)], &[("carol", UnacceptableCredential)]),
            (&[], vec![upsertion("carol", 1, 16_385)], &[("carol", UnacceptableCredential)]),
            (&[], vec![upsertion("", 1, 4096)], &[("", UnacceptableCredential)]),
            (&[], vec![upsertion("carol", 3, 4096)], &[("carol", UnsupportedSaslMechanism)]),
            (
                &[("bob", 1)],
                vec![upsertion("bob", 1, 4096), upsertion("dave", 1, 4096)],
                &[("bob", DuplicateResource), ("dave", KafkaCode::None)],
            ),
            (&[("bob", 2), ("nobody", 1)], vec![upsertion("bob", 1, 4096)], &[("bob", ResourceNotFound), ("nobody", ResourceNotFound)]),
            (&[("dave", 1)], vec![], &[("dave", KafkaCode::None)]),
        ];
        for (deletions, upsertions, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|(user, code)| ((*user).to_owned(), *code)).collect();
            assert_eq!(alter(client, deletions, upsertions).await, expected);
        }
    });
    let node = node.restarted();
    node.run(async |client| {
        let request = |users: Option<&[&'static str]>| DescribeUserScramCredentialsRequest {
            users: users.map(|users| users.iter().map(|user| UserName { name: (*user).into() }).collect()),
        };
        let mut described = Vec::new();
        for request in [request(None), request(Some(&[])), request(Some(&["bob", "nobody", "alice", "alice"]))] {
            let answer: DescribeUserScramCredentialsResponse<'_> = client.ask(0, &request).await;
            let lines = answer.results.iter().map(|result| {
                let infos: Vec<_> = result.credential_infos.iter().map(|info| (info.mechanism, info.iterations)).collect();
                format!("{} {} {infos:?}", result.user, code(result.error_code))
            });
            described.push(lines.collect::<Vec<_>>());
        }
        let both = ["alice NONE [(1, 4096), (2, 16384)]", "bob NONE [(1, 8192)]"];
        assert_eq!(described[0], both);
        assert_eq!(described[1], both);
        assert_eq!(described[2], ["alice DUPLICATE_RESOURCE []", "bob NONE [(1, 8192)]", "nobody RESOURCE_NOT_FOUND []"]);
    });
}
