# shellcheck shell=bash
# One network namespace with a bridge and a tap for each peer. Nothing leads out of it.

in_netns() { nsenter --net="/run/netns/$NETNS" "$@" 6>&-; }

netns_exists() { [[ -e /run/netns/$NETNS ]] && in_netns true 2>/dev/null; }

tap_name() { printf 'tap%s\n' "$1"; }

# Makes what is missing, so that it also repairs what a crash left half done.
network_up() {
	local peer tap
	if ! netns_exists; then
		# A name without a namespace behind it is what a crash can leave.
		[[ ! -e /run/netns/$NETNS ]] || ip netns delete "$NETNS"
		ip netns add "$NETNS"
	fi
	in_netns ip link set lo up
	if ! in_netns ip link show br0 &>/dev/null; then
		# No spanning tree and no forward delay: a link that comes up works at once.
		in_netns ip link add br0 type bridge stp_state 0 forward_delay 0
	fi
	in_netns ip address replace "$HOST_ADDRESS/24" dev br0
	in_netns ip link set br0 up
	for peer in "${PEERS[@]}"; do
		tap=$(tap_name "$peer")
		if ! in_netns ip link show "$tap" &>/dev/null; then
			in_netns ip tuntap add dev "$tap" mode tap
		fi
		in_netns ip link set "$tap" master br0
		link_up "$peer"
	done
}

network_down() {
	[[ -e /run/netns/$NETNS ]] || return 0
	local users
	users=$(ip netns pids "$NETNS" 2>/dev/null | paste -sd' ')
	[[ -z $users ]] || say "still inside the namespace (a mount of a test?): pids $users"
	ip netns delete "$NETNS"
}

link_up() { in_netns ip link set "$(tap_name "$1")" up; }
link_down() { in_netns ip link set "$(tap_name "$1")" down; }

link_state() {
	in_netns ip -brief link show "$(tap_name "$1")" 2>/dev/null | awk '{ print $NF ~ /[<,]UP[,>]/ ? "up" : "down" }'
}

# What the host and the bridge learnt of peers that are about to go back in time.
forget_neighbours() {
	in_netns ip neighbour flush dev br0
	in_netns ip link set br0 type bridge fdb_flush
}
