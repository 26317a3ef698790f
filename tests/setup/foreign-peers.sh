# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# foreign-peers.sh - other tools that time page faults, for the bench to compare with. Sourced by foreign. Each is had or
# not by itself: the file "peers" has a line "NAME VERSION" for one that is there, "NAME - why" for one that is not.

# name, package, suite to prefer ("-": the box's own order), program in the package. perf is of the kernels' own suite.
PEERS='bpftrace bpftrace - usr/bin/bpftrace
funclatency libbpf-tools - usr/sbin/funclatency
perf linux-perf bookworm-backports usr/bin/perf
trace-cmd trace-cmd - usr/bin/trace-cmd'

# peer_closure PACKAGE SUITE: the programs' packages (not architecture all) that an empty arm64 system would install for it,
# "name:arm64=version" each
peer_closure()
{
	peer_want=$1
	[ "$2" = - ] || peer_want=$1/$2
	apt-get -o APT::Architecture=arm64 -s install --no-install-recommends "$peer_want" 2>"$BOX/log/closure" |
		sed -n 's/^Inst \([^ :]*\)[^ ]* (\([^ ]*\) .*\[arm64\].*/\1:arm64=\2/p'
}

# peer_libraries ROOT FILE: every library that the program wants, by the names it asks for, into $new/lib. What is not in
# ROOT the guests have already (libc).
peer_libraries()
{
	readelf -d "$2" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | while read -r peer_lib; do
		[ ! -e "$new/lib/$peer_lib" ] || continue
		for peer_at in "$1"/lib/aarch64-linux-gnu "$1"/usr/lib/aarch64-linux-gnu "$1"/usr/lib/llvm-*/lib; do
			[ -e "$peer_at/$peer_lib" ] || continue
			cp -L "$peer_at/$peer_lib" "$new/lib/$peer_lib" && peer_libraries "$1" "$new/lib/$peer_lib"
			break
		done
	done
}

# get_peer NAME PACKAGE SUITE PROGRAM: one line on stdout, as the file "peers" has it
get_peer()
{
	peer_all=$(peer_closure "$2" "$3")
	peer_version=$(echo "$peer_all" | sed -n "s/^$2:arm64=//p")
	if [ -z "$peer_version" ]; then
		echo "$1 - no package $2 for arm64: $(grep -m 1 '^E:' "$BOX/log/closure")"
		return
	fi
	peer_root=$new/root
	rm -rf "$peer_root"
	box_only="--wildcards --no-anchored *.so* $4"
	if ! box_unpack "$peer_root" $(echo "$peer_all" | grep -v -E '^(perl|python3|libc6)[^:]*:') ||
			[ ! -e "$peer_root/$4" ]; then
		echo "$1 - package $2 could not be had or lacks $4"
		return
	fi
	cp -L "$peer_root/$4" "$new/bin/$1" && peer_libraries "$peer_root" "$new/bin/$1"
	echo "$1 $peer_version"
}

get_peers()
{
	[ "$1" = arm64 ] || die "no peers for '$1': only arm64"
	command -v readelf >/dev/null || die "no readelf: install binutils"
	box_open bookworm
	box_update
	scratch
	mkdir -p "$new/bin" "$new/lib"
	echo "$PEERS" | while read -r peer; do
		get_peer $peer </dev/null
	done >"$new/peers"
	box_only=
	box_close
	rm -rf "$new/root"
	put_in_place peers "$1"
	# Not stamped as done, so that the next time looks again.
	! grep -q ' - ' "$CACHE/peers/$1/peers" || rm -f "$CACHE/peers/$1/.done"
}
