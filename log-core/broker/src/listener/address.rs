//! Addresses as Kafka's configuration writes them: `NAME://host:port`.

use crate::broker::Endpoint;
use log_client::{Error, Result};
use std::net::{IpAddr, SocketAddr};

/// Reads `PLAINTEXT://host:port`, or `host:port`. An empty host is this machine's loopback address.
pub(crate) fn parse_endpoint(text: &str) -> Result<Endpoint> {
    let invalid = |reason: &str| Error::Invalid { reason: format!("listener {text:?}: {reason}; write PLAINTEXT://host:port") };
    let (protocol, rest) = text.split_once("://").unwrap_or(("PLAINTEXT", text));
    if !protocol.eq_ignore_ascii_case("PLAINTEXT") {
        return Err(invalid("only PLAINTEXT is served"));
    }
    let (host, port) = rest.rsplit_once(':').ok_or_else(|| invalid("it has no port"))?;
    let port = port.parse().map_err(|_| invalid("its port is not a number up to 65535"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok(Endpoint { host: if host.is_empty() { "127.0.0.1".to_owned() } else { host.to_owned() }, port })
}

/// The address to listen at. Refuses one that others than this machine can reach: nobody proves who they are here.
pub(crate) fn loopback_address(endpoint: &Endpoint) -> Result<SocketAddr> {
    let Endpoint { host, port } = endpoint;
    let ip: IpAddr = match host.as_str() {
        "localhost" => IpAddr::from([127, 0, 0, 1]),
        _ => host.parse().map_err(|_| Error::Invalid { reason: format!("listener host {host:?} is not an IP address of this machine") })?,
    };
    let address = SocketAddr::new(ip, *port);
    if !ip.is_loopback() {
        let reason = format!(
            "the listener {address} could be reached by other machines, and clients need no password there; listen at 127.0.0.1:{port}"
        );
        return Err(Error::Invalid { reason });
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_kafka_writes_them() {
        for (text, host, port) in [
            ("PLAINTEXT://:9092", "127.0.0.1", 9092),
            ("plaintext://localhost:1", "localhost", 1),
            ("127.0.0.1:0", "127.0.0.1", 0),
            ("PLAINTEXT://[::1]:9092", "::1", 9092),
        ] {
            let endpoint = parse_endpoint(text).unwrap();
            assert_eq!((endpoint.host.as_str(), endpoint.port), (host, port), "{text}");
            assert!(loopback_address(&endpoint).unwrap().ip().is_loopback());
        }
    }

    #[test]
    fn other_protocols_and_addresses_beyond_this_machine_are_refused() {
        for text in ["SSL://:9093", "PLAINTEXT://host", "PLAINTEXT://:99999"] {
            assert!(parse_endpoint(text).is_err(), "{text}");
        }
        for text in ["0.0.0.0:9092", "[::]:9092", "192.168.1.4:9092", "example.org:9092"] {
            let refused = loopback_address(&parse_endpoint(text).unwrap()).unwrap_err().to_string();
            assert!(refused.contains("listener"), "{refused}");
        }
    }
}
