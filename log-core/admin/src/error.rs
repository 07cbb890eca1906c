//! What can go wrong between this client and a server.

use log_model::{ErrorKind, KafkaCode};
use thiserror::Error;

/// The result of a question.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// No connection came about.
    #[error("no connection to {address}: {reason}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the system said.
        reason: String,
    },
    /// The connection ended before the answer.
    #[error("{address} closed the connection: {reason}")]
    Hangup {
        /// Host and port.
        address: String,
        /// What the system said.
        reason: String,
    },
    /// The server says nothing.
    #[error("{address} did not answer {api} within {seconds} s")]
    Silent {
        /// Host and port.
        address: String,
        /// What was asked.
        api: &'static str,
        /// How long it was waited for.
        seconds: u64,
    },
    /// What came back is no answer of Kafka's protocol.
    #[error("{address} does not speak Kafka's protocol, or speaks it over TLS: {reason}")]
    Foreign {
        /// Host and port.
        address: String,
        /// What was found.
        reason: String,
    },
    /// The server has no such API, or none of the versions spoken here.
    #[error("{address} does not serve {api}{versions}")]
    Unserved {
        /// Host and port.
        address: String,
        /// What was asked.
        api: &'static str,
        /// What it serves instead; empty if nothing.
        versions: String,
    },
    /// The server refuses.
    #[error("{what}: {message} ({code})")]
    Refused {
        /// What was asked, as a person would say it.
        what: String,
        /// Kafka's code.
        code: KafkaCode,
        /// The server's words, or the code's.
        message: String,
    },
    /// A question that cannot be put into the protocol's bytes, or an answer that lacks what was asked.
    #[error("{reason}")]
    Invalid {
        /// What is wrong.
        reason: String,
    },
}

impl Error {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Unreachable { .. } | Error::Hangup { .. } | Error::Silent { .. } => ErrorKind::Retry,
            Error::Foreign { .. } | Error::Unserved { .. } | Error::Invalid { .. } => ErrorKind::Invalid,
            Error::Refused { code, .. } => code.kind(),
        }
    }

    /// Kafka's code, where the server refused.
    pub fn code(&self) -> Option<KafkaCode> {
        match self {
            Error::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }
}

/// `Err` unless the number says that all is well. A number that Kafka 4.3 does not have stands for an unknown error of the server.
pub(crate) fn check(code: i16, message: Option<&str>, what: impl FnOnce() -> String) -> Result<()> {
    match KafkaCode::from_i16(code) {
        Some(KafkaCode::None) => Ok(()),
        known => {
            let code = known.unwrap_or(KafkaCode::UnknownServerError);
            let message = message.filter(|message| !message.is_empty()).unwrap_or(code.message()).to_string();
            Err(Error::Refused { what: what(), code, message })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_becomes_an_error_with_the_servers_words_or_the_codes() {
        let what = || "topic t".to_string();
        assert_eq!(check(0, Some("fine"), what), Ok(()));
        let told = check(3, Some("no t here"), what).unwrap_err();
        assert_eq!(told.to_string(), "topic t: no t here (UNKNOWN_TOPIC_OR_PARTITION)");
        assert_eq!((told.kind(), told.code()), (ErrorKind::Missing, Some(KafkaCode::UnknownTopicOrPartition)));
        let untold = check(3, None, what).unwrap_err();
        assert!(untold.to_string().contains(KafkaCode::UnknownTopicOrPartition.message()), "{untold}");
        assert_eq!(check(9999, None, what).unwrap_err().code(), Some(KafkaCode::UnknownServerError));
    }
}
