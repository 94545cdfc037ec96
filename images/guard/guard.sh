#!/bin/sh
# Keeps the lab's firewall rules in the kernel.
#
#   guard run     load the rules, look every few seconds, load them again when they were touched
#   guard check   exit 0, and say how seats are parted, only while the rules are in force
#   guard clear   take the rules away; for the day the lab is taken down
#
# From the environment:
#   GUARD_TABLE      name of our tables, in the families inet and bridge
#   GUARD_RULES      the inet table; without it there is no guard
#   GUARD_BY_BRIDGE  the bridge table for kernels that can name the bridge of a frame (best)
#   GUARD_BY_ADDRESS the bridge table for kernels that cannot
#
# Stopping leaves the rules in place, so that a guard may be replaced without an open moment.
set -eu

state=/run/guard
look_seconds=2

say() { echo "guard: $*"; }

# One transaction: either all of it is in force, or nothing changed.
load() {
    if printf '%s\n%s\n' "$GUARD_RULES" "$GUARD_BY_BRIDGE" | nft -f - 2>"$state/why"; then
        parted=bridge
    elif printf '%s\n%s\n' "$GUARD_RULES" "$GUARD_BY_ADDRESS" | nft -f - 2>"$state/why"; then
        parted=address
    elif printf '%s\n' "$GUARD_RULES" | nft -f - 2>"$state/why"; then
        parted=forward
    else
        say "this kernel does not take the rules:"
        cat "$state/why"
        return 1
    fi
    echo "$parted" >"$state/parted"
    listing >"$state/in-force.new"
    mv "$state/in-force.new" "$state/in-force"
    say "rules loaded; seats parted by $parted"
}

# What the kernel holds, without counters and without the contents of the counting sets.
listing() {
    nft -s -t list table inet "$GUARD_TABLE"
    if [ "$(cat "$state/parted")" != forward ]; then
        nft -s -t list table bridge "$GUARD_TABLE"
    fi
}

# Where the bridge family is missing, traffic between seats reaches our inet table only
# while the kernel hands bridged packets to it.
bridged_packets_pass_inet() {
    [ "$(cat "$state/parted")" != forward ] ||
        [ "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null)" = 1 ]
}

in_force() {
    [ -s "$state/in-force" ] && bridged_packets_pass_inet &&
        listing 2>/dev/null | cmp -s - "$state/in-force"
}

run() {
    mkdir -p "$state"
    load
    trap 'say "stopping; the rules stay"; exit 0' TERM INT
    while :; do
        sleep "$look_seconds" &
        wait $! || true
        if ! in_force; then
            say "the rules were touched; loading them again"
            load || true
        fi
    done
}

check() {
    if in_force; then
        echo "in force; seats parted by $(cat "$state/parted")"
    else
        echo "the rules are not in force"
        return 1
    fi
}

clear_rules() {
    for family in inet bridge; do
        if nft list table "$family" "$GUARD_TABLE" >/dev/null 2>&1; then
            nft delete table "$family" "$GUARD_TABLE"
        fi
    done
    say "rules removed"
}

case "${1:-run}" in
    run) run ;;
    check) check ;;
    clear) clear_rules ;;
    *) echo "usage: guard run|check|clear" >&2; exit 2 ;;
esac
