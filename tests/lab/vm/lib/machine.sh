# shellcheck shell=bash
# One QEMU for each peer: its disks, how it is started, found again, spoken to and ended.
# Changing this file makes a new lab: the saved states hold exactly this machine.

# shellcheck disable=SC2034 # used by the other parts
readonly BOOT_TIMEOUT=400
readonly MEMORY=768M
readonly DATA_DISK_SIZE=500G
# Whatever the emulator would have to do for the guest's own protection or bookkeeping is left out:
# stac/clac (smap) end a translated block, a fifth page table level is walked at every miss, and
# `rep movsb` (erms, fsrm) is emulated byte by byte, and libc's avx2 routines cost more than sse2's.
readonly TCG_CPU=max,-la57,-smap,-smep,-erms,-fsrm,-avx2,-bmi1,-bmi2,-pku,-umip

# Where the disks of this recipe live. A state saved under one accelerator or QEMU version need not
# load under another.
peers_dir() {
	local version
	version=$(qemu-system-x86_64 --version | awk 'NR == 1 { print $4 }')
	printf '%s/peers-%s-%s\n' "$IMAGE" "$(accelerator)" "$version"
}

# kvm only where it really ran a guest: /dev/kvm exists on hosts that cannot. The kernel finds no
# root disk, panics and "reboots", and that ends QEMU. Asked once for each boot of the host.
accelerator() {
	mkdir -p "$RUN"
	local answer
	answer=$RUN/accelerator-$(</proc/sys/kernel/random/boot_id)
	if [[ ! -s $answer ]]; then
		if kvm_runs_a_guest; then echo kvm; else echo tcg; fi >"$answer.$BASHPID"
		mv "$answer.$BASHPID" "$answer"
	fi
	cat "$answer"
}

kvm_runs_a_guest() {
	[[ -w /dev/kvm ]] || return 1
	local log
	log=$(timeout --signal=KILL 20 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
		-accel kvm -cpu host -m 256 -serial stdio -kernel "$IMAGE/vmlinuz" \
		-append 'console=ttyS0 panic=-1' </dev/null 2>&1) || return 1
	[[ $log == *'Kernel panic'* ]]
}

create_disks() {
	local dir=$PEERS_DIR peer name
	rm -rf "$dir" "$dir.new"
	mkdir -p "$dir.new/states"
	for peer in "${PEERS[@]}"; do
		name=$(peer_name "$peer")
		qemu-img create -q -f qcow2 -b "$IMAGE/base.img" -F raw "$dir.new/$name-root.qcow2"
		qemu-img create -q -f qcow2 "$dir.new/$name-d.qcow2" "$DATA_DISK_SIZE"
		qemu-img create -q -f qcow2 "$dir.new/$name-e.qcow2" "$DATA_DISK_SIZE"
	done
	mv "$dir.new" "$dir"
}

# machine_start PEER [--swap] [QEMU_ARGUMENT…]: returns when QEMU runs (and has loaded the state).
machine_start() {
	local peer=$1 first=d second=e
	shift
	if [[ ${1:-} == --swap ]]; then
		first=e second=d
		shift
	fi
	local name disks dummy
	name=$(peer_name "$peer")
	disks=$PEERS_DIR/$name
	dummy=format=raw,readonly=on,file.locking=off,if=none,file=$IMAGE/dummy.img
	rm -f "$RUN/$name.monitor"
	local accel=(-accel "tcg,thread=multi,tb-size=512" -cpu "$TCG_CPU")
	[[ $(accelerator) == tcg ]] || accel=(-accel kvm -cpu host)
	# shellcheck disable=SC2054 # QEMU's commas
	local qemu=(
		qemu-system-x86_64 -name "$name" -nodefaults -no-user-config -display none
		-machine 'pc,usb=off,vmport=off,graphics=off' "${accel[@]}" -smp 1 -m "$MEMORY"
		-rtc 'base=utc,clock=host'
		-kernel "$IMAGE/vmlinuz" -initrd "$IMAGE/initramfs" -append "$(kernel_command_line "$peer")"
		-drive "$(writable_disk root "$disks-root.qcow2")" -device virtio-blk-pci,drive=root
		# vdb and vdc only push the real disks to vdd and vde. The serial stays with the disk, also
		# when the two change places.
		-drive "$dummy,id=b" -device virtio-blk-pci,drive=b
		-drive "$dummy,id=c" -device virtio-blk-pci,drive=c
		-drive "$(writable_disk first "$disks-$first.qcow2")"
		-device "virtio-blk-pci,drive=first,serial=$name-$first"
		-drive "$(writable_disk second "$disks-$second.qcow2")"
		-device "virtio-blk-pci,drive=second,serial=$name-$second"
		-netdev "tap,id=net,ifname=$(tap_name "$peer"),script=no,downscript=no"
		-device "virtio-net-pci,netdev=net,romfile=,mac=52:54:00:0a:0a:$((16 + peer))"
		-device virtio-rng-pci
		-serial "file:$RUN/$name.console"
		-qmp "unix:$RUN/$name.monitor,server=on,wait=off"
		-pidfile "$RUN/$name.pid" -daemonize "$@"
	)
	# -daemonize: a session of its own, and an error before the guest runs is still ours to see.
	in_netns "${qemu[@]}" 8>&- 9>&- </dev/null >>"$RUN/$name.log" 2>&1 ||
		die "QEMU of $name did not start: $(tail -n 5 "$RUN/$name.log")"
	if [[ $first == e ]]; then touch "$RUN/$name.swapped"; else rm -f "$RUN/$name.swapped"; fi
}

# cache=unsafe leaves flushes to the host's page cache, which outlives a killed QEMU: a power cut
# loses what the guest had not flushed, and only that.
writable_disk() { printf 'id=%s,if=none,format=qcow2,cache=unsafe,file=%s\n' "$1" "$2"; }

kernel_command_line() {
	printf 'root=/dev/vda rw net.ifnames=0 console=ttyS0 quiet panic=10 lab.peer=%s ' "$1"
	printf 'mitigations=off audit=0 apparmor=0 nokaslr nowatchdog fsck.mode=skip systemd.show_status=no '
	# An emulated TSC never goes back: after loadvm it jumps ahead by all that was undone, every
	# timeout in the guest fires at once and systemd kills journald. The HPET goes back with the rest.
	[[ $(accelerator) != tcg ]] || printf 'clocksource=hpet tsc=unstable'
}

# The pid of a peer's QEMU, if it runs: a pid file may be stale and its number used again.
machine_pid() {
	local name pid
	name=$(peer_name "$1")
	pid=$(cat "$RUN/$name.pid" 2>/dev/null) && [[ -n $pid ]] || return 1
	grep -qzF "unix:$RUN/$name.monitor," "/proc/$pid/cmdline" 2>/dev/null || return 1
	echo "$pid"
}

machine_runs() { machine_pid "$1" >/dev/null; }

machine_stopped() { ! machine_runs "$1"; }

all_machines_run() {
	local peer
	for peer in "${PEERS[@]}"; do machine_runs "$peer" || return 1; done
}

# qmp PEER COMMAND_AND_ARGUMENTS: the members of a QMP request; prints the reply to it.
qmp() (
	local reply
	coproc socat - "unix-connect:$RUN/$(peer_name "$1").monitor" 2>/dev/null
	printf '%s\n' '{"execute": "qmp_capabilities"}' "{$2, \"id\": \"lab\"}" >&"${COPROC[1]}"
	while read -r reply <&"${COPROC[0]}"; do
		[[ $reply == *'"id": "lab"'* ]] || continue
		printf '%s\n' "$reply"
		return 0
	done
	return 1
)

# monitor PEER COMMAND…: a human monitor command, sent through QMP because that says when it has
# ended. Prints what it prints, which on success is nothing for the commands that change something.
monitor() {
	local reply
	reply=$(qmp "$1" '"execute": "human-monitor-command", "arguments": {"command-line": "'"${*:2}"'"}') || return 1
	reply=${reply#*\"return\": \"}
	printf '%b' "${reply%%\", \"id\"*}" | tr -d '\r'
}

# For commands that must print nothing.
monitor_quietly() {
	local answer
	answer=$(monitor "$@") || die "$(peer_name "$1"): the monitor does not answer '${*:2}'"
	[[ -z $answer ]] || die "$(peer_name "$1"): ${*:2}: $answer"
}

pause() { monitor_quietly "$1" stop; }
resume() { monitor_quietly "$1" cont; }

machine_kill() {
	local pid
	pid=$(machine_pid "$1") || return 0
	kill -KILL "$pid"
	wait_until 20 machine_stopped "$1" || die "QEMU $pid does not end"
	rm -f "$RUN/$(peer_name "$1").pid"
}
