// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/target.h"

#include <string.h>

static void begin(struct target *t)
{
	for (uint32_t i = 0; t->pids && i < t->pids->n; i++)
		map_put(&t->kin, t->pids->pid[i], t);
	t->begun = true;
}

static bool among(const struct num_pids *l, uint32_t id)
{
	for (uint32_t i = 0; l && i < l->n; i++)
		if (l->pid[i] == id)
			return true;
	return false;
}

static bool of_kin(struct target *t, const struct mmt_hdr *h)
{
	const struct mmt_ev_fork *e = (const void *)h;
	bool forks = h->type == MMT_EV_FORK && h->have & MMT_HAVE(FORK, child), kin = map_get(&t->kin, h->pid);

	if (forks && kin)
		map_put(&t->kin, e->child, t);
	else if (forks && !among(t->pids, e->child))
		map_del(&t->kin, e->child); /* the number of one that is gone is somebody else's now */
	return kin;
}

bool target_takes(struct target *t, const struct mmt_hdr *h, const char *comm)
{
	bool pids = t->pids && t->pids->n, tids = t->tids && t->tids->n;

	if (!t->begun)
		begin(t);
	if ((pids || tids) && !of_kin(t, h) && !among(t->tids, h->tid))
		return false;
	return !t->comm || (comm && !strcmp(comm, t->comm));
}

void target_free(struct target *t)
{
	map_free(&t->kin);
}
