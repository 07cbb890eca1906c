# Runs a crate's own tests against a server (sourced by the suites rust_*).
#
#   crate_suite CRATE VERSION [CARGO OPTION...]
#
# A suite may define `prepare_crate`, which is called once in the copied crate.
# The crate is copied out of cargo's registry and built in EXT. A test of CRATE.skips may fail; the file says why. A build and a run have their
# time limits (20 and 10 minutes).

crate_suite() {
    local crate=$1 version=$2 source built
    shift 2
    need cargo cc cmake
    source=$(registry_source "$crate" "$version") || skip_suite "the crate $crate $version cannot be fetched"
    built="$EXT/$crate-$version"
    export CARGO_TARGET_DIR="$EXT/target"
    if [ ! -f "$built/ready" ]; then
        rm -rf "$built"
        cp -r "$source" "$built"
        chmod -R u+w "$built"
        cd "$built"
        # Its own pin of a toolchain is not what this machine has.
        rm -f rust-toolchain.toml
        if declare -F prepare_crate >/dev/null; then setup_step prepare prepare_crate; fi
        touch ready
    fi
    cd "$built"
    echo "building the tests of $crate $version in $built"
    setup_step build timeout 1200 cargo test -q --no-run --tests "$@"
    # One after the other: they share a server and have narrow time limits.
    timeout -k 10 600 cargo test --tests --no-fail-fast "$@" -- --test-threads "${CRATE_TEST_THREADS:-1}" >"$LOGS/cargo.log" 2>&1 || true
    local name verdict left_out
    while read -r name verdict; do
        left_out=$(awk -v name="$name" '$1 == name {$1 = ""; sub(/^ /, ""); print; exit}' "$CLIENTS/$crate.skips")
        case "$verdict" in
            ok) report pass "$name" ;;
            ignored*) report skip "$name" 'by itself' ;;
            *) if [ -n "$left_out" ]; then report skip "$name" "$left_out"; else report FAIL "$name" "$LOGS/cargo.log"; fi ;;
        esac
    done < <(python3 "$CLIENTS/python/libtest_lines.py" "$LOGS/cargo.log")
    finish
}
