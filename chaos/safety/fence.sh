#!/bin/sh
# Holdfast's fence on a node: /run/holdfast/GENERATION/fence.sh VERB [SECONDS]
#
# Beside it lie the scripts of one fault. Everything that changes something is done under one lock,
# and by this program alone: by the runner, or by the dead man (a transient systemd timer) with
# nobody connected. Nothing here outlives a reboot. By hand: `sh fence.sh undo; sh fence.sh release`.
#
# Exit codes: 0 done; 3 refused, nothing changed; 4 not healed; 5 a script failed; 75 lock not had.
set -u
PATH="${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LC_ALL=C
export PATH LC_ALL
DIR=$(cd "$(dirname "$0")" && pwd) || exit 3
RUN=${DIR%/*}
GENERATION=${DIR##*/}
UNDONE=$RUN/undone/$GENERATION
UNIT=holdfast-deadman
LEAST=1000 # centiseconds that must be left when a fault goes in
HOLDFAST_DIR=$DIR
export HOLDFAST_DIR

refuse() {
    echo "refused: $*"
    exit 3
}

lock() {
    exec 9>"$RUN/lock"
    flock -w "$1" 9 || {
        echo "refused: the lock of this node is held"
        exit 75
    }
}

# A script that hangs must not keep the lock from the dead man.
script() {
    timeout -k 5 "$1" sh -eu "$DIR/$2" 9>&-
}

note() { # WHAT: that it is done by now, for `report`
    date +%s.%N >"$DIR/$1"
}

now() { # centiseconds since boot
    read -r up _ </proc/uptime
    echo "${up%.*}${up#*.}"
}

# Is this generation's timer waiting? Sets `left`, in centiseconds.
armed() {
    load='' active='' sub='' text='' next=''
    while IFS='=' read -r key value; do
        case $key in
            LoadState) load=$value ;;
            ActiveState) active=$value ;;
            SubState) sub=$value ;;
            Description) text=$value ;;
            NextElapseUSecMonotonic) next=$value ;;
        esac
    done <<SHOWN
$(systemctl show "$UNIT.timer" 9>&- \
        --property=LoadState,ActiveState,SubState,Description,NextElapseUSecMonotonic)
SHOWN
    left=0
    [ "$load" = loaded ] && [ "$text" = "holdfast $GENERATION" ] || return 1
    [ "$active" = active ] && [ "$sub" = waiting ] || return 1
    case $next in '' | 0 | infinity) return 1 ;; esac
    [ -s "$DIR/deadline" ] || return 1
    left=$(($(cat "$DIR/deadline") - $(now)))
    [ "$left" -gt 0 ]
}

expect() { # SECONDS: the timer was started just now, so it may elapse later than this, not earlier
    echo "$(($1 + $2 * 100))" >"$DIR/deadline.new" && mv "$DIR/deadline.new" "$DIR/deadline"
}

arm() {
    [ ! -e "$UNDONE" ] || refuse "generation $GENERATION is over"
    for other in "$RUN"/*/fence.sh; do
        [ "$other" = "$DIR/fence.sh" ] || [ ! -e "$other" ] || refuse "left by another run: ${other%/*}"
    done
    [ -e "$DIR/before" ] || {
        script 20 projection >"$DIR/before.new" || refuse "its projection cannot be taken"
        mv "$DIR/before.new" "$DIR/before"
    }
    if ! armed; then
        at=$(now)
        # Its name is the mutex: systemd has no second unit of one name.
        systemd-run --quiet --unit="$UNIT" --description="holdfast $GENERATION" \
            --on-active="${1}s" --timer-property=AccuracySec=100ms \
            /bin/sh "$DIR/fence.sh" deadman 9>&- || refuse "the dead man cannot be armed"
        echo "$1" >"$DIR/ttl"
        expect "$at" "$1"
        armed || refuse "the dead man was armed and is not seen armed"
        note armed
    fi
    echo "left $left"
}

renew() {
    [ ! -e "$UNDONE" ] || refuse "generation $GENERATION is over"
    armed || refuse "the dead man is not armed"
    at=$(now)
    systemctl restart "$UNIT.timer" 9>&- || refuse "the dead man cannot be renewed"
    expect "$at" "$(cat "$DIR/ttl")"
    armed || refuse "the dead man is not armed any more"
    ! systemctl is-active --quiet "$UNIT.service" 9>&- || refuse "the dead man is at work"
    note renewed
    echo "left $left"
}

inject() {
    [ ! -e "$UNDONE" ] || refuse "generation $GENERATION is over"
    armed || refuse "the dead man is not armed"
    why=$(script 20 precheck 2>&1) || refuse "$why"
    # Looked at last, for the precheck took its time.
    armed && [ "$left" -ge "$LEAST" ] || refuse "the dead man comes in ${left} hundredths of a second"
    note injected
    # Into a file: the fault may cut the connection, and a closed pipe would kill the script.
    script 60 inject >"$DIR/inject.log" 2>&1
    code=$?
    cat "$DIR/inject.log"
    [ "$code" -eq 0 ] || exit 5
}

healed() {
    [ -e "$DIR/injected" ] || return 0
    script 20 projection >"$DIR/after" 2>&1 && cmp -s "$DIR/before" "$DIR/after"
}

difference() {
    echo "before:" && cat "$DIR/before"
    echo "now:" && cat "$DIR/after"
}

undo() {
    # First the tombstone: whatever comes now, this generation injects nothing more.
    mkdir -p "$RUN/undone" && : >"$UNDONE"
    [ -e "$DIR/injected" ] || {
        echo "nothing was injected"
        return 0
    }
    script 60 undo >"$DIR/undo.log" 2>&1 || cat "$DIR/undo.log"
    if healed; then
        [ -e "$DIR/healed" ] || note healed
        [ ! -e "$DIR/fired" ] || echo "the dead man came"
        echo "healed"
        return 0
    fi
    difference
    return 4
}

deadman() {
    tries=0
    while [ "$tries" -lt 120 ]; do
        lock 120
        [ -d "$DIR" ] || exit 0 # released meanwhile
        [ -e "$UNDONE" ] || note fired
        echo "holdfast: the dead man heals $GENERATION"
        undo && exit 0
        exec 9>&-
        tries=$((tries + 1))
        sleep 5
    done
    exit 4
}

release() {
    [ -e "$UNDONE" ] || refuse "undo comes first"
    healed || {
        difference
        exit 4
    }
    text=$(systemctl show "$UNIT.timer" --property=Description --value 9>&-)
    other=$(systemctl show "$UNIT.service" --property=Description --value 9>&-)
    for unit in timer service; do
        case "$text/$other" in *"holdfast $GENERATION"*) ;; *) continue ;; esac
        systemctl stop "$UNIT.$unit" 9>&- 2>/dev/null
        systemctl reset-failed "$UNIT.$unit" 9>&- 2>/dev/null
    done
    rm -rf "$DIR"
    echo "released"
}

report() {
    echo "generation $GENERATION"
    for what in armed renewed injected fired healed; do
        [ ! -e "$DIR/$what" ] || echo "$what $(cat "$DIR/$what")"
    done
    [ ! -e "$UNDONE" ] || echo "undone"
    ! armed || echo "left $left"
}

case ${1-} in
    arm | renew | inject | undo | release)
        lock 90
        "$@"
        ;;
    deadman) deadman ;;
    manifested | projection) script 20 "$1" ;;
    before) cat "$DIR/before" ;;
    report) report ;;
    *) refuse "usage: fence.sh arm SECONDS | renew | inject | undo | release | manifested | report" ;;
esac
