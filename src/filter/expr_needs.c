// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What the ledger's answers are made of: events that nobody may have asked for. */
#include <string.h>
#include "filter/expr_impl.h"

static void installs(uint8_t needs[MMT_EV_MAX], uint8_t what)
{
	/* what dma_mmap_attrs() puts in, remap_pfn_range() does; without its own hook it is known by that */
	needs[MMT_EV_PFN_MAP] |= what;
	needs[MMT_EV_PAGE_MAP] |= what;
	needs[MMT_EV_DMA_MAP] |= what & EXPR_WANTS;
}

/* Of what every event has. */
static bool of_event(unsigned field, uint8_t needs[MMT_EV_MAX])
{
	if (field == MMT_O_EVENT_comm)
		needs[MMT_EV_EXEC] |= EXPR_WANTS;
	if (field == MMT_O_EVENT_driver)
		needs[MMT_EV_DRIVER_MMAP] |= EXPR_WANTS;
	return field == MMT_O_EVENT_driver;
}

bool expr_path_needs(const struct expr_path *p, uint8_t needs[MMT_EV_MAX])
{
	if (!p->fixed)
		return false;
	if (p->object == MMT_OBJ_EVENT)
		return of_event(p->fixed->index, needs);
	if (!strcmp(p->fixed->name, "comm"))
		needs[MMT_EV_EXEC] |= EXPR_WANTS;
	if (p->object == MMT_OBJ_PROCESS)
		return true;
	switch (p->fixed->index) {
	case MMT_O_MAPPING_driver:
	case MMT_O_MAPPING_func:
		needs[MMT_EV_DRIVER_MMAP] |= EXPR_WANTS;
		break;
	case MMT_O_MAPPING_faults:
	case MMT_O_MAPPING_fault_time:
		needs[MMT_EV_FAULT] |= EXPR_WANTS | EXPR_COUNTS;
		break;
	case MMT_O_MAPPING_installed:
		installs(needs, EXPR_WANTS | EXPR_COUNTS);
		break;
	case MMT_O_MAPPING_helper:
	case MMT_O_MAPPING_memtype:
		installs(needs, EXPR_WANTS);
		break;
	default:
		break;
	}
	return true;
}

bool expr_needs(const struct expr *e, uint8_t needs[MMT_EV_MAX])
{
	bool ledger = false;

	for (unsigned i = 0; i < e->n; i++)
		if (e->nodes[i]->path)
			ledger |= expr_path_needs(e->nodes[i]->path, needs);
	return ledger;
}
