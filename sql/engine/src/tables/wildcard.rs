//! `*` in queries that name a pseudo column: without the pseudo columns, which are then part of the tables.
//!
//! `*` over one table becomes `* EXCEPT (_timestamp, …)`. Over several it becomes a `name.*` each, because EXCEPT would not know whose columns it means.
//! What reads no relation of ours (a subquery, a CTE) has no pseudo columns to hide. NATURAL JOIN stays as it is.

use super::pseudo;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    ExceptSelectItem, ExcludeSelectItem, Ident, JoinConstraint, JoinOperator, ObjectName, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, TableFactor, TableWithJoins, Visit, VisitMut, Visitor, VisitorMut, WildcardAdditionalOptions,
};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Hides the pseudo columns from every `*`; `is_relation` tells the tables that have them.
pub(super) fn hide_pseudo_columns(statement: &mut Statement, is_relation: impl Fn(&str) -> bool) {
    let Statement::Statement(statement) = statement else { return };
    let mut names = CteNames(BTreeSet::new());
    let _ = Visit::visit(statement.as_ref(), &mut names);
    let _ = VisitMut::visit(statement.as_mut(), &mut Hide { is_relation, ctes: names.0 });
}

struct CteNames(BTreeSet<String>);

impl Visitor for CteNames {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        self.0.extend(ctes.map(|cte| normal(&cte.alias.name)));
        ControlFlow::Continue(())
    }
}

struct Hide<F> {
    is_relation: F,
    ctes: BTreeSet<String>,
}

/// A table of FROM.
struct Source {
    /// What stands before `.*`.
    qualifier: ObjectName,
    /// Whether it has pseudo columns.
    relation: bool,
    /// The columns of its USING, which `*` shows once.
    using: Vec<Ident>,
}

impl<F: Fn(&str) -> bool> VisitorMut for Hide<F> {
    type Break = ();

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let Some(sources) = self.sources(&select.from) else { return ControlFlow::Continue(()) };
        if !sources.iter().any(|source| source.relation) {
            return ControlFlow::Continue(());
        }
        let items = std::mem::take(&mut select.projection);
        select.projection = items.into_iter().flat_map(|item| without_pseudo_columns(item, &sources)).collect();
        ControlFlow::Continue(())
    }
}

impl<F: Fn(&str) -> bool> Hide<F> {
    /// The tables that `*` stands for, in its order; `None` where one cannot be named.
    fn sources(&self, from: &[TableWithJoins]) -> Option<Vec<Source>> {
        let mut sources = Vec::new();
        for table in from {
            let first = sources.len();
            sources.push(self.source(&table.relation)?);
            for join in &table.joins {
                let mut source = self.source(&join.relation)?;
                match &join.join_operator {
                    JoinOperator::Semi(_) | JoinOperator::LeftSemi(_) | JoinOperator::Anti(_) | JoinOperator::LeftAnti(_) => continue,
                    JoinOperator::RightSemi(_) | JoinOperator::RightAnti(_) => sources.truncate(first),
                    other => source.using = using_of(other)?,
                }
                sources.push(source);
            }
        }
        Some(sources)
    }

    fn source(&self, table: &TableFactor) -> Option<Source> {
        let (qualifier, relation) = match table {
            TableFactor::Table { name, alias, args: None, .. } => {
                let relation = match name.0.as_slice() {
                    [part] => part.as_ident().map(normal).is_some_and(|name| !self.ctes.contains(&name) && (self.is_relation)(&name)),
                    _ => false,
                };
                (alias.as_ref().map_or_else(|| name.clone(), |alias| alias.name.clone().into()), relation)
            }
            TableFactor::Derived { alias: Some(alias), .. } => (alias.name.clone().into(), false),
            _ => return None,
        };
        Some(Source { qualifier, relation, using: Vec::new() })
    }
}

fn using_of(join: &JoinOperator) -> Option<Vec<Ident>> {
    let (JoinOperator::Join(constraint)
    | JoinOperator::Inner(constraint)
    | JoinOperator::Left(constraint)
    | JoinOperator::LeftOuter(constraint)
    | JoinOperator::Right(constraint)
    | JoinOperator::RightOuter(constraint)
    | JoinOperator::FullOuter(constraint)
    | JoinOperator::CrossJoin(constraint)) = join
    else {
        return None;
    };
    match constraint {
        JoinConstraint::Using(columns) => columns.iter().map(|column| column.0.last()?.as_ident().cloned()).collect(),
        JoinConstraint::Natural => None,
        JoinConstraint::On(_) | JoinConstraint::None => Some(Vec::new()),
    }
}

fn without_pseudo_columns(item: SelectItem, sources: &[Source]) -> Vec<SelectItem> {
    match item {
        SelectItem::Wildcard(mut options) if sources.len() == 1 => {
            hide(&mut options, &sources[0], false);
            vec![SelectItem::Wildcard(options)]
        }
        // Options name columns of all the tables: such a `*` stays whole.
        SelectItem::Wildcard(options) if options == WildcardAdditionalOptions::default() => {
            let qualified = sources.iter().map(|source| {
                let mut options = options.clone();
                hide(&mut options, source, true);
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(source.qualifier.clone()), options)
            });
            qualified.collect()
        }
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), mut options) => {
            if let Some(source) = sources.iter().find(|source| same_name(&source.qualifier, &name)) {
                hide(&mut options, source, false);
            }
            vec![SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options)]
        }
        other => vec![other],
    }
}

/// Leaves the pseudo columns out, and those of USING if `once`; what the user leaves out already is not named twice.
fn hide(options: &mut WildcardAdditionalOptions, source: &Source, once: bool) {
    let mut left_out: Vec<Ident> = Vec::new();
    if let Some(except) = options.opt_except.take() {
        left_out.push(except.first_element);
        left_out.extend(except.additional_elements);
    }
    let excluded: Vec<String> = match &options.opt_exclude {
        Some(ExcludeSelectItem::Single(name)) => vec![name.to_string()],
        Some(ExcludeSelectItem::Multiple(names)) => names.iter().map(ToString::to_string).collect(),
        None => Vec::new(),
    };
    let pseudo = pseudo::names().filter(|_| source.relation).map(Ident::new);
    let using = source.using.iter().filter(|_| once).cloned();
    for ident in pseudo.chain(using) {
        if !left_out.iter().any(|given| given.value == ident.value) && !excluded.contains(&ident.value) {
            left_out.push(ident);
        }
    }
    let mut left_out = left_out.into_iter();
    options.opt_except = left_out.next().map(|first_element| ExceptSelectItem { first_element, additional_elements: left_out.collect() });
}

fn same_name(one: &ObjectName, other: &ObjectName) -> bool {
    let parts = |name: &ObjectName| name.0.iter().map(|part| part.as_ident().map(normal)).collect::<Vec<_>>();
    parts(one) == parts(other)
}

/// A name as the catalog has it.
fn normal(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}
