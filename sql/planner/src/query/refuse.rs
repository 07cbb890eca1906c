//! What a continuous query cannot do, found in its text so that the refusal can point at the place.

use crate::error::{Error, Location, Result};
use datafusion::sql::sqlparser::ast::{
    Distinct, Expr, GroupByExpr, LimitClause, Query, Select, SelectItem, SetExpr, Spanned, TableFactor, Visit, Visitor,
};
use datafusion::sql::sqlparser::tokenizer::Span;
use std::ops::ControlFlow;

/// Where the query stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It fills a relation.
    Relation,
    /// A reader waits for its rows: a LIMIT ends it.
    Reader,
}

/// Refuses the query, or gives the LIMIT of a reader's query, taken out of it.
pub(super) fn check(query: &mut Query, place: Place) -> Result<Option<usize>> {
    let limit = take_limit(query, place)?;
    match query.visit(&mut Checks) {
        ControlFlow::Break(error) => return Err(*error),
        ControlFlow::Continue(()) => {}
    }
    if place == Place::Relation
        && let SetExpr::Select(select) = query.body.as_ref()
    {
        require_names(select)?;
    }
    Ok(limit)
}

fn take_limit(query: &mut Query, place: Place) -> Result<Option<usize>> {
    let Some(clause) = query.limit_clause.take() else { return Ok(None) };
    let LimitClause::LimitOffset { limit: Some(limit), offset: None, limit_by } = &clause else {
        return Err(Error::invalid("OFFSET is not supported in continuous queries"));
    };
    if place == Place::Relation || !limit_by.is_empty() {
        return Err(Error::invalid("LIMIT is not supported in a query that fills a relation")
            .with_detail("such a query never ends, so it has no first rows to keep")
            .at(start(limit.span())));
    }
    match limit.to_string().parse() {
        Ok(rows) => Ok(Some(rows)),
        Err(_) => Err(Error::invalid("LIMIT takes a whole number in continuous queries").at(start(limit.span()))),
    }
}

struct Checks;

impl Visitor for Checks {
    type Break = Box<Error>;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Box<Error>> {
        to_flow(check_query(query))
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<Box<Error>> {
        to_flow(check_expression(expression))
    }
}

fn to_flow(result: Result<()>) -> ControlFlow<Box<Error>> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(Box::new(error)),
    }
}

fn unsupported(what: &str, fix: &str) -> Error {
    Error::invalid(format!("{what} not supported in continuous queries yet")).with_hint(fix.to_string())
}

fn check_query(query: &Query) -> Result<()> {
    if let Some(with) = &query.with
        && with.recursive
    {
        return Err(unsupported("recursive queries are", "use a batch SELECT").at(start(with.span())));
    }
    if let Some(order_by) = &query.order_by {
        return Err(Error::invalid("ORDER BY is not supported in continuous queries")
            .with_detail("rows come in the order of their changes; an endless result has no last row to sort")
            .with_hint("sort in the batch SELECT that reads the result")
            .at(start(order_by.span())));
    }
    if query.fetch.is_some() || query.limit_clause.is_some() {
        return Err(unsupported("LIMIT in a subquery is", "use a batch SELECT").at(start(query.span())));
    }
    match query.body.as_ref() {
        SetExpr::Select(select) => check_select(select),
        SetExpr::SetOperation { op, right, .. } => {
            Err(unsupported(&format!("{op} is"), "create one stream for each part, or use a batch SELECT").at(start(right.span())))
        }
        SetExpr::Query(_) => Ok(()),
        other => Err(Error::invalid("a continuous query reads a stream or table").at(start(other.span()))),
    }
}

fn check_select(select: &Select) -> Result<()> {
    let select_place = start(select.select_token.0.span);
    if let Some(distinct) = &select.distinct
        && !matches!(distinct, Distinct::All)
    {
        return Err(unsupported("SELECT DISTINCT is", "use GROUP BY over the same columns").at(select_place));
    }
    let joins = select.from.iter().flat_map(|from| &from.joins).map(|join| join.relation.span());
    let join = joins.chain(select.from.iter().skip(1).map(|from| from.relation.span())).next();
    if let Some(span) = join {
        return Err(unsupported("joins are", "use a batch SELECT, which can join streams and tables").at(start(span)));
    }
    let Some(from) = select.from.first() else {
        return Err(Error::invalid("a continuous query reads a stream or table").with_hint("add FROM").at(select_place));
    };
    match &from.relation {
        TableFactor::Table { args: None, .. } | TableFactor::Derived { lateral: false, .. } => {}
        other => return Err(unsupported("table functions are", "read a stream or table, or use a batch SELECT").at(start(other.span()))),
    }
    if let GroupByExpr::All(_) = &select.group_by {
        return Err(unsupported("GROUP BY ALL is", "name the groups").at(select_place));
    }
    if select.qualify.is_some() || !select.named_window.is_empty() {
        return Err(unsupported("window functions are", "use a batch SELECT").at(select_place));
    }
    Ok(())
}

/// Functions whose value depends on when they are asked.
const CHANGING: [&str; 11] = [
    "now",
    "current_timestamp",
    "current_date",
    "current_time",
    "today",
    "random",
    "rand",
    "uuid",
    "gen_random_uuid",
    "localtimestamp",
    "localtime",
];

fn check_expression(expression: &Expr) -> Result<()> {
    match expression {
        Expr::Function(function) if function.over.is_some() => {
            Err(unsupported("window functions are", "use a batch SELECT").at(start(function.name.span())))
        }
        Expr::Function(function) => {
            let name = function.name.to_string().to_lowercase();
            match CHANGING.contains(&name.as_str()) {
                false => Ok(()),
                true => Err(Error::invalid(format!("function \"{name}\" is not allowed in continuous queries"))
                    .with_detail("its value changes from call to call, so a restart would give another result for the same rows")
                    .with_hint("take the value from a column, for example the event's own time")
                    .at(start(function.name.span()))),
            }
        }
        Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => {
            Err(unsupported("subqueries in expressions are", "use a batch SELECT").at(start(expression.span())))
        }
        Expr::GroupingSets(_) | Expr::Cube(_) | Expr::Rollup(_) => {
            Err(unsupported("grouping sets are", "create one table for each grouping").at(start(expression.span())))
        }
        _ => Ok(()),
    }
}

/// A relation's columns need names.
fn require_names(select: &Select) -> Result<()> {
    for item in &select.projection {
        if let SelectItem::UnnamedExpr(expression) = item
            && !matches!(expression, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
        {
            return Err(Error::invalid("a computed column needs a name")
                .with_hint(format!("write {expression} AS name"))
                .at(start(expression.span())));
        }
    }
    Ok(())
}

fn start(span: Span) -> Option<Location> {
    (span.start.line > 0).then_some(Location { line: span.start.line, column: span.start.column })
}
