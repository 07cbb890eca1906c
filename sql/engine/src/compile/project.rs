//! Computes columns.

use super::{Compiler, Step, Stores};
use crate::Result;
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::logical_expr::Expr;
use sql_planner::plan::{Node, Project};
use std::sync::Arc;

pub(super) fn compile(compiler: &mut Compiler<'_>, project: &Project, input: Step, below: &Node, node: &Node) -> Result<Step> {
    let names: Vec<String> = node.schema.fields().iter().map(|field| field.name().clone()).collect();
    columns(compiler, &project.expressions, &names, input, below)
}

/// A projection to these expressions under these names.
pub(super) fn columns(compiler: &mut Compiler<'_>, expressions: &[Expr], names: &[String], input: Step, below: &Node) -> Result<Step> {
    let mut physical = Vec::with_capacity(expressions.len());
    let mut fields = Vec::with_capacity(expressions.len());
    for (expression, name) in expressions.iter().zip(names) {
        let evaluated = compiler.physical(expression, &below.schema)?;
        fields.push(Field::new(name, evaluated.data_type(&input.schema).map_err(sql_operators::Error::from)?, true));
        physical.push((evaluated, name.clone()));
    }
    let describe = expressions.iter().zip(names).map(|(expression, name)| format!("{expression} as {name}")).collect::<Vec<_>>().join(", ");
    let factory = sql_operators::project(physical, &input.schema)?;
    let output = compiler.operator("project", describe, factory, Stores::None, input.output);
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    Ok(Step { output, schema })
}
