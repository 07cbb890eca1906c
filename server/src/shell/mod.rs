//! The SQL shell: line editing with history, completion of keywords and names, statements over several lines, timing.

mod completion;
mod session;
mod statement_end;

pub(crate) use session::run;
