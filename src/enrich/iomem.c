// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "enrich/iomem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RAM	 "System RAM" /* arch/arm64/kernel/setup.c, arch/x86/kernel/e820.c, 6.1 */
#define RESERVED "reserved"   /* reserve_memblock_reserved_regions(), arch/arm64/kernel/setup.c, 6.1 */

struct range {
	uint64_t start, end;
	uint32_t depth;
	char *name;
};

struct iomem {
	struct range *v; /* each before those inside it */
	size_t n, cap;
};

/* From the outermost to the innermost. */
struct chain {
	unsigned n;
	const struct range *r[IOMEM_DEPTH];
};

struct iomem *iomem_new(void)
{
	return calloc(1, sizeof(struct iomem));
}

void iomem_free(struct iomem *m)
{
	if (!m)
		return;
	while (m->n)
		free(m->v[--m->n].name);
	free(m->v);
	free(m);
}

static int grow(struct iomem *m)
{
	size_t cap = m->cap ? 2 * m->cap : 64;
	struct range *v = realloc(m->v, cap * sizeof(*v));

	if (!v)
		return -ENOMEM;
	m->v = v;
	m->cap = cap;
	return 0;
}

int iomem_add(struct iomem *m, const struct mmt_iomem *r)
{
	uint32_t last = m->n ? m->v[m->n - 1].depth + 1 : 0;
	char *name;

	if (r->end <= r->start)
		return -EINVAL;
	if (m->n == IOMEM_MAX)
		return -ENOSPC;
	if (m->n == m->cap && grow(m))
		return -ENOMEM;
	name = strdup(r->text);
	if (!name)
		return -ENOMEM;
	/* nothing is deeper than inside the one before it */
	m->v[m->n++] = (struct range){ r->start, r->end, r->depth < last ? r->depth : last, name };
	return 0;
}

static bool has(const struct range *r, uint64_t start, uint64_t len)
{
	return start >= r->start && start < r->end && len <= r->end - start;
}

/* Which ranges have it all: down the tree, past the insides of those that have not. */
static void find(const struct iomem *m, uint64_t start, uint64_t len, struct chain *c)
{
	c->n = 0;
	for (size_t i = 0; i < m->n && c->n < IOMEM_DEPTH; i++) {
		const struct range *r = &m->v[i];

		if (r->depth < c->n)
			break;
		if (r->depth == c->n && has(r, start, len))
			c->r[c->n++] = r;
	}
	while (c->n > 1 && !strcmp(c->r[c->n - 1]->name, RESERVED) && !strcmp(c->r[0]->name, RAM))
		c->n--;
}

const char *iomem_name(const struct iomem *m, uint64_t start, uint64_t len)
{
	struct chain c;

	find(m, start, len, &c);
	return c.n ? c.r[c.n - 1]->name : NULL;
}

bool iomem_path(const struct iomem *m, uint64_t start, uint64_t len, struct buf *out)
{
	struct chain c;

	find(m, start, len, &c);
	for (unsigned i = 0; i < c.n; i++)
		buf_printf(out, "%s%s", i ? " > " : "", c.r[i]->name);
	return c.n > 0;
}
