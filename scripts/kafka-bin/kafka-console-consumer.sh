#!/usr/bin/env bash
# Kafka's kafka-console-consumer.sh on `headwater consume`, so that scripts that call it run without Java.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_options "consume" \
    "bootstrap-server topic group partition offset max-messages timeout-ms isolation-level property formatter-property consumer-property
     command-property consumer.config command-config key-deserializer value-deserializer" \
    "from-beginning skip-message-on-error enable-systest-events" "" --consume "$@"
[ ${#option_topic[@]} -eq 1 ] || stop "--topic is needed"

how=()
group=${option_group[0]:-}
isolation=${option_isolation_level[0]:-read_uncommitted}
for property in "${option_consumer_property[@]}" "${option_command_property[@]}"; do
    case "$property" in
        group.id=*) group=${property#*=} ;;
        isolation.level=*) isolation=${property#*=} ;;
        auto.offset.reset=earliest) option_from_beginning=(yes) ;;
    esac
done
for property in "${option_property[@]}" "${option_formatter_property[@]}"; do how+=(--formatter-property "$property"); done
[ ${#how[@]} -gt 0 ] || how=(--formatter-property print.value=true)
for serializer in "${option_key_deserializer[@]}"; do how+=(--formatter-property "key.deserializer=$serializer"); done
for serializer in "${option_value_deserializer[@]}"; do how+=(--formatter-property "value.deserializer=$serializer"); done
[ -z "$group" ] || how+=(--group "$group")
[ ${#option_partition[@]} -eq 0 ] || how+=(--partition "${option_partition[0]}")
place=end
[ -z "${option_from_beginning:-}" ] || place=beginning
case "${option_offset[0]:-}" in
    "") ;;
    earliest) place=beginning ;;
    latest) place=end ;;
    *) place=${option_offset[0]} ;;
esac
[ ${#option_max_messages[@]} -eq 0 ] || how+=(--number "${option_max_messages[0]}")
how+=(--follow --offset "$place" --isolation "$isolation")
[ ${#option_timeout_ms[@]} -eq 0 ] || how+=(--timeout-ms "${option_timeout_ms[0]}")
call consume "${option_topic[0]}" "${how[@]}"
