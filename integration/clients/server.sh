# Shell functions that start and stop a server under test (sourced): `headwater server`, or Apache Kafka as the baseline.
#
#   start_server FOLDER [KEY=VALUE...]   sets BOOTSTRAP; FOLDER takes the configuration, data, log and pid; KEY=VALUE win over the suites' settings
#   stop_server FOLDER
#   port_is_free PORT
#
# SERVER_PORT is a port instead of a free one.
# Needs SERVER, ROOT and CLIENTS, and HEADWATER with SERVER=headwater.

start_server() {
    local folder=$1
    shift
    mkdir -p "$folder"
    case "$SERVER" in
        kafka)
            local answer
            answer=$(PEER_DIR="$folder/peer" PEER_PORT="${SERVER_PORT:-}" "$ROOT/scripts/peers" start "$@") || return
            BOOTSTRAP=$(sed -n 's/^BOOTSTRAP=//p' <<<"$answer")
            ;;
        headwater) start_headwater "$folder" "$@" ;;
        *) echo "SERVER is headwater or kafka, not $SERVER" >&2; return 2 ;;
    esac
    export BOOTSTRAP
}

start_headwater() {
    local folder=$1 setting port sets=()
    shift
    for setting in "$@"; do sets+=(--set "$setting"); done
    port="${SERVER_PORT:-$(python3 -c 'import socket
one = socket.socket()
one.bind(("127.0.0.1", 0))
print(one.getsockname()[1])')}"
    setsid "$HEADWATER" server --data-dir "$folder/data" --listen "127.0.0.1:$port" --config "$CLIENTS/headwater.toml" "${sets[@]}" \
        >"$folder/server.log" 2>&1 </dev/null &
    echo $! >"$folder/pid"
    BOOTSTRAP="127.0.0.1:$port"
    if ! python3 "$CLIENTS/python/wait_for_broker.py" "$BOOTSTRAP" 30 --pid "$(cat "$folder/pid")"; then
        tail -20 "$folder/server.log" >&2
        return 1
    fi
}

stop_server() {
    local folder=$1
    if [ -d "$folder/peer" ]; then
        PEER_DIR="$folder/peer" "$ROOT/scripts/peers" stop 2>/dev/null
    elif [ -f "$folder/pid" ]; then
        local pid
        pid=$(cat "$folder/pid")
        rm -f "$folder/pid"
        kill "$pid" 2>/dev/null || return 0
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || return 0
            sleep 0.1
        done
        echo "the server did not end within 10 s of SIGTERM; killed" >&2
        kill -9 "$pid" 2>/dev/null || true
    fi
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
