# shellcheck shell=bash
# What the host must have. All of it is asked first: without it, a whole test run would fail at its end.

# A command (or a file) that shows it is there, and the Debian package that brings it.
readonly HOST_COMMANDS=(
	qemu-system-x86_64:qemu-system-x86
	qemu-img:qemu-utils
	mmdebstrap:mmdebstrap
	mkfs.ext4:e2fsprogs
	ip:iproute2
	socat:socat
	cpio:cpio
	glusterfs:glusterfs-client
	ssh:openssh-client
	flock:util-linux
	nsenter:util-linux
	unshare:util-linux
	"$KEYRING:debian-archive-keyring"
)

cmd_deps() {
	check_host
	install_packages
	check_devices
	check_sources
	say "the host has all that is needed"
}

check_host() {
	command -v apt-get >/dev/null || die "needs a Debian or Ubuntu host: its peers are built with apt"
	[[ $(dpkg --print-architecture) == amd64 ]] || die "needs an amd64 host: its peers are"
	[[ $EUID -ne 0 ]] || return 0
	local missing
	mapfile -t missing < <(missing_packages)
	((${#missing[@]} == 0)) || say "missing packages; as root: apt-get install ${missing[*]}"
	die "needs root (network namespace, taps, FUSE mounts): run it as root, or only \`cargo test\`, which needs no peers"
}

missing_packages() {
	local entry sign
	for entry in "${HOST_COMMANDS[@]}"; do
		sign=${entry%%:*}
		[[ $sign == /* && -e $sign ]] || command -v "$sign" >/dev/null || echo "${entry#*:}"
	done | sort -u
}

install_packages() {
	local missing
	mapfile -t missing < <(missing_packages)
	((${#missing[@]})) || return 0
	say "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
	mapfile -t missing < <(missing_packages)
	((${#missing[@]} == 0)) || die "still missing after apt-get: ${missing[*]}"
}

# A container has root, and often none of these.
check_devices() {
	unshare --net --mount true 2>/dev/null ||
		die "root may not make namespaces here: run it outside a container, or in a privileged one"
	local device
	for device in net/tun fuse; do
		[[ -c /dev/$device ]] || modprobe --quiet "${device#*/}" 2>/dev/null || true
		[[ -c /dev/$device ]] ||
			die "there is no /dev/$device: load the module '${device#*/}', or give the container that device"
	done
}
