#!/usr/bin/env bash
# Kafka's kafka-transactions.sh on `headwater transaction`, so that scripts that call it run without Java. It looks, and ends no transaction.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_command "list describe describe-producers" "" "$@"
case "$command" in
    list) values="duration-filter transactional-id-pattern" ;;
    describe) values="transactional-id" ;;
    describe-producers) values="topic partition broker-id" ;;
esac
read_options "$command" "bootstrap-server command-config $values" "" "" "--$command" "${rest[@]}"

case "$command" in
    list)
        filter=()
        case "${option_duration_filter[0]:-}" in
            "" | -*) ;;
            *) filter+=(--open-for-ms "${option_duration_filter[0]}") ;;
        esac
        [ ${#option_transactional_id_pattern[@]} -eq 0 ] || filter+=(--pattern "${option_transactional_id_pattern[0]}")
        call transaction list --kafka "${filter[@]}"
        ;;
    describe)
        [ ${#option_transactional_id[@]} -eq 1 ] || stop "--transactional-id is needed"
        call transaction describe --kafka "${option_transactional_id[0]}"
        ;;
    describe-producers)
        [ ${#option_topic[@]} -eq 1 ] && [ ${#option_partition[@]} -eq 1 ] || stop "--topic and --partition are needed"
        # With one node each replica is the leader's.
        call transaction producers --kafka "${option_topic[0]}:${option_partition[0]}"
        ;;
esac
