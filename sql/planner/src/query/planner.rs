//! The planner's face: statements in, relations and plans out.

use super::context::{Context, unknown_relation};
use super::convert::{self, Settings};
use super::errors;
use super::refuse::{self, Place};
use super::{improve, logical, session, window_columns};
use crate::error::{Error, Result};
use crate::plan::{EmitMode, Node, NodeKind, Sink, SinkMode, StreamPlan};
use crate::relation::{self, Relation, RelationOptions, Relations};
use crate::statement::{CreateRelation, Name, QueryText, RelationKind, Script, Statement};
use crate::text::in_sql;
use datafusion::common::{DFSchema, DataFusionError};
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{Expr, ScalarUDF};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::prelude::SessionConfig;
use datafusion::sql::parser::Statement as BatchStatement;
use datafusion::sql::sqlparser::ast::{Query, Statement as SqlStatement};
use log_model::ErrorKind;
use std::sync::Arc;

/// Plans statements against a catalog. It holds DataFusion's functions and options, nothing else, and may be shared.
///
/// ```
/// use sql_planner::{Planner, Relation, Script, Statement};
/// use std::{collections::BTreeMap, sync::Arc};
///
/// let planner = Planner::new();
/// let mut catalog: BTreeMap<String, Arc<Relation>> = BTreeMap::new();
/// let script = Script::parse(
///     "CREATE STREAM lines (line VARCHAR) WITH (format = 'text');
///      CREATE STREAM long AS SELECT line FROM lines WHERE length(line) > 80",
///     &Default::default(),
/// )?;
/// for parsed in script.statements() {
///     let Statement::CreateRelation(create) = &parsed.statement else { continue };
///     let planned = planner.create(create, &catalog).map_err(|error| parsed.locate(error))?;
///     if let Some(plan) = &planned.plan {
///         assert!(plan.explain().starts_with("Sink long: topic long, format json [changes: append]"));
///     }
///     catalog.insert(planned.relation.name.clone(), Arc::new(planned.relation));
/// }
/// # Ok::<(), sql_planner::Error>(())
/// ```
pub struct Planner {
    state: SessionState,
    functions: Vec<String>,
}

/// A `CREATE STREAM` or `CREATE TABLE`, checked.
#[derive(Clone, Debug)]
pub struct PlannedRelation {
    /// What it creates.
    pub relation: Relation,
    /// What fills it, for one with a query; its root is a [`Sink`].
    pub plan: Option<StreamPlan>,
}

/// A continuous query for a reader.
#[derive(Clone, Debug)]
pub struct PushQuery {
    /// What computes the rows.
    pub plan: StreamPlan,
    /// After how many rows it ends.
    pub limit: Option<usize>,
}

/// A query over what there is, ready for DataFusion.
#[derive(Clone, Debug)]
pub struct BatchQuery {
    /// With window columns replaced.
    pub statement: BatchStatement,
    /// As written, for the places of errors.
    written: Arc<Query>,
}

/// Explains errors of one query's rows.
#[derive(Clone, Debug)]
pub struct Explainer {
    written: Arc<Query>,
}

impl Explainer {
    /// DataFusion's error in our form, with its place.
    pub fn explain(&self, error: &DataFusionError) -> Error {
        improve::improve(errors::convert(error, &[]), &self.written, &[])
    }
}

impl Default for Planner {
    fn default() -> Self {
        Planner::new()
    }
}

impl Planner {
    /// A planner with DataFusion's functions.
    pub fn new() -> Planner {
        let state = session::state(session::config());
        let mut functions: Vec<String> = state.scalar_functions().keys().cloned().collect();
        functions.extend(state.aggregate_functions().keys().cloned());
        functions.extend(state.window_functions().keys().cloned());
        functions.sort_unstable();
        functions.dedup();
        Planner { state, functions }
    }

    /// DataFusion's options, for the session that runs batch queries.
    pub fn session_config() -> SessionConfig {
        session::config()
    }

    /// Our functions, for the session that runs batch queries.
    pub fn functions(&self) -> Vec<Arc<ScalarUDF>> {
        self.state.scalar_functions().get(super::tumble::Tumble::NAME).cloned().into_iter().collect()
    }

    /// The names of all functions, for completion and for hints.
    pub fn function_names(&self) -> &[String] {
        &self.functions
    }

    /// Checks a `CREATE STREAM` or `CREATE TABLE` and plans its query.
    ///
    /// Errors: anything about the statement that cannot work, found before anything is created.
    pub fn create(&self, statement: &CreateRelation, relations: &dyn Relations) -> Result<PlannedRelation> {
        let Some(query) = &statement.query else {
            if let Some(emit) = statement.emit {
                return Err(Error::invalid(format!("{emit} belongs to a query")));
            }
            return Ok(PlannedRelation { relation: relation::declare(statement)?, plan: None });
        };
        let grace_ms = RelationOptions::check(&statement.options)?.grace_ms.unwrap_or(0);
        let emit = statement.emit.unwrap_or(EmitMode::Changes);
        let settings = Settings { emit, grace_ms };
        let mut ast = query.query.as_ref().clone();
        refuse::check(&mut ast, Place::Relation)?;
        let output = self.stream(ast, settings, relations).map_err(|error| error.at(query.location))?;
        fit_kind(statement, &output.root).map_err(|error| error.at(query.location))?;
        let sql = canonical(query)?;
        let relation = relation::describe_output(statement, &output.root, emit, sql).map_err(|error| error.at(query.location))?;
        let plan = Some(with_sink(output, &relation)?);
        Ok(PlannedRelation { relation, plan })
    }

    /// Plans the query of a relation that was created earlier.
    pub fn plan_again(&self, relation: &Relation, relations: &dyn Relations) -> Result<StreamPlan> {
        let definition = relation.query.as_ref().ok_or_else(|| Error::invalid(format!("\"{}\" has no query", relation.name)))?;
        let script = Script::parse(&definition.sql.replace("${", "$${"), &Default::default())?;
        let [parsed] = script.statements() else {
            return Err(Error::new(ErrorKind::Bug, format!("the stored query of \"{}\" is not one statement", relation.name)));
        };
        let Statement::Select { query, .. } = &parsed.statement else {
            return Err(Error::new(ErrorKind::Bug, format!("the stored query of \"{}\" is not a SELECT", relation.name)));
        };
        let settings = Settings { emit: definition.emit, grace_ms: definition.grace_ms };
        let mut ast = query.query.as_ref().clone();
        refuse::check(&mut ast, Place::Relation).map_err(|error| parsed.locate(error))?;
        let output = self.stream(ast, settings, relations).map_err(|error| parsed.locate(error))?;
        with_sink(output, relation)
    }

    /// Plans a `SELECT … EMIT …` for a reader.
    pub fn push(&self, query: &QueryText, emit: EmitMode, relations: &dyn Relations) -> Result<PushQuery> {
        let mut ast = query.query.as_ref().clone();
        let limit = refuse::check(&mut ast, Place::Reader)?;
        let plan = self.stream(ast, Settings { emit, grace_ms: 0 }, relations).map_err(|error| error.at(query.location))?;
        Ok(PushQuery { plan, limit })
    }

    /// Prepares a `SELECT` over what there is.
    pub fn batch(&self, query: &QueryText) -> BatchQuery {
        let mut ast = query.query.as_ref().clone();
        window_columns::replace(&mut ast);
        let written = Arc::new(query.query.as_ref().clone());
        BatchQuery { statement: BatchStatement::Statement(Box::new(SqlStatement::Query(Box::new(ast)))), written }
    }

    /// DataFusion's error about a query in our form, with its place and the nearest names of functions and relations.
    pub fn explain_error(&self, error: &DataFusionError, query: &BatchQuery, relations: &dyn Relations) -> Error {
        let error = improve::improve(errors::convert(error, &self.functions), &query.written, &self.functions);
        let missing = error.message().strip_prefix("relation \"").and_then(|rest| rest.split('"').next()).map(str::to_string);
        match missing {
            Some(name) if error.hint().is_none() => {
                let hint = unknown_relation(&name, relations).hint().map(str::to_string);
                error.with_hint_if(hint)
            }
            _ => error,
        }
    }

    /// What explains errors of a query while its rows are read, when the planner may be gone.
    pub fn explainer(&self, query: &BatchQuery) -> Explainer {
        Explainer { written: Arc::clone(&query.written) }
    }

    /// What evaluates an expression of a plan on batches of the schema that its node's input has.
    pub fn physical(&self, expression: &Expr, schema: &DFSchema) -> Result<Arc<dyn PhysicalExpr>> {
        self.state.create_physical_expr(expression.clone(), schema).map_err(|error| errors::convert(&error, &self.functions))
    }

    /// The relation a statement names, or the refusal with the nearest name.
    pub fn find_relation(&self, name: &Name, relations: &dyn Relations) -> Result<Arc<Relation>> {
        relations.relation(&name.text).ok_or_else(|| unknown_relation(&name.text, relations).at(name.location))
    }

    /// The plan of a query without a sink.
    fn stream(&self, query: Query, settings: Settings, relations: &dyn Relations) -> Result<StreamPlan> {
        let mut replaced = query.clone();
        window_columns::replace(&mut replaced);
        let context = Context { state: &self.state, relations };
        let plan = logical::plan(replaced, &context).map_err(|error| errors::convert(&error, &self.functions));
        let planned = plan.and_then(|plan| {
            let mut root = convert::convert(&plan, settings)?;
            root.mark_watermarks(false);
            Ok(StreamPlan { root, logical: in_sql(&plan.display_indent().to_string()) })
        });
        planned.map_err(|error| improve::explain_pseudo_column(improve::improve(error, &query, &self.functions)))
    }
}

/// The query's canonical text, checked to mean itself when it is parsed again after a restart.
fn canonical(query: &QueryText) -> Result<String> {
    let sql = query.to_string();
    let again = Script::parse(&sql.replace("${", "$${"), &Default::default())?;
    match again.statements() {
        [parsed] if matches!(&parsed.statement, Statement::Select { query, .. } if query.to_string() == sql) => Ok(sql),
        _ => Err(Error::new(ErrorKind::Bug, "the query's text does not parse back to itself").with_detail(sql)),
    }
}

/// A stream takes rows that stay; a table takes rows that have a key.
fn fit_kind(statement: &CreateRelation, output: &Node) -> Result<()> {
    let name = &statement.name;
    match statement.kind {
        RelationKind::Stream if !output.traits.append_only => Err(Error::invalid(format!("stream \"{name}\" cannot take rows back"))
            .with_detail("the query changes rows it has put out before; a stream only takes further rows")
            .with_hint(if output.groups() { "use CREATE TABLE, or EMIT ON WINDOW CLOSE with a window" } else { "use CREATE TABLE" })),
        RelationKind::Table if output.traits.unique_key.is_none() => {
            let (detail, hint) = if output.groups() {
                (
                    "every group column must be among the selected columns, so that each row can be found again",
                    "add the missing group columns to SELECT",
                )
            } else {
                ("rows of a table replace each other by key, and the rows of this query have none", "use CREATE STREAM, or group the rows")
            };
            Err(Error::invalid(format!("table \"{name}\" would have no key")).with_detail(detail).with_hint(hint))
        }
        RelationKind::Table if output.traits.unique_key.as_ref().is_some_and(Vec::is_empty) => {
            Err(Error::invalid(format!("table \"{name}\" would have no key"))
                .with_detail("the query groups all rows into one, and rows of a table are written by key")
                .with_hint("add a window or another column to GROUP BY"))
        }
        _ => Ok(()),
    }
}

fn with_sink(plan: StreamPlan, relation: &Relation) -> Result<StreamPlan> {
    let StreamPlan { root: output, logical } = plan;
    let column = |name: &String| {
        output
            .schema
            .fields()
            .iter()
            .position(|field| field.name() == name)
            .ok_or_else(|| Error::new(ErrorKind::Bug, format!("the query of \"{}\" does not give column \"{name}\"", relation.name)))
    };
    let key = relation.key.iter().map(column).collect::<Result<Vec<_>>>()?;
    let timestamp = match &relation.watermark {
        Some(watermark) => Some(column(&watermark.column)?),
        None => None,
    };
    let mode = if relation.append_only { SinkMode::Append } else { SinkMode::Upsert };
    let sink =
        Sink { relation: relation.name.clone(), topic: relation.topic.clone(), format: relation.format.clone(), key, timestamp, mode };
    let (schema, traits) = (Arc::clone(&output.schema), output.traits.clone());
    Ok(StreamPlan { root: Node::over(output, NodeKind::Sink(sink), schema, traits), logical })
}
