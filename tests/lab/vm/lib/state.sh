# shellcheck shell=bash
# The life of the lab as a whole: up, down, and back to a saved state.
#
# All peers stop before the first is saved or loaded, and go on only after the last: whatever they
# were saying to each other is lost on the way, which TCP repairs, but no peer has seen the future
# of another.

cmd_up() {
	local started=$EPOCHREALTIME
	cmd_build
	use_recipe
	lock_lab
	if lab_is_usable; then
		network_up
		for_all_peers resume
		say "already up"
		return
	fi
	stop_machines
	check_namespace_is_ours
	network_up
	echo "$PEERS_DIR" >"$RUN/current"
	if has_state clean; then
		load_state clean
		say "up, in the state 'clean', after $(seconds_since "$started") s"
	else
		first_boot
		say "booted and saved as 'clean' in $(seconds_since "$started") s"
	fi
}

# All three run, are what this checkout would start, and no command died half way.
lab_is_usable() {
	[[ -s $RUN/current && $(<"$RUN/current") == "$PEERS_DIR" && ! -e $RUN/unsettled ]] &&
		netns_exists && all_machines_run && has_state clean
}

first_boot() {
	say "booting the peers for the first time"
	touch "$RUN/unsettled"
	create_disks
	for_all_peers machine_start
	wait_until "$BOOT_TIMEOUT" collect_host_keys || die "not all peers showed an ssh host key"
	for_all_peers wait_for_glusterd
	for_all_peers warm_up
	save_state clean
	rm "$RUN/unsettled"
}

# The programs that every test runs are then in the page cache of the saved state.
warm_up() {
	ssh_peer "$1" 'gluster --mode=script pool list; lvs --reportformat json; mkfs.xfs -V; sync' >/dev/null
}

cmd_down() {
	need_root
	lock_lab
	use_lab
	stop_machines
	network_down
	rm -f "$RUN/current"
	say "down"
}

stop_machines() {
	for_all_peers ssh_disconnect
	for_all_peers machine_kill
}

# Another cache directory can hold another lab, but the namespace is one for the whole host.
check_namespace_is_ours() {
	local pid
	[[ -e /run/netns/$NETNS ]] || return 0
	for pid in $(ip netns pids "$NETNS"); do
		[[ $(cat "/proc/$pid/comm" 2>/dev/null) != qemu-system-* ]] ||
			die "a QEMU of another lab (pid $pid) runs in the namespace $NETNS: 'lab down' with its MORTAR_LAB_CACHE"
	done
}

cmd_save() {
	local name=${1:-} started=$EPOCHREALTIME
	check_state_name "$name"
	[[ $name != clean ]] || die "the state 'clean' is the lab's own"
	need_root
	lock_lab
	use_own_running_lab
	all_machines_run || die "not all peers are powered on"
	[[ -z $(find "$RUN" -name '*.swapped') ]] || die "a peer has its disks swapped: a state cannot hold that"
	save_state "$name"
	for_all_peers set_clock
	say "saved as '$name' in $(seconds_since "$started") s"
}

save_state() {
	rm -f "$PEERS_DIR/states/$1"
	for_all_peers ssh_disconnect
	for_all_peers pause
	for_all_peers save_machine "$1"
	for_all_peers resume
	touch "$PEERS_DIR/states/$1"
}

has_state() { [[ -e $PEERS_DIR/states/$1 ]]; }

cmd_has() {
	check_state_name "${1:-}"
	use_lab
	has_state "$1"
}

cmd_reset() {
	local name=${1:-clean} started=$EPOCHREALTIME
	check_state_name "$name"
	need_root
	lock_lab
	use_own_running_lab
	has_state "$name" || die "no such state: '$name'"
	load_state "$name"
	say "reset to '$name' in $(seconds_since "$started") s"
}

load_state() {
	touch "$RUN/unsettled"
	for_all_peers ssh_disconnect
	for_all_peers make_loadable
	network_up
	for_all_peers link_down
	for_all_peers load_machine "$1"
	forget_neighbours
	for_all_peers link_up
	for_all_peers resume
	for_all_peers wait_for_ssh
	for_all_peers set_clock
	rm "$RUN/unsettled"
}

# Stopped if it can load a state as it stands, otherwise gone.
make_loadable() {
	if [[ -e $RUN/$(peer_name "$1").swapped ]]; then
		machine_kill "$1"
	elif machine_runs "$1"; then
		pause "$1"
	fi
}

save_machine() { monitor_quietly "$2" "savevm $1"; }

load_machine() {
	local name=$1 peer=$2
	if machine_runs "$peer"; then
		monitor_quietly "$peer" "loadvm $name"
	else
		machine_start "$peer" -S -loadvm "$name"
	fi
}
