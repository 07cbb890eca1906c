//! Variables in a script: `${name}` and `${name:-default}`, filled before parsing.
//!
//! Inside a string literal or a quoted identifier a value is quoted, so it cannot end it; elsewhere it must be one word or number, so it cannot
//! become other SQL. In comments nothing is filled. `$${` stands for the characters `${`.

use super::source::Piece;
use crate::error::{Error, Result};
use crate::text::nearest;
use std::collections::{BTreeMap, BTreeSet};

/// Values by name.
pub type Variables = BTreeMap<String, String>;

/// What surrounds a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Code,
    /// A literal or quoted identifier that ends with this character.
    Quoted(char),
    LineComment,
    BlockComment(usize),
}

impl Within {
    /// The state after `rest` has moved on by the returned number of bytes.
    fn step(self, rest: &str) -> (Within, usize) {
        let first = rest.chars().next().map_or(1, char::len_utf8);
        match self {
            Within::Code if rest.starts_with("--") => (Within::LineComment, 2),
            Within::Code if rest.starts_with("/*") => (Within::BlockComment(1), 2),
            Within::Code => match rest.as_bytes()[0] {
                quote @ (b'\'' | b'"' | b'`') => (Within::Quoted(quote as char), 1),
                _ => (self, first),
            },
            Within::Quoted(quote) if rest.starts_with(quote) => (Within::Code, 1),
            Within::LineComment if rest.starts_with('\n') => (Within::Code, 1),
            Within::BlockComment(depth) if rest.starts_with("/*") => (Within::BlockComment(depth + 1), 2),
            Within::BlockComment(1) if rest.starts_with("*/") => (Within::Code, 2),
            Within::BlockComment(depth) if rest.starts_with("*/") => (Within::BlockComment(depth - 1), 2),
            _ => (self, first),
        }
    }

    fn is_comment(self) -> bool {
        matches!(self, Within::LineComment | Within::BlockComment(_))
    }
}

/// What filling a text gives.
#[derive(Clone, Debug, Default)]
pub(super) struct Filled {
    /// The text with its variables replaced.
    pub(super) text: String,
    /// Where each part of it comes from.
    pub(super) pieces: Vec<Piece>,
    /// The names of all variables in it, whether set or not.
    pub(super) names: BTreeSet<String>,
}

/// Copies `written` to `out` with its variables replaced. An error comes with the byte of `written` where the variable begins.
pub(super) fn fill(written: &str, variables: &Variables, out: &mut Filled) -> Result<(), (usize, Error)> {
    let Filled { text: filled, pieces, names } = out;
    let mut within = Within::Code;
    let mut position = 0;
    let mut copied_from = None;
    while position < written.len() {
        let rest = &written[position..];
        let escape = !within.is_comment() && rest.starts_with("$${");
        if !escape && (within.is_comment() || !rest.starts_with("${")) {
            if copied_from.is_none() {
                copied_from = Some(position);
                pieces.push(Piece { filled_start: filled.len(), written_start: position, copied: true });
            }
            let (next, length) = within.step(rest);
            filled.push_str(&rest[..length]);
            within = next;
            position += length;
            continue;
        }
        copied_from = None;
        pieces.push(Piece { filled_start: filled.len(), written_start: position, copied: false });
        if escape {
            filled.push_str("${");
            position += 3;
        } else {
            let end =
                rest.find('}').ok_or_else(|| (position, Error::invalid("a variable that begins with \"${\" has no closing \"}\"")))?;
            names.insert(rest[2..end].split(":-").next().unwrap_or_default().to_string());
            let value = value(&rest[2..end], variables).and_then(|value| quote(&rest[..=end], value, within));
            filled.push_str(&value.map_err(|error| (position, error))?);
            position += end + 1;
        }
    }
    Ok(())
}

/// The value of `name` or `name:-default`.
fn value<'a>(reference: &'a str, variables: &'a Variables) -> Result<&'a str> {
    let (name, default) = match reference.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (reference, None),
    };
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-')) {
        return Err(Error::invalid(format!("\"${{{reference}}}\" is not a variable"))
            .with_hint("write ${name} or ${name:-default}, and $${ for the characters themselves"));
    }
    let set = variables.get(name).map(String::as_str).or(default);
    set.ok_or_else(|| {
        let like = nearest(name, variables.keys().map(String::as_str)).map(|like| format!(" (\"{like}\" is set)")).unwrap_or_default();
        Error::missing(format!("variable \"{name}\" has no value{like}"))
            .with_hint(format!("give it one with headwater run --set {name}=VALUE, or a default with ${{{name}:-VALUE}}"))
    })
}

fn quote(reference: &str, value: &str, within: Within) -> Result<String> {
    if let Within::Quoted(quote) = within {
        return Ok(value.replace(quote, &format!("{quote}{quote}")));
    }
    let word = !value.is_empty() && value.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let negative =
        value.strip_prefix('-').is_some_and(|number| number.parse::<f64>().is_ok() && number.starts_with(|c: char| c.is_ascii_digit()));
    if word || negative {
        return Ok(value.to_string());
    }
    Err(Error::invalid(format!("the value of {reference} is not a single word or number: {value:?}"))
        .with_hint(format!("write '{reference}' in quotes if a text is meant")))
}

#[cfg(test)]
mod tests {
    use crate::text::SourceText;

    fn filled(text: &str) -> String {
        let variables = [("input", "it's"), ("n", "10"), ("bad", "1; DROP TABLE x"), ("neg", "-3")];
        let variables = variables.map(|(name, value)| (name.to_string(), value.to_string())).into();
        SourceText::fill(text, &variables).map_or_else(|error| error.report(), |text| text.filled().to_string())
    }

    #[test]
    fn values_are_quoted_where_they_stand() {
        let cases = [
            ("file '${input}'", "file 'it''s'"),
            ("\"${input}\"", "\"it's\""),
            ("LIMIT ${n}", "LIMIT 10"),
            ("x = ${neg}", "x = -3"),
            ("'${other:-a/b c}'", "'a/b c'"),
            ("'${input:-x}'", "'it''s'"),
            ("'$${input}'", "'${input}'"),
            ("-- ${nope}\n/* ${nope} /* */ */ 1", "-- ${nope}\n/* ${nope} /* */ */ 1"),
            ("'it''s ${n}' ä ${n}", "'it''s 10' ä 10"),
        ];
        for (text, expected) in cases {
            assert_eq!(filled(text), expected);
        }
    }

    #[test]
    fn a_variable_that_cannot_be_filled_says_why_and_where() {
        insta::assert_snapshot!(filled("SELECT 1;\n  SELECT '${inptu}'"), @r#"
        variable "inptu" has no value ("input" is set)
        line 2, column 11:
            SELECT '${inptu}'
                    ^
        hint: give it one with headwater run --set inptu=VALUE, or a default with ${inptu:-VALUE}
        "#);
        insta::assert_snapshot!(filled("LIMIT ${bad}"), @r#"
        the value of ${bad} is not a single word or number: "1; DROP TABLE x"
        line 1, column 7:
          LIMIT ${bad}
                ^
        hint: write '${bad}' in quotes if a text is meant
        "#);
        insta::assert_snapshot!(filled("'${a b}' ${x"), @r#"
        "${a b}" is not a variable
        line 1, column 2:
          '${a b}' ${x
           ^
        hint: write ${name} or ${name:-default}, and $${ for the characters themselves
        "#);
    }
}
