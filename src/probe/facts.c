/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "facts.h"
#include "iomem.h"

void facts_gather(struct facts *f, const struct objects *o, const char *memtype_prog)
{
	iomem_read("/proc/iomem", &f->iomem);
	memtype_check(&f->memtype, f->wrong, o, memtype_prog, &f->iomem);
}

static const void *next(struct facts *f)
{
	if (f->told || !f->memtype.size)
		return iomem_next(&f->iomem, &f->at);
	return &f->memtype;
}

int facts_tell(struct facts *f, mmt_item_fn fn, void *ctx)
{
	const struct mmt_memtype *r; /* of any kind: all begin alike */
	int n = 0;

	while ((r = next(f))) {
		struct mmt_item item = { .kind = MMT_I_RECORD, .data = r, .size = r->size };
		int err;

		f->told++;
		n++;
		err = fn(ctx, &item);
		if (err)
			return err;
	}
	return n;
}

void facts_free(struct facts *f)
{
	buf_free(&f->iomem);
}
