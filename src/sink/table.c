// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Columns for people. What an event's line says is a template (words.h). What is mapped comes last: nothing is ever cut, and a
 * long path then moves nothing out of its column.
 */
#include <inttypes.h>
#include <stdlib.h>
#include "event/value.h"
#include "sink/out.h"
#include "sink/sinks.h"
#include "sink/words.h"

#define DIM    "\033[2m"
#define BOLD   "\033[1m"
#define RED    "\033[31m"
#define NORMAL "\033[0m"

#define STACK_COLUMN 30 /* a little behind where the event's name begins */

struct table_sink {
	struct mmt_sink s;
	struct out out;
	struct buf text; /* of the detail, before control characters are made visible */
	bool color;
	uint64_t start_ns;
	uint32_t tid, call; /* of the line before */
};

// clang-format off
static const char *const templates[MMT_EV_MAX] = {
	[MMT_EV_MMAP] =         "{len:>5} {$perms} = {ret} {$dur:>6} {$what}",
	[MMT_EV_MUNMAP] =       "{addr:14} {len:>5}{$torn} = {ret} {$dur:>6} {$what}",
	[MMT_EV_MPROTECT] =     "{addr:14} {len:>5} {prot} = {ret} {$dur:>6} {$what}",
	[MMT_EV_MREMAP] =       "{addr:14} {old_len:>5} -> {len}{$rflags} = {ret} {$dur:>6} {$what}",
	[MMT_EV_BRK] =          "{addr:14} = {ret} {$dur:>6}{$in}",
	[MMT_EV_MSYNC] =        "{addr:14} {len:>5} {flags} = {ret} {$dur:>6} {$what}",
	[MMT_EV_MADVISE] =      "{addr:14} {len:>5} {advice}{$ranges} = {ret} {$dur:>6} {$what}",
	[MMT_EV_MLOCK] =        "{addr:14} {len:>5} {op}{$lockflags} = {ret} {$dur:>6} {$what}",
	[MMT_EV_SHMGET] =       "key {key} {len:>5} {flags} = {ret} {$dur:>6}",
	[MMT_EV_SHMAT] =        "id {id} {flags} = {ret} {$dur:>6} {$what}",
	[MMT_EV_SHMDT] =        "{addr:14} = {ret} {$dur:>6} {$what}",
	[MMT_EV_MEMFD] =        "{flags} = {ret} {$dur:>6} {$file}",
	[MMT_EV_REMAP_FILE] =   "{addr:14} {len:>5} to page {pgoff} = {ret} {$dur:>6} {$what}",
	[MMT_EV_VMA_MAP] =      "{addr:14} {len:>5} {$vmflags}{$by} {$what}",
	[MMT_EV_VMA_UNMAP] =    "{addr:14} {len:>5}{$torn}{$by} {$what}",
	[MMT_EV_VMA_PROT] =     "{addr:14} {len:>5} {$vmflags}{$by} {$what}",
	[MMT_EV_VMA_MOVE] =     "{old_addr:14} {old_len:>5} -> {addr} {len} {$what}",
	[MMT_EV_VMA_DUP] =      "{addr:14} {len:>5} {$vmflags} {$what}",
	[MMT_EV_VMA_GROW] =     "{addr:14} {len:>5}{$by} {$what}",
	[MMT_EV_EXEC] =         "{file}",
	[MMT_EV_EXIT] =         "{$by}",
	[MMT_EV_VMA_IMPORT] =   "{addr:14} {len:>5} {$vmflags} {$what}",
	[MMT_EV_FORK] =         "child {child}",
	[MMT_EV_VMA_NEW] =      "{vma_start:14} {$vmasize:>5} {$vmflags} by {cause} {$what}",
	[MMT_EV_VMA_FREE] =     "{vma_start:14} {$vmasize:>5} {$vmflags} by {cause} {$what}",
	[MMT_EV_DRIVER_MMAP] =  "{addr:14} = {ret} {$dur:>6} {func} {$file}",
	[MMT_EV_DRIVER_OPEN] =  "{vma_start:14} {$dur:>6} {func} {$file}",
	[MMT_EV_DRIVER_CLOSE] = "{vma_start:14} {$dur:>6} {func} {$file}",
	[MMT_EV_DRIVER_FAULT] = "{addr:14} = {result} {$dur:>6} {func} {$what}",
	[MMT_EV_DRIVER_MKWRITE] = "{addr:14} = {result} {$dur:>6} {func} {$what}",
	[MMT_EV_DRIVER_ACCESS] = "{addr:14} {len:>5} {$rw} = {ret} {$dur:>6} {func} {$what}",
	[MMT_EV_DRIVER_SPLIT] = "{addr:14} = {ret} {$dur:>6} {func} {$what}",
	[MMT_EV_PFN_MAP] =      "{addr:14} {len:>5} {$phys}{$memtype}{$helper}{$fail}{$in}",
	[MMT_EV_PAGE_MAP] =     "{addr:14} {len:>5} {$phys}{$memtype}{$helper}{$fail}{$in}",
	[MMT_EV_DMA_MAP] =      "{addr:14} {len:>5} {$phys}{$memtype}{$device}{$helper}{$fail}{$in}",
	[MMT_EV_OBJ_MAP] =      "{addr:14} {len:>5} {name}{$helper}{$fail}{$in}",
	[MMT_EV_FAULT] =        "{addr:14} {$access} {$kind:8} {$dur:>6}{$mode}{$severity}{$tries}{$result} {$what}",
	[MMT_EV_FAULT_SPLIT] =  "lock {lock} driver {driver} off-cpu {offcpu} alloc {alloc} rest {$rest}",
	[MMT_EV_DEMO] =         "{addr:14} {$span:>5} {what} @page {pgoff}{$in}",
	[MMT_EV_REMOTE] =       "{addr:14} {len:>5} {$rw} {how} pid {target} = {ret} {$dur:>6} {$what}",
	[MMT_EV_SIGNAL] =       "{signo} {code} by {ip} at {addr} {$what}",
};

// clang-format on

static int table_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct table_sink *t = (struct table_sink *)s;

	t->start_ns = info->start_mono_ns;
	buf_printf(&t->out.b, "%s%8s %-10s %5s %-12s DETAIL%s\n", t->color ? BOLD : "", "TIME", "COMM", "PID", "EVENT",
		   t->color ? NORMAL : "");
	return out_spill(&t->out);
}

/* What belongs to the line before stands below it, without a beginning of its own. */
static int table_more(struct table_sink *t, const struct mmt_view *v)
{
	size_t from = t->out.b.len;

	buf_pad(&t->out.b, from + STACK_COLUMN);
	words_put(&t->out.b, v, templates[v->ev->num]);
	buf_putc(&t->out.b, '\n');
	return out_spill(&t->out);
}

static void put_stack(struct buf *b, const char *const *frames, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		buf_pad(b, b->len + STACK_COLUMN);
		words_visible(b, frames[i]);
		buf_putc(b, '\n');
	}
}

static const char *painted(bool color, const char *how)
{
	return color ? how : "";
}

/* text: of the detail, before control characters are made visible. */
static void put_line(struct buf *b, struct buf *text, const struct mmt_view *v, uint64_t start_ns, bool color)
{
	/* What began before the hooks were all live stands below zero. */
	int64_t us = ((int64_t)(v->h->ts_ns - start_ns)) / 1000;
	uint64_t abs_us = (uint64_t)(us < 0 ? -us : us);
	unsigned err;
	bool bad = color && value_failed(v->h, v->ev, &err);
	const char *detail;
	size_t from;
	char time[32];

	snprintf(time, sizeof(time), "%s%" PRIu64 ".%06" PRIu64, us < 0 ? "-" : "", abs_us / 1000000, abs_us % 1000000);
	buf_printf(b, "%s%8s%s ", painted(color, DIM), time, painted(color, NORMAL));
	from = b->len;
	words_visible(b, v->comm);
	buf_pad(b, from + 10);
	buf_reset(text);
	words_put(text, v, templates[v->ev->num]);
	detail = buf_str(text);
	buf_printf(b, " %5u %s%-*s%s%s", v->h->pid, painted(color, BOLD), *detail ? 12 : 0, v->ev->name,
		   *detail ? " " : "", painted(color, NORMAL));
	buf_puts(b, bad ? RED : "");
	words_visible(b, detail);
	buf_puts(b, bad ? NORMAL : "");
}

void table_line(struct buf *b, const struct mmt_view *v, uint64_t start_ns)
{
	struct buf text = { 0 };

	put_line(b, &text, v, start_ns, false);
	buf_free(&text);
}

static int table_event(struct mmt_sink *s, const struct mmt_view *v)
{
	struct table_sink *t = (struct table_sink *)s;
	struct buf *b = &t->out.b;

	if (v->ev->num == MMT_EV_FAULT_SPLIT && t->tid == v->h->tid && t->call == v->h->call)
		return table_more(t, v);
	t->tid = v->h->tid;
	t->call = v->h->call;
	put_line(b, &t->text, v, t->start_ns, t->color);
	buf_putc(b, '\n');
	put_stack(b, v->kstack, v->nkstack);
	put_stack(b, v->ustack, v->nustack);
	return t->text.err ? t->text.err : out_spill(&t->out);
}

static int table_flush(struct mmt_sink *s)
{
	return out_flush(&((struct table_sink *)s)->out);
}

static int table_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	(void)sum; /* said on stderr */
	return table_flush(s);
}

static void table_free(struct mmt_sink *s)
{
	struct table_sink *t = (struct table_sink *)s;

	out_free(&t->out);
	buf_free(&t->text);
	free(t);
}

struct mmt_sink *table_open(const struct sink_opts *opts)
{
	struct table_sink *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	out_init(&t->out, opts->fd);
	t->color = opts->color;
	t->s = (struct mmt_sink){
		.begin = table_begin, .event = table_event, .flush = table_flush, .end = table_end, .free = table_free
	};
	return &t->s;
}
