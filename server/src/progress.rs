//! What `headwater run` shows while it works: a block that is redrawn on a terminal, plain lines when piped.
//!
//! One line a step: records per second in and out, lag, state, what was dropped or dead-lettered.

use crate::output;
use headwater::Headwater;
use headwater::connect::api::PluginKind;
use headwater::log::Mono;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

/// One line: what a step has done so far.
struct Step {
    name: String,
    rows_in: u64,
    rows_out: u64,
    notes: Vec<String>,
}

/// Rows in and out so far, by step.
type Counts = BTreeMap<String, (u64, u64)>;

/// The display.
pub(crate) struct Progress {
    quiet: bool,
    terminal: bool,
    last: Option<(Mono, Counts)>,
    drawn_lines: usize,
}

impl Progress {
    pub(crate) fn new(quiet: bool) -> Progress {
        Progress { quiet, terminal: std::io::stderr().is_terminal(), last: None, drawn_lines: 0 }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Shows the numbers of now, with rates since the last call.
    pub(crate) fn show(&mut self, headwater: &Headwater, now: Mono) {
        if self.quiet {
            return;
        }
        let steps = steps(headwater);
        let counts = steps.iter().map(|step| (step.name.clone(), (step.rows_in, step.rows_out))).collect();
        let (before, earlier) = self.last.replace((now, counts)).unwrap_or((now, BTreeMap::new()));
        let seconds = now.since(before).as_secs_f64();
        let rate = |count: u64, last: u64| if seconds > 0.0 { (count.saturating_sub(last) as f64 / seconds) as u64 } else { 0 };
        let lines: Vec<String> = steps
            .iter()
            .map(|step| {
                let (last_in, last_out) = earlier.get(&step.name).copied().unwrap_or((step.rows_in, step.rows_out));
                line(step, rate(step.rows_in, last_in), rate(step.rows_out, last_out))
            })
            .collect();
        self.draw(&lines);
    }

    /// Shows the totals and leaves them standing.
    pub(crate) fn finish(&mut self, headwater: &Headwater) {
        if self.quiet {
            return;
        }
        let lines: Vec<String> = steps(headwater).iter().map(total).collect();
        self.draw(&lines);
        self.drawn_lines = 0;
    }

    fn draw(&mut self, lines: &[String]) {
        let mut out = std::io::stderr().lock();
        // Up to the block's first line, then each line anew, clearing what stood to its right.
        let up = if self.terminal && self.drawn_lines > 0 { format!("\x1b[{}A", self.drawn_lines) } else { String::new() };
        let clear = if self.terminal { "\x1b[K" } else { "" };
        let text: String = lines.iter().map(|line| format!("{line}{clear}\n")).collect();
        // Whoever closed our standard error does not want to see it.
        let _ = write!(out, "{up}{text}").and_then(|()| out.flush());
        self.drawn_lines = if self.terminal { lines.len() } else { 0 };
    }
}

fn line(step: &Step, rate_in: u64, rate_out: u64) -> String {
    let (all_in, all_out) = (output::count(step.rows_in), output::count(step.rows_out));
    let (rate_in, rate_out) = (output::count(rate_in), output::count(rate_out));
    format!("{:<24} in {all_in:>12} ({rate_in:>9}/s)  out {all_out:>12} ({rate_out:>9}/s)  {}", step.name, step.notes.join(", "))
}

fn total(step: &Step) -> String {
    let (all_in, all_out) = (output::count(step.rows_in), output::count(step.rows_out));
    format!("{:<24} in {all_in:>12}  out {all_out:>12}  {}", step.name, step.notes.join(", "))
}

/// Sources, queries, sinks, in the order in which records pass them.
fn steps(headwater: &Headwater) -> Vec<Step> {
    let tasks = headwater.tasks();
    let of_kind = |kind: PluginKind| tasks.iter().filter(move |task| task.kind == kind).map(task_step);
    let queries = headwater.queries().into_iter().map(|query| {
        let mut notes =
            vec![format!("lag {}", output::count(query.lag.max(0) as u64)), format!("state {}", output::bytes(query.state_bytes))];
        note(&mut notes, query.dead_letters, "dead-lettered");
        note(&mut notes, query.late, "late");
        notes.extend(query.error.map(|error| format!("FAILED: {error}")));
        Step { name: query.name, rows_in: query.rows_in, rows_out: query.rows_out, notes }
    });
    of_kind(PluginKind::Source).chain(queries).chain(of_kind(PluginKind::Sink)).collect()
}

fn task_step(task: &headwater::connect::TaskMetrics) -> Step {
    let mut notes = vec![task.state.to_string().to_lowercase()];
    notes.extend(task.lag.map(|lag| format!("lag {}", output::count(lag))));
    note(&mut notes, task.dead_lettered, "dead-lettered");
    note(&mut notes, task.skipped, "skipped");
    note(&mut notes, task.restarts, "restarts");
    notes.extend(task.waiting_for.as_ref().map(|reason| format!("waiting: {reason}")));
    Step { name: task.connector.clone(), rows_in: task.records, rows_out: task.records, notes }
}

fn note(notes: &mut Vec<String>, count: u64, word: &str) {
    if count > 0 {
        notes.push(format!("{} {word}", output::count(count)));
    }
}
