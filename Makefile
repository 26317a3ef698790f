# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# mmtrace: see and measure memory mapping on a running Linux machine. `make help` lists the targets.

OUTPUT ?= .output
MMTRACE_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/mmtrace
CACHE := $(MMTRACE_CACHE)
export MMTRACE_CACHE

VERSION := 0.1
prefix ?= /usr/local
bindir ?= $(prefix)/bin
DESTDIR ?=

# ---- what is built for ------------------------------------------------------------------------------------------
# ARCH=arm64 on another machine is a cross build into $(OUTPUT)/arm64, against libraries unpacked under the cache.

HOST := $(subst aarch64,arm64,$(subst x86_64,x86,$(shell uname -m)))
ARCH ?= $(HOST)
TARGET := $(subst x86_64,x86,$(subst aarch64,arm64,$(ARCH)))
ifeq ($(filter $(TARGET),arm64 x86),)
$(error mmtrace builds for arm64 and x86-64, not for ARCH=$(ARCH))
endif

CLANG ?= clang
BPFTOOL ?= $(or $(shell command -v bpftool 2>/dev/null),/usr/sbin/bpftool)

ifeq ($(TARGET),$(HOST))
OUT := $(OUTPUT)
CC := gcc
else
ifneq ($(TARGET),arm64)
$(error only arm64 can be cross built, not ARCH=$(ARCH) on $(HOST))
endif
OUT := $(OUTPUT)/arm64
CC := aarch64-linux-gnu-gcc
SYSROOT := $(CACHE)/sysroot/arm64
CROSS_CPPFLAGS := -idirafter $(SYSROOT)/usr/include
CROSS_LDFLAGS := -L$(SYSROOT)/usr/lib/aarch64-linux-gnu
endif

# recordings are packed with zstd; ZSTD=no leaves it out
ZSTD ?= yes
CFLAGS ?= -O2 -g
MMT_CFLAGS := -std=gnu11 -Wall -Wextra -Werror $(CFLAGS) $(SAN)
MMT_CPPFLAGS := -Iinclude -Isrc -I$(OUT) -D_GNU_SOURCE -DMMTRACE_VERSION='"$(VERSION)"' $(CROSS_CPPFLAGS) $(if $(filter yes,$(ZSTD)),,-DMMTRACE_NO_ZSTD)
# one file that can be copied to any board: nothing is looked up at run time, not even libc
MMT_LDFLAGS := $(if $(SAN),$(SAN),-static) $(CROSS_LDFLAGS) $(LDFLAGS)
LIBS := -lbpf -ldw -lelf -llzma -lbz2 -lz $(if $(filter yes,$(ZSTD)),-lzstd)

BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(TARGET) -Iinclude -Ivmlinux/$(TARGET) -Ibpf \
	-Wall -Wextra -Werror -Wno-unused-parameter -Wno-unused-function

# ---- the tool ---------------------------------------------------------------------------------------------------

SRCS := $(sort $(wildcard src/*.c src/*/*.c))
OBJS := $(SRCS:src/%.c=$(OUT)/obj/%.o)
SKELS := $(patsubst %,$(OUT)/bpf/%.skel.h,plain core core_old)

.PHONY: all
all: $(OUT)/mmtrace

# what must be there before anything is compiled; does nothing, and quickly, when it is
.PHONY: deps-build
$(OUT)/mmtrace $(SKELS): | deps-build

$(OUT)/mmtrace: $(OBJS)
	@echo "  LINK    $@"
	@$(CC) $(MMT_CFLAGS) $(MMT_LDFLAGS) -o $@ $^ $(LIBS)

$(OUT)/obj/%.o: src/%.c | deps-build
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(MMT_CFLAGS) $(MMT_CPPFLAGS) -MMD -MP -c -o $@ $<

# only this file sees the skeletons
.SECONDARY:
$(OUT)/obj/probe/objects.o: $(SKELS)

# linked by itself: leaves out the DWARF, more than half of an object, and keeps the BTF
$(OUT)/bpf/%.bpf.o: bpf/%.bpf.c | deps-build
	@mkdir -p $(@D)
	@echo "  BPF     $@"
	@$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@ -c -o $@.tmp $<
	@$(BPFTOOL) gen object $@ $@.tmp && rm $@.tmp

$(OUT)/bpf/%.skel.h: $(OUT)/bpf/%.bpf.o
	@$(BPFTOOL) gen skeleton $< name mmt_$* > $@.tmp && mv $@.tmp $@

-include $(OBJS:.o=.d) $(wildcard $(OUT)/bpf/*.d)

# ---- checks without root or guest -------------------------------------------------------------------------------

UNIT_SRCS := $(sort $(wildcard tests/unit/test_*.c tests/golden/test_*.c))
UNIT_BINS := $(patsubst tests/%.c,$(OUTPUT)/%,$(UNIT_SRCS))

# A unit test's first line names the rooms it links: "// LINK: base cli/opt" = src/base/*.c and src/cli/opt.c.
unit_link = $(foreach w,$(shell sed -n '1s|^// LINK:||p' $(1)),$(or $(patsubst src/%.c,$(OUTPUT)/obj/%.o,$(wildcard src/$(w)/*.c)),$(OUTPUT)/obj/$(w).o))

define UNIT_RULE
$(patsubst tests/%.c,$(OUTPUT)/%,$(1)): $(1) $$(call unit_link,$(1)) | deps-build
	@mkdir -p $$(@D)
	@echo "  UNIT    $$@"
	@$$(CC) $$(MMT_CFLAGS) $$(MMT_CPPFLAGS) -Itests -MMD -MP -o $$@ $$(filter %.c %.o,$$^) -lcmocka -Wl,--as-needed -ldw -lelf $$(filter -lzstd,$$(LIBS)) $$(SAN)
endef
ifeq ($(TARGET),$(HOST))
$(foreach t,$(UNIT_SRCS),$(eval $(call UNIT_RULE,$(t))))
-include $(UNIT_BINS:=.d)
endif

# ---- the rooms' own targets -------------------------------------------------------------------------------------

include tests/setup/setup.mk
include tests/vm/vm.mk
include kmod-demo/kmod.mk
include tests/tests.mk

.PHONY: unit unit-bins lint check
unit-bins: $(UNIT_BINS)
	@:

unit: $(UNIT_BINS)
	@tests/run/units $(UNIT_BINS)

lint: $(OUT)/bpf/plain.bpf.o
	@tests/lint/lint
	@tests/lint/selftest
	@tests/lint/plain-no-reloc $(OUT)/bpf/plain.bpf.o

check: all unit lint

.PHONY: show-wire
show-wire:
	@$(CC) $(MMT_CPPFLAGS) -E -P -include linux/types.h include/mmtrace/wire/event.h | sed -n '/^enum mmt_event/,$$p' | tr ';' '\n'

# ---- putting it somewhere ---------------------------------------------------------------------------------------

.PHONY: install uninstall clean help
install: $(OUT)/mmtrace
	install -D -m 755 $(OUT)/mmtrace $(DESTDIR)$(bindir)/mmtrace

uninstall:
	rm -f $(DESTDIR)$(bindir)/mmtrace

clean:
	rm -rf $(OUTPUT)

help:
	@echo "make            build $(OUTPUT)/mmtrace for this machine (ARCH=arm64: cross build to $(OUTPUT)/arm64/mmtrace)"
	@echo "make demo       set up, build, boot a real ARM64 kernel and show the demo driver's mappings live"
	@echo "make test       set up, build, run every test there is"
	@echo "make check      what needs neither root nor a guest: unit tests, golden outputs, lint"
	@echo "make lint       the rules of the house"
	@echo "make check-asan the unit tests built with ASAN and UBSAN"
	@echo "make fuzz       what reads what others wrote, fuzzed: FUZZ_TIME=120 (seconds each) or FUZZ_RUNS=N, FUZZ=\"filter maps\""
	@echo "make bench      instructions per fault and per mmap+munmap, in guests that count them, other tools beside"
	@echo "make bench-here the same for faults on this machine, as ratios of times"
	@echo "make soak       the long runs: 500,000 changes in order, the tests again and again, the two below"
	@echo "make native-arm64  the build as on a board, in an arm64 Debian under qemu-user"
	@echo "make fresh-test    make test (fresh-demo: make demo) in a Debian that has nothing but git and make"
	@echo "make vm         a shell in a guest (K=6.1, 6.12, 6.12-16k, 6.1-nobtf)"
	@echo "make kmod       the demo driver for KDIR=… (load-demo, unload-demo: and put it into this kernel)"
	@echo "make kmod-all   the demo driver against every kernel's headers, W=1"
	@echo "make deps       install what is missing (DEPS=no: only say what)"
	@echo "make show-wire  the wire format's macros, expanded"
	@echo "make install    to \$$(DESTDIR)\$$(prefix)/bin (uninstall: the reverse);  make clean: remove $(OUTPUT)"
