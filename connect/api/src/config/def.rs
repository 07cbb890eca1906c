//! All options of a connector, converter or worker (Kafka's `ConfigDef`). An option it does not know is an error, unlike in Kafka.

use super::error::nearest;
use super::{Config, ConfigError, ConfigKey, ConfigValue};
use std::collections::BTreeMap;

/// A set of options, in the order they are listed to a user.
#[derive(Clone, Debug, Default)]
pub struct ConfigDef {
    keys: Vec<ConfigKey>,
    open_prefixes: Vec<String>,
}

/// An option with what was given for it, as Kafka's `validate` answers.
#[derive(Clone, Debug)]
pub struct ValidatedKey {
    /// The option; `None` for one that is not known.
    pub key: Option<ConfigKey>,
    /// Its name.
    pub name: String,
    /// What was given, or the default; null if it could not be parsed.
    pub value: ConfigValue,
    /// What is wrong with it.
    pub errors: Vec<ConfigError>,
}

impl ConfigDef {
    /// No options.
    pub fn new() -> ConfigDef {
        ConfigDef::default()
    }

    /// Adds an option; one of the same name replaces the earlier in its place.
    pub fn key(mut self, key: ConfigKey) -> ConfigDef {
        match self.keys.iter_mut().find(|known| known.name == key.name) {
            Some(known) => *known = key,
            None => self.keys.push(key),
        }
        self
    }

    /// Adds all options of another definition.
    pub fn merge(self, other: &ConfigDef) -> ConfigDef {
        let mut merged = other.keys.iter().cloned().fold(self, ConfigDef::key);
        merged.open_prefixes.extend(other.open_prefixes.iter().cloned());
        merged
    }

    /// Adds all options of another definition under `prefix`, as `value.converter.` does for a converter's.
    pub fn merge_prefixed(self, prefix: &str, other: &ConfigDef) -> ConfigDef {
        let prefixed = |key: &ConfigKey| ConfigKey { name: format!("{prefix}{}", key.name).into(), ..key.clone() };
        other.keys.iter().map(prefixed).fold(self, ConfigDef::key)
    }

    /// Lets any option that begins with `prefix` through as text: somebody else checks it.
    pub fn open_prefix(mut self, prefix: impl Into<String>) -> ConfigDef {
        self.open_prefixes.push(prefix.into());
        self
    }

    /// The options.
    pub fn keys(&self) -> &[ConfigKey] {
        &self.keys
    }

    /// Parses what a user gave. Errors: every refused option, not only the first.
    pub fn parse<'a, E>(&self, entries: E) -> Result<Config, Vec<ConfigError>>
    where
        E: IntoEntries<'a>,
    {
        let mut values = BTreeMap::new();
        let mut errors = Vec::new();
        for validated in self.validate(entries) {
            errors.extend(validated.errors);
            values.insert(validated.name, validated.value);
        }
        // What is not known comes first: a misspelt option is usually why a required one is missing.
        errors.sort_by_key(|error| !matches!(error, ConfigError::Unknown { .. }));
        if errors.is_empty() { Ok(Config::new(values)) } else { Err(errors) }
    }

    /// Every option with its value or errors; options that are not known come last.
    pub fn validate<'a, E>(&self, entries: E) -> Vec<ValidatedKey>
    where
        E: IntoEntries<'a>,
    {
        let given: BTreeMap<&str, &str> = entries.into_entries().into_iter().collect();
        let mut all: Vec<ValidatedKey> = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            let (value, errors) = match key.parse(given.get(key.name.as_ref()).copied()) {
                Ok(value) => (value, Vec::new()),
                Err(error) => (ConfigValue::Null, vec![error]),
            };
            all.push(ValidatedKey { key: Some(key.clone()), name: key.name.to_string(), value, errors });
        }
        for (name, text) in given {
            if self.keys.iter().any(|key| key.name == name) {
                continue;
            }
            let open = self.open_prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()));
            let errors = if open { Vec::new() } else { vec![self.unknown(name)] };
            all.push(ValidatedKey { key: None, name: name.to_string(), value: ConfigValue::String(text.to_string()), errors });
        }
        all
    }

    fn unknown(&self, name: &str) -> ConfigError {
        let nearest = nearest(name, self.keys.iter().map(|key| key.name.as_ref())).map(str::to_string);
        ConfigError::Unknown { name: name.to_string(), nearest }
    }
}

/// Pairs of names and values, in any of the shapes callers have.
pub trait IntoEntries<'a> {
    /// The pairs.
    fn into_entries(self) -> Vec<(&'a str, &'a str)>;
}

impl<'a> IntoEntries<'a> for &'a BTreeMap<String, String> {
    fn into_entries(self) -> Vec<(&'a str, &'a str)> {
        self.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

impl<'a, const N: usize> IntoEntries<'a> for &'a [(&'a str, &'a str); N] {
    fn into_entries(self) -> Vec<(&'a str, &'a str)> {
        self.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConfigType, Importance};

    fn def() -> ConfigDef {
        ConfigDef::new()
            .key(ConfigKey::required("file", ConfigType::String, Importance::High, "the file to read"))
            .key(ConfigKey::new("batch.size", ConfigType::Int, Importance::Low, "records a poll").default("2000").at_least(1))
    }

    #[test]
    fn every_error_is_reported_and_unknown_options_come_first() {
        let errors = def().parse(&[("fiel", "a"), ("batch.size", "0")]).unwrap_err();
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "unknown option \"fiel\"; did you mean \"file\"?",
                "missing required option \"file\": the file to read",
                "invalid value \"0\" for option batch.size: it takes 1 or more",
            ]
        );
    }

    #[test]
    fn prefixed_options_are_checked_under_their_prefix_and_open_ones_pass() {
        let def = ConfigDef::new().merge_prefixed("value.converter.", &def()).open_prefix("topic.creation.default.");
        let config = def.parse(&[("value.converter.file", "f"), ("topic.creation.default.partitions", "3")]).unwrap();
        assert_eq!(config.int("value.converter.batch.size").unwrap(), 2000);
        assert_eq!(config.string("topic.creation.default.partitions").unwrap(), "3");
        assert_eq!(config.under("value.converter.").string("file").unwrap(), "f");
    }
}
