# shellcheck shell=bash
# What happens to a single peer: power, link, and hanging.

cmd_power() {
	local peer action=${2:-} wait_for='' swap=()
	peer=$(parse_peer "${1:-}")
	shift 2 || die "power PEER off|cut|on|reboot"
	while (($#)); do
		case $1 in
		--wait) wait_for=yes ;;
		--swap) swap=(--swap) ;;
		*) die "power: unknown option '$1'" ;;
		esac
		shift
	done
	need_root
	lock_lab
	use_own_running_lab
	case $action in
	off) power_off "$peer" ;;
	cut) power_cut "$peer" ;;
	on) power_on "$peer" "${swap[@]}" ;;
	reboot) reboot "$peer" "${swap[@]}" ;;
	*) die "power: off, cut, on or reboot, not '$action'" ;;
	esac
	if [[ $wait_for && $action =~ ^(on|reboot)$ ]]; then
		unlock_lab # the others may go on while this peer boots
		wait_for_glusterd "$peer"
	fi
}

# Neither tells the guest. `off` lets QEMU close its disk files, `cut` does not.
power_off() {
	ssh_disconnect "$1"
	machine_runs "$1" || return 0
	monitor "$1" quit >/dev/null || true # the answer may be lost with the one who gives it
	wait_until 20 machine_stopped "$1" || machine_kill "$1"
}

power_cut() {
	machine_kill "$1"
	ssh_disconnect "$1"
}

# From its disks as they are. A machine that runs already is left alone.
power_on() {
	if machine_runs "$1"; then
		say "$(peer_name "$1") is on already"
		return
	fi
	ssh_disconnect "$1"
	machine_start "$@"
}

# The guest shuts down and its firmware starts again, but in a new QEMU: in the old one, where all
# memory is full of translated code, a boot takes two to four times as long. Disks that are swapped stay so.
reboot() {
	local peer=$1 swap=("${@:2}")
	[[ ! -e $RUN/$(peer_name "$peer").swapped ]] || swap=(--swap)
	qmp "$peer" '"execute": "set-action", "arguments": {"reboot": "shutdown"}' >/dev/null
	# The answer may be lost with the connection, and there is no D-Bus to complain about.
	ssh_peer "$peer" systemctl reboot 2>/dev/null || true
	ssh_disconnect "$peer"
	wait_until "$BOOT_TIMEOUT" machine_stopped "$peer" || die "$(peer_name "$peer") does not shut down"
	machine_start "$peer" "${swap[@]}"
}

cmd_link() {
	local peer
	peer=$(parse_peer "${1:-}")
	need_root
	lock_lab
	case ${2:-} in
	up) link_up "$peer" ;;
	down) link_down "$peer" ;;
	*) die "link PEER up|down" ;;
	esac
}

cmd_freeze() {
	local peer
	peer=$(parse_peer "${1:-}")
	need_root
	lock_lab
	pause "$peer"
}

cmd_thaw() {
	local peer
	peer=$(parse_peer "${1:-}")
	need_root
	lock_lab
	resume "$peer"
}
