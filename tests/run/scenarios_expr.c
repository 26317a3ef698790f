// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "scenarios.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct expr {
	const char *p, *wrong;
	look_up look;
	const void *of;
};

static int64_t sum(struct expr *e);

static int64_t operand(struct expr *e)
{
	char name[64], *end;
	int64_t v = 0;
	size_t n;

	if (*e->p == '(') {
		e->p++;
		v = sum(e);
		if (*e->p++ != ')' && !e->wrong)
			e->wrong = "a ')' is missing";
		return v;
	}
	if (isdigit((unsigned char)*e->p)) {
		v = (int64_t)strtoull(e->p, &end, 0);
		e->p = end;
		return v;
	}
	for (n = 0; (isalnum((unsigned char)e->p[n]) || e->p[n] == '_') && n < sizeof(name) - 1; n++)
		name[n] = e->p[n];
	name[n] = 0;
	e->p += n;
	if (!n || !e->look(e->of, name, &v))
		e->wrong = "no number of that name";
	return v;
}

static int64_t product(struct expr *e)
{
	int64_t v = operand(e), by;

	while (!e->wrong && (*e->p == '*' || *e->p == '/')) {
		bool times = *e->p++ == '*';

		by = operand(e);
		if (!times && !by)
			e->wrong = "a division by 0";
		else
			v = times ? v * by : v / by;
	}
	return v;
}

static int64_t sum(struct expr *e)
{
	int64_t v = product(e);

	while (!e->wrong && (*e->p == '+' || *e->p == '-'))
		v = *e->p++ == '+' ? v + product(e) : v - product(e);
	return v;
}

const char *expr_eval(const char *text, look_up look, const void *of, int64_t *out)
{
	struct expr e = { .p = text, .look = look, .of = of };

	*out = sum(&e);
	if (!e.wrong && *e.p)
		e.wrong = "something behind its end";
	return e.wrong;
}
