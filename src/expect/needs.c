// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What has to be seen for a statement to be judged. */
#include "expect/statement.h"

/* Of an expression or a field; either may be NULL. */
static void ask(struct statement *s, const struct expr *e, const struct expr_path *p)
{
	if (e)
		s->ledger |= expr_needs(e, s->needs);
	if (p)
		s->ledger |= expr_path_needs(p, s->needs);
}

void statement_needs(struct statement *s)
{
	s->ledger = statement_of_objects(s);
	for (unsigned i = 0; i < s->nsteps; i++) {
		if (s->step[i].about < MMT_EV_MAX)
			s->needs[s->step[i].about] |= EXPR_WANTS | EXPR_COUNTS;
		ask(s, s->step[i].where, s->step[i].path);
	}
	ask(s, s->that, s->field);
	if (s->form == FORM_BALANCED) { /* where no end of a process is told, much never ends */
		s->needs[MMT_EV_EXIT] |= EXPR_WANTS | EXPR_COUNTS;
		s->needs[MMT_EV_EXEC] |= EXPR_WANTS | EXPR_COUNTS;
	}
}

void expect_wants(const struct expect *e, bool want[MMT_EV_MAX])
{
	/* by which processes begin and end; much of what is judged is over then */
	want[MMT_EV_EXEC] = want[MMT_EV_EXIT] = true;
	for (unsigned i = 0; i < e->n; i++)
		for (unsigned ev = 0; ev < MMT_EV_MAX; ev++)
			want[ev] |= e->st[i].needs[ev] != 0;
}
