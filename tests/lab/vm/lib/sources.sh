# shellcheck shell=bash
# Where the guests' packages come from: the host's own apt sources where they have the guests' release, else Debian's
# archive. So a host of another release needs no change, and one with a mirror of its own goes on using it.

readonly ARCHIVE=${MORTAR_LAB_ARCHIVE:-http://deb.debian.org}
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

guest_sources() {
	local sources
	sources=$(host_sources)
	[[ -n $sources ]] || sources=$(archive_sources)
	printf '%s\n' "$sources"
}

# Only those that apt has fetched the index of.
host_sources() {
	# shellcheck disable=SC2016 # fields that apt-get fills in
	apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk -v suite="$SUITE" '$1 == "Debian" && $2 ~ "^" suite "(-updates|-security)?$" { print "deb", $3, $4, $5 }' |
		sort -u
}

archive_sources() {
	local entry
	for entry in "debian $SUITE" "debian $SUITE-updates" "debian-security $SUITE-security"; do
		printf 'deb [signed-by=%s] %s/%s main\n' "$KEYRING" "$ARCHIVE" "$entry"
	done
}

# Whether packages can be had is asked before anything else is done: an image is built long after. One
# that is built already needs none.
check_sources() {
	[[ ! -d $CACHE/image-$(recipe_hash) ]] || return 0
	[[ -n $(apt-get indextargets) ]] || apt-get update -qq
	if [[ -n $(host_sources) ]]; then return; fi
	local release
	release=$(mktemp)
	/usr/lib/apt/apt-helper -o Acquire::Retries=0 -o Acquire::http::Timeout=20 \
		download-file "$ARCHIVE/debian/dists/$SUITE/InRelease" "$release" &>/dev/null ||
		die "no packages of Debian $SUITE for the guests: this host's apt sources lack it and $ARCHIVE does not answer;" \
			"add $SUITE to the sources, or name a mirror in MORTAR_LAB_ARCHIVE (what comes before /debian and /debian-security)"
	rm -f "$release"
}
