//! Subscriptions by regular expression: which topics one matches.
//!
//! An expression matches whole names. The syntax is RE2's, which the crate `regex` shares but for quoting (`\Q..\E`), which is rewritten, and `\C`
//! (one byte), which is refused.

use super::validate::Refusal;
use crate::groups::event::Id;
use crate::groups::topics::Topics;
use log_model::KafkaCode;
use regex::{Regex, RegexBuilder};
use std::collections::BTreeSet;

/// Compiles an expression; one that does not compile, or not within the limit, is refused.
pub(super) fn compile(pattern: &str, compiled_bytes_max: usize) -> Result<Regex, Refusal> {
    let invalid = |error: &regex::Error| {
        Refusal::new(
            KafkaCode::InvalidRegularExpression,
            format!("SubscribedTopicRegex `{pattern}` is not a valid regular expression: {error}."),
        )
    };
    let build = |pattern: &str| RegexBuilder::new(pattern).size_limit(compiled_bytes_max).dfa_size_limit(compiled_bytes_max).build();
    let pattern_unquoted = unquote(pattern);
    // Alone first: an expression with unbalanced parentheses might be valid inside of ours.
    build(&pattern_unquoted).map_err(|error| invalid(&error))?;
    build(&format!(r"\A(?:{pattern_unquoted})\z")).map_err(|error| invalid(&error))
}

/// The topics that an expression matches; none if it does not compile, which `validate` has ruled out for new ones.
pub(super) fn resolve(pattern: &str, compiled_bytes_max: usize, topics: &Topics) -> BTreeSet<Id> {
    match compile(pattern, compiled_bytes_max) {
        Ok(regex) => topics.all_names().filter(|name| regex.is_match(name)).map(Id::clone).collect(),
        Err(_) => BTreeSet::new(),
    }
}

/// Replaces `\Q..\E` by its text, escaped.
fn unquote(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(index) = rest.find('\\') {
        let (before, escape) = rest.split_at(index);
        out.push_str(before);
        if let Some(quoted) = escape.strip_prefix("\\Q") {
            let (text, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            out.push_str(&regex::escape(text));
            rest = after;
        } else {
            let length = 1 + escape[1..].chars().next().map_or(0, char::len_utf8);
            out.push_str(&escape[..length]);
            rest = &escape[length..];
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_matches_whole_names() {
        for (pattern, name, matches) in [
            ("foo", "foo", true),
            ("foo", "foobar", false),
            ("a|ab", "ab", true),
            ("^foo.*", "foobar", true),
            (r"\Qa.b\E.*", "a.bc", true),
            (r"\Qa.b\E", "axb", false),
            (r"a\.b", "a.b", true),
            ("", "x", false),
        ] {
            assert_eq!(compile(pattern, 1 << 20).unwrap().is_match(name), matches, "{pattern} {name}");
        }
    }

    #[test]
    fn what_re2_refuses_is_refused() {
        for pattern in ["(", "a)(b", "[", "*", "(?=a)", r"\1", "a{1000}{1000}{1000}"] {
            assert_eq!(compile(pattern, 1 << 20).unwrap_err().code, KafkaCode::InvalidRegularExpression, "{pattern}");
        }
    }
}
