# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# apt-box.sh - a private apt below the cache directory. Sourced, never run.
#
# A "box" is one distribution release with everything apt needs to look names up and download: its own configuration,
# sources, keyring, lists, package cache and (empty) dpkg status. Nothing is ever installed from it, only downloaded
# and unpacked with dpkg-deb -x, so /etc, dpkg's list of architectures and the machine's own lists stay as they are.
# From the machine it borrows, read-only: the mirror's address, proxy and other Acquire settings, and passwords for
# mirrors (auth.conf). MMTRACE_MIRROR, MMTRACE_SECURITY_MIRROR and MMTRACE_ARCHIVE name other servers.
#
# The sourcing script sets CACHE and has say() and die().

HOST_ARCH=$(dpkg --print-architecture 2>/dev/null || echo unknown)
LISTS_MAX_AGE_MIN=720
# More arguments for the tar that unpacks: which files of a package are wanted
box_only=

# box_suites BOX: "archive suite" per line, archive being main or security
box_suites()
{
	case $1 in
	bookworm) printf '%s\n' 'main bookworm' 'main bookworm-updates' 'security bookworm-security' \
			'main bookworm-backports' ;;
	bullseye) printf '%s\n' 'main bullseye' 'security bullseye-security' ;;
	trixie-backports) printf '%s\n' 'main trixie-backports' ;;
	*) die "no package box named '$1'" ;;
	esac
}

# The mirror that the machine itself uses; the environment wins, Debian's own address is the fallback.
box_mirror()
{
	case $1 in
	main) [ -z "$MMTRACE_MIRROR" ] || { echo "$MMTRACE_MIRROR"; return; } ;;
	security) [ -z "$MMTRACE_SECURITY_MIRROR" ] || { echo "$MMTRACE_SECURITY_MIRROR"; return; } ;;
	esac
	# shellcheck disable=SC2016
	apt-get -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
	awk -v want="$1" '
		$1 ~ /^(cdrom|file|copy):/ { next }
		$2 ~ /-security$|\/updates$/ { if (want == "security") { print $1; exit }; next }
		$1 ~ /\/debian\/?$/ && want == "main" { print $1; exit }' | grep . ||
	case $1 in
	main) echo http://deb.debian.org/debian ;;
	security) echo http://deb.debian.org/debian-security ;;
	esac
}

# How the user's apt reaches the network. Hooks and index targets stay behind: they concern the machine's own apt.
box_acquire_settings()
{
	apt-config dump 2>/dev/null |
	grep -E '^Acquire::(http|https|ftp|tor|Retries|ForceIPv[46]|Check-Valid-Until|Check-Date|Queue-Mode|ProxyAuto)' |
	grep -v ' "";$'
}

# box_open BOX: writes the configuration and points APT_CONFIG at it. No network.
box_open()
{
	unset APT_CONFIG
	BOX=$CACHE/apt/$1
	mkdir -p "$BOX/etc/apt.conf.d" "$BOX/etc/preferences.d" "$BOX/etc/sources.list.d" "$BOX/keys" \
		"$BOX/lists/partial" "$BOX/cache/archives/partial" "$BOX/log" || die "cannot write below $CACHE"
	[ -e "$BOX/status" ] || : >"$BOX/status"
	box_keyring=$BOX/keys/debian.gpg
	if [ ! -s "$box_keyring" ]; then
		[ -r /usr/share/keyrings/debian-archive-keyring.gpg ] ||
			die "no /usr/share/keyrings/debian-archive-keyring.gpg: install debian-archive-keyring"
		cp /usr/share/keyrings/debian-archive-keyring.gpg "$box_keyring" || die "cannot write $box_keyring"
	fi
	{
		echo "Dir \"$BOX\";"
		echo "Dir::Etc \"$BOX/etc\";"
		echo "Dir::Etc::TrustedParts \"$BOX/keys/none\";"
		echo "Dir::Etc::Trusted \"$BOX/keys/none.gpg\";"
		echo 'Dir::Etc::netrc "/etc/apt/auth.conf";'
		echo 'Dir::Etc::netrcparts "/etc/apt/auth.conf.d";'
		echo "Dir::State \"$BOX\";"
		echo "Dir::State::Lists \"$BOX/lists\";"
		echo "Dir::State::status \"$BOX/status\";"
		echo "Dir::Cache \"$BOX/cache\";"
		echo "Dir::Log \"$BOX/log\";"
		echo "APT::Architecture \"$HOST_ARCH\";"
		echo '#clear APT::Architectures;'
		echo "APT::Architectures { \"$HOST_ARCH\"; \"arm64\"; };"
		# The cache may lie in a home directory that apt's download user cannot enter.
		echo "APT::Sandbox::User \"$(id -un)\";"
		echo 'Acquire::Languages "none";'
		echo 'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";'
		box_acquire_settings
	} >"$BOX/apt.conf.$$"
	# The user's proxy is read through the user's apt, so APT_CONFIG is only switched here.
	box_suites "$1" | while read -r box_archive box_suite; do
		echo "deb [signed-by=$box_keyring] $(box_mirror "$box_archive") $box_suite main"
	done >"$BOX/etc/sources.list.$$"
	mv "$BOX/apt.conf.$$" "$BOX/apt.conf"
	if cmp -s "$BOX/etc/sources.list.$$" "$BOX/etc/sources.list"; then
		rm -f "$BOX/etc/sources.list.$$"
	else
		mv "$BOX/etc/sources.list.$$" "$BOX/etc/sources.list"
		rm -f "$BOX/.lists-fresh"
	fi
	APT_CONFIG=$BOX/apt.conf
	export APT_CONFIG
}

box_close()
{
	unset APT_CONFIG
}

# box_lists: fetch the package lists; on failure 1, and box_why says why
box_lists()
{
	apt-get -q update >"$BOX/log/update" 2>&1 && ! grep -q '^[EW]: Failed to fetch' "$BOX/log/update" && return
	box_why=$(grep -E '^[EW]: Failed to fetch' "$BOX/log/update" | head -n 1 | sed 's/^[EW]: //')
	return 1
}

# box_update [force]: lists no older than half a day, or fetched now. Old releases move from the mirrors to the archive.
box_update()
{
	[ "${1:-}" = force ] || [ -z "$(find "$BOX/.lists-fresh" -mmin -$LISTS_MAX_AGE_MIN 2>/dev/null)" ] || return 0
	say "package lists of ${BOX##*/}"
	if ! box_lists; then
		box_first="from $(awk '{ print $3; exit }' "$BOX/etc/sources.list"): ${box_why:-see $BOX/log/update}"
		[ "${BOX##*/}" = bullseye ] && box_to_archive && box_lists ||
			die "package lists of ${BOX##*/} cannot be fetched $box_first; try again later, or name another" \
				"mirror in MMTRACE_MIRROR"
	fi
	touch "$BOX/.lists-fresh"
}

box_to_archive()
{
	box_archive=${MMTRACE_ARCHIVE:-http://archive.debian.org}
	say "${BOX##*/} is not on the mirror any more, asking $box_archive"
	sed -i -E "s|\] [^ ]+ ([^ ]+-security) |] $box_archive/debian-security \1 |; t
		s|\] [^ ]+ |] $box_archive/debian |" "$BOX/etc/sources.list"
	# Nobody signs an archive anew.
	echo 'Acquire::Check-Valid-Until "false";' >>"$BOX/apt.conf"
}

# box_names PREFIX REGEX: packages called PREFIX followed by what the extended regular expression matches, newest first
# (kernel packages carry their version in the name)
box_names()
{
	apt-cache pkgnames "$1" 2>/dev/null | sed 's/:.*//' | grep -E -x "$1$2" | sort -u | sort -V -r
}

# box_field PACKAGE:ARCH FIELD (without :ARCH for what is the same everywhere)
box_field()
{
	apt-cache show --no-all-versions "$1" 2>/dev/null | sed -n "s/^$2: //p" | head -n 1
}

# box_unpack DIR PACKAGE[:ARCH]...: download all, unpack into DIR, forget the archives. On failure 1 and one line.
box_unpack()
{
	box_to=$1
	shift
	box_debs=$BOX/debs
	rm -rf "$box_debs"
	mkdir -p "$box_debs" "$box_to" || return 1
	if ! box_uris=$(cd "$box_debs" && apt-get -q download --print-uris "$@" 2>"$BOX/log/download"); then
		say "${BOX##*/} lacks a package: $(grep '^E:' "$BOX/log/download" | head -n 1)"
		return 1
	fi
	say "download $(echo "$box_uris" | awk '{ n += $3; sub(/_.*/, "", $2); s = s " " $2 }
		END { printf "%.0f MB:%s", n / 1e6, s }')"
	if ! (cd "$box_debs" && apt-get -q download "$@" >"$BOX/log/download" 2>&1); then
		say "download failed: $(grep '^E:' "$BOX/log/download" | head -n 1)"
		return 1
	fi
	for box_deb in "$box_debs"/*.deb; do
		# Not every package has every file that $box_only asks for, which tar takes for an error.
		{ dpkg-deb --fsys-tarfile "$box_deb" || echo "damaged package" >&2; } 2>"$BOX/log/package" |
			tar -x -C "$box_to" --no-same-owner $box_only 2>"$BOX/log/tar"
		box_why=$(grep -h -v -E 'Not found in archive|Exiting with failure' "$BOX/log/package" "$BOX/log/tar" |
			head -n 1)
		[ -z "$box_why" ] || { say "cannot unpack ${box_deb##*/} into $box_to: $box_why"; return 1; }
	done
	rm -rf "$box_debs"
}
