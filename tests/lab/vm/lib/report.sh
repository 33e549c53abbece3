# shellcheck shell=bash
# What the lab says about itself, to people (status) and to tests (env).

cmd_status() {
	local peer pid runs
	need_root
	use_lab
	printf 'cache    %s\nrecipe   %s\npeers    %s\n' "$CACHE" "$(basename "$IMAGE")" "$(basename "$PEERS_DIR")"
	printf 'key      %s\nstates   %s\n' "$IMAGE/id_ed25519" "$(find "$PEERS_DIR/states" -type f -printf '%f ' 2>/dev/null)"
	if netns_exists; then echo "netns    $NETNS"; else echo "netns    none"; fi
	for peer in "${PEERS[@]}"; do
		runs=off
		if pid=$(machine_pid "$peer"); then
			runs="pid $pid, link $(link_state "$peer"), $(monitor "$peer" info status)"
			[[ ! -e $RUN/$(peer_name "$peer").swapped ]] || runs+=", disks swapped"
		fi
		printf '%s %s  %s\n' "$(peer_name "$peer")" "$(peer_address "$peer")" "$runs"
	done
	if [[ -s $HOLDER ]]; then echo "held by $(holder)"; fi
	[[ ! -e $RUN/unsettled ]] || echo "a command was interrupted: run 'lab up'"
}

cmd_env() {
	use_lab
	local addresses=()
	for peer in "${PEERS[@]}"; do addresses+=("$(peer_address "$peer")"); done
	printf '%s=%q\n' LAB_NETNS "$NETNS" LAB_SSH_KEY "$IMAGE/id_ed25519" LAB_KNOWN_HOSTS "$PEERS_DIR/known_hosts" \
		LAB_CACHE "$CACHE" LAB_RUN "$RUN"
	printf 'LAB_PEERS="%s"\n' "${addresses[*]}"
}
