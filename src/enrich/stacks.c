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
	/* of the last answer */
	struct buf text;
	const char *frames[MMT_STACK_DEPTH];
	size_t at[MMT_STACK_DEPTH]; /* in text, which may move as it grows */
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
	buf_free(&s->text);
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

uint64_t stacks_symbol(const struct mmt_stack *item, unsigned i)
{
	return item->addr[i] - !!i;
}

/* The frame's own offset, not that of the address by which it was named. */
static void put_frame(struct buf *b, const char *name, unsigned back)
{
	size_t len = strcspn(name, "+");
	unsigned long long off = name[len] ? strtoull(name + len + 1, NULL, 16) : 0;

	buf_printf(b, "%.*s+0x%llx", (int)len, name, off + back);
}

const char *const *stacks_frames(struct stacks *s, uint32_t id, const struct value_names *names, unsigned *n)
{
	const struct mmt_stack *item = map_get(&s->map, id);

	*n = 0;
	if (!item)
		return NULL;
	buf_reset(&s->text);
	for (unsigned i = 0; i < item->nr; i++) {
		uint64_t addr = stacks_symbol(item, i);
		const char *name = names->get(names->ctx, addr);

		if (name && is_machinery(name))
			continue;
		s->at[(*n)++] = s->text.len;
		if (name)
			put_frame(&s->text, name, item->addr[i] - addr);
		else
			buf_printf(&s->text, "0x%" PRIx64, (uint64_t)item->addr[i]);
		buf_putc(&s->text, '\0');
	}
	if (s->text.err) {
		*n = 0;
		return NULL;
	}
	for (unsigned i = 0; i < *n; i++)
		s->frames[i] = s->text.data + s->at[i];
	return s->frames;
}

uint64_t stacks_lost(const struct stacks *s)
{
	return s->lost;
}
