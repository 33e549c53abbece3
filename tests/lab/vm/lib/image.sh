# shellcheck shell=bash
# The base image: one root file system for all peers, its kernel, and an initramfs of our own.

readonly SUITE=bookworm
readonly ROOT_SIZE=4G
# In the order of need; what these depend on comes by itself.
readonly BOOT_MODULES=(virtio_pci virtio_blk ext4)
readonly IMAGES_KEPT=3

cmd_build() {
	need_root
	use_recipe
	if [[ -d ${IMAGE:?} ]]; then
		touch "$IMAGE"
		return
	fi
	local started=$EPOCHREALTIME
	[[ -z $(missing_packages) ]] || die "host packages are missing: run 'lab deps'"
	mkdir -p "$CACHE"
	exec 8>"$CACHE/build.lock"
	flock 8
	if [[ ! -d $IMAGE ]]; then # still: the one we waited for may have built it
		build_image
		say "built $IMAGE in $(seconds_since "$started") s"
		drop_old_images
	fi
	exec 8>&-
}

build_image() {
	local new=$CACHE/building
	say "building the base image (about a minute)"
	rm -rf --one-file-system "$new"
	mkdir -p "$new"
	ssh-keygen -q -t ed25519 -N '' -C mortar-lab -f "$new/id_ed25519"
	build_root "$new"
	build_initramfs "$new"
	cp "$new"/root/boot/vmlinuz-* "$new/vmlinuz"
	rm -rf "$new"/root/boot/* "$new"/root/var/cache/apt/*
	truncate -s "$ROOT_SIZE" "$new/base.img"
	mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 -d "$new/root" "$new/base.img"
	rm -rf "$new/root"
	truncate -s 64K "$new/dummy.img"
	sync "$new/base.img"
	mv "$new" "$IMAGE"
}

# Packages are fetched with the host's own apt settings, and kept: a changed recipe downloads only
# what it adds.
build_root() {
	local new=$1 packages log=$1/mmdebstrap.log
	packages=$(grep -v '^#' "$LAB_DIR/guest/packages" | paste -sd,)
	mkdir -p "$CACHE/debs"
	guest_sources >"$new/sources.list"
	apt-config dump | grep -E "^Acquire::(http|https|Retries|ForceIPv|Check-)" >"$new/apt.conf" || true
	# INITRD=No: the kernel package makes no initramfs, build_initramfs makes a smaller one.
	# shellcheck disable=SC2016 # expanded in the hook
	# In a mount namespace of its own: what a killed mmdebstrap had mounted is gone with it.
	INITRD=No unshare --mount --propagation private mmdebstrap --mode=root --variant=minbase --include="$packages" \
		--aptopt="$new/apt.conf" --dpkgopt=force-unsafe-io \
		--skip=essential/unlink,download/empty \
		--setup-hook='mkdir -p "$1/var/cache/apt/archives"' \
		--setup-hook="sync-in '$CACHE/debs' /var/cache/apt/archives" \
		--customize-hook="sync-out /var/cache/apt/archives '$CACHE/debs'" \
		--customize-hook="'$LAB_DIR/guest/customize' \"\$1\" '$LAB_DIR/guest/files' '$new/id_ed25519.pub'" \
		"$SUITE" "$new/root" "$new/sources.list" >"$log" 2>&1 ||
		die "mmdebstrap failed: $(tail -n 20 "$log")"
}

# Uncompressed and tiny (busybox and a handful of modules): unpacking is emulated, too.
build_initramfs() {
	local new=$1 root=$1/root tree=$1/initramfs.d version path
	version=$(basename "$root"/lib/modules/*)
	mkdir -p "$tree"/{bin,dev,proc,root,modules}
	cp "$root/bin/busybox" "$tree/bin/busybox"
	install -m 755 "$LAB_DIR/guest/initramfs-init" "$tree/init"
	chroot "$root" modprobe --set-version "$version" --show-depends --all "${BOOT_MODULES[@]}" |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
		while read -r path; do
			cp "$root/$path" "$tree/modules/"
			basename "$path" >>"$tree/modules.order"
		done
	(cd "$tree" && find . | cpio --quiet -o -H newc -R 0:0) >"$new/initramfs"
	rm -rf "$tree"
}

# The newest recipes stay, so that a clone on another branch finds its own again.
drop_old_images() {
	local image
	find "$CACHE" -maxdepth 1 -type d -name 'image-*' -printf '%T@ %p\n' | sort -rn |
		tail -n +$((IMAGES_KEPT + 1)) | cut -d' ' -f2- |
		while read -r image; do
			grep -qsF "$image/" "$RUN/current" || rm -rf "$image"
		done
}
