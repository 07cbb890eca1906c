//! AlterUserScramCredentials (51), version 0: sets and removes the credentials of users; for one user all that is asked, or nothing (KIP-554).
//! Source: `ScramControlManager`.

use crate::handlers::Context;
use crate::handlers::refusal::{Refusal, error_fields};
use crate::handlers::scram_store::{ScramCredential, ScramMechanism, credential, setting_name};
use crate::node::core::Core;
use crate::node::settings::{SettingChange, encode_setting};
use log_model::KafkaCode;
use log_model::acl::AclOperation;
use log_wire::messages::alter_user_scram_credentials_request::{
    AlterUserScramCredentialsRequest, ScramCredentialDeletion, ScramCredentialUpsertion,
};
use log_wire::messages::alter_user_scram_credentials_response::{AlterUserScramCredentialsResponse, AlterUserScramCredentialsResult};
use std::collections::{BTreeMap, BTreeSet};

const ITERATIONS_MIN: i32 = 4096;
const ITERATIONS_MAX: i32 = 16_384;

/// What was asked for a user.
#[derive(Default)]
struct Asked {
    mechanisms: BTreeSet<i8>,
    changes: Vec<SettingChange>,
    refusal: Option<Refusal>,
}

impl Asked {
    fn take(&mut self, mechanism: i8, change: Result<SettingChange, Refusal>) {
        let change = match self.mechanisms.insert(mechanism) {
            true => change,
            false => {
                let message = "A user credential cannot be altered twice in the same request";
                Err(Refusal::new(KafkaCode::DuplicateResource, message))
            }
        };
        match change {
            Ok(change) => self.changes.push(change),
            Err(refusal) => self.refusal = Some(refusal),
        }
    }
}

pub(super) async fn handle(context: &Context, request: AlterUserScramCredentialsRequest<'_>) -> AlterUserScramCredentialsResponse<'static> {
    let allowed = context.authorize_cluster(AclOperation::Alter).map_err(Refusal::from);
    let core = context.core();
    let mut users = BTreeMap::<String, Asked>::new();
    for deletion in request.deletions {
        users.entry(deletion.name.to_string()).or_default().take(deletion.mechanism, allowed.clone().and_then(|()| delete(core, &deletion)));
    }
    for upsertion in request.upsertions {
        users.entry(upsertion.name.to_string()).or_default().take(upsertion.mechanism, allowed.clone().and_then(|()| upsert(upsertion)));
    }
    let good = users.values_mut().filter(|asked| asked.refusal.is_none());
    let changes = good.flat_map(|asked| std::mem::take(&mut asked.changes)).collect();
    let stored = core.settings.set(core, changes).await.map_err(Refusal::from);
    let results = users.into_iter().map(|(user, asked)| {
        let (error_code, error_message) = error_fields(&asked.refusal.map_or_else(|| stored.clone(), Err));
        AlterUserScramCredentialsResult { user: user.into(), error_code, error_message }
    });
    AlterUserScramCredentialsResponse { results: results.collect(), ..AlterUserScramCredentialsResponse::default() }
}

fn checked_name(user: &str, mechanism: i8) -> Result<(String, ScramMechanism), Refusal> {
    if user.is_empty() {
        return Err(Refusal::new(KafkaCode::UnacceptableCredential, "Username must not be empty"));
    }
    let known = ScramMechanism::from_i8(mechanism)
        .ok_or_else(|| Refusal::new(KafkaCode::UnsupportedSaslMechanism, format!("Unknown SCRAM mechanism {mechanism}")))?;
    Ok((setting_name(user, known), known))
}

fn delete(core: &Core, deletion: &ScramCredentialDeletion<'_>) -> Result<SettingChange, Refusal> {
    let (name, mechanism) = checked_name(&deletion.name, deletion.mechanism)?;
    match credential(core, &deletion.name, mechanism) {
        Some(_) => Ok((name, None)),
        None => Err(Refusal::new(KafkaCode::ResourceNotFound, "Attempt to delete a user credential that does not exist")),
    }
}

fn upsert(upsertion: ScramCredentialUpsertion<'_>) -> Result<SettingChange, Refusal> {
    let (name, _) = checked_name(&upsertion.name, upsertion.mechanism)?;
    let unacceptable = |message: &str| Err(Refusal::new(KafkaCode::UnacceptableCredential, message));
    match upsertion.iterations {
        ..ITERATIONS_MIN => return unacceptable("Too few iterations"),
        ITERATIONS_MIN..=ITERATIONS_MAX => {}
        _ => return unacceptable("Too many iterations"),
    }
    if upsertion.salt.is_empty() || upsertion.salted_password.is_empty() {
        return unacceptable("Salt and salted password must not be empty");
    }
    let credential = ScramCredential {
        salt: upsertion.salt.into_owned(),
        salted_password: upsertion.salted_password.into_owned(),
        iterations: upsertion.iterations,
    };
    Ok((name, Some(encode_setting(&credential)?)))
}
