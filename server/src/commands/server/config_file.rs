//! The configuration file: TOML with Kafka's names.
//!
//! `num.partitions = 4`, `"num.partitions" = 4` and a table `[num]` with `partitions = 4` say the same, and a list is what Kafka writes with commas. What a
//! key means is for others to know.

use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;
use toml::{Table, Value};

/// Names and values, as text, in the order of the names.
pub(super) type Entries = Vec<(String, String)>;

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Entries> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the configuration {name}"))?;
    entries(&text).with_context(|| format!("the configuration {name} is wrong"))
}

fn entries(text: &str) -> Result<Entries> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| mistake(text, &error))?;
    let mut entries = Vec::new();
    flatten("", &table, &mut entries)?;
    entries.sort();
    if let Some(pair) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        bail!("{} is set twice", pair[0].0);
    }
    Ok(entries)
}

/// Where it is, and what. Kafka has names that go on where others end, which TOML cannot nest.
fn mistake(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let reason = error.message().trim();
    let hint = if reason.contains("duplicate key") || reason.contains("extend") {
        "; a name that another one goes on from is written in quotes: \"a.b\" = 1"
    } else if reason.contains("string") || reason.contains("value") {
        "; text stands in quotes"
    } else {
        ""
    };
    match error.span() {
        Some(span) => {
            let before = text.get(..span.start).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            anyhow!("line {line}: {reason}{hint}\n  {}", text.lines().nth(line - 1).unwrap_or_default().trim())
        }
        None => anyhow!("{reason}{hint}"),
    }
}

fn flatten(prefix: &str, table: &Table, entries: &mut Entries) -> Result<()> {
    for (name, value) in table {
        let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            Value::Table(inner) => flatten(&name, inner, entries)?,
            other => {
                let text = text(other).with_context(|| name.clone())?;
                entries.push((name, text));
            }
        }
    }
    Ok(())
}

fn text(value: &Value) -> Result<String> {
    Ok(match value {
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Array(items) => {
            let items = items.iter().map(|item| if item.is_array() { bail!("a list holds no lists") } else { text(item) });
            items.collect::<Result<Vec<_>>>()?.join(",")
        }
        Value::Datetime(_) => bail!("a date is no value of any key; write text in quotes"),
        Value::Table(_) => bail!("a list holds texts and numbers"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_flat_quoted_or_in_tables() {
        let expected: Entries =
            [("listeners", "PLAINTEXT://:9092,X://:1"), ("log.retention.ms", "-1"), ("log.x", "0.5"), ("num.partitions", "4")]
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .into();
        for text in [
            "num.partitions = 4\nlog.retention.ms = -1\nlog.x = 0.5\nlisteners = [\"PLAINTEXT://:9092\", \"X://:1\"]",
            "\"num.partitions\" = \"4\"\n\"log.retention.ms\" = -1\n\"log.x\" = \"0.5\"\nlisteners = \"PLAINTEXT://:9092,X://:1\"",
            "listeners = \"PLAINTEXT://:9092,X://:1\" # a comment\n[log]\nx = 0.5\nretention.ms = -1\n[num]\npartitions = 4",
        ] {
            assert_eq!(entries(text).map_err(|error| format!("{error:#}")), Ok(expected.clone()), "{text}");
        }
    }

    #[test]
    fn a_mistake_has_a_line_and_a_way_out() {
        let cases = [
            ("a = 1\nb = x\n", "line 2"),
            ("a = 1\na = 2\n", "line 2"),
            ("a.b = 1\n\"a.b\" = 2\n", "a.b is set twice"),
            ("a = 1\na.b = 2\n", "in quotes"),
            ("a = 1979-05-27\n", "a: a date"),
            ("a = [[1]]\n", "a: a list"),
            ("a 1", "line 1"),
        ];
        for (text, word) in cases {
            let error = format!("{:#}", entries(text).expect_err(text));
            assert!(error.contains(word), "{error}");
        }
    }
}
