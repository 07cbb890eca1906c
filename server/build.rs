//! Links the program so that its addresses are noted in a table of a few kilobytes instead of six megabytes, which each start would read and keep in memory.
//!
//! Linkers that do not know how ignore it with a warning; it needs glibc 2.36 or newer where the program was linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var("CARGO_CFG_TARGET_ENV").unwrap_or_default();
    if target == "gnu" {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
