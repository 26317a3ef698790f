# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# Tests that run programs. Included by the top-level Makefile.
#
#   $(OUTPUT)/tests/NAME          for this machine        $(OUTPUT)/arm64/tests/NAME    for the guests
#   test-host-hooks               the workload's cases on this machine's kernel
#   test-guests                   the same in guests, one boot per kernel
#   test-bpf                      the BPF core by BPF_PROG_RUN
#   bench, bench-here, soak       cost in guests; on this machine; the long runs
#   docs-scenarios                the table of scenarios as Markdown

TESTS_CC_arm64 := $(if $(filter arm64,$(HOST)),gcc,aarch64-linux-gnu-gcc)
TESTS_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -static -pthread -Isrc -Itests/run

TESTS_work := $(patsubst %,tests/work/%.c,work calls calls_mem case_call case_change case_fault case_mem case_proc \
	case_reach case_signal case_wait)
TESTS_nfaults := $(patsubst %,tests/work/%.c,nfaults nfaults_kinds nfaults_tasks)
TESTS_order := tests/work/order.c
TESTS_match := $(patsubst %,tests/run/%.c,match match_json match_plan read_whole)
TESTS_check-order := $(patsubst %,tests/run/%.c,check-order match_json read_whole)
TESTS_check-totals := $(patsubst %,tests/run/%.c,check-totals match_json)
TESTS_scenarios := $(patsubst %,tests/run/%.c,scenarios scenarios_expr scenarios_flow scenarios_maps scenarios_table scenarios_trace scenarios_used match_json read_whole)
TESTS_bpf-left := tests/run/bpf-left.c
TESTS_as-nobody := tests/run/as-nobody.c
TESTS_churn := tests/work/churn.c
TESTS_inserts := tests/work/inserts.c
TESTS_births := tests/work/births.c
TESTS_split := tests/work/split.c
TESTS_reach := tests/work/reach.c
TESTS_stock := $(patsubst %,tests/work/%.c,stock stock_devices stock_kernel)
TESTS_called := tests/work/called.c
TESTS_CFLAGS_called := -fno-omit-frame-pointer -fno-optimize-sibling-calls
TESTS_measure := tests/bench/measure.c
TESTS_wire-count := tests/bench/wire-count.c
TESTS_PROGRAMS := births measure wire-count work called nfaults order match check-order check-totals bpf-left as-nobody inserts split reach churn stock scenarios
TESTS_HEADERS := tests/work/work.h tests/work/nfaults.h tests/work/stock.h tests/run/match.h tests/run/scenarios.h kmod-demo/mmdemo_uapi.h kmod-demo/kinds.h src/sink/wire_format.h

TESTS_NATIVE := $(TESTS_PROGRAMS:%=$(OUTPUT)/tests/%)
TESTS_ARM64 := $(TESTS_PROGRAMS:%=$(OUTPUT)/arm64/tests/%)

# $(1) program, $(2) directory, $(3) compiler
define TESTS_RULE
$(2)/$(1): $(TESTS_$(1)) $(TESTS_HEADERS) | deps-host
	@mkdir -p $$(@D)
	@echo "  CC      $$@"
	@$(3) $(TESTS_CFLAGS) $(TESTS_CFLAGS_$(1)) -o $$@ $$(filter %.c,$$^)
endef
$(foreach p,$(TESTS_PROGRAMS),$(eval $(call TESTS_RULE,$(p),$(OUTPUT)/tests,gcc)))
$(foreach p,$(TESTS_PROGRAMS),$(eval $(call TESTS_RULE,$(p),$(OUTPUT)/arm64/tests,$(TESTS_CC_arm64))))

.PHONY: tests-native tests-arm64
tests-native: $(TESTS_NATIVE) $(OUTPUT)/tests/calls32 $(OUTPUT)/tests/threads
tests-arm64: $(TESTS_ARM64) $(OUTPUT)/arm64/tests/calls32 $(OUTPUT)/arm64/tests/threads

# The one program that is linked dynamically; a guest has no libraries but those that are put beside it.
TESTS_SHARED_CFLAGS := $(filter-out -static,$(TESTS_CFLAGS))
$(OUTPUT)/tests/threads: tests/work/threads.c | deps-host
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@gcc $(TESTS_SHARED_CFLAGS) -o $@ $<
$(OUTPUT)/arm64/tests/threads: tests/work/threads.c | deps-host
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@for lib in ld-linux-aarch64.so.1 libc.so.6; do cp "$$($(TESTS_CC_arm64) -print-file-name=$$lib)" $(@D)/; done
	@$(TESTS_CC_arm64) $(TESTS_SHARED_CFLAGS) -Wl,--dynamic-linker=/tests/ld-linux-aarch64.so.1 -Wl,-rpath,/tests -o $@ $<

# A 32-bit program without libc: clang compiles for ARM and i386, and the linkers of the 64-bit machines know their formats.
TESTS_LD_arm64 := $(if $(filter arm64,$(HOST)),ld,aarch64-linux-gnu-ld)
CALLS32_arm := --target=arm-linux-gnueabi -march=armv7-a
CALLS32_i386 := --target=i386-linux-gnu -fomit-frame-pointer -fno-pic
# $(1) directory, $(2) clang's machine, $(3) linker
define CALLS32_RULE
$(1)/tests/calls32: tests/work/calls32.c | deps-host
	@mkdir -p $(1)/tests $(1)/tests-obj
	@echo "  CC      $$@"
	@$$(CLANG) $$(CALLS32_$(2)) -ffreestanding -fno-stack-protector -O2 -Wall -Wextra -Werror \
		-c -o $(1)/tests-obj/calls32.o $$<
	@$(3) -o $$@ $(1)/tests-obj/calls32.o
endef
$(eval $(call CALLS32_RULE,$(OUTPUT)/arm64,arm,$(TESTS_LD_arm64) -m armelf_linux_eabi))
ifeq ($(HOST),arm64)
$(eval $(call CALLS32_RULE,$(OUTPUT),arm,ld -m armelf_linux_eabi))
else
$(eval $(call CALLS32_RULE,$(OUTPUT),i386,ld -m elf_i386))
endif

# ---- hooks ------------------------------------------------------------------------------------------------------

.PHONY: test-match test-host-hooks test-guests
test-match: $(OUTPUT)/tests/match
	@tests/run/match-selftest $<

.PHONY: test-scenarios
test-scenarios: $(OUTPUT)/tests/scenarios
	@tests/run/scenarios-selftest $<

# The table that the demo driver's tests run by, for readers
.PHONY: docs-scenarios
docs-scenarios:
	@awk -f tests/run/scenarios-md.awk kmod-demo/scenarios

.PHONY: test-order
test-order: $(OUTPUT)/tests/check-order
	@tests/run/order-selftest $<

.PHONY: test-totals
test-totals: $(OUTPUT)/tests/check-totals
	@tests/run/totals-selftest $<

test-host-hooks: $(TESTS_NATIVE) all
	@OUT=$(abspath $(OUTPUT)) tests/run/host

# What the guests take along: the tool, the programs, the driver, the kernels.
GUESTS := $(GUEST_KERNELS) $(GUEST_KERNELS_BUILT)
.PHONY: guests-ready
guests-ready: tests-arm64 $(GUESTS:%=$(CACHE)/kernel/%/.done) $(CACHE)/guest/arm64/.done \
		$(patsubst %,$(OUTPUT)/kmod/%/mmdemo.ko,$(GUESTS))
	@$(MAKE) --no-print-directory ARCH=arm64 all mmdemo-use-arm64

test-guests: guests-ready
	@OUTPUT=$(OUTPUT) GUESTS="$(GUESTS)" tests/run/all $(GUESTS:%=guest-%)

include tests/fuzz/fuzz.mk

# ---- everything -------------------------------------------------------------------------------------------------

.PHONY: test soak
test: all $(UNIT_BINS) tests-native $(OUTPUT)/tests/bpf-core $(OUTPUT)/tests/bpf-runs guests-ready asan-ready $(FUZZ_BINS)
	@OUTPUT=$(OUTPUT) UNIT_BINS="$(UNIT_BINS)" ASAN_BINS="$(ASAN_BINS)" FUZZ_BINS="$(FUZZ_BINS)" GUESTS="$(GUESTS)" MAKE="$(MAKE)" tests/run/all

# The long runs: 500,000 changes by 8 threads, and the cases again and again; then the build as on a board, unless this
# kernel cannot run arm64 programs (77), and everything on a machine that has had nothing installed.
SOAK_ROUNDS ?= 10
soak: guests-ready $(foreach k,$(SOAK_KERNELS),$(CACHE)/kernel/$(k)/.done $(OUTPUT)/kmod/$(k)/mmdemo.ko) tests-native all
	@OUT=$(abspath $(OUTPUT)) SOAK_KERNELS="$(SOAK_KERNELS)" tests/run/soak $(SOAK_ROUNDS)
	@tests/setup/native-arm64 || [ $$? = 77 ]
	@tests/setup/chroot-try make test

# ---- cost -------------------------------------------------------------------------------------------------------

BENCH_ARM64 := $(patsubst %,$(OUTPUT)/arm64/tests/%,measure wire-count empty)

TESTS_SYSROOT := $(if $(filter arm64,$(HOST)),,$(CACHE)/sysroot/arm64)
TESTS_LIBBPF_arm64 := $(if $(TESTS_SYSROOT),-idirafter $(TESTS_SYSROOT)/usr/include \
	-L$(TESTS_SYSROOT)/usr/lib/aarch64-linux-gnu)
TESTS_BPF_CFLAGS = -g -O2 -target bpf -mcpu=v3 -Iinclude -Ibpf -Wall -Wextra -Werror -Wno-unused-parameter -Wno-unused-function

# $(1) directory, $(2) machine
define EMPTY_RULE
$(1)/tests-obj/empty.skel.h: tests/bench/empty.bpf.c
	@mkdir -p $$(@D)
	@echo "  BPF     $$(@:.skel.h=.o)"
	@$$(CLANG) $$(TESTS_BPF_CFLAGS) -D__TARGET_ARCH_$(2) -Ivmlinux/$(2) -c -o $$(@:.skel.h=.o) $$<
	@$$(BPFTOOL) gen skeleton $$(@:.skel.h=.o) name mmt_empty >$$@.tmp && mv $$@.tmp $$@
endef
$(eval $(call EMPTY_RULE,$(OUTPUT)/arm64,arm64))
$(eval $(call EMPTY_RULE,$(OUTPUT),$(HOST)))

$(OUTPUT)/arm64/tests/empty: tests/bench/empty.c $(OUTPUT)/arm64/tests-obj/empty.skel.h $(if $(TESTS_SYSROOT),$(TESTS_SYSROOT)/.done)
	@echo "  CC      $@"
	@$(TESTS_CC_arm64) $(TESTS_CFLAGS) -I$(OUTPUT)/arm64/tests-obj -o $@ $< $(TESTS_LIBBPF_arm64) -lbpf -lelf -lz
$(OUTPUT)/tests/empty: tests/bench/empty.c $(OUTPUT)/tests-obj/empty.skel.h | deps-build
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@gcc $(TESTS_CFLAGS) -I$(OUTPUT)/tests-obj -o $@ $< -lbpf -lelf -lz

# more rows: NAME=TIER,TIER
BENCH ?= call-fentry=call=fentry
.PHONY: bench
bench: $(BENCH_ARM64) $(CACHE)/kernel/6.12/.done $(CACHE)/kernel/6.1/.done $(CACHE)/guest/arm64/.done $(OUTPUT)/kmod/6.12/mmdemo.ko
	@$(MAKE) --no-print-directory ARCH=arm64 all
	@OUT=$(abspath $(OUTPUT)) tests/bench/bench $(BENCH)

# The same on this machine, in times; needs root
.PHONY: bench-here
bench-here: all $(OUTPUT)/tests/measure $(OUTPUT)/tests/empty
	@OUT=$(abspath $(OUTPUT)) tests/bench/here

# ---- the BPF core by BPF_PROG_RUN --------------------------------------------------------------------------------

$(OUTPUT)/tests-obj/core_test.skel.h: tests/bpf/core.bpf.c $(wildcard bpf/*.h) $(wildcard include/mmtrace/wire/*.h)
	@mkdir -p $(@D)
	@echo "  BPF     $(@:.skel.h=.o)"
	@$(CLANG) $(TESTS_BPF_CFLAGS) -D__TARGET_ARCH_$(HOST) -Ivmlinux/$(HOST) -c -o $(@:.skel.h=.o) $<
	@$(BPFTOOL) gen skeleton $(@:.skel.h=.o) name mmt_core_test >$@.tmp && mv $@.tmp $@

$(OUTPUT)/tests/bpf-%: tests/bpf/test_%.c tests/bpf/kit.h src/probe/runs.c $(OUTPUT)/tests-obj/core_test.skel.h | deps-build
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@gcc $(filter-out -static,$(TESTS_CFLAGS)) -Iinclude -Itests -I$(OUTPUT)/tests-obj -o $@ $< src/probe/runs.c -lcmocka -lbpf -lelf -lz

.PHONY: test-bpf
test-bpf: $(OUTPUT)/tests/bpf-core $(OUTPUT)/tests/bpf-runs
	@tests/run/units $^
