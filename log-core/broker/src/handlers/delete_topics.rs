//! DeleteTopics (20), versions 1 to 6: topics by name, from version 6 on also by id. Source: `ControllerApis.deleteTopics`.

use crate::handlers::Context;
use crate::handlers::refusal::{Refusal, error_fields, repeated};
use crate::handlers::topic_ref::{allowed_topic, find_topic};
use crate::node::topic_changes::delete;
use crate::node::topics::is_internal;
use log_model::KafkaCode;
use log_model::acl::AclOperation;
use log_wire::messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use log_wire::messages::delete_topics_response::{DeletableTopicResult, DeleteTopicsResponse};
use std::collections::BTreeSet;

pub(super) async fn handle<'a>(context: &Context, request: DeleteTopicsRequest<'a>) -> DeleteTopicsResponse<'a> {
    let mut wanted = request.topics;
    wanted.extend(request.topic_names.into_iter().map(|name| DeleteTopicState { name: Some(name), ..DeleteTopicState::default() }));
    let key = |topic: &DeleteTopicState<'a>| (topic.name.clone(), topic.topic_id);
    let repeated = repeated(wanted.iter().map(key));
    let mut answered = BTreeSet::new();
    let mut responses = Vec::with_capacity(wanted.len());
    for topic in wanted {
        if !answered.insert(key(&topic)) {
            continue;
        }
        let is_repeated = repeated.contains(&key(&topic));
        responses.push(answer(context, topic, is_repeated).await);
    }
    DeleteTopicsResponse { responses, ..DeleteTopicsResponse::default() }
}

async fn answer<'a>(context: &Context, topic: DeleteTopicState<'a>, is_repeated: bool) -> DeletableTopicResult<'a> {
    let found = find(context, &topic, is_repeated);
    let name = topic.name.or_else(|| found.as_ref().ok().map(|(name, _)| name.as_str().to_owned().into()));
    let id = found.as_ref().map_or(topic.topic_id, |(_, id)| *id);
    let outcome = match found {
        Err(refusal) => Err(refusal),
        Ok((name, _)) => context.core().blocking("delete-topic", move |core| delete(core, &name)).await.map_err(Refusal::from),
    };
    let (error_code, error_message) = error_fields(&outcome);
    DeletableTopicResult { name, topic_id: id, error_code, error_message }
}

fn find(context: &Context, topic: &DeleteTopicState<'_>, is_repeated: bool) -> Result<(log_model::TopicName, uuid::Uuid), Refusal> {
    match (&topic.name, topic.topic_id.is_nil()) {
        (Some(_), false) => return Err(Refusal::invalid("You may not specify both topic name and topic id.")),
        (None, true) => return Err(Refusal::invalid("Neither topic name nor id were specified.")),
        (Some(_), true) if is_repeated => return Err(Refusal::invalid("Duplicate topic name.")),
        (None, false) if is_repeated => return Err(Refusal::invalid("Duplicate topic id.")),
        _ => {}
    }
    if !context.broker().config().delete_topic_enable {
        // Versions before 3 do not know the code.
        let code = if context.version < 3 { KafkaCode::InvalidRequest } else { KafkaCode::TopicDeletionDisabled };
        return Err(code.into());
    }
    let name = topic.name.as_deref().unwrap_or_default();
    let found = match context.allows_cluster(AclOperation::Delete) {
        true => find_topic(context.core(), name, topic.topic_id)?,
        false => allowed_topic(context, AclOperation::Delete, name, topic.topic_id)?,
    };
    if is_internal(&found.name) {
        return Err(Refusal::new(KafkaCode::InvalidTopic, format!("Topic {} belongs to the log itself.", found.name)));
    }
    Ok((found.name, found.entry.id.0))
}
