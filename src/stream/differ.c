// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/differ.h"

#include <inttypes.h>
#include "event/flags.h"
#include "mmtrace/base.h"

#define LINES_MAX 50 /* whoever has more needs no more of them to see it */

static void put_side(struct buf *b, const struct differ *f, const struct range *r, uint64_t at)
{
	const char *name = r && r->file ? f->names->get(f->names->ctx, r->file) : NULL;

	if (!r) {
		buf_puts(b, "nothing");
		return;
	}
	if (r->map)
		buf_printf(b, "%s ", r->map->id);
	flags_prot(b, r->vm_flags & 7);
	buf_putc(b, r->vm_flags & (FLAGS_VM_SHARED | FLAGS_VM_MAYSHARE) ? 's' : 'p');
	if (name)
		buf_printf(b, " %s", name);
	if (r->ino)
		buf_printf(b, " inode %" PRIu64 " on %u:%u @0x%" PRIx64, r->ino, r->dev >> 20, r->dev & 0xfffff,
			   r->off + (at - r->start));
	else if (!name)
		buf_puts(b, " [anon]");
}

void differ_say(void *differ, const struct ranges_diff *d)
{
	struct differ *f = differ;
	char size[NUM_FMT_LEN];
	struct buf b = { 0 };

	if ((d->gap && !f->gaps) || f->said > LINES_MAX)
		return;
	if (f->said++ == LINES_MAX) {
		mmt_warn("more differences from the kernel are not listed");
		return;
	}
	buf_printf(&b, "process %u 0x%" PRIx64 " %s: the ledger has ", d->pid, d->start,
		   num_fmt_size(size, d->end - d->start));
	put_side(&b, f, d->ledger, d->start);
	buf_puts(&b, ", the kernel ");
	put_side(&b, f, d->kernel, d->start);
	if (d->gap)
		mmt_warn("gap: %s", buf_str(&b));
	else
		mmt_err("ledger differs: %s", buf_str(&b));
	buf_free(&b);
}
