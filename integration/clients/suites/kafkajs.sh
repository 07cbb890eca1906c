#!/usr/bin/env bash
# kafkajs (npm): admin calls, records, a group with rebalances, transactions
. "$(dirname "$0")/../lib.sh"
need node npm
version=2.2.4
export KAFKAJS="$EXT/kafkajs-$version"
if [ ! -d "$KAFKAJS/node_modules/kafkajs" ]; then
    mkdir -p "$KAFKAJS"
    npm install --silent --no-audit --no-fund --prefix "$KAFKAJS" "kafkajs@$version" >>"$LOGS/setup.log" 2>&1 || skip_suite "kafkajs cannot be installed: $(tail -1 "$LOGS/setup.log")"
fi
export KAFKAJS_NO_PARTITIONER_WARNING=1
run_program node "$CLIENTS/js/kafkajs_client.mjs"
