//! Prints measurements as rows of a Markdown table.

use crate::Measured;

/// One line of the table.
#[derive(Debug)]
pub struct Row {
    /// What was measured, with its durability mode.
    pub name: String,
    /// All repetitions.
    pub runs: Vec<Measured>,
    /// The goal in the row's unit, as text.
    pub goal: String,
    /// Whether the goal counts CPU seconds (a rate per core) instead of wall time.
    pub by_core: bool,
}

/// Prints the table's head.
pub fn header() {
    println!("| workload | unit | min | median | max | CPU s per million (median) | goal |");
    println!("|---|---|--:|--:|--:|--:|--:|");
}

/// Prints one row.
pub fn print(row: &Row) {
    let mut rates: Vec<f64> = row.runs.iter().map(|run| if row.by_core { run.per_core() } else { run.per_second() }).collect();
    let mut cpu: Vec<f64> = row.runs.iter().map(Measured::cpu_per_million).collect();
    rates.sort_by(f64::total_cmp);
    cpu.sort_by(f64::total_cmp);
    let middle = rates.len() / 2;
    let unit = if row.by_core { "records/s per core" } else { "records/s" };
    let (min, median, max) = (rate(rates[0]), rate(rates[middle]), rate(rates[rates.len() - 1]));
    println!("| {} | {unit} | {min} | {median} | {max} | {:.3} | {} |", row.name, cpu[middle], row.goal);
}

fn rate(value: f64) -> String {
    if value >= 1e6 { format!("{:.2} M", value / 1e6) } else { format!("{:.0} k", value / 1e3) }
}
