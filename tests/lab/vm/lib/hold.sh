# shellcheck shell=bash
# Who may change the lab. A run (`lab exec`) has it alone for as long as its command runs; what that
# command calls passes, by a variable in its environment. Every other change waits for the run's end.

# The pid of a run's command, which is also what its MORTAR_LAB_EXEC is equal to, and the command.
readonly HOLDER=$CACHE/exec.holder

# hold_lab --exclusive|--shared: until this program ends. Long-lived children are started with 6>&-,
# or they would hold it; in_netns does that.
hold_lab() {
	if is_inside_run; then return; fi
	mkdir -p "$CACHE"
	exec 6>>"$CACHE/exec.lock"
	# Not at once: whoever has just got it has yet to write who it is.
	if ! flock "$1" --wait 0.3 6; then
		say "waiting for $(holder)"
		flock "$1" 6
	fi
	wait_for_orphan
}

is_inside_run() { [[ -n ${MORTAR_LAB_EXEC:-} && $MORTAR_LAB_EXEC == "$(recorded_pid)" ]]; }

recorded_pid() { awk 'NR == 1 { print $1 }' "$HOLDER" 2>/dev/null; }

# The pid of the command that has the lab; a record may be older than the process that has its number now.
run_pid() {
	local pid
	pid=$(recorded_pid) && grep -qzxF "MORTAR_LAB_EXEC=$pid" "/proc/$pid/environ" 2>/dev/null && echo "$pid"
}

holder() {
	if run_pid >/dev/null; then
		sed -n '1s/ /, which has the lab for itself: /; 1s/^/pid /p' "$HOLDER"
	else
		echo "another lab command"
	fi
}

# A command whose `lab exec` was killed goes on without a lock.
wait_for_orphan() {
	local pid
	pid=$(run_pid) || return 0
	say "waiting for $(holder)"
	tail --pid="$pid" -f /dev/null
}

# The recorded pid is the command's own: ending that one ends the run. A signal that reaches only
# this shell must not give the lab away while the command goes on.
run_alone() {
	local status=0
	trap : HUP INT TERM
	(
		printf '%s %s\n' "$BASHPID" "$*" >"$HOLDER"
		MORTAR_LAB_EXEC=$BASHPID exec nsenter --net="/run/netns/$NETNS" "$@" 6>&-
	) || status=$?
	rm -f "$HOLDER"
	return "$status"
}
