//! A server's address: a host and a port, as people write them.

use crate::{Error, Result};
use std::fmt;

/// Host and port; the host is a name or an address without brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Reads `HOST:PORT[,HOST:PORT…]`; an IPv6 address stands in brackets.
    pub(crate) fn list(text: &str) -> Result<Vec<Address>> {
        text.split(',').map(|one| Address::parse(one.trim())).collect()
    }

    fn parse(text: &str) -> Result<Address> {
        let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok().filter(|port| *port > 0)?)));
        match parts {
            Some((host, port)) if !host.is_empty() => {
                let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
                Ok(Address { host: host.to_string(), port })
            }
            _ => Err(Error::Invalid { reason: format!("{text:?} is no address; HOST:PORT is one") }),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_alike() {
        for text in ["localhost:9092", "10.0.0.1:1", "[::1]:9092"] {
            assert_eq!(Address::list(text).map(|all| all[0].to_string()), Ok(text.to_string()));
        }
        assert_eq!(Address::list("a:1, b:2").map(|all| all.len()), Ok(2));
        for text in ["", "a", "a:", ":1", "a:0", "a:70000", "a:1,,b:2"] {
            assert!(Address::list(text).is_err(), "{text}");
        }
    }
}
