# Reads the options of Kafka's command-line tools (sourced by the shims kafka-*.sh), and finds our program.
#
#   read_options "ACTIONS" "VALUES" "FLAGS" ARGUMENT...
#
# sets `action` (the one of ACTIONS that was given), and for each of VALUES and FLAGS that was given an array option_NAME with `-` as `_`: its values,
# or `yes`. `--name=value` and `--name value` are the same. An option that is in none of the lists ends the shim with 2: it would be wrong to pass
# over it. HEADWATER names the program; without it, `headwater` of the PATH. Values with blanks are kept together.

tool=$(basename "$0")
headwater="${HEADWATER:-headwater}"

stop() {
    printf '%s: %s\n' "$tool" "$*" >&2
    exit 2
}

read_options() {
    local actions=$1 values=$2 flags=$3 name value variable
    shift 3
    action=""
    while [ $# -gt 0 ]; do
        [[ "$1" == --* ]] || stop "what is $1?"
        name=${1#--}
        shift
        if [[ "$name" == *=* ]]; then
            value=${name#*=}
            name=${name%%=*}
            set -- "$value" "$@"
        fi
        variable="option_${name//-/_}"
        if [[ " $actions " == *" $name "* ]]; then
            [ -z "$action" ] || stop "--$action and --$name are two things; one at a time"
            action=$name
        elif [[ " $values " == *" $name "* ]]; then
            [ $# -gt 0 ] || stop "--$name needs a value"
            local -n list="$variable"
            list+=("$1")
            unset -n list
            shift
        elif [[ " $flags " == *" $name "* ]]; then
            local -n list="$variable"
            list=(yes)
            unset -n list
        else
            stop "--$name is not understood here; see \`headwater help\`"
        fi
    done
    [ -n "$action" ] || stop "one of these is needed: --${actions// / --}"
    [ ${#option_bootstrap_server[@]} -eq 1 ] || stop "--bootstrap-server HOST:PORT is needed"
}

# The program, over the network. Its exit codes are Kafka's: 0, or 1 with the reason on stderr.
call() { "$headwater" "$@" --bootstrap "${option_bootstrap_server[0]}"; }
