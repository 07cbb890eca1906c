//! Printing an answer as it comes, until it ends or the user interrupts.

use super::format::{self, Format};
use super::table::{self, Running};
use crate::interrupt::Interrupts;
use crate::out::Out;
use crate::output::{self, Interrupted};
use anyhow::Result;
use futures::StreamExt;
use headwater::sql::Rows;

/// A table is cut here, so that a slip does not fill the terminal, and no more of it is held.
const TABLE_ROWS_MAX: usize = 10_000;

/// How rows are laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) format: Format,
    /// Tables are folded to this width, in characters.
    pub(crate) width: Option<usize>,
}

/// Prints rows as they come. A continuous answer ends when the user interrupts. Errors: [`Interrupted`] if another one is interrupted; what the user
/// sees then says that it is not all.
pub(crate) async fn print(rows: Rows, layout: Layout, out: &mut Out<'_>, interrupts: &mut Interrupts) -> Result<()> {
    let Rows { schema, continuous, mut batches } = rows;
    let mut kept = Vec::new();
    let mut running = Running::new(&schema);
    let mut count = 0;
    loop {
        let next = tokio::select! {
            biased;
            () = interrupts.requested() => {
                output::message(&format!("interrupted, {} so far", counted(count)));
                return if continuous { Ok(()) } else { Err(Interrupted.into()) };
            }
            next = batches.next() => next,
        };
        let Some(batch) = next.transpose()? else { break };
        match layout.format {
            Format::Table if continuous => running.lines(&batch)?.iter().try_for_each(|line| out.line(line))?,
            Format::Table if count < TABLE_ROWS_MAX => kept.push(batch.slice(0, batch.num_rows().min(TABLE_ROWS_MAX - count))),
            Format::Table => {}
            Format::Json => out.bytes(&format::json(&batch)?)?,
            Format::Csv => out.bytes(&format::csv(&batch, count == 0)?)?,
        }
        count += batch.num_rows();
        if continuous {
            out.flush()?;
        }
    }
    if layout.format == Format::Table && !continuous {
        out.line(table::whole(&schema, &kept, layout.width)?)?;
        let cut =
            if count > TABLE_ROWS_MAX { format!(" (the first {TABLE_ROWS_MAX}; -o json or -o csv prints all)") } else { String::new() };
        out.line(format!("{}{cut}", counted(count)))?;
    }
    out.flush()
}

fn counted(rows: usize) -> String {
    format!("{rows} row{}", if rows == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use headwater::sql::RecordBatch;
    use headwater::sql::arrow::array::{ArrayRef, Int64Array, StringArray};
    use std::sync::Arc;
    use tokio::sync::watch;

    fn batch(numbers: &[i64]) -> RecordBatch {
        let names: Vec<String> = numbers.iter().map(|number| format!("n{number}")).collect();
        let columns: [(&str, ArrayRef); 2] =
            [("name", Arc::new(StringArray::from(names))), ("number", Arc::new(Int64Array::from(numbers.to_vec())))];
        RecordBatch::try_from_iter(columns).expect("two columns")
    }

    /// The batches, and after them nothing for ever if the answer is continuous.
    fn rows(continuous: bool, batches: &[RecordBatch]) -> Rows {
        let all = stream::iter(batches.iter().cloned().map(Ok).collect::<Vec<_>>());
        let batches = if continuous { all.chain(stream::pending()).boxed() } else { all.boxed() };
        Rows { schema: batch(&[]).schema(), continuous, batches }
    }

    async fn printed(rows: Rows, format: Format, interrupts: &mut Interrupts) -> (String, Result<()>) {
        let mut text = Vec::new();
        let mut out = Out::new(&mut text, "memory");
        let done = print(rows, Layout { format, width: None }, &mut out, interrupts).await;
        drop(out);
        (String::from_utf8(text).expect("text"), done)
    }

    #[tokio::test]
    async fn an_interrupted_answer_is_not_shown_as_a_whole_one_and_the_next_is_whole_again() {
        let (sender, receiver) = watch::channel(0);
        let mut first = Interrupts::of(receiver.clone());
        sender.send_replace(1);
        let (text, done) = printed(rows(false, &[batch(&[1])]), Format::Table, &mut first).await;
        assert!(text.is_empty() && done.unwrap_err().is::<Interrupted>(), "{text}");
        let (text, done) = printed(rows(true, &[batch(&[1])]), Format::Json, &mut first).await;
        assert!(text.is_empty() && done.is_ok(), "{text}");
        let (text, done) = printed(rows(false, &[batch(&[1])]), Format::Table, &mut Interrupts::of(receiver)).await;
        assert!(text.ends_with("\n1 row\n") && text.contains("n1") && done.is_ok(), "{text}");
    }

    #[tokio::test]
    async fn every_format_prints_all_batches() {
        let (_sender, receiver) = watch::channel(0);
        let mut interrupts = Interrupts::of(receiver);
        let batches = [batch(&[1, 2]), batch(&[3])];
        let expected = [
            (Format::Json, "{\"name\":\"n1\",\"number\":1}\n{\"name\":\"n2\",\"number\":2}\n{\"name\":\"n3\",\"number\":3}\n"),
            (Format::Csv, "name,number\nn1,1\nn2,2\nn3,3\n"),
        ];
        for (format, text) in expected {
            assert_eq!(printed(rows(false, &batches), format, &mut interrupts).await.0, text);
        }
    }

    #[tokio::test]
    async fn a_table_is_cut_and_says_so() {
        let (_sender, receiver) = watch::channel(0);
        let numbers: Vec<i64> = (0..6_000).collect();
        let (text, _) = printed(rows(false, &[batch(&numbers), batch(&numbers)]), Format::Table, &mut Interrupts::of(receiver)).await;
        assert!(text.ends_with("\n12000 rows (the first 10000; -o json or -o csv prints all)\n"));
        assert_eq!(text.matches("n3999 ").count(), 2);
        assert_eq!(text.matches("n4000 ").count(), 1);
    }

    #[test]
    fn a_continuous_table_has_one_header_and_keeps_its_columns() {
        let mut running = Running::new(&batch(&[]).schema());
        assert_eq!(running.lines(&batch(&[1, 20])).unwrap(), ["name  number", "────────────", "n1         1", "n20       20"]);
        assert_eq!(running.lines(&batch(&[3])).unwrap(), ["n3         3"]);
    }

    #[test]
    fn a_wide_table_is_folded_to_the_terminal() {
        let text = table::whole(&batch(&[]).schema(), &[batch(&[123_456_789])], Some(20)).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 20), "{text}");
    }
}
