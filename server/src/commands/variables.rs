//! The `--set` option: values for the variables of a script.

use anyhow::{Result, bail};
use clap::Args;
use headwater::sql::{Variables, nearest};
use std::collections::BTreeSet;

/// Values by name.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Set {
    /// Fills ${KEY} in the script
    #[arg(long = "set", value_name = "KEY=VALUE")]
    entries: Vec<String>,
}

impl Set {
    /// The values. Errors: an entry that is no KEY=VALUE, or a key set twice.
    pub(crate) fn variables(&self) -> Result<Variables> {
        let mut variables = Variables::new();
        for entry in &self.entries {
            let Some((key, value)) = entry.split_once('=') else { bail!("--set takes KEY=VALUE, not {entry:?}") };
            if variables.insert(key.to_string(), value.to_string()).is_some() {
                bail!("--set gives {key} two values");
            }
        }
        Ok(variables)
    }
}

/// Refuses a value that the text does not ask for: most likely its name is misspelt, and the script would run with the default instead.
pub(crate) fn refuse_unused(text: &str, variables: &Variables) -> Result<()> {
    let asked = asked(text);
    let Some(unused) = variables.keys().find(|key| !asked.contains(key.as_str())) else { return Ok(()) };
    match nearest(unused, asked.iter().copied()) {
        Some(like) => bail!("--set {unused}=… is not used by the script; did you mean {like}?"),
        None if asked.is_empty() => bail!("--set {unused}=… is not used by the script: it has no variables"),
        None => bail!("--set {unused}=… is not used by the script; its variables are {}", asked.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// The names in `${name}` and `${name:-default}`; `$${` is text.
fn asked(text: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut rest = text;
    while let Some(place) = rest.find("${") {
        let (before, reference) = (&rest[..place], &rest[place + 2..]);
        let end = reference.find('}').unwrap_or(reference.len());
        if !before.ends_with('$') {
            let inner = &reference[..end];
            names.insert(inner.split_once(":-").map_or(inner, |(name, _)| name));
        }
        rest = &reference[end..];
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str, key: &str) -> Option<String> {
        refuse_unused(text, &Variables::from([(key.to_string(), "x".to_string())])).err().map(|error| error.to_string())
    }

    #[test]
    fn a_value_that_nothing_asks_for_is_refused_with_the_nearest_name() {
        let script = "'${input:-access.log}' '${output}' '$${text}' ${";
        assert_eq!(refusal(script, "input"), None);
        assert_eq!(refusal(script, "output"), None);
        assert_eq!(refusal(script, "inptu").as_deref(), Some("--set inptu=… is not used by the script; did you mean input?"));
        assert!(refusal(script, "text").is_some_and(|text| text.contains("--set text=")));
        assert_eq!(refusal("SELECT 1", "a").as_deref(), Some("--set a=… is not used by the script: it has no variables"));
    }

    #[test]
    fn entries_are_keys_and_values() {
        let set = |entries: &[&str]| Set { entries: entries.iter().map(|entry| entry.to_string()).collect() }.variables();
        assert_eq!(set(&["a=b=c", "d="]).unwrap(), Variables::from([("a".into(), "b=c".into()), ("d".into(), String::new())]));
        assert_eq!(set(&["a"]).unwrap_err().to_string(), "--set takes KEY=VALUE, not \"a\"");
        assert_eq!(set(&["a=1", "a=2"]).unwrap_err().to_string(), "--set gives a two values");
    }
}
