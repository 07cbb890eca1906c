//! Configuration: what a connector takes ([`ConfigDef`]), what a user gave, parsed ([`Config`]), and what is wrong with it ([`ConfigError`]).

mod def;
mod error;
mod key;
mod values;

pub use def::{ConfigDef, IntoEntries, ValidatedKey};
pub use error::ConfigError;
pub use key::{ConfigKey, ConfigType, Importance, Validator};
pub use values::{Config, ConfigValue};

pub(crate) use error::{join, nearest};
