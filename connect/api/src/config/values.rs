//! A parsed configuration: every option of a definition with its value. Asking for an option that was never defined is an error of the program.

use super::ConfigError;
use crate::{Error, Result};
use log_model::TopicName;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The value of one option.
#[derive(Clone, PartialEq)]
pub enum ConfigValue {
    /// Not given and without default.
    Null,
    /// A truth value.
    Boolean(bool),
    /// Any whole number.
    Int(i64),
    /// A fraction.
    Double(f64),
    /// Text or the name of a class.
    String(String),
    /// A secret, never shown.
    Password(String),
    /// Items between commas.
    List(Vec<String>),
}

impl fmt::Debug for ConfigValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().unwrap_or_else(|| "null".into()))
    }
}

impl ConfigValue {
    /// As text, secrets hidden; `None` for null.
    pub fn text(&self) -> Option<String> {
        match self {
            ConfigValue::Null => None,
            ConfigValue::Boolean(value) => Some(value.to_string()),
            ConfigValue::Int(value) => Some(value.to_string()),
            ConfigValue::Double(value) => Some(value.to_string()),
            ConfigValue::String(value) => Some(value.clone()),
            ConfigValue::Password(_) => Some("[hidden]".into()),
            ConfigValue::List(items) => Some(items.join(",")),
        }
    }
}

/// A parsed configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    values: BTreeMap<String, ConfigValue>,
}

impl Config {
    pub(crate) fn new(values: BTreeMap<String, ConfigValue>) -> Config {
        Config { values }
    }

    /// The value of an option. Errors: it was never defined.
    pub fn get(&self, name: &str) -> Result<&ConfigValue> {
        self.values.get(name).ok_or_else(|| Error::Bug { reason: format!("option {name:?} is read but not defined") })
    }

    /// Text that must be there.
    pub fn string(&self, name: &str) -> Result<&str> {
        self.optional_string(name)?.ok_or_else(|| self.unset(name))
    }

    /// Text, if given and not empty.
    pub fn optional_string(&self, name: &str) -> Result<Option<&str>> {
        match self.get(name)? {
            ConfigValue::String(text) | ConfigValue::Password(text) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            ConfigValue::Null => Ok(None),
            _ => Err(wrong(name, "text")),
        }
    }

    /// A topic name that must be there and legal.
    pub fn topic(&self, name: &str) -> Result<TopicName> {
        let text = self.string(name)?;
        TopicName::new(text).map_err(|error| ConfigError::invalid(name, text, error.reason).into())
    }

    /// A whole number that must be there.
    pub fn int(&self, name: &str) -> Result<i64> {
        self.optional_int(name)?.ok_or_else(|| self.unset(name))
    }

    /// A whole number, if given.
    pub fn optional_int(&self, name: &str) -> Result<Option<i64>> {
        match self.get(name)? {
            ConfigValue::Int(number) => Ok(Some(*number)),
            ConfigValue::Null => Ok(None),
            _ => Err(wrong(name, "a whole number")),
        }
    }

    /// A number of things that must be there and not negative.
    pub fn count(&self, name: &str) -> Result<usize> {
        let number = self.int(name)?;
        usize::try_from(number).map_err(|_| ConfigError::invalid(name, number.to_string(), "it takes 0 or more").into())
    }

    /// Milliseconds; a negative number or null means none.
    pub fn optional_ms(&self, name: &str) -> Result<Option<Duration>> {
        Ok(self.optional_int(name)?.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis))
    }

    /// A fraction that must be there.
    pub fn double(&self, name: &str) -> Result<f64> {
        match self.get(name)? {
            ConfigValue::Double(number) => Ok(*number),
            ConfigValue::Null => Err(self.unset(name)),
            _ => Err(wrong(name, "a fraction")),
        }
    }

    /// A truth value; null is false.
    pub fn boolean(&self, name: &str) -> Result<bool> {
        match self.get(name)? {
            ConfigValue::Boolean(value) => Ok(*value),
            ConfigValue::Null => Ok(false),
            _ => Err(wrong(name, "a truth value")),
        }
    }

    /// The items of a list; null is empty.
    pub fn list(&self, name: &str) -> Result<&[String]> {
        match self.get(name)? {
            ConfigValue::List(items) => Ok(items),
            ConfigValue::Null => Ok(&[]),
            _ => Err(wrong(name, "a list")),
        }
    }

    /// The options under `prefix`, without it.
    pub fn under(&self, prefix: &str) -> Config {
        let under = self.values.iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?.to_string(), value.clone())));
        Config { values: under.collect() }
    }

    /// All options by name.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &ConfigValue)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The same with one option set: how a connector gives each task its share.
    pub fn with(mut self, name: impl Into<String>, value: ConfigValue) -> Config {
        self.values.insert(name.into(), value);
        self
    }

    fn unset(&self, name: &str) -> Error {
        ConfigError::Missing { name: name.to_string(), documentation: "it has no default".into() }.into()
    }
}

fn wrong(name: &str, kind: &str) -> Error {
    Error::Bug { reason: format!("option {name:?} is not defined as {kind}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_type() {
        let config = Config::default()
            .with("topic", ConfigValue::String("a b".into()))
            .with("empty", ConfigValue::String(String::new()))
            .with("interval.ms", ConfigValue::Int(-1));
        assert_eq!(
            config.topic("topic").unwrap_err().to_string(),
            "invalid value \"a b\" for option topic: only letters, digits, `.`, `_` and `-` are allowed"
        );
        assert_eq!(config.optional_string("empty").unwrap(), None);
        assert_eq!(config.optional_ms("interval.ms").unwrap(), None);
        assert!(matches!(config.int("topic"), Err(Error::Bug { .. })));
        assert!(matches!(config.int("nothing"), Err(Error::Bug { .. })));
    }
}
