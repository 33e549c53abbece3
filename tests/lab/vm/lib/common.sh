# shellcheck shell=bash
# shellcheck disable=SC2034 # used by the other parts
# Names, places and small helpers that every part of the lab shares. Sourced, never run.

readonly PEERS=(1 2 3)
readonly NETNS=${MORTAR_LAB_NETNS:-mortar-lab}
readonly HOST_ADDRESS=10.10.10.1

readonly CACHE=${MORTAR_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mortar-lab}
# Pids, monitor sockets and ssh control sockets: beside the images and not in the checkout, so that
# every clone finds the one lab that runs.
readonly RUN=$CACHE/run

say() { printf 'lab: %s\n' "$*" >&2; }

die() {
	say "$*"
	exit 1
}

need_root() {
	[[ $EUID -eq 0 ]] || die "needs root (network namespace, taps, FUSE mounts)"
}

# Everything that decides what a peer is: changing one of these files makes a new lab.
recipe_hash() {
	(cd "$LAB_DIR" && find guest lib/image.sh lib/machine.sh -type f -print0 |
		LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12)
}

# Most functions work on these two: IMAGE holds what the peers have in common (base image, kernel,
# key pair), PEERS_DIR in it their disks and saved states. Set by one of the use_ functions.
IMAGE='' PEERS_DIR=''

use_recipe() {
	IMAGE=$CACHE/image-$(recipe_hash)
	if [[ -d $IMAGE ]]; then PEERS_DIR=$(peers_dir); fi
}

# The lab that runs, whichever checkout started it; else the one that this checkout would start.
use_lab() {
	if [[ -s $RUN/current ]]; then
		PEERS_DIR=$(<"$RUN/current")
		IMAGE=$(dirname "$PEERS_DIR")
	else
		use_recipe
		[[ -n $PEERS_DIR ]] || die "not built yet: run 'lab up'"
	fi
}

# For commands that start a machine or load a state: this checkout's machines must be the running ones.
use_own_running_lab() {
	[[ -s $RUN/current ]] || die "the lab is not up: run 'lab up'"
	use_recipe
	[[ $PEERS_DIR == "$(<"$RUN/current")" ]] || die "the lab that runs has another recipe: run 'lab up' to replace it"
}

peer_name() { printf 'gluster%s\n' "$1"; }
peer_address() { printf '10.10.10.%s\n' "$((16 + $1))"; }

# 1, gluster1 and 10.10.10.17 are the same peer.
parse_peer() {
	case ${1:-} in
	1 | gluster1 | 10.10.10.17) echo 1 ;;
	2 | gluster2 | 10.10.10.18) echo 2 ;;
	3 | gluster3 | 10.10.10.19) echo 3 ;;
	*) die "no such peer: '${1:-}' (1, 2, 3, gluster1 or 10.10.10.17)" ;;
	esac
}

check_state_name() {
	[[ $1 =~ ^[A-Za-z][A-Za-z0-9_.-]{0,60}$ ]] || die "not a name for a state: '$1'"
}

# Runs a function for all peers at once; fails when one of them failed.
for_all_peers() {
	local peer failed=0 pids=()
	for peer in "${PEERS[@]}"; do
		"$@" "$peer" &
		pids+=($!)
	done
	for peer in "${pids[@]}"; do
		wait "$peer" || failed=1
	done
	return "$failed"
}

# Takes the lock that makes changes to the lab one after the other, until this program ends; not while somebody else's
# run has the lab. Long-lived children are started with 9>&-, or they would keep it.
lock_lab() {
	mkdir -p "$RUN"
	hold_lab --shared
	exec 9>"$CACHE/lab.lock"
	if ! flock --nonblock 9; then
		say "waiting for another lab command to finish"
		flock 9
	fi
}

unlock_lab() { exec 9>&-; }

seconds_since() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }'; }

# Calls a command every 0.1 s until it succeeds.
wait_until() {
	local limit=$1 end
	shift
	end=$((SECONDS + limit))
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}
