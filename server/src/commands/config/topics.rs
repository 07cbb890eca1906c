//! The configuration of topics.

use crate::out::Out;
use crate::output;
use anyhow::{Context, Result, bail};
use headwater::log::{Admin, TopicConfig, TopicName};
use headwater::topic_keeper;
use serde_json::{Value, json};

pub(super) async fn describe(admin: &dyn Admin, topics: &[String], (all, as_json): (bool, bool), out: &mut Out<'_>) -> Result<()> {
    let mut rows = Vec::new();
    for name in topics {
        let name = TopicName::new(name)?;
        let config = admin.describe_topic(&name).await?.config;
        let shown = config.entries().into_iter().filter(|(key, _)| all || config.is_set(key));
        if as_json {
            let shown: serde_json::Map<String, Value> = shown.map(|(key, value)| (key.to_string(), Value::from(value))).collect();
            out.line(json!({"topic": name.as_str(), "config": shown}))?;
            continue;
        }
        rows.extend(shown.map(|(key, value)| {
            let origin = if config.is_set(key) { "topic" } else { "default" };
            vec![name.to_string(), key.to_string(), value, origin.to_string()]
        }));
    }
    if as_json {
        return Ok(());
    }
    output::table(out, &["TOPIC", "CONFIGURATION", "VALUE", "FROM"], rows)
}

/// An entry, and its value unless it is to have its default.
pub(super) type Change = (String, Option<String>);

/// Reads the options. Errors: no entry, none that there is, a value that it does not take, or one named twice.
pub(super) fn changes(set: &[String], unset: &[String]) -> Result<Vec<Change>> {
    let mut changes: Vec<Change> = Vec::new();
    for entry in set {
        let Some((key, value)) = entry.split_once('=') else { bail!("--set takes KEY=VALUE, not {entry:?}") };
        TopicConfig::default().set(key, value)?;
        changes.push((key.to_string(), Some(value.to_string())));
    }
    for key in unset {
        TopicConfig::key(key)?;
        changes.push((key.clone(), None));
    }
    if changes.is_empty() {
        bail!("say what to change: --set KEY=VALUE or --unset KEY");
    }
    let mut keys: Vec<&String> = changes.iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    if let Some(pair) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!("{} is changed twice", pair[0]);
    }
    Ok(changes)
}

pub(super) async fn alter(admin: &dyn Admin, topics: &[String], changes: &[Change], out: &mut Out<'_>) -> Result<()> {
    let mut configs = Vec::new();
    for name in topics {
        let name = TopicName::new(name)?;
        if let Some(keeper) = topic_keeper(&name) {
            bail!("topic {name} belongs to {keeper}; its configuration stays as it is");
        }
        let mut config = admin.describe_topic(&name).await?.config;
        for (key, value) in changes {
            match value {
                Some(value) => config.set(key, value)?,
                None => config.unset(key)?,
            }
        }
        configs.push((name, config));
    }
    for (name, config) in configs {
        let entries = config.entries();
        admin.alter_topic(&name, config).await.with_context(|| format!("the configuration of topic {name} was not changed"))?;
        for (key, _) in changes {
            out.line(format_args!("topic {name}: {key}={}", entries.get(key.as_str()).map_or("", String::as_str)))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_checked_before_anything_is_opened() {
        let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect::<Vec<_>>();
        let good = changes(&words(&["retention.ms=1"]), &words(&["cleanup.policy"]));
        assert_eq!(good.ok(), Some(vec![("retention.ms".to_string(), Some("1".to_string())), ("cleanup.policy".to_string(), None)]));
        let cases: [(&[&str], &[&str], &str); 6] = [
            (&[], &[], "--set KEY=VALUE"),
            (&["retention.ms"], &[], "KEY=VALUE"),
            (&["retention.msec=1"], &[], "retention.ms"),
            (&["retention.ms=x"], &[], "whole number"),
            (&[], &["retention.msec"], "retention.ms"),
            (&["retention.ms=1"], &["retention.ms"], "twice"),
        ];
        for (set, unset, word) in cases {
            let error = changes(&words(set), &words(unset)).expect_err(word).to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
