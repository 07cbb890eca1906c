//! What is sent and awaited on one connection, without the connection: versions, frames, correlation.
//!
//! Pure. Always holds: the version of a request is one that both sides speak; an answer is accepted only for the request that it carries the number of.

use crate::answer::Answer;
use bytes::Bytes;
use log_wire::messages::{ApiVersionsRequest, ApiVersionsResponse};
use log_wire::{ApiKey, Decode, Encode, Reader, Request, ResponseHeader, VersionRange, frame};
use std::collections::BTreeMap;

/// The versions of `ApiVersions` to try, in this order: every server knows version 0.
pub(crate) const GREETINGS: [i16; 2] = [3, 0];
/// Kafka's number for a version that a server does not know.
const UNSUPPORTED_VERSION: i16 = 35;

/// The versions that a server speaks, by API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spoken(BTreeMap<i16, VersionRange>);

/// What a greeting brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Greeted {
    /// What the server speaks.
    Speaks(Spoken),
    /// It does not know this version of the question.
    TryOlder,
}

impl Spoken {
    /// The newest version of a request that both sides speak; else what the server says of the API, for the error.
    pub(crate) fn version_of<R: Request>(&self) -> Result<i16, String> {
        let Some(theirs) = self.0.get(&R::API_KEY.code()) else { return Err(String::new()) };
        let version = theirs.last.min(R::VERSIONS.last);
        if version >= theirs.first && version >= R::VERSIONS.first {
            return Ok(version);
        }
        Err(format!(" in versions {}; it serves {theirs}", R::VERSIONS))
    }
}

/// The greeting in a version, framed.
pub(crate) fn greeting(version: i16, correlation_id: i32, client_id: &str) -> log_wire::Result<Vec<Bytes>> {
    let request =
        ApiVersionsRequest { client_software_name: "headwater".into(), client_software_version: env!("CARGO_PKG_VERSION").into() };
    frame::request(version, correlation_id, Some(client_id), &request)
}

/// Reads the answer to a greeting. A server that does not know the version answers in version 0.
pub(crate) fn greeted(bytes: &Bytes, version: i16, correlation_id: i32) -> Result<Greeted, String> {
    let unreadable = |error: log_wire::Error| format!("its first answer cannot be read: {error}");
    let mut reader = Reader::new(bytes);
    let header = ResponseHeader::decode(&mut reader, ApiKey::ApiVersions, version).map_err(unreadable)?;
    check_number(header, correlation_id)?;
    let code = bytes.get(4..6).map(|code| i16::from_be_bytes([code[0], code[1]]));
    let version = if code == Some(UNSUPPORTED_VERSION) { 0 } else { version };
    let response = ApiVersionsResponse::decode(&mut reader, version).map_err(unreadable)?;
    match response.error_code {
        0 => {
            let range = |api: &log_wire::messages::api_versions_response::ApiVersion| {
                (api.api_key, VersionRange::new(api.min_version, api.max_version))
            };
            Ok(Greeted::Speaks(Spoken(response.api_keys.iter().map(range).collect())))
        }
        UNSUPPORTED_VERSION => Ok(Greeted::TryOlder),
        code => Err(format!("it refused the first request with code {code}")),
    }
}

/// A request, framed.
pub(crate) fn request<R: Request + Encode>(
    version: i16,
    correlation_id: i32,
    client_id: &str,
    request: &R,
) -> log_wire::Result<Vec<Bytes>> {
    frame::request(version, correlation_id, Some(client_id), request)
}

/// The answer that a frame holds.
pub(crate) fn answer<R: Request>(bytes: Bytes, version: i16, correlation_id: i32, address: &str) -> Result<Answer<R>, String> {
    let mut reader = Reader::new(&bytes);
    let header = ResponseHeader::decode(&mut reader, R::API_KEY, version)
        .map_err(|error| format!("its answer to {} cannot be read: {error}", R::API_KEY))?;
    check_number(header, correlation_id)?;
    let body = bytes.slice(reader.position()..);
    Ok(Answer::new(body, version, address))
}

fn check_number(header: ResponseHeader, expected: i32) -> Result<(), String> {
    let found = header.correlation_id;
    if found == expected { Ok(()) } else { Err(format!("it answered request {found} where {expected} was asked")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_wire::messages::api_versions_response::ApiVersion;
    use log_wire::messages::{DescribeClusterRequest, DescribeClusterResponse};

    fn body(version: i16, response: &ApiVersionsResponse<'_>) -> Bytes {
        Bytes::from(frame::response(version, 7, response).unwrap().concat()).slice(frame::LENGTH_BYTES..)
    }

    fn speaks(first: i16, last: i16) -> ApiVersionsResponse<'static> {
        let api_keys = vec![ApiVersion { api_key: ApiKey::DescribeCluster.code(), min_version: first, max_version: last }];
        ApiVersionsResponse { api_keys, ..ApiVersionsResponse::default() }
    }

    #[test]
    fn the_newest_version_of_both_is_spoken() {
        for ((first, last), expected) in
            [((0, 1), Ok(1)), ((0, 9), Ok(2)), ((2, 2), Ok(2)), ((3, 9), Err(" in versions 0-2; it serves 3-9".to_string()))]
        {
            let Greeted::Speaks(spoken) = greeted(&body(3, &speaks(first, last)), 3, 7).unwrap() else { panic!("it speaks") };
            assert_eq!(spoken.version_of::<DescribeClusterRequest>(), expected, "{first}-{last}");
        }
        assert_eq!(Spoken::default().version_of::<DescribeClusterRequest>(), Err(String::new()));
    }

    #[test]
    fn an_old_server_is_greeted_again_in_its_words() {
        let refused = ApiVersionsResponse { error_code: UNSUPPORTED_VERSION, ..speaks(0, 0) };
        assert_eq!(greeted(&body(0, &refused), 3, 7), Ok(Greeted::TryOlder));
        assert!(matches!(greeted(&body(0, &speaks(0, 1)), 0, 7), Ok(Greeted::Speaks(_))));
    }

    #[test]
    fn what_is_no_answer_to_this_request_is_refused() {
        assert!(greeted(&body(3, &speaks(0, 1)), 3, 8).unwrap_err().contains("request 7"));
        assert!(greeted(&Bytes::from_static(b"HTTP"), 3, 7).is_err());
        let response = Bytes::from(frame::response(1, 5, &DescribeClusterResponse::default()).unwrap().concat());
        let response = response.slice(frame::LENGTH_BYTES..);
        assert!(answer::<DescribeClusterRequest>(response.clone(), 1, 5, "a:1").is_ok());
        assert!(answer::<DescribeClusterRequest>(response, 1, 6, "a:1").is_err());
    }
}
