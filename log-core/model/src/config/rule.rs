//! What a value must fulfil besides its type.

use super::value::Value;

/// A bound of a value. Bounds of numbers say nothing about an absent value.
pub(super) enum Rule {
    /// A number not below this one.
    AtLeast(i64),
    /// A number in this range, both ends included.
    Between(i64, i64),
    /// A number in this range, both ends included, or -1.
    MinusOneOr(i64, i64),
    /// A text, or items of a list, out of these.
    OneOf(&'static [&'static str]),
    /// A text this function accepts.
    Text(fn(&str) -> Result<(), String>),
}

impl Rule {
    /// Says what the rule takes where `value` breaks it.
    pub(super) fn check(&self, value: &impl Value) -> Result<(), String> {
        let number = value.number();
        match (self, number) {
            (Rule::AtLeast(least), Some(number)) if number < *least => Err(format!("it is below the least value, {least}")),
            (Rule::Between(least, _), Some(number)) if number < *least => Err(format!("it is below the least value, {least}")),
            (Rule::Between(_, largest), Some(number)) if number > *largest => Err(format!("it is above the largest value, {largest}")),
            (Rule::MinusOneOr(least, largest), Some(number)) if number != -1 && !(*least..=*largest).contains(&number) => {
                Err(format!("it takes {least} to {largest}, or -1"))
            }
            (Rule::OneOf(words), _) => match value.format() {
                Some(text) if !text.is_empty() && !text.split(',').all(|item| words.contains(&item)) => {
                    Err(format!("it takes {}", words.join(", ")))
                }
                _ => Ok(()),
            },
            (Rule::Text(accept), _) => value.format().map_or(Ok(()), |text| accept(&text)),
            _ => Ok(()),
        }
    }
}

/// Kafka's `ThrottledReplicaListValidator`: `*`, or items `partition:broker`.
pub(super) fn throttled_replicas(text: &str) -> Result<(), String> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_replica = |item: &str| item.split_once(':').is_some_and(|(partition, broker)| is_number(partition) && is_number(broker));
    if text.is_empty() || text == "*" || text.split(',').all(is_replica) {
        Ok(())
    } else {
        Err("it takes * or a list of partition:broker".to_string())
    }
}
