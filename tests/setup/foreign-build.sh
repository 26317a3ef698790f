# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# foreign-build.sh - guest kernels that no distribution has: built from its kernel source with the fragments that
# kernels.list names from tests/vm/config. Sourced by foreign. Kernel and headers come from one build tree; a change of
# source or fragments makes a new one.

# build_fragments: paths of the fragments of the row that kernel_row read
build_fragments()
{
	for f in $(echo "$k_flavour" | tr ',' ' '); do
		[ -r "$here/../vm/config/$f" ] || die "no fragment tests/vm/config/$f"
		echo "$here/../vm/config/$f"
	done
}

# build_tree TAG: sets tree, built and stripped of what modules do not need
build_tree()
{
	have source "$k_prefix" || (get_source "$k_prefix") || exit 1
	src=$CACHE/source/$k_prefix
	fragments=$(build_fragments)
	version=$(sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = //p' "$src/Makefile" | paste -s -d .)
	tree=$CACHE/build/$1-$(cat $fragments | cksum | cut -d ' ' -f 1)-$version
	log=$tree/log
	cross=aarch64-linux-gnu-
	[ "$HOST_ARCH" != arm64 ] || cross=
	[ ! -e "$tree/.built" ] || return 0
	for c in flex bison bc; do
		command -v $c >/dev/null || die "building kernel $1 needs $c: tests/setup/host-deps kernel"
	done
	rm -rf "$CACHE"/build/"$1"-*
	mkdir -p "$tree"
	cat $fragments >"$tree/fragments"
	build_make KCONFIG_ALLCONFIG="$tree/fragments" allnoconfig
	build_missing
	say "build kernel $1 ($version), some 4 minutes; log in $log"
	build_make LOCALVERSION="-$1" -j "$(nproc)" Image modules
	# $tree stays as what modules are built with: its tools, headers and symbols, not its objects.
	find "$tree" -name '*.o' ! -path '*/scripts/*' -delete
	find "$tree" -mindepth 2 \( -name '*.cmd' -o -name '*.a' -o -name '*.order' \) ! -path '*/scripts/*' -delete
	rm -f "$tree/vmlinux" "$tree"/.tmp_* "$tree/vmlinux.o"
	touch "$tree/.built"
}

build_make()
{
	nice -n 10 make -s -C "$src" O="$tree" ARCH=arm64 CROSS_COMPILE=$cross KBUILD_BUILD_USER=guest \
		KBUILD_BUILD_HOST=guest "$@" >>"$log" 2>&1 </dev/null ||
		die "kernel build failed: $(grep -m 1 -E 'error|Error' "$log"); see $log"
}

# A fragment that asks for what the source does not have, or cannot have, is a mistake worth hearing of.
build_missing()
{
	missing=$(sed 's/=n$/ is not set/; s/^CONFIG_\([A-Z0-9_]*\) is not set/# CONFIG_\1 is not set/' "$tree/fragments" |
		grep -E '^(# )?CONFIG_' | while read -r line; do
			case $line in
			*' is not set') name=${line#\# }; ! grep -q "^${name%% *}=" "$tree/.config" || echo "$line" ;;
			*) grep -q -x -F "$line" "$tree/.config" || echo "$line" ;;
			esac
		done)
	[ -z "$missing" ] || die "the kernel configuration did not take: $(echo "$missing" | paste -s -d ,)"
}

build_kernel()
{
	build_tree "$1"
	cp "$tree/arch/arm64/boot/Image" "$new/vmlinuz" && cp "$tree/.config" "$new/config" &&
		cp "$tree/include/config/kernel.release" "$new/release" || die "no kernel in $tree"
	build_make INSTALL_MOD_PATH="$new" DEPMOD=true modules_install
	rm -f "$new"/lib/modules/*/build "$new"/lib/modules/*/source
	PATH=$PATH:/usr/sbin:/sbin depmod -b "$new" "$(cat "$new/release")" || die "depmod failed for kernel $1"
}

# The tree's makefile remembers where the source lies; both stay where they are.
build_headers()
{
	build_tree "$1"
	rm -rf "$new" && ln -s "$tree" "$new"
}
