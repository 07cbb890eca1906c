//! DataFusion's and Arrow's words in SQL's: types and literals as they are written in a statement.

use crate::interval::milliseconds;
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Arrow's names of types, and SQL's.
const TYPE_NAMES: [(&str, &str); 10] = [
    ("Utf8View", "VARCHAR"),
    ("Utf8", "VARCHAR"),
    ("Int64", "BIGINT"),
    ("Int32", "INT"),
    ("Float64", "DOUBLE"),
    ("Timestamp(ms)", "TIMESTAMP"),
    ("Timestamp(ns)", "TIMESTAMP"),
    ("Date32", "DATE"),
    ("Binary", "BYTES"),
    ("Decimal128", "DECIMAL"),
];

static LITERAL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:U?Int(?:8|16|32|64)|Float(?:16|32|64)|Boolean)\((-?[0-9][0-9.eE+-]*|NULL|true|false)\)"));
static TEXT: LazyLock<Regex> = LazyLock::new(|| pattern(r#"\b(?:Large)?Utf8(?:View)?\("((?:[^"\\]|\\.)*)"\)"#));
static INTERVAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"\bIntervalMonthDayNano\("IntervalMonthDayNano \{ months: (-?\d+), days: (-?\d+), nanoseconds: (-?\d+) \}"\)"#)
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern of ours compiles")
}

/// The names of types replaced.
pub(crate) fn with_sql_types(text: &str) -> String {
    TYPE_NAMES.iter().fold(text.to_string(), |text, (arrow, sql)| text.replace(arrow, sql))
}

/// Literals and the names of types replaced, as in `Int64(1)` for `1`.
pub(crate) fn in_sql(text: &str) -> String {
    let text = text.replace("count(Int64(1))", "count(*)");
    let text = INTERVAL.replace_all(&text, |parts: &Captures<'_>| {
        let number = |index: usize| parts[index].parse::<i64>().unwrap_or_default();
        match milliseconds(number(1) as i32, number(2) as i32, number(3)) {
            Some(length_ms) => format!("INTERVAL '{length_ms} ms'"),
            None => format!("INTERVAL '{} months {} days {} ns'", number(1), number(2), number(3)),
        }
    });
    let text = TEXT.replace_all(&text, |parts: &Captures<'_>| format!("'{}'", parts[1].replace('\'', "''")));
    with_sql_types(&LITERAL.replace_all(&text, "$1"))
}

#[cfg(test)]
mod tests {
    use super::in_sql;

    #[test]
    fn literals_and_types_are_shown_as_they_are_written() {
        for (text, expected) in [
            ("CAST(a AS Int32) / Int64(-2)", "CAST(a AS INT) / -2"),
            ("a = Utf8(\"it's\") OR Boolean(NULL)", "a = 'it''s' OR NULL"),
            ("count(Int64(1)) > Float64(1.5)", "count(*) > 1.5"),
            (
                "t + IntervalMonthDayNano(\"IntervalMonthDayNano { months: 0, days: 1, nanoseconds: 1000000 }\")",
                "t + INTERVAL '86400001 ms'",
            ),
        ] {
            assert_eq!(in_sql(text), expected);
        }
    }
}
