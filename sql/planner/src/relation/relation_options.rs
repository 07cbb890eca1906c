//! The options of `CREATE STREAM` and `CREATE TABLE`: one list, checked against it, unknown names answered with the nearest.

use crate::error::{Error, Result};
use crate::plan::{CsvOptions, Format, FormatSpec};
use crate::statement::OptionEntry;
use crate::text::did_you_mean;
use log_model::{TopicConfig, TopicName};
use std::collections::BTreeMap;

/// The options of a relation, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelationOptions {
    /// `topic`
    pub topic: Option<String>,
    /// `partitions`
    pub partition_count: Option<i32>,
    /// `dead.letter.topic`
    pub dead_letter: Option<String>,
    /// `key`: columns of the records' keys
    pub key: Vec<String>,
    /// `grace.ms`
    pub grace_ms: Option<i64>,
    /// Kafka's topic configuration.
    pub topic_config: BTreeMap<String, String>,
    format: Option<String>,
    pattern: Option<String>,
    delimiter: Option<char>,
    quote: Option<char>,
    null_text: Option<String>,
    header: bool,
    timestamp_format: Option<String>,
}

type Set = fn(&mut RelationOptions, &str) -> Result<(), String>;

/// Every option of ours: its name and how a value is set. Topic configuration keys are taken besides.
const OPTIONS: &[(&str, Set)] = &[
    ("dead.letter.topic", |options, value| topic(value).map(|topic| options.dead_letter = Some(topic))),
    ("delimiter", |options, value| delimiter(value).map(|delimiter| options.delimiter = Some(delimiter))),
    ("format", |options, value| format_name(value).map(|name| options.format = Some(name))),
    ("grace.ms", |options, value| whole(value, 0).map(|grace| options.grace_ms = Some(grace))),
    ("header", |options, value| truth(value).map(|header| options.header = header)),
    ("key", |options, value| {
        options.key = value.split(',').map(|column| column.trim().to_string()).filter(|column| !column.is_empty()).collect();
        Ok(())
    }),
    ("null.text", |options, value| {
        options.null_text = Some(value.to_string());
        Ok(())
    }),
    ("partitions", |options, value| {
        let count = whole(value, 1)?;
        options.partition_count = Some(i32::try_from(count).ok().filter(|count| *count <= 10_000).ok_or("it takes 1 to 10000")?);
        Ok(())
    }),
    ("pattern", |options, value| pattern(value).map(|pattern| options.pattern = Some(pattern))),
    ("quote", |options, value| quote(value).map(|quote| options.quote = Some(quote))),
    ("timestamp.format", |options, value| timestamp_format(value).map(|format| options.timestamp_format = Some(format))),
    ("topic", |options, value| topic(value).map(|topic| options.topic = Some(topic))),
];

/// The options that only some formats have.
const OF_FORMATS: [(&str, &[&str]); 5] =
    [("pattern", &["regex"]), ("null.text", &["text", "regex", "csv"]), ("delimiter", &["csv"]), ("quote", &["csv"]), ("header", &["csv"])];

impl RelationOptions {
    /// Checks entries against the list.
    pub(crate) fn check(entries: &[OptionEntry]) -> Result<RelationOptions> {
        let mut options = RelationOptions::default();
        for entry in entries {
            let key = entry.key.to_lowercase();
            if let Some((_, set)) = OPTIONS.iter().find(|(name, _)| *name == key) {
                set(&mut options, &entry.value).map_err(|reason| {
                    Error::invalid(format!("invalid value '{}' for option \"{key}\": {reason}", entry.value)).at(entry.value_location)
                })?;
            } else {
                set_topic_config(&mut options, entry, &key)?;
            }
        }
        Ok(options)
    }

    /// The format, with its settings; `json` if none is named.
    pub(super) fn format_spec(&self, entries: &[OptionEntry]) -> Result<FormatSpec> {
        let name = self.format.as_deref().unwrap_or("json");
        for (option, formats) in OF_FORMATS {
            if let Some(entry) = entries.iter().find(|entry| entry.key.eq_ignore_ascii_case(option))
                && !formats.contains(&name)
            {
                let wanted = formats.join("' or '");
                return Err(Error::invalid(format!("option \"{option}\" belongs to format '{wanted}', and the format is '{name}'"))
                    .at(entry.key_location));
            }
        }
        let format = match name {
            "text" => Format::Text,
            "csv" => Format::Csv(self.csv(entries)?),
            "regex" => match &self.pattern {
                Some(pattern) => Format::Regex { pattern: pattern.clone(), null_text: self.null_text.clone() },
                None => {
                    let place = entries.iter().find(|entry| entry.key.eq_ignore_ascii_case("format")).map(|entry| entry.value_location);
                    return Err(Error::invalid("format 'regex' needs the option \"pattern\"")
                        .with_hint("add for example pattern = '(?<name>\\S+) (?<value>\\d+)'")
                        .at(place));
                }
            },
            _ => Format::Json,
        };
        let null_text = if format == Format::Text { self.null_text.clone() } else { None };
        Ok(FormatSpec { format, timestamp_format: self.timestamp_format.clone(), null_text })
    }

    fn csv(&self, entries: &[OptionEntry]) -> Result<CsvOptions> {
        let (delimiter, quote) = (self.delimiter.unwrap_or(','), self.quote.unwrap_or('"'));
        if delimiter == quote {
            let place = entries.iter().rfind(|entry| ["delimiter", "quote"].contains(&entry.key.to_lowercase().as_str()));
            return Err(Error::invalid(format!("the delimiter and the quote are both {delimiter:?}"))
                .with_detail("nothing would tell the end of a value from the start of a quoted one")
                .at(place.map(|entry| entry.value_location)));
        }
        Ok(CsvOptions { delimiter, quote, null_text: self.null_text.clone().unwrap_or_default(), header: self.header })
    }
}

fn set_topic_config(options: &mut RelationOptions, entry: &OptionEntry, key: &str) -> Result<()> {
    let defaults = TopicConfig::default().entries();
    if !defaults.contains_key(key) {
        let known = OPTIONS.iter().map(|(name, _)| *name).chain(defaults.keys().copied());
        let list = OPTIONS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        return Err(Error::invalid(format!("unknown option \"{}\"", entry.key))
            .with_detail(format!("the options are {list}, and Kafka's topic configuration (for example retention.ms)"))
            .with_hint_if(did_you_mean(key, known))
            .at(entry.key_location));
    }
    TopicConfig::from_entries([(key, entry.value.as_str())]).map_err(|error| Error::invalid(error.to_string()).at(entry.value_location))?;
    options.topic_config.insert(key.to_string(), entry.value.clone());
    Ok(())
}

fn topic(value: &str) -> Result<String, String> {
    TopicName::new(value).map(|name| name.as_str().to_string()).map_err(|error| error.reason.to_string())
}

fn whole(value: &str, least: i64) -> Result<i64, String> {
    value.trim().parse().ok().filter(|number| *number >= least).ok_or_else(|| format!("it takes a whole number of at least {least}"))
}

fn delimiter(value: &str) -> Result<char, String> {
    let text = if value == "\\t" { "\t" } else { value };
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(one), None) if one.is_ascii() && one != '"' && one != '\n' && one != '\r' => Ok(one),
        _ => Err("it takes one ASCII character, or \\t for a tab".to_string()),
    }
}

fn quote(value: &str) -> Result<char, String> {
    let mut characters = value.chars();
    match (characters.next(), characters.next()) {
        (Some(one), None) if one.is_ascii_punctuation() => Ok(one),
        _ => Err("it takes one ASCII sign".to_string()),
    }
}

fn truth(value: &str) -> Result<bool, String> {
    value.to_lowercase().parse().map_err(|_| "it takes true or false".to_string())
}

fn format_name(value: &str) -> Result<String, String> {
    const FORMATS: [&str; 4] = ["json", "text", "regex", "csv"];
    let name = value.to_lowercase();
    if FORMATS.contains(&name.as_str()) {
        return Ok(name);
    }
    let like = did_you_mean(&name, FORMATS).map(|hint| format!("; {hint}")).unwrap_or_default();
    Err(format!("the formats are json, text, regex and csv{like}"))
}

fn pattern(value: &str) -> Result<String, String> {
    match regex::Regex::new(value) {
        Ok(_) => Ok(value.to_string()),
        Err(error) => {
            let last = error.to_string();
            Err(last.lines().last().unwrap_or("it is not a regular expression").trim().trim_start_matches("error: ").to_string())
        }
    }
}

/// A chrono format that tells the date of a timestamp it has written.
fn timestamp_format(value: &str) -> Result<String, String> {
    use chrono::format::{Item, Parsed, StrftimeItems, parse};
    let items: Vec<Item<'_>> = StrftimeItems::new(value).collect();
    if items.contains(&Item::Error) {
        return Err("it is not a chrono format such as %d/%b/%Y:%H:%M:%S %z".to_string());
    }
    let written = chrono::DateTime::UNIX_EPOCH.format_with_items(items.iter()).to_string();
    let mut parsed = Parsed::new();
    let read = parse(&mut parsed, &written, items.iter()).is_ok() && (parsed.to_naive_date().is_ok() || parsed.to_datetime().is_ok());
    if read { Ok(value.to_string()) } else { Err(format!("a timestamp written as '{written}' cannot be read again")) }
}
