//! Any text as a script of statements: split, parsed, and refused with a message that shows the place.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = sql_planner::Script::parse(text, &Default::default()) {
        assert!(!error.to_string().is_empty());
    }
});
