# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# Guests, and the demo driver for their kernels. Included by the top-level Makefile.
#
#   make demo [K=6.12]              mmtrace on the demo driver's mappings, live in a guest
#   make vm [K=6.12]                a shell in a guest that has the tool, the driver and the tests
#   make kmod-all                   the driver against every kernel's headers, W=1; ends with a line of totals
#   $(OUTPUT)/kmod/TAG/mmdemo.ko    the driver for one kernel of tests/setup/kernels.list

KERNELS := tests/setup/kernels.list
# Kernels that guests boot, and kernels whose headers the driver is built with; the one that has to be built from source
# is only for the tests.
GUEST_KERNELS := $(shell awk '/^[^\#]/ && $$8 ~ /guest/ && $$2 != "build" { print $$1 }' $(KERNELS))
GUEST_KERNELS_BUILT := $(shell awk '/^[^\#]/ && $$8 ~ /guest/ && $$2 == "build" { print $$1 }' $(KERNELS))
SOAK_KERNELS := $(shell awk '/^[^\#]/ && $$8 ~ /soak/ { print $$1 }' $(KERNELS))
MODULE_KERNELS := $(shell awk '/^[^\#]/ && $$8 ~ /module(,|$$)/ && $$2 != "build" { print $$1 }' $(KERNELS))
K ?= 6.12

.PHONY: demo vm kmod-all
demo: $(CACHE)/kernel/$(K)/.done $(CACHE)/guest/arm64/.done $(OUTPUT)/kmod/$(K)/mmdemo.ko
	@$(MAKE) --no-print-directory -s ARCH=arm64 all mmdemo-use-arm64
	@tests/vm/demo $(K)

vm: $(CACHE)/kernel/$(K)/.done $(OUTPUT)/kmod/$(K)/mmdemo.ko
	@$(MAKE) --no-print-directory ARCH=arm64 all mmdemo-use-arm64 tests-arm64
	@tests/vm/run $(K) --shell

kmod-all: | deps-host
	@tests/vm/kmod-all "$(MAKE)"

$(OUTPUT)/kmod/%/mmdemo.ko: $(CACHE)/headers/%/.done $(wildcard kmod-demo/*.[ch] kmod-demo/Kbuild)
	@echo "  KMOD    $@"
	@$(MAKE) --no-print-directory -s kmod KDIR=$(CACHE)/headers/$* KMOD_TAG=$* KMOD_QUIET=yes >/dev/null
	@touch $@

# Does the runner of guests keep its word?
.PHONY: test-vm
test-vm: $(CACHE)/kernel/$(K)/.done $(CACHE)/guest/arm64/.done
	@tests/vm/selftest $(K)
