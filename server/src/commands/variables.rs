//! The `--set` option: values for the variables of a script.

use anyhow::{Result, bail};
use clap::Args;
use headwater::sql::Variables;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_keys_and_values() {
        let set = |entries: &[&str]| Set { entries: entries.iter().map(|entry| entry.to_string()).collect() }.variables();
        assert_eq!(set(&["a=b=c", "d="]).unwrap(), Variables::from([("a".into(), "b=c".into()), ("d".into(), String::new())]));
        assert_eq!(set(&["a"]).unwrap_err().to_string(), "--set takes KEY=VALUE, not \"a\"");
        assert_eq!(set(&["a=1", "a=2"]).unwrap_err().to_string(), "--set gives a two values");
    }
}
