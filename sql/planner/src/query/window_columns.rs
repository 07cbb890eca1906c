//! `window_start` and `window_end` in a SELECT that groups by `TUMBLE(…)`: replaced by that call and by the call plus its size.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, Query, Select, SelectItem,
    SetExpr, VisitMut, VisitorMut,
};
use std::ops::ControlFlow;

/// Replaces them in all SELECTs of a query.
pub(super) fn replace(query: &mut Query) {
    let _ = query.visit(&mut Selects);
}

struct Selects;

impl VisitorMut for Selects {
    type Break = ();

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        replace_in(&mut query.body);
        ControlFlow::Continue(())
    }
}

fn replace_in(body: &mut SetExpr) {
    match body {
        SetExpr::Select(select) => replace_in_select(select),
        SetExpr::SetOperation { left, right, .. } => {
            replace_in(left);
            replace_in(right);
        }
        _ => {}
    }
}

fn replace_in_select(select: &mut Select) {
    let Some(mut columns) = window_columns(&select.group_by) else { return };
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expression @ Expr::Identifier(_)) = item
            && let Some(name) = window_column(expression)
        {
            let mut expr = expression.clone();
            let _ = expr.visit(&mut columns);
            *item = SelectItem::ExprWithAlias { expr, alias: Ident::new(name) };
        } else {
            let _ = item.visit(&mut columns);
        }
    }
    if let Some(having) = &mut select.having {
        let _ = having.visit(&mut columns);
    }
}

/// What the two names stand for.
struct Columns {
    start: Expr,
    end: Expr,
}

impl VisitorMut for Columns {
    type Break = ();

    fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        match window_column(expression) {
            Some("window_start") => *expression = self.start.clone(),
            Some(_) => *expression = Expr::Nested(Box::new(self.end.clone())),
            None => {}
        }
        ControlFlow::Continue(())
    }
}

fn window_column(expression: &Expr) -> Option<&'static str> {
    let Expr::Identifier(ident) = expression else { return None };
    let name = if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() };
    ["window_start", "window_end"].into_iter().find(|known| *known == name)
}

fn window_columns(group_by: &GroupByExpr) -> Option<Columns> {
    let GroupByExpr::Expressions(expressions, _) = group_by else { return None };
    let call = expressions.iter().find(|expression| is_tumble(expression))?;
    let size = tumble_size(call)?;
    let end = Expr::BinaryOp { left: Box::new(call.clone()), op: BinaryOperator::Plus, right: Box::new(size) };
    Some(Columns { start: call.clone(), end })
}

/// Whether the expression is a call of TUMBLE.
pub(super) fn is_tumble(expression: &Expr) -> bool {
    matches!(expression, Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case("tumble"))
}

/// The size of a window as its call has it; `None` if it has none.
pub(super) fn tumble_size(call: &Expr) -> Option<Expr> {
    let Expr::Function(Function { args: FunctionArguments::List(list), .. }) = call else { return None };
    match list.args.get(1)? {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(size)) => Some(size.clone()),
        _ => None,
    }
}
