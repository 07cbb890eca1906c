//! What is wrong with an option: which, with what value, why, and how to mend it.

use thiserror::Error;

/// One refused option.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// No such option.
    #[error("unknown option {name:?}{}", hint(nearest.as_deref()))]
    Unknown {
        /// The name given.
        name: String,
        /// The known option that resembles it most.
        nearest: Option<String>,
    },
    /// The option must be set.
    #[error("missing required option {name:?}: {documentation}")]
    Missing {
        /// Its name.
        name: String,
        /// What it is for.
        documentation: String,
    },
    /// The value does not fit.
    #[error("invalid value {value:?} for option {name}: {reason}")]
    Invalid {
        /// The option.
        name: String,
        /// The value given; hidden for secrets.
        value: String,
        /// What the option takes.
        reason: String,
    },
}

impl ConfigError {
    /// An [`ConfigError::Invalid`].
    pub fn invalid(name: impl Into<String>, value: impl Into<String>, reason: impl Into<String>) -> ConfigError {
        ConfigError::Invalid { name: name.into(), value: value.into(), reason: reason.into() }
    }

    /// The option it is about.
    pub fn name(&self) -> &str {
        match self {
            ConfigError::Unknown { name, .. } | ConfigError::Missing { name, .. } | ConfigError::Invalid { name, .. } => name,
        }
    }
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

/// All errors in one line.
pub(crate) fn join(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The known name that resembles `name` most, if it resembles it at all.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let scored = known.into_iter().map(|candidate| {
        let other = candidate.to_lowercase();
        let edits = strsim::damerau_levenshtein(&lower, &other);
        let likeness = strsim::jaro_winkler(&lower, &other);
        (candidate, edits, likeness)
    });
    scored
        .filter(|(candidate, edits, likeness)| *edits <= 1.max(candidate.len().min(name.len()) / 3) || *likeness >= 0.88)
        .min_by(|a, b| a.1.cmp(&b.1).then(b.2.total_cmp(&a.2)))
        .map(|(candidate, ..)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_or_none_is_given() {
        let known = ["file", "topic", "batch.size", "flush.size", "rotate.interval.ms"];
        let cases = [
            ("files", Some("file")),
            ("TOPIC", Some("topic")),
            ("batchsize", Some("batch.size")),
            ("rotate.interval", Some("rotate.interval.ms")),
            ("flush_size", Some("flush.size")),
            ("password", None),
        ];
        for (given, expected) in cases {
            assert_eq!(nearest(given, known), expected, "{given}");
        }
    }
}
