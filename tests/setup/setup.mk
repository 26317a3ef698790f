# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# What must be on the machine and in the cache before anything is built or run. Included by the top-level Makefile.
#
#   | deps-build                             packages for the goals of this make, and the cross build's libraries
#   | $(CACHE)/sysroot/arm64/.done           arm64 libraries            $(CACHE)/guest/arm64/.done    guests' programs
#   | $(CACHE)/kernel/TAG/.done              a guest kernel             $(CACHE)/headers/TAG/.done    KDIR of a kernel
#
# Everything is checked each time, which costs some hundredths of a second, and only fetched or installed when it is not
# there. DEPS=no reports instead of installing; DEPS=skip looks at nothing that belongs to the machine.

DEPS_all := build
DEPS_check := build check
DEPS_unit := build check
DEPS_lint := build check
DEPS_fuzz := build fuzz
DEPS_check-asan := build check
DEPS_demo := build cross guest module
DEPS_vm := build cross guest module
DEPS_bench := build cross guest module
DEPS_kmod-all := build cross module
DEPS_test := build cross check fuzz guest module kernel test
DEPS_deps := $(DEPS_test)
DEPS_soak := $(DEPS_test) chroot native

# One run of apt for all the goals named, not one for each.
DEPS_PURPOSES := $(sort build $(if $(filter-out $(HOST),$(TARGET)),cross) \
	$(foreach g,$(or $(MAKECMDGOALS),all),$(DEPS_$(g))))

.PHONY: deps deps-build deps-host test-untouched FORCE
deps-host:
	@DEPS=$(DEPS) tests/setup/host-deps $(DEPS_PURPOSES)

deps-build: deps-host
ifneq ($(TARGET),$(HOST))
	@DEPS=$(DEPS) tests/setup/foreign sysroot arm64
endif

deps: deps-host
	@DEPS=$(DEPS) tests/setup/foreign sysroot arm64 guest arm64 \
		$(foreach k,$(GUEST_KERNELS),kernel $(k)) $(foreach k,$(MODULE_KERNELS),headers $(k))

# The tool decides whether there is something to do; if not, the file and its time stay as they are.
$(CACHE)/sysroot/%/.done: FORCE | deps-host
	@DEPS=$(DEPS) tests/setup/foreign sysroot $*
$(CACHE)/guest/%/.done: FORCE | deps-host
	@DEPS=$(DEPS) tests/setup/foreign guest $*
$(CACHE)/kernel/%/.done: FORCE | deps-host
	@DEPS=$(DEPS) tests/setup/foreign kernel $*
$(CACHE)/headers/%/.done: FORCE | deps-host
	@DEPS=$(DEPS) tests/setup/foreign headers $*

# make would take these for intermediate files, and remove them.
.PRECIOUS: $(CACHE)/sysroot/%/.done $(CACHE)/guest/%/.done $(CACHE)/kernel/%/.done $(CACHE)/headers/%/.done

test-untouched:
	@tests/setup/test-untouched

# The README's commands on a machine with nothing but git and make; the build as on a board. Long; part of soak.
.PHONY: fresh-demo fresh-test native-arm64
fresh-demo fresh-test: fresh-%:
	@tests/setup/chroot-try make $*

native-arm64:
	@tests/setup/native-arm64

.PHONY: test-setup
test-setup: test-untouched
	@tests/setup/selftest
