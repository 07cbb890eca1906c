//! How this process tells others who it is.

/// The number and the program of this process, for the one who finds something locked by it: `process 17 (headwater)`.
///
/// ```
/// assert!(log_env::process_label().starts_with(&format!("process {} (", std::process::id())));
/// ```
pub fn process_label() -> String {
    let program = std::env::args().next().unwrap_or_else(|| "an unnamed program".to_owned());
    format!("process {} ({program})", std::process::id())
}
