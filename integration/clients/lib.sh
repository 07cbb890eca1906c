# Shell functions shared by the suites (sourced, not run): running cases under a time limit, counting, reporting, finding tools.
#
# A suite is a file in suites/. Either it defines cases as functions `test_WORDS` and ends with `run_cases "$@"`, or its cases are those of a
# program (`run_program`), or it runs a foreign runner and calls `report` for each of its results and `finish` at the end. A case is one process with its own time limit and log; it passes when it
# leaves with 0. Results go to stdout as lines `pass|FAIL|skip NAME [reason]`, then one line `SUITE: N passed, N failed, N skipped`.
#
# What scripts/test-clients gives each suite:
#   BOOTSTRAP   host:port of the server
#   SERVER      headwater or kafka: whose command-line tools may be called, and what is started when a suite wants a second server
#   EXT         where downloads and built trees are kept;  JARS  Apache Kafka's jars (the folder may be missing: `need_jars`)
#   LOGS        this suite's logs;  SCRATCH  a folder that is removed after the suite
#   CLIENTS     this folder;  ROOT  the repository;  HEADWATER  the program (unset with SERVER=kafka)

set -euo pipefail

suite=$(basename "$0" .sh)
passed=0
failed=0
skipped=0
case_seconds="${CASE_SECONDS:-120}"

# Leaves the suite with a visible reason.
skip_suite() {
    printf '%s: SKIPPED: %s\n' "$suite" "$*"
    exit 77
}

# need COMMAND...: skips the suite where one is missing.
need() {
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || skip_suite "no $command on the PATH"
    done
}

need_jars() {
    need java javac
    "$ROOT/scripts/peers" jars >>"$LOGS/setup.log" 2>&1 || skip_suite "Apache Kafka's jars are missing: $(tail -1 "$LOGS/setup.log")"
}

# setup_step WHAT COMMAND...: output goes to setup.log; a failure fails the suite and shows the end of the log.
setup_step() {
    local what=$1
    shift
    if ! "$@" >>"$LOGS/setup.log" 2>&1; then
        tail -20 "$LOGS/setup.log"
        report FAIL "$what" "see $LOGS/setup.log"
        finish
    fi
}

# report pass|FAIL|skip NAME [REASON]
report() {
    case "$1" in
        pass) passed=$((passed + 1)) ;;
        FAIL) failed=$((failed + 1)) ;;
        skip) skipped=$((skipped + 1)) ;;
        *) echo "report: $1?" >&2; exit 2 ;;
    esac
    printf '  %-4s %s%s\n' "$1" "$2" "${3:+  ($3)}"
}

finish() {
    printf '%s: %d passed, %d failed, %d skipped\n' "$suite" "$passed" "$failed" "$skipped" | tee "$LOGS/summary"
    # A suite in which nothing ran has shown nothing.
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

# Runs the functions test_* of the suite in the order of the file, each as `bash SUITE --case NAME`.
run_cases() {
    if [ "${1:-}" = --case ]; then
        "$2"
        exit 0
    fi
    local name
    for name in $(sed -nE 's/^test_([a-z0-9_]+)\(\).*/\1/p' "$0"); do
        run_case "$name" bash "$0" --case "test_$name"
    done
    finish
}

# run_program COMMAND...: runs the cases of a program that prints their names with --list and runs one with its name.
run_program() {
    local names name
    names=$("$@" --list 2>>"$LOGS/setup.log") || { tail -5 "$LOGS/setup.log"; report FAIL start "see $LOGS/setup.log"; finish; }
    for name in $names; do run_case "$name" "$@" "$name"; done
    finish
}

# run_case NAME COMMAND...: one process under the time limit. CASES names those wanted (default: all).
run_case() {
    local name=$1 status=0 start=$SECONDS
    local log="$LOGS/$1.log"
    shift
    if [ -n "${CASES:-}" ] && [[ " $CASES " != *" $name "* ]]; then return 0; fi
    timeout -k 10 "$case_seconds" "$@" >"$log" 2>&1 </dev/null || status=$?
    case "$status" in
        0) report pass "$name" "$((SECONDS - start)) s" ;;
        77) report skip "$name" "$(tail -1 "$log")" ;;
        124 | 137) report FAIL "$name" "no end after $case_seconds s; $log" ;;
        *) report FAIL "$name" "$(reason_in "$log"); $log" ;;
    esac
}

# The line of a log that says most: the last `fail:`, or the last line.
reason_in() { { grep -E '^fail: ' "$1" || tail -1 "$1"; } | tail -1 | cut -c1-160; }

fail() {
    printf 'fail: %s\n' "$*" >&2
    exit 1
}

# expect_equal WHAT ACTUAL EXPECTED
expect_equal() { [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"; }

# expect_match WHAT TEXT REGEX: some line of the text matches.
expect_match() { grep -qE -- "$3" <<<"$2" || fail "$1: no line matches '$3' in: $(head -c 600 <<<"$2")"; }

# expect_no_match WHAT TEXT REGEX
expect_no_match() { ! grep -qE -- "$3" <<<"$2" || fail "$1: a line matches '$3': $(grep -E -- "$3" <<<"$2" | head -1)"; }

# wait_for SECONDS WHAT COMMAND...: polls the command until it succeeds.
wait_for() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || fail "$what: not within the time"
        sleep 0.3
    done
}

# A name that no earlier run on the same server has used.
fresh() { printf '%s-%s-%s' "$1" "$(date +%s)" "$RANDOM"; }

# Java with little memory and quick start: the suites start hundreds of short programs. JAVA_LOG is the level of what they log to stderr.
java_options=(-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto "-Dorg.slf4j.simpleLogger.defaultLogLevel=${JAVA_LOG:-warn}")

# Sets the array `java_command` to Java with our own classes besides the jars: an array can be given to `timeout`, a function cannot.
use_classes() { java_command=(java "${java_options[@]}" -cp "$1:$JARS/*"); }

java_quick() { java "${java_options[@]}" -cp "$JARS/*" "$@"; }

# compile_java FOLDER FILE.java...: files of java/src.
compile_java() {
    local folder=$1
    shift
    setup_step compile javac -nowarn -d "$folder" -cp "$JARS/*" "${@/#/$CLIENTS/java/src/}"
    use_classes "$folder"
}

# kafka_tool TOOL ARGUMENT...: Kafka's own command-line tool against the server under test.
kafka_tool() {
    local tool=$1 first=()
    shift
    # This one wants its command before the server.
    if [ "$tool" = cluster ]; then
        first=("$1")
        shift
    fi
    java_quick "$(tool_class "$tool")" "${first[@]}" --bootstrap-server "$BOOTSTRAP" "$@"
}

# The main class behind bin/kafka-TOOL.sh of Apache Kafka 4.3.
tool_class() {
    local tools=org.apache.kafka.tools
    case "$1" in
        acls) echo $tools.AclCommand ;;
        broker-api-versions) echo $tools.BrokerApiVersionsCommand ;;
        client-metrics) echo $tools.ClientMetricsCommand ;;
        cluster) echo $tools.ClusterTool ;;
        configs) echo kafka.admin.ConfigCommand ;;
        console-consumer) echo $tools.consumer.ConsoleConsumer ;;
        console-producer) echo $tools.ConsoleProducer ;;
        consumer-groups) echo $tools.consumer.group.ConsumerGroupCommand ;;
        delete-records) echo $tools.DeleteRecordsCommand ;;
        features) echo $tools.FeatureCommand ;;
        get-offsets) echo $tools.GetOffsetShell ;;
        groups) echo $tools.GroupsCommand ;;
        leader-election) echo $tools.LeaderElectionCommand ;;
        log-dirs) echo $tools.LogDirsCommand ;;
        metadata-quorum) echo $tools.MetadataQuorumCommand ;;
        reassign-partitions) echo $tools.reassign.ReassignPartitionsCommand ;;
        topics) echo $tools.TopicCommand ;;
        transactions) echo $tools.TransactionsCommand ;;
        *) echo "no class is known for kafka-$1.sh" >&2; return 1 ;;
    esac
}

# python_venv NAME PACKAGE...: makes a virtual environment once; prints its python.
python_venv() {
    local folder="$EXT/venv/$1" wanted
    shift
    wanted="$*"
    if [ "$(cat "$folder/packages" 2>/dev/null)" != "$wanted" ]; then
        rm -rf "$folder"
        python3 -m venv "$folder" >&2
        "$folder/bin/pip" install -q "$@" >&2
        echo "$wanted" >"$folder/packages"
    fi
    echo "$folder/bin/python"
}

# registry_source CRATE VERSION: where cargo keeps the source of a crate, fetched if need be. VERSION is an exact one.
registry_source() {
    local probe="$EXT/crates/$1-$2"
    mkdir -p "$probe/src"
    : >"$probe/src/lib.rs"
    printf '[package]\nname = "probe"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n%s = "=%s"\n\n[workspace]\n' "$1" "$2" >"$probe/Cargo.toml"
    cargo metadata -q --format-version 1 --manifest-path "$probe/Cargo.toml" |
        python3 -c 'import json, os, sys
name, version = sys.argv[1:]
packages = json.load(sys.stdin)["packages"]
print(next(os.path.dirname(p["manifest_path"]) for p in packages if p["name"] == name and p["version"].split("+")[0] == version.split("+")[0]))' "$1" "$2"
}
