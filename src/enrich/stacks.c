// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "enrich/stacks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "mmtrace/base.h"
#include "mmtrace/map.h"

struct stacks {
	struct map map; /* id -> struct mmt_stack, as long as it says */
	size_t bytes;
	uint64_t lost;
	struct answer {
		struct buf text;
		const char *frames[MMT_STACK_DEPTH + 1]; /* one more: the link register */
		size_t at[MMT_STACK_DEPTH + 1];		 /* in text, which may move as it grows */
		unsigned n;
	} kernel, user; /* the last of each */
};

struct stacks *stacks_new(void)
{
	return calloc(1, sizeof(struct stacks));
}

void stacks_free(struct stacks *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->map.cap; i++)
		free(s->map.slots[i].val);
	map_free(&s->map);
	buf_free(&s->kernel.text);
	buf_free(&s->user.text);
	free(s);
}

static int keep(struct stacks *s, const struct mmt_stack *item)
{
	struct mmt_stack *old = map_get(&s->map, item->id), *copy;
	size_t had = old ? old->size : 0;
	int err;

	if (s->bytes - had + item->size > STACKS_BYTES_MAX)
		return -ENOSPC;
	copy = malloc(item->size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, item, item->size);
	err = map_put(&s->map, item->id, copy);
	if (err) {
		free(copy);
		return err;
	}
	s->bytes += item->size - had;
	free(old);
	return 0;
}

int stacks_item(struct stacks *s, const struct mmt_stack *item)
{
	int err = keep(s, item);

	s->lost += err != 0;
	return err;
}

/*
 * What a trace puts on the stack of what it traces, from 5.10 to 6.12 on arm64 and x86. A * at the end stands for anything,
 * an offset in the function is never part of it.
 */
static const char *const machinery[] = {
	/* kernel/bpf/core.c, kernel/bpf/trampoline.c, kernel/trace/bpf_trace.c */
	"bpf_prog_*", "bpf_trampoline_*", "bpf_dispatcher_*", "__bpf_prog_enter*", "__bpf_prog_exit*", "bpf_get_stack*",
	"__bpf_get_stack*", "____bpf_get_stack*", "bpf_trace_run*", "__bpf_trace_run*", "__bpf_trace_*",
	"__traceiter_*", "__probestub_*", "perf_trace_*", "trace_event_raw_event_*", "trace_call_bpf",
	/* kernel/trace/trace_kprobe.c, kernel/kprobes.c, kernel/trace/rethook.c, arch/{arm64,x86}/kernel/ */
	"kprobe_dispatcher", "kretprobe_dispatcher", "kprobe_perf_func*", "kretprobe_perf_func*", "aggr_pre_handler",
	"kretprobe_trampoline*", "__kretprobe_trampoline*", "trampoline_probe_handler", "arch_rethook_trampoline*",
	"rethook_trampoline_handler", "kprobe_breakpoint_handler", "kprobe_handler", "kprobe_int3_handler",
	"kprobe_ftrace_handler", "pre_handler_kretprobe", "optimized_callback",
	/* kernel/trace/ftrace.c, arch/{arm64,x86}/kernel/entry-ftrace.S and ftrace_64.S */
	"ftrace_call", "ftrace_regs_call", "ftrace_caller", "ftrace_regs_caller", "ftrace_trampoline", "ftrace_stub*",
	"arch_ftrace_ops_list_func", "ftrace_ops_list_func", "ftrace_graph_call", "return_to_handler",
	/* kernel/events/core.c */
	"perf_swevent_*", "___perf_sw_event", "__perf_sw_event", "perf_tp_event*", "bpf_overflow_handler",
	"__perf_event_overflow", "perf_event_overflow"
};

static bool is_machinery(const char *name)
{
	const char *colon = strchr(name, ':'), *fn = colon ? colon + 1 : name;
	size_t len = strcspn(fn, "+");

	for (size_t i = 0; i < MMT_COUNT(machinery); i++) {
		size_t n = strlen(machinery[i]) - 1;

		if (machinery[i][n] == '*' ? !strncmp(fn, machinery[i], n) :
					     len == n + 1 && !memcmp(fn, machinery[i], len))
			return true;
	}
	return false;
}

/* Addresses of two processes are two. (The mixing is MurmurHash3's; it only has to spread.) */
static uint64_t user_key(const struct mmt_stack *item, uint64_t addr)
{
	uint64_t k = addr ^ (uint64_t)(item->mm ? item->mm : ~item->pid) << 32 ^ (uint64_t)!item->mm << 63;

	k = (k ^ k >> 33) * 0xff51afd7ed558ccdULL;
	k = (k ^ k >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return (k ^ k >> 33) | 1;
}

unsigned stacks_symbols(const struct mmt_stack *item)
{
	return item->nr + (item->kind == MMT_STACK_USER && item->lr);
}

uint64_t stacks_symbol(const struct mmt_stack *item, unsigned i, uint64_t *key)
{
	uint64_t addr = i < item->nr ? item->addr[i] - !!i : item->lr - 1;

	*key = item->kind == MMT_STACK_USER ? user_key(item, addr) : addr;
	return addr;
}

/* Where the offset begins that a name ends with; names of files have any characters. */
static size_t before_offset(const char *name)
{
	const char *plus = strrchr(name, '+');

	return plus && !strncmp(plus, "+0x", 3) ? (size_t)(plus - name) : strlen(name);
}

/* The frame's own offset, not that of the address by which it was named. */
static void put_frame(struct buf *b, const char *name, unsigned back)
{
	size_t len = before_offset(name);
	unsigned long long off = name[len] ? strtoull(name + len + 1, NULL, 16) : 0;

	buf_printf(b, "%.*s+0x%llx", (int)len, name, off + back);
}

static bool is_hex(const char *name)
{
	return !strncmp(name, "0x", 2);
}

/* name NULL: the address in hex; back: that many bytes before it is what the name is of */
static void put(struct answer *a, uint64_t addr, const char *name, unsigned back)
{
	a->at[a->n++] = a->text.len;
	if (name && is_hex(name)) /* code of no file: "0x7f001234 [anon]" */
		buf_printf(&a->text, "0x%" PRIx64 "%s", addr, name + strcspn(name, " "));
	else if (name && *name)
		put_frame(&a->text, name, back);
	else
		buf_printf(&a->text, "0x%" PRIx64, addr);
	buf_putc(&a->text, '\0');
}

/*
 * Does the link register tell of a caller that has no frame on the stack? Yes when it is of another function than the one that
 * runs, whose own calls would have left an address within itself there. Where functions are not told apart: of another file.
 */
static bool is_caller(const struct mmt_stack *item, const char *pc, const char *lr)
{
	size_t n, m;

	if (!pc || !lr || !*pc || !*lr || (is_hex(pc) && is_hex(lr)) || (item->nr > 1 && item->addr[1] == item->lr))
		return false;
	n = before_offset(pc);
	m = before_offset(lr);
	if (memchr(pc, ':', n) && memchr(lr, ':', m))
		return n != m || memcmp(pc, lr, n);
	n = strcspn(pc, ":+");
	m = strcspn(lr, ":+");
	return n != m || memcmp(pc, lr, n);
}

static const char *name_of(const struct mmt_stack *item, unsigned i, const struct value_names *names)
{
	uint64_t key;

	stacks_symbol(item, i, &key);
	return names->get(names->ctx, key);
}

static void put_user(struct answer *a, const struct mmt_stack *item, const struct value_names *names)
{
	const char *name = name_of(item, 0, names), *lr = item->lr ? name_of(item, item->nr, names) : NULL;

	put(a, item->addr[0], name, 0);
	if (is_caller(item, name, lr))
		put(a, item->lr, lr, 1);
	for (unsigned i = 1; i < item->nr; i++) {
		name = name_of(item, i, names);
		if (name && !*name)
			break;
		put(a, item->addr[i], name, 1);
	}
}

static void put_kernel(struct answer *a, const struct mmt_stack *item, const struct value_names *names)
{
	for (unsigned i = 0; i < item->nr; i++) {
		const char *name = name_of(item, i, names);

		if (!name || !is_machinery(name))
			put(a, item->addr[i], name, !!i);
	}
}

const char *const *stacks_frames(struct stacks *s, uint32_t id, const struct value_names *names, unsigned *n)
{
	const struct mmt_stack *item = map_get(&s->map, id);
	struct answer *a = item && item->kind == MMT_STACK_USER ? &s->user : &s->kernel;

	*n = 0;
	if (!item)
		return NULL;
	buf_reset(&a->text);
	a->n = 0;
	(item->kind == MMT_STACK_USER ? put_user : put_kernel)(a, item, names);
	if (a->text.err)
		return NULL;
	for (unsigned i = 0; i < a->n; i++)
		a->frames[i] = a->text.data + a->at[i];
	*n = a->n;
	return a->frames;
}

uint64_t stacks_lost(const struct stacks *s)
{
	return s->lost;
}
