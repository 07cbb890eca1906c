//! `kafka-configs.sh --describe`.

use crate::out::Out;
use anyhow::Result;
use headwater::admin::{ConfigEntry, ConfigResource};

/// A headline and a line for each entry; without `all` only those that were set for the resource itself.
pub(crate) fn configs(resource: &ConfigResource, entries: &[ConfigEntry], all: bool, out: &mut Out<'_>) -> Result<()> {
    let kind = if all { "All" } else { "Dynamic" };
    match resource {
        ConfigResource::Topic(name) => out.line(format_args!("{kind} configs for topic {name} are:"))?,
        ConfigResource::Broker(id) => out.line(format_args!("{kind} configs for broker {id} are:"))?,
        ConfigResource::BrokerDefault => out.line("Default configs for brokers in the cluster are:")?,
        ConfigResource::Group(name) => out.line(format_args!("{kind} configs for group {name} are:"))?,
    }
    let mut shown: Vec<&ConfigEntry> = entries.iter().filter(|entry| all || entry.source.is_own_of(resource)).collect();
    shown.sort_by(|one, other| one.name.cmp(&other.name));
    for entry in shown {
        let synonyms: Vec<String> =
            entry.synonyms.iter().map(|(source, name, value)| format!("{}:{name}={}", source.name(), text(value.as_deref()))).collect();
        out.line(format_args!(
            "  {}={} sensitive={} synonyms={{{}}}",
            entry.name,
            text(entry.value.as_deref()),
            entry.is_sensitive,
            synonyms.join(", ")
        ))?;
    }
    Ok(())
}

/// A value as Java prints it.
fn text(value: Option<&str>) -> &str {
    value.unwrap_or("null")
}
