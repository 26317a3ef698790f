# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# The demo driver and its user: included by the top-level Makefile and by kmod-demo/Makefile.
#
#   make kmod [KDIR=headers] [KMOD_TAG=name] [W=1]   -> $(OUTPUT)/kmod/<tag>/mmdemo.ko
#   make load-demo / unload-demo                     build and load on this machine (root, or through sudo)
#   make mmdemo-use mmdemo-use-arm64                 -> $(OUTPUT)/mmdemo-use, $(OUTPUT)/arm64/mmdemo-use
#
# Builds for several kernels never meet: the sources are copied into a directory per tag and built there. The
# default tag is the kernel's release for an installed kernel, else the last part of KDIR.

KMOD_SRC := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
OUTPUT ?= .output
KDIR ?= /lib/modules/$(shell uname -r)/build
KMOD_TAG ?= $(notdir $(abspath $(KDIR:/lib/modules/%/build=%)))
KMOD_DIR = $(abspath $(OUTPUT))/kmod/$(KMOD_TAG)
KMOD_SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

KMOD_HOST := $(shell uname -m)
KMOD_CROSS ?= aarch64-linux-gnu-
# Headers for arm64 on a machine of another kind need the cross compiler. CC is given because Debian's headers
# name the exact compiler release that built the kernel, which need not be installed here.
KMOD_IS_CROSS = $(if $(filter aarch64,$(KMOD_HOST)),,$(shell grep -s '^CONFIG_ARM64=y' $(KDIR)/.config))
KMOD_ARGS = $(if $(KMOD_IS_CROSS),ARCH=arm64 CROSS_COMPILE=$(KMOD_CROSS) CC=$(KMOD_CROSS)gcc)

.PHONY: kmod load-demo unload-demo kmod-check mmdemo-use mmdemo-use-arm64

kmod-check:
	@test -e $(KDIR)/Makefile || { \
		echo "kmod: no kernel headers at $(KDIR)."; \
		echo "kmod: install them: linux-headers-$$(uname -r) (Debian, Radxa OS: also linux-headers-rock-5b-plus;" \
			"Armbian: linux-headers-vendor-rk35xx or linux-headers-current-rockchip64), or give KDIR=<headers>."; \
		exit 1; } >&2

kmod: kmod-check
	@mkdir -p $(KMOD_DIR)
	@cp -pu $(KMOD_SRC)/Kbuild $(filter-out $(MMDEMO_USE_SRC) $(MMDEMO_USE_HDR),$(wildcard $(KMOD_SRC)/*.[ch])) \
		$(KMOD_DIR)/
	+$(MAKE) --no-print-directory -C $(KDIR) M=$(KMOD_DIR) $(KMOD_ARGS) $(if $(W),W=$(W)) modules
	@echo "kmod: $(KMOD_DIR)/mmdemo.ko" >&2

load-demo: kmod
	@if grep -q '^mmdemo ' /proc/modules; then $(KMOD_SUDO) rmmod mmdemo || { \
		echo "load-demo: an older mmdemo is loaded and in use: who has /dev/mmdemo/* open or mapped?" >&2; exit 1; }; fi
	@$(KMOD_SUDO) insmod $(KMOD_DIR)/mmdemo.ko || { \
		echo "load-demo: the kernel refused the module: dmesg says why (another kernel than $(KMOD_TAG)?" \
			"signatures or lockdown enforced?)" >&2; exit 1; }
	@ls -l /dev/mmdemo

unload-demo:
	@if grep -q '^mmdemo ' /proc/modules; then $(KMOD_SUDO) rmmod mmdemo; else echo "unload-demo: mmdemo is not loaded" >&2; fi

MMDEMO_USE_SRC := $(wildcard $(KMOD_SRC)/mmdemo-*.c $(KMOD_SRC)/use_*.c)
MMDEMO_USE_HDR := $(KMOD_SRC)/mmdemo-use.h
MMDEMO_USE_DEP := $(MMDEMO_USE_SRC) $(MMDEMO_USE_HDR) $(KMOD_SRC)/mmdemo_uapi.h $(KMOD_SRC)/kinds.h
# Both are small and need no library, so they are built by name of the compiler, whatever CC and ARCH are today.
MMDEMO_USE_FLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -static

mmdemo-use: $(OUTPUT)/mmdemo-use
mmdemo-use-arm64: $(OUTPUT)/arm64/mmdemo-use

$(OUTPUT)/mmdemo-use: $(MMDEMO_USE_DEP)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@gcc $(MMDEMO_USE_FLAGS) -o $@ $(MMDEMO_USE_SRC)

$(OUTPUT)/arm64/mmdemo-use: $(MMDEMO_USE_DEP)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(if $(filter aarch64,$(KMOD_HOST)),,$(KMOD_CROSS))gcc $(MMDEMO_USE_FLAGS) -o $@ $(MMDEMO_USE_SRC)
