#!/usr/bin/env bash
# franz-go's own tests of its client kgo, from the Go module proxy: groups of every kind, exactly-once pipelines, share groups
#
# KGO_TEST_RECORDS (20000) is how much goes through each pipeline. What is left out, and why, is in franz_go.skips.
. "$(dirname "$0")/../lib.sh"
need go
version=v1.22.2
built="$EXT/franz-go-$version"

build() {
    rm -rf "$built"
    mkdir -p "$built"
    cd "$built"
    go mod init ext
    go get -t "github.com/twmb/franz-go/pkg/kgo@$version"
    go test -c -o kgo.test github.com/twmb/franz-go/pkg/kgo
}

[ -x "$built/kgo.test" ] || setup_step build build
# Some read the sources beside them.
cd "$(cd "$built" && go list -f '{{.Dir}}' github.com/twmb/franz-go/pkg/kgo)"
export KGO_SEEDS="$BOOTSTRAP" KGO_TEST_RF=1 KGO_TEST_RECORDS="${KGO_TEST_RECORDS:-20000}" KGO_LOG_LEVEL=none
timeout -k 10 900 "$built/kgo.test" -test.v -test.timeout 14m -test.parallel 2 >"$LOGS/kgo.log" 2>&1 || true
while read -r verdict name seconds; do
    left_out=$(awk -v name="$name" '$1 == name {$1 = ""; sub(/^ /, ""); print; exit}' "$CLIENTS/franz_go.skips")
    if [ "$verdict" = FAIL ] && [ -n "$left_out" ]; then verdict=skip seconds=$left_out; fi
    report "$verdict" "$name" "$seconds"
done < <(python3 "$CLIENTS/python/gotest_lines.py" "$LOGS/kgo.log")
finish
