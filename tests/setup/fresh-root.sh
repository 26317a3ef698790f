# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# fresh-root.sh - minimal Debian roots to try things in. Sourced after apt-box.sh; the sourcing script has die().

# fresh_root ARCH TAR PACKAGES: a minimal bookworm as a tar file, from the mirrors and by the network settings in use here
fresh_root()
{
	mkdir -p "${2%/*}" || die "cannot write in ${2%/*}"
	set -- "$1" "$2" --variant=minbase --arch="$1" --include="$3" --format=tar
	unset APT_CONFIG
	while IFS= read -r option; do
		[ -z "$option" ] || set -- "$@" --aptopt="$option"
	done <<-END
		$(box_acquire_settings)
	END
	main=$(box_mirror main)
	security=$(box_mirror security)
	root_tar=$2
	shift 2
	if ! mmdebstrap "$@" bookworm "$root_tar.new" "deb $main bookworm main" "deb $main bookworm-updates main" \
		"deb $security bookworm-security main" >"$root_tar.log" 2>&1; then
		die "mmdebstrap failed: $(grep '^E:' "$root_tar.log" | head -n 1); see $root_tar.log"
	fi
	mv "$root_tar.new" "$root_tar"
}

# enter_root DIR CACHE COMMAND: run a shell command in DIR with a clean environment. All mounts are private to it. If CACHE
# is not empty it is the cache inside, too.
enter_root()
{
	unshare --mount --propagation private sh -c '
		for d in proc sys dev; do
			mount --rbind /$d "$1/$d" || exit 125
		done
		[ -z "$2" ] || { mkdir -p "$1/root/.cache/mmtrace" && mount --bind "$2" "$1/root/.cache/mmtrace"; } || exit 125
		exec chroot "$1" /usr/bin/env -i HOME=/root USER=root TERM="${TERM:-dumb}" LANG=C.UTF-8 \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
			sh -c "$3"' sh "$1" "$2" "$3"
}
