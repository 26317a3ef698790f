// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/ustacks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "enrich/stacks.h"
#include "enrich/usyms.h"
#include "event/flags.h"
#include "ledger/ranges.h"

/* VM_EXEC, include/linux/mm.h, 5.10 to 7.1 */
#define VM_EXEC	    0x4
#define SPECIAL_OPS "special_mapping_" /* mm/mmap.c, 5.10 to 6.12; mm/vma.c later */

static const char *text_of(const struct ustacks *u, uint64_t key)
{
	return key ? u->names->get(u->names->ctx, key) : NULL;
}

static bool is_vdso(const struct ustacks *u, const struct range *r, const char *path)
{
	const char *ops = text_of(u, r->ops);

	return r->kind == RANGE_SPECIAL || (path && !strcmp(path, "[vdso]")) ||
	       (ops && !strncmp(ops, SPECIAL_OPS, strlen(SPECIAL_OPS)));
}

static const char *in_anon(struct ustacks *u, const struct range *r, uint64_t addr, const char *path)
{
	static const char *const names[] = {
		[RANGE_PLAIN] = "[anon]", [RANGE_HEAP] = "[heap]", [RANGE_STACK] = "[stack]", [RANGE_SHM] = "[shm]"
	};

	snprintf(u->text, sizeof(u->text), "0x%" PRIx64 " %s", addr, path ? path : names[r->kind]);
	return u->text;
}

const char *ustacks_name(void *ustacks, const struct mmt_stack *stack, unsigned i)
{
	struct ustacks *u = ustacks;
	uint64_t key, addr = stacks_symbol(stack, i, &key);
	struct mmt_hdr h = { .mm = stack->mm, .pid = stack->pid };
	const struct range *r = ranges_at(u->ledger, &h, addr);
	struct usym_place at;
	const char *path;

	/* the end of the frames; nothing is mapped there: mmap_min_addr, security/min_addr.c, 6.12 */
	if (addr < 4096 || addr == UINT64_MAX)
		return "";
	if (!r) /* where the program runs is known, so what is not is no code */
		return ranges_at(u->ledger, &h, stack->addr[0]) ? "" : NULL;
	if (!(r->vm_flags & VM_EXEC))
		return "";
	path = text_of(u, r->file);
	at = (struct usym_place){
		.path = path,
		.ino = r->ino,
		.pid = stack->pid,
		.start = r->start,
		.end = r->end,
		.off = r->off + (addr - r->start),
		.call = i > 0,
	};
	if (is_vdso(u, r, path)) {
		at.path = "[vdso]";
		at.ino = 0;
		at.off = addr - r->start;
	} else if (!r->file && !r->ino && r->fd < 0) {
		return in_anon(u, r, addr, path);
	} else if (path && path[0] == '[') {
		return in_anon(u, r, addr, path);
	}
	path = u->ask(u->ask_ctx, &at);
	return path ? path : in_anon(u, r, addr, text_of(u, r->file));
}
