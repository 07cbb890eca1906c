//! DataFusion's errors in our form: its message without its prefixes, the nearest name, the place where it knows one.

use crate::error::{Error, Location, Subject};
use crate::text::{did_you_mean, with_sql_types};
use datafusion::common::{DataFusionError, SchemaError, Span};
use log_model::ErrorKind;

/// The error as ours; `functions` are the names a wrong one may resemble.
pub(super) fn convert(error: &DataFusionError, functions: &[String]) -> Error {
    match error {
        DataFusionError::Diagnostic(diagnostic, inner) => convert(inner, functions).at(diagnostic.span.as_ref().and_then(location)),
        DataFusionError::Context(_, inner) => convert(inner, functions),
        DataFusionError::Shared(inner) => convert(inner, functions),
        DataFusionError::Collection(errors) => match errors.first() {
            Some(first) => convert(first, functions),
            None => Error::invalid("the query cannot be planned"),
        },
        DataFusionError::External(inner) => match inner.downcast_ref::<Error>() {
            Some(ours) => ours.clone(),
            None => Error::invalid(inner.to_string()),
        },
        DataFusionError::SchemaError(schema, _) => schema_error(schema),
        DataFusionError::Internal(message) => Error::new(ErrorKind::Bug, first_line(message)),
        DataFusionError::ResourcesExhausted(message) => Error::new(ErrorKind::Full, first_line(message)),
        other => from_message(&other.message(), functions),
    }
}

fn schema_error(error: &SchemaError) -> Error {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let name = &field.name;
            let hint = did_you_mean(name, valid_fields.iter().map(|field| field.name.as_str())).or_else(|| {
                let mut names: Vec<&str> = Vec::new();
                valid_fields.iter().map(|field| field.name.as_str()).for_each(|name| {
                    if !names.contains(&name) {
                        names.push(name)
                    }
                });
                (!names.is_empty()).then(|| format!("the columns are {}", names.join(", ")))
            });
            let shown = field.relation.as_ref().map_or_else(|| name.clone(), |relation| format!("{}.{name}", relation.table()));
            Error::missing(format!("column \"{shown}\" does not exist")).with_hint_if(hint).at(field
                .spans()
                .first()
                .as_ref()
                .and_then(location))
        }
        SchemaError::AmbiguousReference { field } => Error::invalid(format!("column \"{}\" is ambiguous", field.name))
            .with_hint("put the relation's name before it")
            .at(field.spans().first().as_ref().and_then(location)),
        SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
            Error::invalid(format!("column \"{name}\" occurs twice")).with_hint("give one of them another name with AS")
        }
    }
}

fn from_message(message: &str, functions: &[String]) -> Error {
    if let Some(rest) = message.strip_prefix("Invalid function '") {
        let name = rest.split('\'').next().unwrap_or(rest);
        return Error::missing(format!("function \"{name}\" does not exist"))
            .about(Subject::Call(name.to_string()))
            .with_hint_if(did_you_mean(name, functions.iter().map(String::as_str)));
    }
    if let Some(rest) = message.strip_prefix("table '") {
        return Error::missing(format!(
            "relation \"{}\" does not exist",
            rest.split('\'').next().unwrap_or(rest).trim_start_matches("datafusion.public.")
        ));
    }
    if let Some(error) = known_words(message) {
        return error;
    }
    let mut lines = message.lines();
    let error = Error::invalid(first_line(lines.next().unwrap_or(message)));
    let detail = lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    if detail.is_empty() { error } else { error.with_detail(detail) }
}

/// Messages of DataFusion that say more about it than about the statement.
fn known_words(message: &str) -> Option<Error> {
    if let Some((_, rest)) = message.split_once("user-defined coercion failed with: Error during planning: ") {
        let reason = first_line(rest.split(". No function matches").next().unwrap_or(rest));
        let function = reason.split(' ').next().unwrap_or_default().to_string();
        return Some(Error::invalid(reason).about(Subject::Call(function)));
    }
    if message.contains("Divide by zero") {
        let hint = "divide by NULLIF(…, 0) to get NULL instead";
        return Some(Error::invalid("division by zero").with_hint(hint).about(Subject::Division));
    }
    if let Some(error) = cast_error(message) {
        return Some(error);
    }
    let quoted = || message.split('"').nth(1).unwrap_or_default();
    if message.starts_with("Column in SELECT must be in GROUP BY") || message.starts_with("Column in HAVING must be in GROUP BY") {
        let hint = "add it to GROUP BY, or put it into an aggregate such as max(…)";
        return Some(Error::invalid(format!("column \"{}\" must appear in GROUP BY or in an aggregate", quoted())).with_hint(hint));
    }
    if message.starts_with("Projections require unique expression names") {
        let name = quoted().rsplit(" AS ").next().and_then(|name| name.rsplit('.').next()).unwrap_or_default();
        return Some(
            Error::invalid(format!("column \"{name}\" is selected twice"))
                .with_hint("give one of them another name with AS")
                .about(Subject::Selected(name.to_string())),
        );
    }
    None
}

/// `Cannot cast string 'x' to value of Int32 type`, at plan time or for a row.
fn cast_error(message: &str) -> Option<Error> {
    let (_, rest) = message.split_once("annot cast string '")?;
    let (text, rest) = rest.split_once("' to value of ")?;
    let data_type = with_sql_types(rest.split(" type").next().unwrap_or(rest));
    Some(
        Error::invalid(format!("'{text}' is not a value of type {data_type}"))
            .with_hint("TRY_CAST gives NULL for what is none")
            .about(Subject::Text(text.to_string())),
    )
}

fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = with_sql_types(&line.replace("datafusion.public.", ""));
    let line = line.as_str();
    let mut characters = line.chars();
    let second_is_upper = line.chars().nth(1).is_some_and(char::is_uppercase);
    match characters.next() {
        Some(first) if !second_is_upper => first.to_lowercase().chain(characters).collect(),
        _ => line.to_string(),
    }
}

fn location(span: &Span) -> Option<Location> {
    (span.start.line > 0).then_some(Location { line: span.start.line, column: span.start.column })
}
