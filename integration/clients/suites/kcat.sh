#!/usr/bin/env bash
# kcat (Debian): metadata, round trips with every codec, offsets, a group with a rebalance, transactions
. "$(dirname "$0")/../lib.sh"
need kcat

k() { kcat -b "$BOOTSTRAP" "$@"; }

# Lines "k0<TAB>v0" ... for N records.
lines() { seq 0 $(($1 - 1)) | sed 's/.*/k&\tv&/'; }

test_metadata_names_the_broker_and_the_topic() {
    local topic answer
    topic=$(fresh kcat-meta)
    echo one | k -P -t "$topic"
    answer=$(k -L -t "$topic")
    expect_match brokers "$answer" '^ 1 brokers:'
    expect_match address "$answer" "broker [0-9]+ at $BOOTSTRAP"
    expect_match topic "$answer" "topic \"$topic\" with 4 partitions:"
    expect_match partition "$answer" 'partition 3, leader [0-9]+, replicas: [0-9]+, isrs: [0-9]+'
}

test_records_come_back_as_they_went() {
    local topic
    topic=$(fresh kcat-round)
    lines 1000 >"$SCRATCH/sent"
    k -P -t "$topic" -K '\t' -H name=value -H empty= <"$SCRATCH/sent"
    k -C -t "$topic" -e -q -o beginning -f '%k\t%s\n' | sort >"$SCRATCH/got"
    expect_equal records "$(md5sum <"$SCRATCH/got")" "$(sort "$SCRATCH/sent" | md5sum)"
    expect_equal headers "$(k -C -t "$topic" -e -q -o beginning -f '%h\n' | sort -u)" 'name=value,empty='
}

test_every_codec_is_stored_and_read() {
    local codec topic
    for codec in gzip snappy lz4 zstd; do
        topic=$(fresh "kcat-$codec")
        lines 2000 >"$SCRATCH/sent"
        k -P -t "$topic" -p 0 -z "$codec" -X linger.ms=100 -K '\t' <"$SCRATCH/sent"
        k -C -t "$topic" -p 0 -e -q -o beginning -X check.crcs=true -f '%k\t%s\n' >"$SCRATCH/got"
        cmp "$SCRATCH/sent" "$SCRATCH/got" || fail "$codec: the records differ"
    done
}

test_null_keys_and_values_stay_null() {
    local topic
    topic=$(fresh kcat-null)
    printf ':\na:\n:b\n' | k -P -t "$topic" -p 0 -Z -K :
    expect_equal lengths "$(k -C -t "$topic" -p 0 -e -q -f '%K %S\n' | tr '\n' ',')" '-1 -1,1 -1,-1 1,'
}

test_offsets_are_found_by_number_end_and_time() {
    local topic middle
    topic=$(fresh kcat-offset)
    seq 0 9 | k -P -t "$topic" -p 0
    sleep 1.1
    middle=$(date +%s%3N)
    seq 10 19 | k -P -t "$topic" -p 0
    expect_equal 'from 15' "$(k -C -t "$topic" -p 0 -e -q -o 15 | tr '\n' ' ')" '15 16 17 18 19 '
    expect_equal 'last three' "$(k -C -t "$topic" -p 0 -e -q -o -3 | tr '\n' ' ')" '17 18 19 '
    expect_equal 'from a time' "$(k -C -t "$topic" -p 0 -e -q -o "s@$middle" | head -1)" 10
    expect_match 'query of a time' "$(k -Q -t "$topic:0:$middle")" "$topic \[0\] offset 10"
    expect_match 'query of the end' "$(k -Q -t "$topic:0:-1")" "$topic \[0\] offset 20"
    expect_match 'query of the start' "$(k -Q -t "$topic:0:-2")" "$topic \[0\] offset 0"
}

# How many partitions the last assignment in a member's log has.
assigned_count() { grep 'assigned:' "$1" | tail -1 | grep -o "$2 \[[0-9]*\]" | wc -l; }

shared_evenly() { [ "$(assigned_count "$1" "$3")" = 2 ] && [ "$(assigned_count "$2" "$3")" = 2 ]; }

received() { [ "$(cat "$SCRATCH"/out.* | sort -u | wc -l)" -ge "$1" ]; }

test_a_group_rebalances_and_goes_on_where_it_committed() {
    local topic group first second
    topic=$(fresh kcat-group)
    group=$(fresh kcat-g)
    lines 400 | k -P -t "$topic" -K '\t'
    member() { kcat -b "$BOOTSTRAP" -G "$group" -X auto.offset.reset=earliest -X session.timeout.ms=6000 -X auto.commit.interval.ms=200 -u "$topic" >"$SCRATCH/out.$1" 2>"$SCRATCH/err.$1" & }
    member 1
    first=$!
    wait_for 20 'the first member has all partitions' received 400
    member 2
    second=$!
    wait_for 30 'both have two partitions' shared_evenly "$SCRATCH/err.1" "$SCRATCH/err.2" "$topic"
    seq 400 799 | sed 's/.*/k&\tv&/' | k -P -t "$topic" -K '\t'
    wait_for 20 'all records of both rounds' received 800
    [ -s "$SCRATCH/out.2" ] || fail 'the second member got nothing'
    expect_equal 'records given out twice' "$(cat "$SCRATCH"/out.* | sort | uniq -d | wc -l)" 0
    kill "$first" "$second"
    wait "$first" "$second" || true
    echo 'klast	vlast' | k -P -t "$topic" -K '\t'
    # A member of a later session gets only what came after the commit.
    member 3
    first=$!
    wait_for 20 'the last record' grep -q vlast "$SCRATCH/out.3"
    kill "$first"
    wait "$first" || true
    expect_equal 'records after the commit' "$(cat "$SCRATCH/out.3")" vlast
}

stored() { k -C -t "$1" -p 0 -e -q -X isolation.level="$2" -f '%s\n' | sed 's/ *$//'; }

open_records_are_stored() { [ "$(stored "$1" read_uncommitted | wc -l)" -gt 110 ]; }

test_transactions_commit_and_abort() {
    local topic id pid
    topic=$(fresh kcat-txn)
    id=$(fresh kcat-y)
    seq 1 100 | k -P -t "$topic" -p 0 -X transactional.id="$(fresh kcat-x)"
    # A producer that dies within its transaction: its input stays open until then. Long lines, for kcat reads its input in blocks.
    mkfifo "$SCRATCH/pipe"
    kcat -b "$BOOTSTRAP" -P -t "$topic" -p 0 -X linger.ms=5 -X transactional.id="$id" <"$SCRATCH/pipe" &
    pid=$!
    exec 9>"$SCRATCH/pipe"
    seq 101 150 | xargs printf '%-2000s\n' >&9
    wait_for 20 'records of the open transaction are stored' open_records_are_stored "$topic"
    expect_equal 'committed while one is open' "$(stored "$topic" read_committed | md5sum)" "$(seq 1 100 | md5sum)"
    kill -KILL "$pid"
    wait "$pid" || true
    exec 9>&-
    # The next producer of the same name aborts what the dead one left open.
    seq 201 300 | k -P -t "$topic" -p 0 -X transactional.id="$id"
    expect_equal committed "$(stored "$topic" read_committed | md5sum)" "$({ seq 1 100; seq 201 300; } | md5sum)"
    [ "$(stored "$topic" read_uncommitted | wc -l)" -gt 210 ] || fail 'the aborted records are gone from the log'
}

run_cases "$@"
