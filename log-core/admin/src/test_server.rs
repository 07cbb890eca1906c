//! A server for tests: it takes connections in the simulated network and does with each what the script says.

use crate::{AdminOptions, ClusterAdmin, Result};
use futures::FutureExt;
use log_env::{Env, NetStream, Sim};
use log_model::KafkaCode;
use log_wire::messages::api_versions_response::ApiVersion;
use log_wire::messages::describe_cluster_response::DescribeClusterBroker;
use log_wire::messages::{
    ApiVersionsResponse, CreateAclsResponse, DeleteAclsResponse, DeleteGroupsResponse, DescribeAclsResponse, DescribeClusterResponse,
    FindCoordinatorResponse, IncrementalAlterConfigsResponse, OffsetDeleteResponse,
};
use log_wire::{ApiKey, Cutter, Encode, Reader, RequestHeader, Response, frame};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What the server knows, with version 1 as the newest.
const KNOWN: [ApiKey; 9] = [
    ApiKey::ApiVersions,
    ApiKey::CreateAcls,
    ApiKey::DeleteAcls,
    ApiKey::DeleteGroups,
    ApiKey::DescribeAcls,
    ApiKey::DescribeCluster,
    ApiKey::FindCoordinator,
    ApiKey::IncrementalAlterConfigs,
    ApiKey::OffsetDelete,
];

/// What the server does with a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Answers so many requests as Kafka does, the greeting included, and hangs up.
    Answers(usize),
    /// Answers so many and takes one more, which it does not answer before it hangs up.
    Swallows(usize),
    /// Answers so many and hangs up on the first bytes of the next.
    Tears(usize),
    /// Answers so many and says nothing to the others.
    Quiet(usize),
    /// Answers all, and that it coordinates nothing yet.
    Unready,
    /// Says this whatever was asked.
    Says(&'static [u8]),
    /// Answers so many and says this to all others.
    Garbles(usize, &'static [u8]),
}

/// The requests that arrived whole, in order, greetings left out.
pub(crate) type Asked = Arc<Mutex<Vec<ApiKey>>>;

/// A simulated network with a server, and how to reach it.
pub(crate) struct World {
    pub(crate) env: Env,
    pub(crate) sim: Sim,
    pub(crate) asked: Asked,
}

impl World {
    pub(crate) fn new() -> World {
        let (env, sim) = Env::simulated(1);
        World { env, sim, asked: Asked::default() }
    }

    /// A server that meets its connections one after the other in these manners; its address.
    pub(crate) async fn serve(&self, manners: &[Manner]) -> String {
        let mut listener = self.env.network.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_address();
        let mut manners: VecDeque<Manner> = manners.iter().copied().collect();
        let (env, asked) = (self.env.clone(), self.asked.clone());
        let work = async move {
            while let Some(manner) = manners.pop_front() {
                let Ok((stream, _)) = listener.accept().await else { return };
                env.spawner.spawn("connection", converse(stream, (manner, address.port()), asked.clone()).boxed());
            }
        };
        self.env.spawner.spawn("server", work.boxed());
        address.to_string()
    }

    pub(crate) async fn connect(&self, servers: &str) -> Result<ClusterAdmin> {
        ClusterAdmin::connect(self.env.clone(), servers, AdminOptions::default()).await
    }
}

async fn converse(mut stream: Box<dyn NetStream>, (manner, port): (Manner, u16), asked: Asked) {
    let mut received = Cutter::new(frame::REQUEST_BYTES_MIN, 64 << 20);
    let mut answered = 0;
    loop {
        let ends = match manner {
            Manner::Answers(count) => answered == count,
            Manner::Tears(count) => answered == count && received.is_inside_a_frame(),
            _ => false,
        };
        if ends {
            return;
        }
        let Some(request) = received.cut().unwrap() else {
            if stream.read_buf(&mut received.room()).await.unwrap_or(0) == 0 {
                return;
            }
            continue;
        };
        let header = RequestHeader::decode(&mut Reader::new(&request)).unwrap();
        if header.api_key != ApiKey::ApiVersions {
            asked.lock().push(header.api_key);
        }
        let bytes = match manner {
            Manner::Swallows(count) if answered == count => return,
            Manner::Quiet(count) if answered == count => continue,
            Manner::Garbles(count, bytes) if answered == count => bytes.to_vec(),
            Manner::Says(bytes) => bytes.to_vec(),
            _ => answer(&header, port, matches!(manner, Manner::Unready)),
        };
        answered += 1;
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

fn answer(header: &RequestHeader<'_>, port: u16, is_unready: bool) -> Vec<u8> {
    let (host, port) = ("127.0.0.1", i32::from(port));
    match header.api_key {
        ApiKey::ApiVersions => {
            let api = |api: ApiKey| ApiVersion { api_key: api.code(), min_version: 0, max_version: 1 };
            encode(header, &ApiVersionsResponse { api_keys: KNOWN.map(api).to_vec(), ..Default::default() })
        }
        ApiKey::CreateAcls => encode(header, &CreateAclsResponse::default()),
        ApiKey::DeleteAcls => encode(header, &DeleteAclsResponse::default()),
        ApiKey::DeleteGroups => encode(header, &DeleteGroupsResponse::default()),
        ApiKey::DescribeAcls => encode(header, &DescribeAclsResponse::default()),
        ApiKey::IncrementalAlterConfigs => encode(header, &IncrementalAlterConfigsResponse::default()),
        ApiKey::OffsetDelete => encode(header, &OffsetDeleteResponse::default()),
        ApiKey::FindCoordinator => {
            let error_code = if is_unready { KafkaCode::CoordinatorNotAvailable.as_i16() } else { 0 };
            encode(header, &FindCoordinatorResponse { error_code, node_id: 7, host: host.into(), port, ..Default::default() })
        }
        _ => {
            let broker = DescribeClusterBroker { broker_id: 7, host: host.into(), port, ..Default::default() };
            encode(header, &DescribeClusterResponse { cluster_id: "here".into(), brokers: vec![broker], ..Default::default() })
        }
    }
}

fn encode<R: Response + Encode>(header: &RequestHeader<'_>, response: &R) -> Vec<u8> {
    frame::response(header.api_version, header.correlation_id, response).unwrap().concat()
}
