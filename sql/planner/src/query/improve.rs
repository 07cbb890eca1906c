//! What the text of a query adds to an error that DataFusion, or one of the rules, made without it: the place of what the error is about, and the true reason
//! where a window's column is missing because there is no window.

use super::window_columns::{is_tumble, tumble_size};
use crate::error::{Error, Location, Subject};
use crate::relation::PSEUDO_COLUMNS;
use crate::text::did_you_mean;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, Query, Select, SelectItem, SetExpr, Spanned, Value, Visit, Visitor,
};
use std::ops::ControlFlow;

/// The error with what the query's text says about it; `functions` are the names of all functions.
pub(super) fn improve(error: Error, query: &Query, functions: &[String]) -> Error {
    let error = explain_window_column(error, query, functions);
    let place = error.subject().and_then(|subject| place_of(subject, query));
    error.at(place)
}

fn place_of(subject: &Subject, query: &Query) -> Option<Location> {
    let mut found = Found { subject, places: Vec::new(), casts: Vec::new() };
    let _ = query.visit(&mut found);
    let only = |places: &[Location]| if let [place] = places { Some(*place) } else { None };
    match subject {
        Subject::Call(_) => found.places.first().copied(),
        Subject::Selected(_) => found.places.last().copied(),
        // A text that is not written in the query comes from a column, and was cast.
        Subject::Text(_) => found.places.first().copied().or_else(|| only(&found.casts)),
        Subject::Division => only(&found.places),
    }
}

/// The places of what an error is about.
struct Found<'a> {
    subject: &'a Subject,
    places: Vec<Location>,
    casts: Vec<Location>,
}

impl Found<'_> {
    fn add(&mut self, spanned: &impl Spanned) {
        self.places.extend(start(spanned));
    }
}

fn start(spanned: &impl Spanned) -> Option<Location> {
    let start = spanned.span().start;
    (start.line > 0).then_some(Location { line: start.line, column: start.column })
}

impl Visitor for Found<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if let (Subject::Selected(name), SetExpr::Select(select)) = (self.subject, query.body.as_ref()) {
            for item in &select.projection {
                if selected_name(item).is_some_and(|selected| selected.eq_ignore_ascii_case(name)) {
                    self.add(item);
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        let is_about = match (self.subject, expression) {
            (Subject::Call(name), Expr::Function(function)) => function.name.to_string().eq_ignore_ascii_case(name),
            (Subject::Text(text), Expr::Value(value)) => matches!(&value.value, Value::SingleQuotedString(written) if written == text),
            (Subject::Division, Expr::BinaryOp { op, .. }) => matches!(op, BinaryOperator::Divide | BinaryOperator::Modulo),
            _ => false,
        };
        if is_about {
            self.add(expression);
        }
        if let Expr::Cast { expr, .. } = expression {
            self.casts.extend(start(expr.as_ref()));
        }
        ControlFlow::Continue(())
    }
}

/// The name a selected column gets.
fn selected_name(item: &SelectItem) -> Option<&str> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(&alias.value),
        SelectItem::UnnamedExpr(Expr::Identifier(ident)) => Some(&ident.value),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last().map(|ident| ident.value.as_str()),
        _ => None,
    }
}

/// `window_start` does not exist: because a function in GROUP BY is misspelled, or because there is no window.
fn explain_window_column(error: Error, query: &Query, functions: &[String]) -> Error {
    let is_missing = |name: &&str| error.message() == format!("column \"{name}\" does not exist");
    let Some(name) = ["window_start", "window_end"].into_iter().find(is_missing) else { return error };
    let mut selects = Selects(Vec::new());
    let _ = query.visit(&mut selects);
    let groups = || selects.0.iter().flat_map(groups_of);
    if let Some((name, expression)) = groups().find_map(|expression| unknown_function(expression, functions)) {
        return Error::missing(format!("function \"{name}\" does not exist"))
            .with_hint_if(did_you_mean(&name, functions.iter().map(String::as_str)))
            .at(start(expression));
    }
    if let Some(call) = groups().find(|expression| is_tumble(expression)) {
        return if tumble_size(call).is_some() { error } else { without_size().at(start(call)) };
    }
    error.with_hint(format!("{name} needs a window: GROUP BY TUMBLE(time, INTERVAL '1' MINUTE)"))
}

fn without_size() -> Error {
    Error::invalid("tumble needs the window's size after the timestamp").with_hint("write for example TUMBLE(time, INTERVAL '1' MINUTE)")
}

/// A continuous query reads rows, not records: what a batch SELECT offers of the records is not there.
pub(super) fn explain_pseudo_column(error: Error) -> Error {
    let missing = error.message().strip_prefix("column \"").and_then(|rest| rest.strip_suffix("\" does not exist"));
    let name = missing.and_then(|name| name.rsplit('.').next());
    let Some(name) = PSEUDO_COLUMNS.into_iter().find(|pseudo| Some(*pseudo) == name) else { return error };
    error.with_hint(format!("only a batch SELECT offers {name}; a continuous query reads the declared columns"))
}

fn groups_of(select: &Select) -> &[Expr] {
    match &select.group_by {
        GroupByExpr::Expressions(expressions, _) => expressions,
        GroupByExpr::All(_) => &[],
    }
}

fn unknown_function<'a>(expression: &'a Expr, functions: &[String]) -> Option<(String, &'a Expr)> {
    let Expr::Function(function) = expression else { return None };
    let name = function.name.to_string().to_lowercase();
    (!functions.contains(&name)).then_some((name, expression))
}

/// All SELECTs of a query.
struct Selects(Vec<Select>);

impl Visitor for Selects {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if let SetExpr::Select(select) = query.body.as_ref() {
            self.0.push(select.as_ref().clone());
        }
        ControlFlow::Continue(())
    }
}
