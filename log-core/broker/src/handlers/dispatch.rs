//! From a frame to its handler, and from a response to the bytes of the answer.

use crate::handlers::context::Context;
use crate::handlers::{answer, api_versions, produce};
use crate::listener::{Frame, REQUEST_OVERHEAD_BYTES, Session, Share};
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use log_env::Mono;
use log_wire::{ApiKey, Decode, Encode, Error, Reader, RequestHeader, Response, frame};
use std::sync::Arc;

/// A request under way.
pub(crate) struct Pending {
    pub(crate) outcome: BoxFuture<'static, Outcome>,
    /// What it holds of the budget of requests.
    pub(crate) size_bytes: usize,
    /// When it gives up waiting, if it does so. It notices when it is polled: poll it then.
    pub(crate) deadline: Option<Mono>,
}

/// How a request ends.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// With an answer.
    Reply(Reply),
    /// Without one: the client asked for none.
    Silence,
    /// With the end of the connection, and why.
    Close(String),
}

/// The bytes of an answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) chunks: Vec<Bytes>,
    /// Given back when the answer has been written.
    pub(crate) _shares: Vec<Share>,
}

/// What identifies a request on its connection.
pub(super) struct Asked {
    pub(super) api: ApiKey,
    pub(super) correlation_id: i32,
    /// Bytes of the frame before the message.
    pub(super) header_bytes: usize,
}

/// Begins a request. Errors: it is none, and the connection must end.
pub(crate) async fn start(session: &Arc<Session>, frame: Frame) -> Result<Pending, String> {
    let size_bytes = frame.share.bytes();
    let (context, asked) = read_header(session, &frame.bytes)?;
    let is_served = asked.api.versions().contains(context.version);
    let outcome = match asked.api {
        ApiKey::ApiVersions if !is_served => futures::future::ready(refuse_version(&context, &asked)).boxed(),
        api if !is_served => return Err(format!("{} version {} is not served; {} are", api.name(), context.version, api.versions())),
        ApiKey::Produce => {
            let (outcome, deadline) = produce::start(context, asked, frame).await?;
            return Ok(Pending { outcome, size_bytes: REQUEST_OVERHEAD_BYTES, deadline: Some(deadline) });
        }
        _ => run(context, asked, frame).boxed(),
    };
    Ok(Pending { outcome, size_bytes, deadline: None })
}

fn read_header(session: &Arc<Session>, bytes: &Bytes) -> Result<(Context, Asked), String> {
    let mut reader = Reader::new(bytes);
    let header = RequestHeader::decode(&mut reader).map_err(|error| format!("a request's header cannot be read: {error}"))?;
    session.note_client_id(header.client_id.as_deref());
    let client_id = header.client_id.unwrap_or_default().into_owned();
    let asked = Asked { api: header.api_key, correlation_id: header.correlation_id, header_bytes: reader.position() };
    Ok((Context::new(session.clone(), header.api_version, client_id), asked))
}

/// Kafka answers a version of `ApiVersions` that it does not know in version 0, with the range that it does (KIP-511).
fn refuse_version(context: &Context, asked: &Asked) -> Outcome {
    let response = api_versions::unsupported_version();
    let in_version_0 = Context::new(context.session.clone(), 0, String::new());
    reply(&in_version_0, asked, &response)
}

async fn run(context: Context, asked: Asked, frame: Frame) -> Outcome {
    if asked.api != ApiKey::Fetch {
        // The size of an answer is known when it is there: no handler starts while there is no room for any.
        context.broker().budgets.answers.room().await;
    }
    let body = frame.bytes.slice(asked.header_bytes..);
    match answer(&context, &asked, &body).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Close(unreadable(&asked, context.version, &error)),
    }
}

/// What is said of a message that cannot be read.
pub(super) fn unreadable(asked: &Asked, version: i16, error: &Error) -> String {
    format!("a request {} version {version} cannot be read: {error}", asked.api.name())
}

/// Reads a request as its handler wants it.
pub(super) fn decode<'a, R: Decode<'a>>(body: &'a Bytes, version: i16) -> Result<R, Error> {
    R::decode(&mut Reader::new(body), version)
}

/// The answer as it goes out.
pub(super) fn reply<R: Response + Encode>(context: &Context, asked: &Asked, response: &R) -> Outcome {
    match frame::response(context.version, asked.correlation_id, response) {
        Ok(chunks) => {
            let mut shares = context.take_shares();
            let held: usize = shares.iter().map(Share::bytes).sum();
            let size: usize = chunks.iter().map(Bytes::len).sum();
            shares.push(context.broker().budgets.answers.charge(size.saturating_sub(held)));
            Outcome::Reply(Reply { chunks, _shares: shares })
        }
        Err(error) => Outcome::Close(format!("the answer to {} version {} cannot be encoded: {error}", asked.api.name(), context.version)),
    }
}

/// Declares the handlers: a module each, with `async fn handle(context: &Context, request: …Request<'_>) -> …Response`.
macro_rules! handlers {
    ($($api:ident => $module:ident),* $(,)?) => {
        $(mod $module;)*

        /// The APIs that are served.
        pub(crate) const SERVED: &[log_wire::ApiKey] = &[log_wire::ApiKey::Produce, $(log_wire::ApiKey::$api),*];

        /// Decodes, handles, encodes. Errors: the request cannot be read.
        async fn answer(context: &Context, asked: &dispatch::Asked, body: &bytes::Bytes) -> Result<Outcome, log_wire::Error> {
            match asked.api {
                $(log_wire::ApiKey::$api => {
                    // A future of its own on the heap: the largest would else be the size of each.
                    let handled = Box::pin(async {
                        let response = $module::handle(context, dispatch::decode(body, context.version)?).await;
                        Ok(dispatch::reply(context, asked, &response))
                    });
                    handled.await
                })*
                other => Ok(Outcome::Close(format!("{} is not served", other.name()))),
            }
        }
    };
}
pub(super) use handlers;
