//! `headwater group list`.

use super::facts;
use crate::kafka_form::{Listed, groups_listed};
use crate::out::Out;
use crate::output;
use crate::place::OpenLog;
use anyhow::{Result, bail};
use clap::Args;
use headwater::admin::GroupListing;
use serde_json::json;

/// Which groups, and how they are shown.
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Only groups in these states: Stable, Empty, PreparingRebalance, …; several with commas
    #[arg(long, value_name = "STATE", num_args = 0..=1, default_missing_value = "")]
    state: Option<String>,
    /// Only groups of these types: classic, consumer; several with commas
    #[arg(long = "type", value_name = "TYPE", num_args = 0..=1, default_missing_value = "")]
    group_type: Option<String>,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
    /// One name a line and nothing else
    #[arg(long, conflicts_with = "json")]
    names: bool,
    /// The lines of kafka-consumer-groups.sh --list; with --state and --type its columns too
    #[arg(long, conflicts_with_all = ["json", "names"])]
    kafka: bool,
}

/// The states of groups (`GroupState`).
const STATES: [&str; 8] = ["PreparingRebalance", "CompletingRebalance", "Stable", "Dead", "Empty", "Assigning", "Reconciling", "NotReady"];

/// The types of groups (`GroupType`).
const TYPES: [&str; 4] = ["consumer", "classic", "share", "streams"];

/// The words that are asked for, separated by commas; an empty text asks for nothing. Errors: a word that is none of those there are.
fn asked<'a>(option: &str, text: Option<&'a str>, known: &[&str]) -> Result<Vec<&'a str>> {
    let text = text.filter(|text| !text.is_empty());
    let words: Vec<&str> = text.into_iter().flat_map(|text| text.split(',').map(str::trim)).collect();
    let is_known = |word: &str| known.iter().any(|known| known.eq_ignore_ascii_case(word));
    match words.iter().find(|word| !is_known(word)) {
        Some(word) => bail!("{option} takes {}; not {word:?}", known.join(", ")),
        None => Ok(words),
    }
}

/// Whether a word is among those asked for, if any are.
fn is_asked(word: &str, asked: &[&str]) -> bool {
    asked.is_empty() || asked.iter().any(|asked| asked.eq_ignore_ascii_case(word))
}

pub(super) async fn run(log: &OpenLog, arguments: &ListArguments, out: &mut Out<'_>) -> Result<()> {
    let states = asked("--state", arguments.state.as_deref(), &STATES)?;
    let types = asked("--type", arguments.group_type.as_deref(), &TYPES)?;
    let control = log.control().await?;
    let mut groups = facts::listed(log, &control).await?;
    groups.retain(|group| is_asked(&group.state, &states) && is_asked(&group.group_type.to_string(), &types));
    if arguments.kafka {
        let listed = Listed { with_type: arguments.group_type.is_some(), with_state: arguments.state.is_some() };
        return groups_listed(&groups, listed, out);
    }
    if arguments.names {
        return groups.iter().try_for_each(|group| out.line(&group.group));
    }
    if arguments.json {
        return groups.iter().try_for_each(|group| out.line(details(group)));
    }
    output::table(out, &["GROUP", "TYPE", "PROTOCOL", "STATE"], groups.iter().map(row).collect())
}

fn row(group: &GroupListing) -> Vec<String> {
    vec![group.group.to_string(), group.group_type.to_string(), facts::or_dash(&group.protocol_type), facts::or_dash(&group.state)]
}

fn details(group: &GroupListing) -> serde_json::Value {
    json!({
        "group": group.group.as_str(),
        "type": group.group_type.to_string(),
        "protocol": group.protocol_type,
        "state": group.state,
    })
}
