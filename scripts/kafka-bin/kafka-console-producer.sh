#!/usr/bin/env bash
# Kafka's kafka-console-producer.sh on `headwater produce`, so that scripts that call it run without Java. Records are always acknowledged by all
# in-sync replicas and never doubled, so options that weaken or tune that are taken and have no effect.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_options "produce" \
    "bootstrap-server topic property reader-property producer-property command-property producer.config command-config reader-config batch-size
     request-required-acks request-timeout-ms retry-backoff-ms message-send-max-retries timeout max-block-ms max-memory-bytes
     max-partition-memory-bytes metadata-expiry-ms socket-buffer-size" "sync" "compression-codec" --produce "$@"
[ ${#option_topic[@]} -eq 1 ] || stop "--topic is needed"

parse_key=false required=(--key-required) separator=$'\t' null=() compression=none
[ -z "${option_compression_codec+x}" ] || compression="${option_compression_codec[0]:-gzip}"
for property in "${option_property[@]}" "${option_reader_property[@]}"; do
    value=${property#*=}
    case "$property" in
        parse.key=*) parse_key=$value ;;
        key.separator=*) separator=$value ;;
        null.marker=*) null=(--null-marker "$value") ;;
        ignore.error=true) required=() ;;
        ignore.error=*) required=(--key-required) ;;
        parse.headers=false) ;;
        *) stop "--reader-property $property is not understood here; parse.key, key.separator, null.marker and ignore.error are" ;;
    esac
done
for property in "${option_producer_property[@]}" "${option_command_property[@]}"; do
    case "$property" in compression.type=*) compression=${property#*=} ;; esac
done
keys=()
[ "$parse_key" != true ] || keys=(--key-separator "$separator" "${required[@]}")
call produce "${option_topic[0]}" --compression "$compression" "${keys[@]}" "${null[@]}" >/dev/null
