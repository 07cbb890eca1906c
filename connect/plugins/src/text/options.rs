//! The options of sources that read lines.

use super::encoding::{ENCODINGS, Encoding};
use connect_api::{Config, ConfigDef, ConfigKey, ConfigType, Importance, Result};

/// The options of sources that read lines.
pub(crate) fn line_options() -> ConfigDef {
    ConfigDef::new()
        .key(
            ConfigKey::new(
                "line.max.bytes",
                ConfigType::Int,
                Importance::Medium,
                "the longest line; of longer ones the head goes through the error policy",
            )
            .default("1000000")
            .at_least(1),
        )
        .key(
            ConfigKey::new(
                "encoding",
                ConfigType::String,
                Importance::Medium,
                "how lines become values: utf8 (lines that are not go through the error policy), utf8-lossy or bytes",
            )
            .default("utf8")
            .one_of(ENCODINGS),
        )
}

/// Their values: the encoding and the longest line.
pub(crate) fn line_values(config: &Config) -> Result<(Encoding, usize)> {
    Ok((Encoding::parse(config.string("encoding")?), config.count("line.max.bytes")?))
}
