//! Servers that speak Kafka's protocol, and the log they keep.

use super::OpenLog;
use anyhow::{Result, bail};
use headwater::{Headwater, HeadwaterOptions};
use std::fmt;
use std::path::{Path, PathBuf};

const PORT_DEFAULT: u16 = 9092;

/// Where queries over a server keep their state, by default; each address has a folder of its own in it.
const STATE_DIR_DEFAULT: &str = "headwater-state";

/// The addresses to begin with, as `HOST:PORT`, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Servers {
    addresses: String,
}

impl Servers {
    /// Reads `HOST:PORT[,HOST:PORT…]`; the port is 9092 where it is left out.
    pub(crate) fn parse(text: &str) -> Result<Servers> {
        let addresses = text.split(',').map(|one| address(one.trim())).collect::<Result<Vec<_>>>()?;
        Ok(Servers { addresses: addresses.join(",") })
    }

    /// What to do if nobody answers.
    #[cfg(feature = "kafka")]
    pub(super) fn fix(&self) -> String {
        let is_here = ["127.", "localhost:", "[::1]:"].iter().any(|host| self.addresses.starts_with(host)) && !self.addresses.contains(',');
        match is_here {
            true => format!("is a server running there? `headwater server --listen {self}` starts one"),
            false => "is the address right, and is a server running there?".to_string(),
        }
    }

    /// The state directory of these servers where none is named.
    fn default_state_dir(&self) -> PathBuf {
        let name = self
            .addresses
            .chars()
            .map(|character| if character.is_ascii_alphanumeric() || "._-".contains(character) { character } else { '_' });
        PathBuf::from(STATE_DIR_DEFAULT).join(name.collect::<String>())
    }

    #[cfg(feature = "kafka")]
    pub(crate) async fn open_log(&self) -> Result<OpenLog> {
        super::kafka::open(self).await
    }

    #[cfg(not(feature = "kafka"))]
    pub(crate) async fn open_log(&self) -> Result<OpenLog> {
        anyhow::bail!(
            "cannot talk to {self}: this program was built without its feature kafka; build it with the feature, or use --data-dir"
        )
    }

    pub(crate) async fn open_headwater(&self, state_dir: Option<&Path>, options: HeadwaterOptions) -> Result<Headwater> {
        let log = self.open_log().await?;
        let state_dir = state_dir.map_or_else(|| self.default_state_dir(), Path::to_path_buf);
        Ok(Headwater::over(log.shared(), state_dir, options).await?)
    }
}

impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.addresses)
    }
}

fn address(text: &str) -> Result<String> {
    let wrong = |reason: &str| anyhow::anyhow!("--bootstrap takes HOST:PORT, several separated by commas, not {text:?}: {reason}");
    // Brackets hold an IPv6 address, whose colons are no ports.
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':').or(rest.is_empty().then_some(""))),
        None => text.rsplit_once(':').map_or((text, Some("")), |(host, port)| (host, Some(port).filter(|port| !port.is_empty()))),
    };
    if host.is_empty() || host.contains(['/', ' ', '@']) {
        bail!(wrong("the host is no name or address"));
    }
    if !text.starts_with('[') && host.contains(':') {
        bail!(wrong("an IPv6 address stands in brackets"));
    }
    let port = match port {
        Some("") => PORT_DEFAULT,
        Some(digits) => digits.parse().ok().filter(|port| *port > 0).ok_or_else(|| wrong("the port is no number from 1 to 65535"))?,
        None => bail!(wrong("a port is missing behind the colon")),
    };
    Ok(if text.starts_with('[') { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_port_or_get_one() {
        for (text, expected) in [
            ("localhost:9092", "localhost:9092"),
            ("localhost", "localhost:9092"),
            ("a:1, b:2", "a:1,b:2"),
            ("[::1]:9093", "[::1]:9093"),
            ("[::1]", "[::1]:9092"),
        ] {
            assert_eq!(
                Servers::parse(text).map(|servers| servers.to_string()).map_err(|error| error.to_string()),
                Ok(expected.to_string())
            );
        }
        for text in ["", ":9092", "a:", "a:0", "a:70000", "a:b", "http://a:1", "::1", "a:1,,b:2"] {
            let error = Servers::parse(text).expect_err(text).to_string();
            assert!(error.contains("HOST:PORT"), "{error}");
        }
    }

    #[test]
    fn each_server_has_a_state_directory_of_its_own() {
        let path = |text| Servers::parse(text).expect("an address").default_state_dir();
        assert_eq!(path("a:1,[::1]:2"), PathBuf::from("headwater-state/a_1____1__2"));
        assert_ne!(path("a:1"), path("a:2"));
    }
}
