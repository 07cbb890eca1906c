#!/usr/bin/env bash
# confluent-kafka for Python: admin calls, records, groups in both protocols with rebalances, transactions
. "$(dirname "$0")/../lib.sh"
need python3
python=$(python_venv confluent-kafka confluent-kafka==2.16.1 2>>"$LOGS/setup.log") || skip_suite "confluent-kafka cannot be installed: $(tail -1 "$LOGS/setup.log")"
run_program "$python" "$CLIENTS/python/confluent_client.py"
