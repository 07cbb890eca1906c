//! Runnable examples, one file per idea.
