#!/usr/bin/env bash
# Kafka's kafka-delete-records.sh on `headwater topic trim`, so that scripts that call it run without Java. The file is Kafka's:
# {"partitions": [{"topic": "t", "partition": 0, "offset": 5}], "version": 1}; offset -1 is the end.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_options "delete" "bootstrap-server offset-json-file command-config" "" "" --delete "$@"
[ ${#option_offset_json_file[@]} -eq 1 ] || stop "--offset-json-file is needed"

# Its partitions as lines of topic, partition, offset.
places=$(tr -d ' \t\r\n' <"${option_offset_json_file[0]}" | grep -o '{"[^{}]*}' | while read -r entry; do
    field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" <<<"$entry"; }
    printf '%s %s %s\n' "$(field topic)" "$(field partition)" "$(field offset)"
done)
[ -n "$places" ] || stop "${option_offset_json_file[0]} names no partitions"
echo "Executing records delete operation"
lines=$(while read -r topic partition offset; do
    [ "$offset" != -1 ] || offset=end
    call topic trim "$topic:$partition" --before "$offset" || exit 1
done <<<"$places")
echo "Records delete operation completed:"
while IFS=: read -r topic partition offset; do printf 'partition: %s-%s\tlow_watermark: %s\n' "$topic" "$partition" "$offset"; done <<<"$lines"
