//! One option: its name, type, default, limits and documentation (Kafka's `ConfigDef.ConfigKey`).

use super::{ConfigError, ConfigValue};
use std::borrow::Cow;

/// The type of an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are Kafka's")]
pub enum ConfigType {
    Boolean,
    String,
    Int,
    Short,
    Long,
    Double,
    List,
    Class,
    Password,
}

impl ConfigType {
    /// Kafka's name, as the REST interface shows it.
    pub fn name(self) -> &'static str {
        match self {
            ConfigType::Boolean => "BOOLEAN",
            ConfigType::String => "STRING",
            ConfigType::Int => "INT",
            ConfigType::Short => "SHORT",
            ConfigType::Long => "LONG",
            ConfigType::Double => "DOUBLE",
            ConfigType::List => "LIST",
            ConfigType::Class => "CLASS",
            ConfigType::Password => "PASSWORD",
        }
    }

    fn parse(self, text: &str) -> Result<ConfigValue, String> {
        let number = |least: i64, most: i64| match text.trim().parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(ConfigValue::Int(number)),
            Ok(_) => Err(format!("a number of type {} lies between {least} and {most}", self.name())),
            Err(_) => Err(format!("it takes a whole number (type {})", self.name())),
        };
        match self {
            ConfigType::Boolean => match text.trim().to_ascii_lowercase().as_str() {
                "true" => Ok(ConfigValue::Boolean(true)),
                "false" => Ok(ConfigValue::Boolean(false)),
                _ => Err("it takes true or false".into()),
            },
            ConfigType::String | ConfigType::Class => Ok(ConfigValue::String(text.trim().to_string())),
            ConfigType::Password => Ok(ConfigValue::Password(text.to_string())),
            ConfigType::Short => number(i64::from(i16::MIN), i64::from(i16::MAX)),
            ConfigType::Int => number(i64::from(i32::MIN), i64::from(i32::MAX)),
            ConfigType::Long => number(i64::MIN, i64::MAX),
            ConfigType::Double => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(ConfigValue::Double(number)),
                _ => Err("it takes a number (type DOUBLE)".into()),
            },
            ConfigType::List => {
                Ok(ConfigValue::List(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_string).collect()))
            }
        }
    }
}

/// How much an option matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are Kafka's")]
pub enum Importance {
    High,
    Medium,
    Low,
}

impl Importance {
    /// Kafka's name, as the REST interface shows it.
    pub fn name(self) -> &'static str {
        match self {
            Importance::High => "HIGH",
            Importance::Medium => "MEDIUM",
            Importance::Low => "LOW",
        }
    }
}

/// Which values of the type are allowed.
#[derive(Clone, Copy, Debug)]
pub enum Validator {
    /// All.
    Any,
    /// Numbers from the least on.
    AtLeast(i64),
    /// Numbers within both, inclusive.
    Between(i64, i64),
    /// One of these words, whatever their case.
    OneOf(&'static [&'static str]),
    /// Text or lists that are not empty.
    NonEmpty,
    /// Whatever this accepts; it answers what the option takes.
    Custom(fn(&ConfigValue) -> Result<(), String>),
}

impl Validator {
    fn check(self, value: &ConfigValue) -> Result<(), String> {
        match (self, value) {
            (Validator::AtLeast(least), ConfigValue::Int(number)) if *number < least => Err(format!("it takes {least} or more")),
            (Validator::Between(least, most), ConfigValue::Int(number)) if !(least..=most).contains(number) => {
                Err(format!("it takes a number from {least} to {most}"))
            }
            (Validator::OneOf(words), ConfigValue::String(text)) if !words.iter().any(|word| word.eq_ignore_ascii_case(text)) => {
                Err(format!("it takes one of {}", words.join(", ")))
            }
            (Validator::NonEmpty, ConfigValue::String(text)) if text.is_empty() => Err("it may not be empty".into()),
            (Validator::NonEmpty, ConfigValue::List(items)) if items.is_empty() => Err("it may not be empty".into()),
            (Validator::Custom(check), value) => check(value),
            _ => Ok(()),
        }
    }
}

/// One option. Built with [`ConfigKey::required`] or [`ConfigKey::new`] and refined by the methods that follow.
#[derive(Clone, Debug)]
pub struct ConfigKey {
    /// Its name, as the user writes it.
    pub name: Cow<'static, str>,
    /// The type of its value.
    pub kind: ConfigType,
    /// Whether it must be given.
    pub required: bool,
    /// The value if it is not given, as text; `None` leaves it null.
    pub default: Option<Cow<'static, str>>,
    /// How much it matters.
    pub importance: Importance,
    /// What it is for, in one sentence.
    pub documentation: Cow<'static, str>,
    /// Which values are allowed.
    pub validator: Validator,
    /// The heading it stands under; empty for none.
    pub group: &'static str,
}

impl ConfigKey {
    /// An option that may be left out.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        kind: ConfigType,
        importance: Importance,
        documentation: impl Into<Cow<'static, str>>,
    ) -> ConfigKey {
        ConfigKey {
            name: name.into(),
            kind,
            required: false,
            default: None,
            importance,
            documentation: documentation.into(),
            validator: Validator::Any,
            group: "",
        }
    }

    /// An option that must be given.
    pub fn required(
        name: impl Into<Cow<'static, str>>,
        kind: ConfigType,
        importance: Importance,
        documentation: impl Into<Cow<'static, str>>,
    ) -> ConfigKey {
        ConfigKey { required: true, validator: Validator::NonEmpty, ..ConfigKey::new(name, kind, importance, documentation) }
    }

    /// The value if none is given.
    pub fn default(mut self, text: impl Into<Cow<'static, str>>) -> ConfigKey {
        self.default = Some(text.into());
        self
    }

    /// Only numbers from `least` on.
    pub fn at_least(self, least: i64) -> ConfigKey {
        self.validator(Validator::AtLeast(least))
    }

    /// Only these words.
    pub fn one_of(self, words: &'static [&'static str]) -> ConfigKey {
        self.validator(Validator::OneOf(words))
    }

    /// Only what `validator` accepts.
    pub fn validator(mut self, validator: Validator) -> ConfigKey {
        self.validator = validator;
        self
    }

    /// The heading it stands under.
    pub fn group(mut self, group: &'static str) -> ConfigKey {
        self.group = group;
        self
    }

    /// Parses what was given for it, or its default.
    pub fn parse(&self, given: Option<&str>) -> Result<ConfigValue, ConfigError> {
        let Some(text) = given.or(self.default.as_deref()) else {
            return if self.required {
                Err(ConfigError::Missing { name: self.name.to_string(), documentation: self.documentation.to_string() })
            } else {
                Ok(ConfigValue::Null)
            };
        };
        let shown = if self.kind == ConfigType::Password { "[hidden]" } else { text };
        let refused = |reason| ConfigError::invalid(self.name.as_ref(), shown, reason);
        let value = self.kind.parse(text).map_err(refused)?;
        self.validator.check(&value).map_err(refused)?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_parsed_by_type_and_refused_with_the_reason() {
        let key = |kind, validator| ConfigKey::new("k", kind, Importance::Low, "a key").validator(validator);
        let good = [
            (key(ConfigType::Boolean, Validator::Any), "TRUE", ConfigValue::Boolean(true)),
            (key(ConfigType::Int, Validator::Any), " 7 ", ConfigValue::Int(7)),
            (key(ConfigType::List, Validator::Any), "a, b,,c", ConfigValue::List(vec!["a".into(), "b".into(), "c".into()])),
            (key(ConfigType::Double, Validator::Any), "0.5", ConfigValue::Double(0.5)),
        ];
        for (key, text, expected) in good {
            assert_eq!(key.parse(Some(text)).unwrap(), expected);
        }
        let bad = [
            (key(ConfigType::Boolean, Validator::Any), "yes", "invalid value \"yes\" for option k: it takes true or false"),
            (key(ConfigType::Int, Validator::Any), "x", "invalid value \"x\" for option k: it takes a whole number (type INT)"),
            (key(ConfigType::Int, Validator::AtLeast(1)), "0", "invalid value \"0\" for option k: it takes 1 or more"),
            (key(ConfigType::String, Validator::OneOf(&["a", "b"])), "c", "invalid value \"c\" for option k: it takes one of a, b"),
        ];
        for (key, text, message) in bad {
            assert_eq!(key.parse(Some(text)).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_secret_is_never_shown() {
        let key = ConfigKey::new("k", ConfigType::Password, Importance::Low, "a secret")
            .validator(Validator::Custom(|_| Err("it takes another".into())));
        assert_eq!(key.parse(Some("hunter2")).unwrap_err().to_string(), "invalid value \"[hidden]\" for option k: it takes another");
        assert!(!format!("{:?}", ConfigValue::Password("hunter2".into())).contains("hunter2"));
    }
}
