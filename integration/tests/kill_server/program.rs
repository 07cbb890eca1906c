//! Which `headwater` is tested.

use std::path::PathBuf;

/// Names another program that takes `server --data-dir DIR --listen ADDRESS --set KEY=VALUE` than the one built with this test.
const PROGRAM: &str = "HEADWATER_PROGRAM";

/// The program that lies where cargo put this test: `target/<profile>/deps/<test>` beside `target/<profile>/headwater`.
pub(crate) fn headwater() -> PathBuf {
    if let Some(program) = std::env::var_os(PROGRAM) {
        return program.into();
    }
    let test = std::env::current_exe().expect("a test knows its program");
    let beside = test.parent().and_then(|deps| deps.parent()).expect("cargo puts tests into target/<profile>/deps");
    let program = beside.join("headwater");
    assert!(program.is_file(), "{} is missing: cargo build -p headwater-server, or name another with {PROGRAM}", program.display());
    program
}
