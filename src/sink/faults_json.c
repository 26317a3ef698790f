// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Faults as objects: every number as it is, buckets as [lowest ns, highest ns, count]. */
#include <string.h>
#include "event/schema.h"
#include "sink/faults.h"

static void put_known(struct json *j, const char *key, bool known, uint64_t v)
{
	if (known)
		json_u64(j, key, v);
	else
		json_null(j, key);
}

static void put_mapping(struct json *j, const struct faults_row *r)
{
	if (!r->id && !r->mapping && !r->start) {
		json_null(j, "mapping");
		return;
	}
	json_obj(j, "mapping");
	json_str(j, "id", r->id);
	json_str(j, "name", r->mapping);
	if (r->start)
		json_hex(j, "start", r->start);
	else
		json_null(j, "start");
	json_u64(j, "pid", r->pid);
	json_end(j);
}

static void put_kind(struct json *j, uint8_t kind, uint8_t class)
{
	json_str(j, "kind", kind ? schema_enum(MMT_LOOK_FKIND, kind) : NULL);
	if (!kind)
		json_str(j, "class", class ? schema_enum(MMT_LOOK_FCLASS, class) : NULL);
}

static void put_key(struct json *j, const struct faults_show *k, const struct faults_group *g)
{
	char text[FAULTS_TEXT];

	json_obj(j, "key");
	for (unsigned i = 0; i < k->opts->nby; i++) {
		unsigned dim = k->opts->by[i];

		if (dim == FAULTS_KIND)
			put_kind(j, g->cell->kind, g->cell->class);
		else if (dim == FAULTS_MAPPING)
			put_mapping(j, g->cell->row);
		else if (dim == FAULTS_CPU)
			put_known(j, "cpu", g->cell->row->cpu >= 0, (uint64_t)g->cell->row->cpu);
		else if (dim == FAULTS_DRIVER)
			json_str(j, "driver", g->cell->row->driver); /* "": there is none */
		else
			json_str(j, faults_dim_name(dim), faults_book_text(k->book, g->cell, dim, text));
	}
	json_end(j);
	json_bool(j, "other", g->cell->row->other);
}

static void put_shares(struct json *j, const struct faults_sum *s)
{
	static const char *const names[MMT_SHARES] = { "lock_ns", "driver_ns", "offcpu_ns", "alloc_ns" };
	uint64_t rest = 0;
	bool known = faults_sum_rest(s, &rest);

	json_obj(j, "split");
	for (unsigned i = 0; i < MMT_SHARES; i++)
		put_known(j, names[i], s->shares >> i & 1, s->share_ns[i]);
	put_known(j, "rest_ns", known, rest);
	json_end(j);
}

static void put_sum(struct json *j, const struct faults_show *k, const struct faults_sum *s)
{
	static const struct {
		uint32_t ppm;
		const char *name;
	} shown[] = { { 500000, "p50_ns" }, { 900000, "p90_ns" }, { 990000, "p99_ns" }, { 999000, "p99.9_ns" } };
	uint64_t low = 0, high = 0;

	json_u64(j, "span_ns", k->span_ns);
	json_u64(j, "count", s->count);
	json_u64(j, "timed", s->timed);
	put_known(j, "sum_ns", s->timed || !s->count, s->sum_ns);
	put_known(j, "mean_ns", s->timed != 0, faults_sum_mean(s));
	for (unsigned i = 0; i < MMT_COUNT(shown); i++) {
		bool known = faults_sum_quantile(s, shown[i].ppm, &low, &high);

		put_known(j, shown[i].name, known, low + (high - low) / 2);
	}
	put_known(j, "max_ns", s->timed != 0, s->max_ns);
	json_bool(j, "max_exact", !s->max_about);
	if (k->opts->split)
		put_shares(j, s);
	json_arr(j, "buckets");
	for (uint32_t i = 0; i < s->hist.n; i++) {
		uint32_t index = s->hist.b[i].index;

		json_arr(j, NULL);
		json_u64(j, NULL, hist_low(index));
		json_u64(j, NULL, index == MMT_TOTAL_BUCKETS - 1 ? s->max_ns : hist_high(index));
		json_u64(j, NULL, s->hist.b[i].count);
		json_end(j);
	}
	json_end(j);
}

int faults_json_group(struct json *j, const struct faults_show *k, const struct faults_group *g, const char *type)
{
	json_obj(j, NULL);
	json_str(j, "type", type);
	json_u64(j, "ts_ns", k->start_ns);
	put_key(j, k, g);
	put_sum(j, k, &g->sum);
	json_end(j);
	return json_line(j);
}

int faults_json_total(struct json *j, const struct faults_show *k, const struct faults_groups *g, const char *type)
{
	json_obj(j, NULL);
	json_str(j, "type", type);
	json_u64(j, "ts_ns", k->start_ns);
	json_u64(j, "keys", g->n);
	json_u64(j, "other", g->other);
	json_u64(j, "unnamed", g->unnamed);
	if (k->opts->judge)
		json_u64(j, "maybe", g->maybe);
	if (k->opts->slower_ns)
		json_u64(j, "slower_ns", k->opts->slower_ns);
	put_sum(j, k, &g->all);
	json_end(j);
	return json_line(j);
}

static void put_stack(struct json *j, const char *key, const char *stack)
{
	if (!stack) {
		json_null(j, key);
		return;
	}
	json_arr(j, key);
	while (*stack) {
		size_t len = strcspn(stack, ";");

		json_strn(j, NULL, stack, len);
		stack += len + (stack[len] == ';');
	}
	json_end(j);
}

int faults_json_stack(struct json *j, const struct faults_group *g)
{
	json_obj(j, NULL);
	json_str(j, "type", "stack");
	put_stack(j, "frames", g->key);
	json_u64(j, "count", g->sum.count);
	put_known(j, "sum_ns", g->sum.timed != 0, g->sum.sum_ns);
	json_end(j);
	return json_line(j);
}

int faults_json_slow(struct json *j, const struct faults_slow *s)
{
	json_obj(j, NULL);
	json_str(j, "type", "slow");
	json_u64(j, "ts_ns", s->ts_ns);
	json_u64(j, "dur_ns", s->dur_ns);
	put_kind(j, s->kind, s->class);
	json_str(j, "comm", s->comm);
	json_u64(j, "pid", s->pid);
	json_u64(j, "tid", s->tid);
	json_u64(j, "cpu", s->cpu);
	json_hex(j, "addr", s->addr);
	if (s->has_ip)
		json_hex(j, "ip", s->ip);
	else
		json_null(j, "ip");
	if (s->id || s->mapping) {
		json_obj(j, "mapping");
		json_str(j, "id", s->id);
		json_str(j, "name", s->mapping);
		json_end(j);
	} else {
		json_null(j, "mapping");
	}
	put_stack(j, "kstack", s->kstack);
	put_stack(j, "ustack", s->ustack);
	json_end(j);
	return json_line(j);
}
