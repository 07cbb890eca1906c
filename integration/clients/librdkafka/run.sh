# Runs librdkafka's own test-runner, number by number (sourced by the suites librdkafka_*).
#
#   librdkafka_suite SCENARIO PROTOCOL   SCENARIO as the runner's -s (default, noautocreate), PROTOCOL classic or consumer
#
# The sources come with the crate rdkafka-sys and are built once under EXT. Each number is a process of its own with NUMBER_SECONDS (300), because
# a failed assertion ends the process. What is left out, and why, is in librdkafka.skips; what the runner itself skips is reported with its words.
# NUMBERS="0001 0002" runs only those (skips too); QUICK=1 runs less of each (the runner's -Q); RDKAFKA_CONF="key=value ..." adds properties;
# RDKAFKA_TIMEOUT_MULTIPLIER (2) stretches the tests' own time limits, which are those of a machine that does nothing else.

crate_version=4.10.0
number_seconds="${NUMBER_SECONDS:-300}"
# Numbers that need more: both have parts by the dozen.
declare -A longer=([0081]=900 [0113]=900)

build_librdkafka() {
    need cc c++ make java javac
    local source
    source=$(registry_source rdkafka-sys "$crate_version") || skip_suite "the crate rdkafka-sys $crate_version cannot be fetched"
    built="$EXT/librdkafka-$crate_version"
    [ -f "$built/ready" ] && return 0
    echo "building librdkafka and its tests in $built (about three minutes)"
    rm -rf "$built"
    cp -r "$source/librdkafka" "$built"
    chmod -R u+w "$built"
    setup_step build in_built_tree
    touch "$built/ready"
}

in_built_tree() {
    cd "$built"
    one_replica
    ./configure --disable-curl --disable-gssapi
    make -j2 libs
    make -j2 -C tests build
}

# Many tests make their topics with three replicas without using them: where the helper makes the topic, it asks a single node for one.
one_replica() {
    local call='rd_kafka_NewTopic_new(topicname, partition_cnt, '
    sed -i "s/${call}replication_factor,/${call}1,/" tests/test.c
    grep -q "${call}1," tests/test.c
}

# The folder that the tests take for a Kafka distribution: KAFKA_PATH/bin/*.sh and KAFKA_PATH/libs.
kafka_path() {
    local folder="$SCRATCH/kafka" tool
    mkdir -p "$folder/bin" "$folder/libs"
    ln -s "$JARS"/kafka-clients-[0-9]*[0-9].jar "$folder/libs/"
    for tool in topics acls configs consumer-groups; do
        printf '#!/bin/sh\nexec java %s -cp "%s/*" %s "$@"\n' "${java_options[*]}" "$JARS" "$(tool_class $tool)" >"$folder/bin/kafka-$tool.sh"
    done
    # Where we have a tool of our own it is tested as well.
    [ "$SERVER" = kafka ] || ln -sf "$ROOT"/scripts/kafka-bin/* "$folder/bin/"
    # A Java program of theirs is a client, whatever the server is.
    printf '#!/bin/sh\nexec java %s -cp "$CLASSPATH:%s/*" "$@"\n' "${java_options[*]}" "$JARS" >"$folder/bin/kafka-run-class.sh"
    find "$folder/bin" -type f -exec chmod +x {} +
    echo "$folder"
}

# The numbers that have a test of this scenario that wants a broker.
numbers_of() {
    python3 "$CLIENTS/librdkafka/numbers.py" "$built/tests/test.c" "$1"
}

# NUMBER PROTOCOL SCENARIO: the reason for which it is left out, or nothing.
reason_to_skip() {
    sed -nE "s/^$1[[:space:]]+(any|$2|$2\/$3)[[:space:]]+([a-z-]+)[[:space:]]+(.*)$/\2: \3/p" "$CLIENTS/librdkafka.skips" | head -1
}

librdkafka_suite() {
    local scenario=$1 protocol=$2 number reason
    need_jars
    build_librdkafka
    printf 'bootstrap.servers=%s\nbroker.address.family=v4\ntest.timeout.multiplier=%s\n' "$BOOTSTRAP" "${RDKAFKA_TIMEOUT_MULTIPLIER:-2}" >"$SCRATCH/test.conf"
    for reason in ${RDKAFKA_CONF:-}; do echo "$reason" >>"$SCRATCH/test.conf"; done
    local folder
    folder=$(kafka_path)
    for number in ${NUMBERS:-$(numbers_of "$scenario")}; do
        reason=$(reason_to_skip "$number" "$protocol" "$scenario")
        case "$reason" in
            race:*) run_number "$number" "$scenario" "$protocol" "$folder" 3 ;;
            ?*) if [ -n "${NUMBERS:-}" ]; then run_number "$number" "$scenario" "$protocol" "$folder" 1; else report skip "$number" "$reason"; fi ;;
            *) run_number "$number" "$scenario" "$protocol" "$folder" 1 ;;
        esac
    done
    finish
}

# NUMBER SCENARIO PROTOCOL FOLDER TRIES: the last try counts, and says which it was.
run_number() {
    local number=$1 verdict try
    for try in $(seq "$5"); do
        verdict=$(try_number "$@")
        [[ "$verdict" == FAIL* ]] || break
    done
    [ "$try" -eq 1 ] || verdict="$verdict; try $try"
    [ "${verdict%%;*}" = none ] || report "${verdict%% *}" "$number" "${verdict#* }"
}

try_number() {
    local number=$1 scenario=$2 protocol=$3 folder=$4 status=0
    local log="$LOGS/$number.log" answer="$LOGS/$number.json" quick=()
    [ "${QUICK:-}" = 1 ] && quick=(-Q)
    rm -f "$answer"
    (
        cd "$built/tests"
        # The runner behaves otherwise when it believes to be in a build farm.
        unset CI
        export LD_LIBRARY_PATH="$built/src:$built/src-cpp" RDKAFKA_TEST_CONF="$SCRATCH/test.conf" KAFKA_PATH="$folder" BROKERS="$BOOTSTRAP"
        export TESTS="$number" TEST_CONSUMER_GROUP_PROTOCOL="$protocol" TEST_REPORT="$answer"
        timeout -k 5 "${longer[$number]:-$number_seconds}" ./test-runner -p1 -L "${quick[@]}" -s "$scenario" -V 4.3.1.0 || exit $?
    ) >"$log" 2>&1 </dev/null || status=$?
    python3 "$CLIENTS/librdkafka/verdict.py" "$number" "$answer" "$status" "$log" || echo "FAIL the report cannot be read"
}
