//! Completion of the word before the cursor: keywords, options, and the names there are.

use rustyline::completion::{Completer, Pair};
use rustyline::{Context, Helper, Highlighter, Hinter, Validator};

const KEYWORDS: &[&str] = &[
    "ALL",
    "AND",
    "AS",
    "ASC",
    "BETWEEN",
    "BIGINT",
    "BOOLEAN",
    "BY",
    "CASE",
    "CAST",
    "CHANGES",
    "CLOSE",
    "CONNECTOR",
    "CONNECTORS",
    "COUNT",
    "CREATE",
    "CROSS",
    "DATE",
    "DAY",
    "DECIMAL",
    "DESC",
    "DESCRIBE",
    "DISTINCT",
    "DOUBLE",
    "DROP",
    "ELSE",
    "EMIT",
    "END",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "FALSE",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "HOUR",
    "IF",
    "IN",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTERVAL",
    "INTO",
    "IS",
    "JOIN",
    "LEFT",
    "LIKE",
    "LIMIT",
    "MINUTE",
    "NOT",
    "NULL",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "PRIMARY KEY",
    "QUERIES",
    "RIGHT",
    "SECOND",
    "SELECT",
    "SHOW",
    "SINK",
    "SOURCE",
    "STREAM",
    "STREAMS",
    "TABLE",
    "TABLES",
    "THEN",
    "TIMESTAMP",
    "TOPICS",
    "TRUE",
    "TUMBLE",
    "UNION",
    "USING",
    "VALUES",
    "VARCHAR",
    "WATERMARK",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
];

/// What stands in WITH.
const OPTIONS: &[&str] = &[
    "connector.class",
    "dead.letter.topic",
    "delimiter",
    "errors.deadletterqueue.topic.name",
    "errors.tolerance",
    "format",
    "key.converter",
    "null.text",
    "partitions",
    "pattern",
    "quote",
    "retention.ms",
    "timestamp.format",
    "topic",
    "topics",
    "value.converter",
];

/// What the line editor asks us about.
#[derive(Helper, Hinter, Highlighter, Validator)]
pub(super) struct Names {
    /// Relations, columns, connectors, functions and topics.
    names: Vec<String>,
}

impl Names {
    pub(super) fn new(names: Vec<String>) -> Names {
        Names { names }
    }

    /// Where the word before `position` begins, and what it may become.
    fn fitting(&self, line: &str, position: usize) -> (usize, Vec<&str>) {
        // A dot belongs to options and topics; a column behind a relation's name begins after it.
        let begins = |dot: bool| {
            let ends_word = |c: char| !(c.is_alphanumeric() || c == '_' || (dot && c == '.'));
            line[..position].rfind(ends_word).map_or(0, |place| place + line[place..].chars().next().map_or(1, char::len_utf8))
        };
        let known = || self.names.iter().map(String::as_str).chain(KEYWORDS.iter().copied()).chain(OPTIONS.iter().copied());
        for start in [begins(true), begins(false)] {
            let word = line[start..position].to_lowercase();
            let mut fitting: Vec<&str> = known().filter(|name| !word.is_empty() && name.to_lowercase().starts_with(&word)).collect();
            fitting.sort_unstable();
            fitting.dedup();
            if !fitting.is_empty() {
                return (start, fitting);
            }
        }
        (position, Vec::new())
    }
}

impl Completer for Names {
    type Candidate = Pair;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, fitting) = self.fitting(line, position);
        Ok((start, fitting.into_iter().map(|name| Pair { display: name.to_string(), replacement: name.to_string() }).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_completed_from_where_they_begin() {
        let names = Names::new(["requests", "access_log", "request.time"].map(str::to_string).to_vec());
        let cases: [(&str, usize, &[&str]); 7] = [
            ("SEL", 0, &["SELECT"]),
            ("SELECT * FROM acc", 14, &["access_log"]),
            ("SELECT r.reque", 9, &["request.time", "requests"]),
            ("WITH (timestamp.f", 6, &["timestamp.format"]),
            ("WITH ('connector.", 7, &["connector.class"]),
            ("SELECT 'ä'leFt", 11, &["LEFT"]),
            ("SELECT ", 7, &[]),
        ];
        for (line, start, expected) in cases {
            let (found, fitting) = names.fitting(line, line.len());
            assert_eq!((found, fitting.as_slice()), (start, expected), "{line}");
        }
    }
}
