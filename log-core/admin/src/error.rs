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
    /// A change went out whole and no answer came: it may have been made, or not.
    #[error("{failure}; whether it has carried out {api} is not known: {look} before you try again")]
    Uncertain {
        /// Why there is no answer.
        failure: Box<Error>,
        /// What was asked.
        api: &'static str,
        /// Where one sees whether it was made.
        look: &'static str,
    },
    /// The time for the whole call is over.
    #[error("{last}; that is all of the {seconds} s that a call may take")]
    Overdue {
        /// What was met last.
        last: Box<Error>,
        /// How long it was tried.
        seconds: u64,
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
            // Nothing is known of what happened, so it must not just be tried again.
            Error::Uncertain { .. } => ErrorKind::Closed,
            Error::Overdue { last, .. } => last.kind(),
            Error::Refused { code, .. } => code.kind(),
        }
    }

    /// Kafka's code, where the server refused.
    pub fn code(&self) -> Option<KafkaCode> {
        match self {
            Error::Refused { code, .. } => Some(*code),
            Error::Overdue { last, .. } => last.code(),
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
