//! DescribeUserScramCredentials (50), version 0: who has credentials of which mechanism, without what is secret about them (KIP-554).

use crate::handlers::Context;
use crate::handlers::refusal::{Refusal, error_fields, repeated};
use crate::handlers::scram_store::{ScramMechanism, iterations};
use log_model::KafkaCode;
use log_model::acl::AclOperation;
use log_wire::messages::describe_user_scram_credentials_request::DescribeUserScramCredentialsRequest;
use log_wire::messages::describe_user_scram_credentials_response::{
    CredentialInfo, DescribeUserScramCredentialsResponse, DescribeUserScramCredentialsResult,
};
use std::collections::{BTreeMap, BTreeSet};

type Infos = BTreeMap<ScramMechanism, i32>;

pub(super) async fn handle(
    context: &Context,
    request: DescribeUserScramCredentialsRequest<'_>,
) -> DescribeUserScramCredentialsResponse<'static> {
    if let Err(code) = context.authorize_cluster(AclOperation::Describe) {
        return DescribeUserScramCredentialsResponse { error_code: code.as_i16(), error_message: Some(code.message().into()), ..DescribeUserScramCredentialsResponse::default() };
    }
    let mut known = iterations(context.core());
    let wanted: Vec<String> = match request.users.filter(|users| !users.is_empty()) {
        Some(users) => users.into_iter().map(|user| user.name.into_owned()).collect(),
        None => known.keys().cloned().collect(),
    };
    let repeated = repeated(wanted.iter().cloned());
    let results = wanted.into_iter().collect::<BTreeSet<String>>().into_iter().map(|user| {
        let found = known.remove(&user);
        let outcome = match found {
            _ if repeated.contains(&user) => {
                let message = format!("Cannot describe SCRAM credentials for the same user twice in a single request: {user}");
                Err(Refusal::new(KafkaCode::DuplicateResource, message))
            }
            Some(found) => Ok(found),
            None => {
                let message = format!("Attempt to describe a user credential that does not exist: {user}");
                Err(Refusal::new(KafkaCode::ResourceNotFound, message))
            }
        };
        answer(user, outcome)
    });
    DescribeUserScramCredentialsResponse {
        error_message: None,
        results: results.collect(),
        ..DescribeUserScramCredentialsResponse::default()
    }
}

fn answer(user: String, outcome: Result<Infos, Refusal>) -> DescribeUserScramCredentialsResult<'static> {
    let (error_code, error_message) = error_fields(&outcome);
    let infos = outcome.unwrap_or_default().into_iter();
    DescribeUserScramCredentialsResult {
        user: user.into(),
        error_code,
        error_message,
        credential_infos: infos.map(|(mechanism, iterations)| CredentialInfo { mechanism: mechanism.as_i8(), iterations }).collect(),
    }
}
