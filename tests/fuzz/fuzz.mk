# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# Fuzzing of whatever reads what others wrote, by clang's libFuzzer. Included by tests/tests.mk.
#
#   fuzz         each target for FUZZ_TIME seconds, or for FUZZ_RUNS executions; FUZZ="filter maps": only these
#   check-asan   every unit test, built with ASAN and UBSAN

FUZZ_ALL := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ ?= $(FUZZ_ALL)
FUZZ_TIME ?= 120
FUZZ_OUT := $(OUTPUT)/fuzz
FUZZ_BINS := $(FUZZ_ALL:%=$(FUZZ_OUT)/%)
FUZZ_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -Wno-gnu-variable-sized-type-not-at-end -DREC_RAW_MAX=65536 -DKSYMS_ROOM=64

# as unit_link, with objects of their own
fuzz_link = $(foreach w,$(shell sed -n '1s|^// LINK:||p' tests/fuzz/fuzz_$(1).c),$(or $(patsubst src/%.c,$(FUZZ_OUT)/obj/%.o,$(wildcard src/$(w)/*.c)),$(FUZZ_OUT)/obj/$(w).o))

$(FUZZ_OUT)/obj/%.o: src/%.c | deps-build
	@mkdir -p $(@D)
	@echo "  FUZZ    $<"
	@$(CLANG) $(FUZZ_CFLAGS) $(MMT_CPPFLAGS) -MMD -MP -c -o $@ $<

define FUZZ_RULE
$(FUZZ_OUT)/$(1): tests/fuzz/fuzz_$(1).c $$(call fuzz_link,$(1)) | deps-build
	@mkdir -p $$(@D)
	@echo "  FUZZ    $$@"
	@$$(CLANG) $$(FUZZ_CFLAGS) $$(MMT_CPPFLAGS) -Itests/fuzz -MMD -MP -fsanitize=fuzzer -o $$@ $$(filter %.c %.o,$$^) \
		-Wl,--as-needed -ldw -lelf $$(filter -lzstd,$$(LIBS))
endef
ifeq ($(TARGET),$(HOST))
$(foreach t,$(FUZZ_ALL),$(eval $(call FUZZ_RULE,$(t))))
-include $(wildcard $(FUZZ_OUT)/*.d $(FUZZ_OUT)/obj/*/*.d)
endif

.PHONY: fuzz asan-ready check-asan
fuzz: $(FUZZ:%=$(FUZZ_OUT)/%)
	@tests/fuzz/run $(if $(FUZZ_RUNS),--runs $(FUZZ_RUNS),--seconds $(FUZZ_TIME)) $^

ASAN_BINS := $(UNIT_BINS:$(OUTPUT)/%=$(OUTPUT)/asan/%)
asan-ready: | deps-build
	@$(MAKE) --no-print-directory OUTPUT=$(OUTPUT)/asan DEPS=skip CFLAGS='-O1 -g' \
		SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined' unit-bins

check-asan: asan-ready
	@tests/run/units $(ASAN_BINS)
