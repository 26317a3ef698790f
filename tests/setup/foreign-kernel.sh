# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# foreign-kernel.sh - guest kernels and what builds modules for them. Sourced by foreign.

# Parts of a kernel's modules that guests get: transports, and the stock drivers that make mappings worth tracing.
GUEST_MODULES='drivers/virtio drivers/block/virtio_blk drivers/char/virtio_console drivers/uio
	drivers/media/test-drivers/vivid drivers/media/common/videobuf2 drivers/media/common/v4l2-tpg
	drivers/media/v4l2-core drivers/media/mc drivers/media/cec drivers/media/rc drivers/video/fbdev/core
	drivers/dma-buf fs/9p fs/netfs fs/fscache net/9p'

# kernel_row TAG: sets k_box k_prefix k_abi k_flavour
kernel_row()
{
	k_row=$(awk -v t="$1" '$1 == t { print $2, $3, $4, $5 }' "$KERNELS")
	[ -n "$k_row" ] || die "no kernel '$1' in $KERNELS, which has: $(awk '/^[^#]/ { printf "%s ", $1 }' "$KERNELS")"
	read -r k_box k_prefix k_abi k_flavour <<-END
		$k_row
	END
}

# kernel_group: rows that take the same version share one record of which it is
kernel_group()
{
	echo "$CACHE/abi/$k_box-$k_prefix"
}

kernel_group_tags()
{
	awk -v b="$k_box" -v p="$k_prefix" -v a="$k_abi" '$2 == b && $3 == p && $4 == a { print $1, $5 }' "$KERNELS"
}

# kernel_abis: versions for which the archive lists image and headers of every flavour in the group, newest first
kernel_abis()
{
	apt-cache pkgnames "linux-" | sed 's/:.*//' | sort -u >"$new/names"
	kernel_group_tags | while read -r _ flavour; do
		for what in image headers; do
			sed -n "s/^linux-$what-//p" "$new/names" | grep -F "$k_prefix" |
				grep -E -x "$(echo "$k_prefix" | sed 's/\./[.]/g')$k_abi-$flavour" | sed "s/-$flavour\$//"
		done
	done | sort | uniq -c | awk -v n="$(($(kernel_group_tags | wc -l) * 2))" '$1 == n { print $2 }' | sort -V -r
	rm -f "$new/names"
}

# The recorded version has left the archive: what was made from it must not be mixed with its successor.
kernel_forget()
{
	say "kernel $abi has left the archive, taking its successor"
	rm -f "$(kernel_group)"
	kernel_group_tags | while read -r tag _; do
		rm -rf "${CACHE:?}/kernel/$tag" "${CACHE:?}/headers/$tag"
	done
}

# kernel_unpack WHAT: unpacks the packages that WHAT_packages names into $new and sets $abi: the version recorded for the
# group, else the newest that can really be had (archives go on listing packages that are gone).
kernel_unpack()
{
	abi=$(cat "$(kernel_group)" 2>/dev/null)
	if [ -n "$abi" ]; then
		box_unpack "$new" $("$1_packages") && return
		kernel_forget
		box_update force
	fi
	for abi in $(kernel_abis | head -n 5); do
		box_unpack "$new" $("$1_packages") || { say "listed but gone, trying the version before"; continue; }
		mkdir -p "$CACHE/abi"
		echo "$abi" >"$(kernel_group)"
		return
	done
	die "the mirror has no $1 for linux-image-$k_prefix$k_abi-$k_flavour"
}

kernel_packages()
{
	echo "linux-image-$abi-$k_flavour:arm64"
}

# The build tools (kbuild) run here and so are of this machine's kind; the package has had two ways to be named.
headers_packages()
{
	echo "linux-headers-$abi-$k_flavour:arm64"
	box_field "linux-headers-$abi-$k_flavour:arm64" Depends | tr ',|' '\n\n' |
		awk -v a=":$HOST_ARCH" '/^ *linux-headers-.*-common/ { print $1 } /^ *linux-kbuild-/ { print $1 a }'
}

get_kernel()
{
	kernel_row "$1"
	scratch
	if [ "$k_box" = build ]; then
		build_kernel "$1"
		put_in_place kernel "$1"
		return
	fi
	box_open "$k_box"
	box_update
	box_only="--wildcards --no-anchored boot/vmlinuz* boot/config* */modules.order */modules.builtin*"
	for m in $GUEST_MODULES; do
		box_only="$box_only */kernel/$m*"
	done
	kernel_unpack kernel
	box_only=
	box_close
	release=$(ls "$new"/lib/modules) && mv "$new"/boot/vmlinuz* "$new/vmlinuz" && mv "$new"/boot/config* "$new/config" ||
		die "the package of kernel $1 is not laid out as expected"
	rmdir "$new/boot"
	echo "$release" >"$new/release"
	find "$new/lib/modules" -name '*.ko.xz' -exec xz -d {} +
	PATH=$PATH:/usr/sbin:/sbin depmod -b "$new" "$release" 2>/dev/null || die "depmod failed for $release"
	put_in_place kernel "$1"
}

get_headers()
{
	kernel_row "$1"
	scratch
	if [ "$k_box" = build ]; then
		build_headers "$1"
		put_in_place headers "$1"
		return
	fi
	box_open "$k_box"
	box_update
	kernel_unpack headers
	box_close
	kbuild=$(echo "$new"/usr/lib/linux-kbuild-*)
	no_btf=
	headers_runnable "$1" || exit 77
	mv "$new/usr/src/linux-headers-$abi-$k_flavour" "$new/kdir"
	mv "$new/usr/src/linux-headers-$abi-common" "$new/kdir/common"
	mv "$kbuild" "$new/kdir/kbuild"
	headers_join "$new/kdir"
	[ -e "$new/kdir/vmlinux" ] || [ -n "$no_btf" ] || headers_add_btf "$1"
	mv "$new/kdir" "$new.kdir" && rm -rf "$new" && mv "$new.kdir" "$new"
	put_in_place headers "$1"
}

# headers_runnable TAG: do the build tools run on this machine? The answer "no" is remembered, so that asking again costs
# no download. If only the tool that writes modules' type information does not, modules can be built without.
headers_runnable()
{
	for tool in "$kbuild"/scripts/basic/fixdep "$kbuild"/scripts/mod/modpost* \
			"$kbuild"/tools/bpf/resolve_btfids/resolve_btfids; do
		why=$("$tool" 2>&1 </dev/null | sed -n 's/.*version .\(GLIBC_[0-9.]*\). not found.*/\1/p' | head -n 1)
		[ -n "$why" ] || continue
		if [ "${tool##*/}" = resolve_btfids ]; then
			rm -f "$new/usr/src/linux-headers-$abi-$k_flavour/vmlinux"
			no_btf="modules for kernel $1 are built without type information: resolve_btfids needs $why"
			say "$no_btf"
			continue
		fi
		mkdir -p "$CACHE/headers"
		echo "the build tools of kernel $1 need $why, which this machine's libc lacks" >"$CACHE/headers/$1.cannot"
		say "$(cat "$CACHE/headers/$1.cannot")"
		return 77
	done
}

# headers_join KDIR: three packages become one tree that works wherever it lies. The packages expect each other in
# /usr/src and a compiler of a certain release.
headers_join()
{
	ln -sfn kbuild/scripts "$1/scripts"
	ln -sfn kbuild/tools "$1/tools"
	ln -sfn ../kbuild/scripts "$1/common/scripts"
	ln -sfn ../kbuild/tools "$1/common/tools"
	sed -e '1 i kdir_here := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))' \
		-e "s|/usr/src/linux-headers-$abi-$k_flavour|\$(kdir_here)|; s|/usr/src/linux-headers-$abi-common|\$(kdir_here)/common|" \
		"$1/Makefile" >"$1/Makefile.new" && mv "$1/Makefile.new" "$1/Makefile"
	{
		echo 'override ARCH = arm64'
		echo "override KERNELRELEASE = $abi-$k_flavour"
		echo 'CC = $(CROSS_COMPILE)gcc'
		echo 'DEBIAN_KERNEL_NO_CC_VERSION_CHECK = y'
	} >"$1/.kernelvariables"
	echo "$abi-$k_flavour" >"$1/release"
}

# headers_add_btf TAG: some headers come without vmlinux. A module gets type information only if it can refer to the
# kernel's: cut it out of the kernel's image and wrap it as an ELF file called vmlinux.
headers_add_btf()
{
	grep -q '^CONFIG_DEBUG_INFO_BTF_MODULES=y' "$new/kdir/.config" || return 0
	have kernel "$1" || (get_kernel "$1") || die "cannot have the type information of kernel $1"
	if ! btf_carve "$CACHE/kernel/$1/vmlinuz" "$new/btf"; then
		say "no type information in the image of kernel $1: its modules will have none"
		return 0
	fi
	cross=aarch64-linux-gnu-
	[ "$HOST_ARCH" != arm64 ] || cross=
	"${cross}objcopy" -I binary -O elf64-littleaarch64 \
		--rename-section .data=.BTF,alloc,load,readonly,data,contents "$new/btf" "$new/kdir/vmlinux" ||
		die "cannot wrap the type information of kernel $1: install binutils-aarch64-linux-gnu"
	# This tool resolves the sets of type numbers that a module of ours does not have; the older packages lack it.
	resolve=$new/kdir/kbuild/tools/bpf/resolve_btfids/resolve_btfids
	if [ ! -e "$resolve" ]; then
		mkdir -p "${resolve%/*}" && printf '#!/bin/sh\nexit 0\n' >"$resolve" && chmod 755 "$resolve"
	fi
}

le32()
{
	od -A n -t u4 -j "$(($2 + $3))" -N 4 "$1" | tr -d ' '
}

# btf_carve IMAGE OUT: the largest stretch of IMAGE that begins as include/uapi/linux/btf.h (6.1) says: magic 0xeb9f,
# version 1, no flags, header of 24 bytes, then four 32-bit numbers: type offset, length, string offset, length.
btf_carve()
{
	btf_best=0
	for at in $(LC_ALL=C grep -obUaP '\x9f\xeb\x01\x00\x18\x00\x00\x00' "$1" | cut -d: -f 1); do
		btf_len=$((24 + $(le32 "$1" "$at" 16) + $(le32 "$1" "$at" 20)))
		if [ "$(le32 "$1" "$at" 12)" = "$(le32 "$1" "$at" 16)" ] && [ "$btf_len" -gt "$btf_best" ]; then
			btf_best=$btf_len
			btf_at=$at
		fi
	done
	[ "$btf_best" -gt 100000 ] && tail -c "+$((btf_at + 1))" "$1" | head -c "$btf_best" >"$2"
}
