#!/usr/bin/env bash
# aiokafka (PyPI): admin calls, records with every codec, a group with rebalances, transactions
. "$(dirname "$0")/../lib.sh"
need python3
python=$(python_venv aiokafka aiokafka==0.14.0 lz4 python-snappy zstandard cramjam 2>>"$LOGS/setup.log") || skip_suite "aiokafka cannot be installed: $(tail -1 "$LOGS/setup.log")"
run_program "$python" "$CLIENTS/python/aiokafka_client.py"
