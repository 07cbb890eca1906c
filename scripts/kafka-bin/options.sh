# Reads the options of Kafka's command-line tools (sourced by the shims kafka-*.sh), and finds our program.
#
#   read_options "ACTIONS" "VALUES" "FLAGS" "MAYBE" ARGUMENT...
#
# sets `action` (the one of ACTIONS that was given), and for each of the others an array option_NAME with `-` and `.` as `_`: the values of each of VALUES,
# `yes` for each of FLAGS; for each of MAYBE, whose value may be left out, the value or an empty text, and no array where it was not given.
# `--name=value` and `--name value` are the same. An option that is in none of the lists ends the shim with 2: it would be wrong to pass over it.
#
#   read_command "COMMANDS" "FLAGS" ARGUMENT...
#
# is for tools whose action is a word among the options: sets `command` to the one of COMMANDS that is there, and `rest` to the other arguments. FLAGS are
# the options without a value.
# HEADWATER names the program; without it, `headwater` of the PATH. Values with blanks are kept together.

tool=$(basename "$0")
headwater="${HEADWATER:-headwater}"

stop() {
    printf '%s: %s\n' "$tool" "$*" >&2
    exit 2
}

# lines_into ARRAY COMMAND...: the lines that it prints; where it fails the shim ends with 1.
lines_into() {
    local -n lines_target=$1
    local text
    shift
    text=$("$@") || exit 1
    lines_target=()
    [ -z "$text" ] || mapfile -t lines_target <<<"$text"
}

# The variable of an option.
variable_of() { local name=${1//-/_}; printf 'option_%s' "${name//./_}"; }

read_command() {
    local commands=$1 flags=$2
    shift 2
    command="" rest=()
    while [ $# -gt 0 ]; do
        case "$1" in
            --*)
                rest+=("$1")
                # Its value may be a command's word too.
                if [[ "$1" != *=* && " $flags " != *" ${1#--} "* && $# -gt 1 ]]; then
                    rest+=("$2")
                    shift
                fi
                ;;
            *)
                [ -z "$command" ] || stop "$command and $1 are two things; one at a time"
                [[ " $commands " == *" $1 "* ]] || stop "$1 is not understood here; one of these is: $commands"
                command=$1
                ;;
        esac
        shift
    done
    [ -n "$command" ] || stop "one of these is needed: $commands"
}

read_options() {
    local actions=$1 values=$2 flags=$3 maybe=$4 name value variable
    shift 4
    # A list may be broken into lines.
    values=${values//$'\n'/ }
    for name in $values $flags; do declare -ga "$(variable_of "$name")=()"; done
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
        variable=$(variable_of "$name")
        if [[ " $actions " == *" $name "* ]]; then
            [ -z "$action" ] || stop "--$action and --$name are two things; one at a time"
            action=$name
        elif [[ " $values " == *" $name "* ]]; then
            [ $# -gt 0 ] || stop "--$name needs a value"
            local -n list="$variable"
            list+=("$1")
            unset -n list
            shift
        elif [[ " $maybe " == *" $name "* ]]; then
            value=""
            if [ $# -gt 0 ] && [[ "$1" != --* ]]; then value=$1; shift; fi
            declare -ga "$variable=(\"\$value\")"
        elif [[ " $flags " == *" $name "* ]]; then
            declare -ga "$variable=(yes)"
        else
            stop "--$name is not understood here; see \`headwater help\`"
        fi
    done
    [ -n "$action" ] || stop "one of these is needed: --${actions// / --}"
    [ ${#option_bootstrap_server[@]} -eq 1 ] || stop "--bootstrap-server HOST:PORT is needed"
}

# The program, over the network. Its exit codes are Kafka's: 0, or 1 with the reason on stderr.
call() { "$headwater" "$@" --bootstrap "${option_bootstrap_server[0]}"; }
