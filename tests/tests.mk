# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# Tests that run programs. Included by the top-level Makefile.
#
#   $(OUTPUT)/tests/NAME          for this machine        $(OUTPUT)/arm64/tests/NAME    for the guests
#   test-host-hooks               the workload's cases on this machine's kernel
#   test-guests                   the same in guests, one boot per kernel
#   test-bpf                      the BPF core by BPF_PROG_RUN
#   bench, soak                   cost; the long runs

TESTS_CC_arm64 := $(if $(filter arm64,$(HOST)),gcc,aarch64-linux-gnu-gcc)
TESTS_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -static -pthread -Isrc -Itests/run

TESTS_work := $(patsubst %,tests/work/%.c,work calls case_call case_change case_fault case_proc case_wait)
TESTS_order := tests/work/order.c
TESTS_match := $(patsubst %,tests/run/%.c,match match_json match_plan read_whole)
TESTS_check-order := $(patsubst %,tests/run/%.c,check-order match_json read_whole)
TESTS_PROGRAMS := work order match check-order
TESTS_HEADERS := tests/work/work.h tests/run/match.h src/sink/wire_format.h

TESTS_NATIVE := $(TESTS_PROGRAMS:%=$(OUTPUT)/tests/%)
TESTS_ARM64 := $(TESTS_PROGRAMS:%=$(OUTPUT)/arm64/tests/%)

# $(1) program, $(2) directory, $(3) compiler
define TESTS_RULE
$(2)/$(1): $(TESTS_$(1)) $(TESTS_HEADERS) | deps-host
	@mkdir -p $$(@D)
	@echo "  CC      $$@"
	@$(3) $(TESTS_CFLAGS) -o $$@ $$(filter %.c,$$^)
endef
$(foreach p,$(TESTS_PROGRAMS),$(eval $(call TESTS_RULE,$(p),$(OUTPUT)/tests,gcc)))
$(foreach p,$(TESTS_PROGRAMS),$(eval $(call TESTS_RULE,$(p),$(OUTPUT)/arm64/tests,$(TESTS_CC_arm64))))

.PHONY: tests-native tests-arm64
tests-native: $(TESTS_NATIVE)
tests-arm64: $(TESTS_ARM64)
