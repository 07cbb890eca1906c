//! Data-driven tests of the whole planner: text in; statements, relations, plans or reports out.

#![allow(clippy::too_many_lines, reason = "a test is a table of cases")]

mod errors;
mod plans;
mod statements;

use crate::plan::EmitMode;
use crate::{ParsedStatement, Planner, Relation, Result, Script, Statement};
use std::collections::BTreeMap;
use std::sync::Arc;

type Catalog = BTreeMap<String, Arc<Relation>>;

/// The relations the tests read.
const DECLARED: &str = r"
CREATE STREAM lines (line VARCHAR) WITH (topic = 'access_log', format = 'text');
CREATE STREAM requests (client VARCHAR, time TIMESTAMP, status INT, bytes BIGINT, price DECIMAL(10, 2), WATERMARK FOR time AS time - INTERVAL '1' MINUTE)
  WITH (topic = 'requests');
CREATE STREAM readings (sensor VARCHAR, at TIMESTAMP, value DOUBLE) WITH (format = 'csv', delimiter = ';');
CREATE TABLE planes (tail VARCHAR PRIMARY KEY, year INT) WITH (topic = 'planes');
";

fn catalog(planner: &Planner) -> Catalog {
    let mut catalog = Catalog::new();
    for parsed in Script::parse(DECLARED, &Default::default()).unwrap().statements() {
        let Statement::CreateRelation(create) = &parsed.statement else { panic!("only relations are declared") };
        let relation = planner.create(create, &catalog).unwrap().relation;
        catalog.insert(relation.name.clone(), Arc::new(relation));
    }
    catalog
}

/// What the planner makes of the last statement of a script, as text.
fn outcome(sql: &str) -> String {
    let planner = Planner::new();
    let mut catalog = catalog(&planner);
    let script = match Script::parse(sql, &Default::default()) {
        Ok(script) => script,
        Err(error) => return error.report(),
    };
    let mut last = String::new();
    for parsed in script.statements() {
        last = match plan(&planner, parsed, &mut catalog) {
            Ok(text) => text,
            Err(error) => return parsed.locate(error).report(),
        };
    }
    last
}

fn plan(planner: &Planner, parsed: &ParsedStatement, catalog: &mut Catalog) -> Result<String> {
    Ok(match &parsed.statement {
        Statement::CreateRelation(create) => {
            let planned = planner.create(create, catalog)?;
            let mut text = planned.relation.aspects().iter().map(|(name, value)| format!("{name}: {value}\n")).collect::<String>();
            if let Some(plan) = &planned.plan {
                text += &plan.explain();
                let again = planner.plan_again(&planned.relation, catalog)?;
                assert_eq!(again.explain(), plan.explain(), "the stored query gives the same plan");
            }
            catalog.insert(planned.relation.name.clone(), Arc::new(planned.relation));
            text
        }
        Statement::Select { query, emit } => {
            let push = planner.push(query, emit.unwrap_or(EmitMode::Changes), catalog)?;
            format!("{}limit: {:?}", push.plan.explain(), push.limit)
        }
        Statement::Insert(insert) => planner.find_relation(&insert.relation, catalog)?.name.clone(),
        Statement::Describe(name) => planner.find_relation(name, catalog)?.name.clone(),
        other => format!("{other:?}"),
    })
}

/// The plan alone of `CREATE … AS SELECT`.
fn explained(sql: &str) -> String {
    let text = outcome(sql);
    match text.find("Sink ") {
        Some(start) => text[start..].trim_end().to_string(),
        None => text,
    }
}
