# shellcheck shell=bash
# What the host must have: a command that shows it is there, and the Debian package that brings it.

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
)

missing_packages() {
	local entry
	for entry in "${HOST_COMMANDS[@]}"; do
		command -v "${entry%%:*}" >/dev/null || echo "${entry#*:}"
	done | sort -u
}

cmd_deps() {
	local missing
	mapfile -t missing < <(missing_packages)
	if ((${#missing[@]} == 0)); then
		say "all host packages are there"
		return
	fi
	if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
		die "missing: ${missing[*]}"
	fi
	say "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
	mapfile -t missing < <(missing_packages)
	((${#missing[@]} == 0)) || die "still missing after apt-get: ${missing[*]}"
}
