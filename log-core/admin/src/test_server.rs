//! A server for tests: it takes connections in the simulated network and does with each what the script says.

use crate::{AdminOptions, ClusterAdmin, Result};
use futures::FutureExt;
use log_env::{Env, NetStream, Sim};
use log_wire::messages::api_versions_response::ApiVersion;
use log_wire::messages::{ApiVersionsResponse, DescribeClusterResponse};
use log_wire::{ApiKey, Cutter, Encode, Reader, RequestHeader, Response, frame};
use std::collections::VecDeque;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What the server does with a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Answers so many requests as Kafka does, the greeting included, and hangs up.
    Answers(usize),
    /// Reads and says nothing.
    Silent,
    /// Hangs up on the first bytes.
    HangsUp,
    /// Says this whatever was asked.
    Says(&'static [u8]),
}

/// A simulated network with a server, and how to reach it.
pub(crate) struct World {
    pub(crate) env: Env,
    pub(crate) sim: Sim,
}

impl World {
    pub(crate) fn new() -> World {
        let (env, sim) = Env::simulated(1);
        World { env, sim }
    }

    /// A server that meets its connections one after the other in these manners; its address.
    pub(crate) async fn serve(&self, manners: &[Manner]) -> String {
        let mut listener = self.env.network.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_address();
        let mut manners: VecDeque<Manner> = manners.iter().copied().collect();
        let env = self.env.clone();
        let work = async move {
            while let Some(manner) = manners.pop_front() {
                let Ok((stream, _)) = listener.accept().await else { return };
                env.spawner.spawn("connection", converse(stream, manner, address.port()).boxed());
            }
        };
        self.env.spawner.spawn("server", work.boxed());
        address.to_string()
    }

    pub(crate) async fn connect(&self, servers: &str) -> Result<ClusterAdmin> {
        ClusterAdmin::connect(self.env.clone(), servers, AdminOptions::default()).await
    }
}

async fn converse(mut stream: Box<dyn NetStream>, manner: Manner, port: u16) {
    let mut received = Cutter::new(frame::REQUEST_BYTES_MIN, 1 << 20);
    let mut answers = match manner {
        Manner::Answers(count) => count,
        Manner::Silent | Manner::HangsUp | Manner::Says(_) => usize::MAX,
    };
    while answers > 0 {
        let Some(request) = received.cut().unwrap() else {
            if stream.read_buf(&mut received.room()).await.unwrap_or(0) == 0 {
                return;
            }
            continue;
        };
        answers -= 1;
        let bytes = match manner {
            Manner::Answers(_) => answer(&request, port),
            Manner::Says(bytes) => bytes.to_vec(),
            Manner::Silent => continue,
            Manner::HangsUp => return,
        };
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

fn answer(request: &bytes::Bytes, port: u16) -> Vec<u8> {
    let header = RequestHeader::decode(&mut Reader::new(request)).unwrap();
    match header.api_key {
        ApiKey::ApiVersions => {
            let known = [ApiKey::ApiVersions, ApiKey::DescribeCluster];
            let api = |api: ApiKey| ApiVersion { api_key: api.code(), min_version: 0, max_version: 1 };
            encode(&header, &ApiVersionsResponse { api_keys: known.map(api).to_vec(), ..Default::default() })
        }
        _ => {
            let broker = log_wire::messages::describe_cluster_response::DescribeClusterBroker {
                broker_id: 7,
                host: "127.0.0.1".into(),
                port: i32::from(port),
                ..Default::default()
            };
            encode(&header, &DescribeClusterResponse { cluster_id: "here".into(), brokers: vec![broker], ..Default::default() })
        }
    }
}

fn encode<R: Response + Encode>(header: &RequestHeader<'_>, response: &R) -> Vec<u8> {
    frame::response(header.api_version, header.correlation_id, response).unwrap().concat()
}
