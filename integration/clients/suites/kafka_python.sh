#!/usr/bin/env bash
# kafka-python's own integration tests, from its source package on PyPI
#
# KAFKA_PYTHON_SELECT is given to pytest's -k. What may be tried three times, and why, is in kafka_python.skips.
. "$(dirname "$0")/../lib.sh"
need python3
version=3.0.12
built="$EXT/kafka-python-$version"

unpack() {
    rm -rf "$built"
    mkdir -p "$built"
    python3 -m pip download -q --no-binary kafka-python --no-deps -d "$SCRATCH" "kafka-python==$version"
    tar xzf "$SCRATCH/kafka_python-$version.tar.gz" -C "$built" --strip-components 1
    # The package lacks two files of its tests; a server that runs already needs no more of them than this.
    : >"$built/test/__init__.py"
    cp "$CLIENTS/python/kafka_python_service.py" "$built/test/service.py"
    # The tests are of the installed package, not of this folder.
    rm -rf "$built/kafka"
    touch "$built/ready"
}

[ -f "$built/ready" ] || setup_step unpack unpack
python=$(python_venv kafka-python "kafka-python==$version" pytest pytest-timeout pytest-mock lz4 python-snappy zstandard crc32c py 2>>"$LOGS/setup.log") ||
    skip_suite "the virtual environment cannot be made: $(tail -1 "$LOGS/setup.log")"

cd "$built"
mkdir -p "$SCRATCH/kafka-root"

# REPORT [OPTION...]: one run; --last-failed knows what failed in the one before. They compare the version given with what the server looks like.
run_tests() {
    local result=$1
    shift
    KAFKA_ROOT="$SCRATCH/kafka-root" KAFKA_VERSION=4.3.0 KAFKA_URI="kafka://$BOOTSTRAP" PYTHONPATH=. timeout -k 10 900 "$python" -m pytest \
        -q -o cache_dir="$SCRATCH/pytest" --timeout 90 --junit-xml "$result" ${KAFKA_PYTHON_SELECT:+-k "$KAFKA_PYTHON_SELECT"} "$@" \
        test/integration/test_{admin,consumer,producer}_integration.py >>"$LOGS/pytest.log" 2>&1 || true
    [ -f "$result" ] || { tail -5 "$LOGS/pytest.log"; report FAIL pytest "no report; $LOGS/pytest.log"; finish; }
}

is_race() { awk -v name="${1%%[*}" '$1 == name {found = 1} END {exit !found}' "$CLIENTS/kafka_python.skips"; }

run_tests "$LOGS/report-1.xml"
for try in 1 2 3; do
    again=
    while IFS=$'\t' read -r verdict name reason; do
        if ! is_race "$name"; then
            # Its first try counts.
            [ "$try" -gt 1 ] || report "$verdict" "$name" "$reason"
        elif [ "$verdict" = FAIL ] && [ "$try" -lt 3 ]; then
            again=yes
        else
            report "$verdict" "$name" "$reason; try $try"
        fi
    done < <(python3 "$CLIENTS/python/junit_lines.py" "$LOGS/report-$try.xml")
    [ -n "$again" ] || break
    run_tests "$LOGS/report-$((try + 1)).xml" --last-failed
done
finish
