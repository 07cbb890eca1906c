//! What `headwater run` shows while it works: a block that is redrawn on a terminal, plain lines when piped.
//!
//! One line a step: records per second in and out, lag, state, what was dropped or dead-lettered.

use crate::terminal::Terminal;
use crate::{output, screen};
use headwater::Headwater;
use headwater::connect::State;
use headwater::connect::api::PluginKind;
use headwater::log::Mono;
use std::collections::BTreeMap;
use std::io::IsTerminal;

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
    terminal: Option<Terminal>,
    last: Option<(Mono, Counts)>,
}

impl Progress {
    /// A display that counts from what there is `now`.
    pub(crate) fn start(quiet: bool, headwater: &Headwater, now: Mono) -> Progress {
        let terminal = (!quiet && std::io::stderr().is_terminal()).then(Terminal::open);
        Progress { quiet, terminal, last: Some((now, counts(&steps(headwater)))) }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// Shows the numbers of now, with rates since the last call.
    pub(crate) fn show(&mut self, headwater: &Headwater, now: Mono) {
        if self.quiet {
            return;
        }
        let steps = steps(headwater);
        let (before, earlier) = self.last.replace((now, counts(&steps))).unwrap_or((now, Counts::new()));
        let lines = lines(&steps, &earlier, now.since(before).as_secs_f64());
        self.draw(lines);
    }

    /// Shows the totals and leaves them standing.
    pub(crate) fn finish(&mut self, headwater: &Headwater) {
        if self.quiet {
            return;
        }
        self.draw(steps(headwater).iter().map(total).collect());
        screen::release();
    }

    fn draw(&mut self, lines: Vec<String>) {
        match &mut self.terminal {
            Some(terminal) => {
                let width = terminal.width();
                screen::draw(lines.iter().map(|line| cut(line, width)).collect());
            }
            None => lines.iter().for_each(|line| output::message(line)),
        }
    }
}

/// At most `width` characters; the last one says that there were more.
fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_string();
    }
    let head: String = line.chars().take(width.saturating_sub(1)).collect();
    format!("{head}…")
}

fn counts(steps: &[Step]) -> Counts {
    steps.iter().map(|step| (step.name.clone(), (step.rows_in, step.rows_out))).collect()
}

fn lines(steps: &[Step], earlier: &Counts, seconds: f64) -> Vec<String> {
    let rate = |count: u64, last: u64| if seconds > 0.0 { (count.saturating_sub(last) as f64 / seconds) as u64 } else { 0 };
    let show = |step: &Step| {
        // A step that was not there at the last look began at 0 since then.
        let (last_in, last_out) = earlier.get(&step.name).copied().unwrap_or_default();
        line(step, rate(step.rows_in, last_in), rate(step.rows_out, last_out))
    };
    steps.iter().map(show).collect()
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
        note(&mut notes, query.deleted, "deleted before they were read");
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
    if matches!(task.state, State::Failed | State::Restarting) {
        notes.extend(task.last_error.clone());
    }
    Step { name: task.connector.clone(), rows_in: task.records, rows_out: task.records, notes }
}

fn note(notes: &mut Vec<String>, count: u64, word: &str) {
    if count > 0 {
        notes.push(format!("{} {word}", output::count(count)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(rows_in: u64, rows_out: u64) -> Step {
        Step { name: "requests".to_string(), rows_in, rows_out, notes: vec!["lag 0".to_string()] }
    }

    #[test]
    fn rates_are_since_the_last_look_and_a_new_step_counts_from_nothing() {
        let earlier = counts(&[step(1000, 10)]);
        let expected = "requests                 in        3,000 (    1,000/s)  out           10 (        0/s)  lag 0";
        assert_eq!(lines(&[step(3000, 10)], &earlier, 2.0), [expected]);
        let expected = "requests                 in        3,000 (    1,500/s)  out           10 (        5/s)  lag 0";
        assert_eq!(lines(&[step(3000, 10)], &Counts::new(), 2.0), [expected]);
        assert_eq!(total(&step(3000, 10)), "requests                 in        3,000  out           10  lag 0");
    }

    #[test]
    fn a_line_never_takes_more_than_the_terminal_has() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äö…");
        assert_eq!(cut("abc", 0), "…");
    }
}
