# shellcheck shell=bash
# Speaking to a peer over ssh. One connection for each peer is kept and shared: a new one costs a
# second or two of emulated cryptography.

ssh_options() {
	printf '%s\n' -F none -i "$IMAGE/id_ed25519" -o IdentitiesOnly=yes -o BatchMode=yes \
		-o "UserKnownHostsFile=$PEERS_DIR/known_hosts" -o GlobalKnownHostsFile=/dev/null -o LogLevel=ERROR \
		-o "ControlPath=$RUN/gluster$1.ssh"
}

# ssh_peer PEER COMMAND…: over the shared connection, which is opened when there is none.
ssh_peer() {
	local peer=$1 options
	shift
	mapfile -t options < <(ssh_options "$peer")
	ssh_connect "$peer" || return 255
	in_netns ssh "${options[@]}" -o ControlMaster=no "root@$(peer_address "$peer")" "$@"
}

# The connection is opened apart from its first user: a master that ssh forks on the side keeps
# that user's output open, and `$(lab ssh …)` would never end.
ssh_connect() {
	local peer=$1 options
	mapfile -t options < <(ssh_options "$peer")
	if in_netns ssh "${options[@]}" -O check peer &>/dev/null; then return; fi
	(
		flock 7
		in_netns ssh "${options[@]}" -O check peer &>/dev/null && exit
		rm -f "$RUN/gluster$peer.ssh"
		in_netns ssh "${options[@]}" -fN -o ControlMaster=yes -o ConnectTimeout="${SSH_CONNECT_TIMEOUT:-20}" \
			-o ServerAliveInterval=15 -o ServerAliveCountMax=4 -o StrictHostKeyChecking=yes \
			"root@$(peer_address "$peer")" 7>&- 8>&- 9>&- </dev/null &>/dev/null
	) 7>"$RUN/gluster$peer.ssh.lock"
}

# Ends the shared connection; before the peer at its other end stops, or goes back in time.
ssh_disconnect() {
	local options
	mapfile -t options < <(ssh_options "$1")
	ssh "${options[@]}" -O exit peer &>/dev/null || true
	rm -f "$RUN/gluster$1.ssh"
}

# Not shorter: the first connection after a boot takes some seconds, and giving up on it in time
# for the next one is how a peer never gets to answer. An absent peer is known after three.
ssh_answers() { SSH_CONNECT_TIMEOUT=10 ssh_connect "$1"; }

glusterd_active() { [[ $(ssh_peer "$1" systemctl is-active glusterd 2>/dev/null) == active ]]; }

wait_for_ssh() { wait_until "$BOOT_TIMEOUT" ssh_answers "$1" || die "$(peer_name "$1"): ssh does not answer"; }

wait_for_glusterd() {
	wait_for_ssh "$1"
	wait_until "$BOOT_TIMEOUT" glusterd_active "$1" || die "$(peer_name "$1"): glusterd is not active"
}

# The guest asks when it is ready for the answer: the time of a slow start of ssh is not lost.
set_clock() (
	local ready='' clock
	# shellcheck disable=SC2016 # expanded in the guest
	coproc ssh_peer "$1" 'echo ready; read -r now; date --set="@$now"' 2>&1
	clock=$COPROC_PID
	read -r ready <&"${COPROC[0]}" || true
	[[ $ready == ready ]] || die "$(peer_name "$1"): cannot set the clock: ${ready:-no answer}"
	echo "$EPOCHREALTIME" >&"${COPROC[1]}"
	wait "$clock" || die "$(peer_name "$1"): cannot set the clock"
)

# Every peer made its own host key at its first boot. Asked once, over a network nobody else is on;
# fails while a peer does not answer.
collect_host_keys() {
	local peer address
	for peer in "${PEERS[@]}"; do
		address=$(peer_address "$peer")
		in_netns ssh-keyscan -T 10 -t ed25519 "$address" 2>/dev/null |
			awk -v names="$address,$(peer_name "$peer")" '$2 == "ssh-ed25519" { print names, $2, $3; found = 1 } END { exit !found }' ||
			return 1
	done >"$PEERS_DIR/known_hosts.new"
	mv "$PEERS_DIR/known_hosts.new" "$PEERS_DIR/known_hosts"
}
