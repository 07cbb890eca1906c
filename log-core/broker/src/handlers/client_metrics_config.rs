//! The configuration of a subscription of client metrics (KIP-714, Kafka's `ClientMetricsConfigs`): checked, kept and shown. No metrics are taken
//! from clients, so that nothing acts on it.

use crate::handlers::config_store::Entries;
use crate::handlers::config_view::{Described, Synonym, source};
use crate::handlers::refusal::Refusal;
use log_model::KafkaCode;
use log_model::config::ConfigType;
use std::ops::RangeInclusive;

/// A key with its type, its default and what it is for.
struct MetricsKey(&'static str, ConfigType, &'static str, &'static str);

const INTERVAL: &str = "interval.ms";
const MATCH: &str = "match";
const KEYS: [MetricsKey; 3] = [
    MetricsKey(INTERVAL, ConfigType::Int, "300000", "How often a client pushes its metrics."),
    MetricsKey(MATCH, ConfigType::List, "", "Which clients push: all of the conditions, each a label and a regular expression."),
    MetricsKey("metrics", ConfigType::List, "", "The metrics to push, by the beginnings of their names; * is all of them."),
];
const INTERVALS_MS: RangeInclusive<i32> = 100..=3_600_000;
const LABELS: [&str; 6] =
    ["client_id", "client_instance_id", "client_software_name", "client_software_version", "client_source_address", "client_source_port"];

fn key(name: &str) -> Result<&'static MetricsKey, Refusal> {
    let unknown = || Refusal::invalid(format!("Unknown client metrics configuration: {name}"));
    KEYS.iter().find(|key| key.0 == name).ok_or_else(unknown)
}

/// Checks one entry.
pub(super) fn check(name: &str, value: &str) -> Result<(), Refusal> {
    let refused = |takes: &str| Refusal::new(KafkaCode::InvalidConfig, format!("Invalid value {value} for {name}: it takes {takes}"));
    match key(name)?.0 {
        INTERVAL => match value.trim().parse::<i32>() {
            Err(_) => Err(refused("a whole number")),
            Ok(interval_ms) if !INTERVALS_MS.contains(&interval_ms) => {
                let (least, largest) = (INTERVALS_MS.start(), INTERVALS_MS.end());
                Err(Refusal::invalid(format!("Invalid value {value} for {name}, interval must be between {least} and {largest} (1 hour)")))
            }
            Ok(_) => Ok(()),
        },
        MATCH if !items(value).all(is_condition) => Err(refused(&format!("LABEL=REGEX,… with the labels {}", LABELS.join(", ")))),
        _ => Ok(()),
    }
}

fn is_condition(text: &str) -> bool {
    text.split_once('=').is_some_and(|(label, pattern)| LABELS.contains(&label.trim()) && regex::Regex::new(pattern.trim()).is_ok())
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// A list with items added to it or taken from it.
pub(super) fn change_list(entries: &Entries, name: &str, given: &str, is_added: bool) -> Result<String, Refusal> {
    if key(name)?.1 != ConfigType::List {
        return Err(Refusal::new(KafkaCode::InvalidConfig, format!("Client metrics configuration {name} takes one value, not a list")));
    }
    let now = entries.get(name).map(String::as_str).unwrap_or_default();
    let kept = items(now).filter(|item| items(given).all(|other| other != *item));
    let added = items(given).filter(|_| is_added);
    Ok(kept.chain(added).collect::<Vec<_>>().join(","))
}

/// All entries of a subscription.
pub(super) fn describe(entries: &Entries) -> Vec<Described> {
    let entry = |key: &MetricsKey| {
        let set = entries.get(key.0).cloned();
        let synonyms = set.clone().map(|value| Synonym { name: key.0.to_owned(), value: Some(value), source: source::CLIENT_METRICS });
        Described {
            name: key.0.to_owned(),
            value: Some(set.unwrap_or_else(|| key.2.to_owned())),
            read_only: false,
            is_sensitive: false,
            config_type: key.1.as_i8(),
            documentation: key.3.to_owned(),
            synonyms: synonyms.into_iter().collect(),
        }
    };
    KEYS.iter().map(entry).collect()
}
