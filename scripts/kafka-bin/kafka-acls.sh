#!/usr/bin/env bash
# Kafka's kafka-acls.sh on `headwater acl`, so that scripts that call it run without Java. --remove asks nothing: it is always as with --force.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_options "list add remove" \
    "bootstrap-server command-config topic group transactional-id user-principal operation allow-principal deny-principal allow-host deny-host principal resource-pattern-type" \
    "cluster producer consumer idempotent force" "" "$@"

# The options that our program calls the same.
pass() {
    local name variable value
    for name in "$@"; do
        variable="option_${name//-/_}"
        local -n list="$variable"
        for value in "${list[@]}"; do passed+=("--$name" "$value"); done
        unset -n list
    done
}

passed=()
pass topic group transactional-id user-principal
[ -z "${option_cluster:-}" ] || passed+=(--cluster)
named=${#passed[@]}
case "$action" in
    list)
        # Where a name is given, ACLs of that very pattern are meant.
        if [ "$named" -gt 0 ] && [ ${#option_resource_pattern_type[@]} -eq 0 ]; then option_resource_pattern_type=(literal); fi
        pass resource-pattern-type
        for principal in "${option_principal[@]}"; do
            printf 'ACLs for principal `%s`\n' "$principal"
            call acl list --kafka "${passed[@]}" --principal "$principal"
        done
        [ ${#option_principal[@]} -gt 0 ] || call acl list --kafka "${passed[@]}"
        ;;
    add)
        pass operation allow-principal deny-principal allow-host deny-host resource-pattern-type
        for flag in producer consumer idempotent; do
            variable="option_$flag"
            [ -z "${!variable:-}" ] || passed+=("--$flag")
        done
        call acl create --kafka "${passed[@]}"
        ;;
    remove)
        [ "$named" -gt 0 ] || stop "--remove needs --topic, --group, --transactional-id, --user-principal or --cluster"
        [ ${#option_resource_pattern_type[@]} -gt 0 ] || option_resource_pattern_type=(literal)
        for flag in producer consumer idempotent; do
            variable="option_$flag"
            [ -z "${!variable:-}" ] || stop "--remove with --$flag is not understood here; name the operations with --operation"
        done
        pass resource-pattern-type operation
        remove() { call acl delete "${passed[@]}" "$@" >/dev/null; }
        if [ ${#option_allow_principal[@]} -eq 0 ] && [ ${#option_deny_principal[@]} -eq 0 ]; then
            remove
        else
            # As in the ACLs that --add makes of the same options: all operations and every host, where none is named.
            [ ${#option_operation[@]} -gt 0 ] || passed+=(--operation all)
            [ ${#option_allow_host[@]} -gt 0 ] || option_allow_host=('*')
            [ ${#option_deny_host[@]} -gt 0 ] || option_deny_host=('*')
            for principal in "${option_allow_principal[@]}"; do
                for host in "${option_allow_host[@]}"; do remove --principal "$principal" --permission allow --host "$host"; done
            done
            for principal in "${option_deny_principal[@]}"; do
                for host in "${option_deny_host[@]}"; do remove --principal "$principal" --permission deny --host "$host"; done
            done
        fi
        ;;
esac
