#!/usr/bin/env bash
# librdkafka's own tests against a broker, groups in the classic protocol
. "$(dirname "$0")/../lib.sh"
. "$CLIENTS/librdkafka/run.sh"
librdkafka_suite default classic
