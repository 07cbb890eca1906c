//! What happens when a name is taken: the same definition is left as it is, another one is refused with the differences.

use sql_planner::Error;

/// An aspect that differs: its name, as it is, as the statement has it.
pub(super) type Difference = (String, String, String);

/// The refusal of a statement that defines an existing thing differently.
pub(super) fn refuse(what: &str, name: &str, drop: &str, differences: &[Difference]) -> Error {
    let shown =
        differences.iter().map(|(aspect, is, new)| format!("{aspect} is {is}, the statement has {new}")).collect::<Vec<_>>().join("; ");
    Error::invalid(format!("{what} \"{name}\" already exists with another definition"))
        .with_detail(shown)
        .with_hint(format!("DROP {drop} {name} first, use another name, or CREATE … IF NOT EXISTS to keep the existing one"))
}
