// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * NDJSON: a header line, one object per event, a summary line; "type" says which. Every field of the schema is there,
 * null where it is absent. Addresses are hex strings (JSON numbers lose bits), times are nanoseconds.
 */
#include <stdlib.h>
#include <string.h>
#include "event/value.h"
#include "ledger/mapping.h"
#include "sink/json_args.h"
#include "sink/json_run.h"
#include "sink/out.h"
#include "sink/sinks.h"

struct json_sink {
	struct mmt_sink s;
	struct out out;
	struct json j;
	struct buf text; /* of one value */
	bool kstack, ustack;
};

static int end_line(struct json_sink *k)
{
	int err;

	json_end(&k->j);
	err = json_line(&k->j);
	return err ? err : out_spill(&k->out);
}

static int js_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct json_sink *k = (struct json_sink *)s;
	int err = json_put_header(&k->j, info);

	k->kstack = info->kstack;
	k->ustack = info->ustack;
	return err ? err : out_spill(&k->out);
}

static void put_error(struct json_sink *k, const struct mmt_view *v)
{
	unsigned err;

	if (!schema_field(v->ev, "ret"))
		return;
	if (!value_failed(v->h, v->ev, &err)) {
		json_null(&k->j, "error");
		return;
	}
	buf_reset(&k->text);
	value_show_raw(&k->text, MMT_LOOK_RET, (uint64_t) - (int64_t)err, NULL);
	json_str(&k->j, "error", err ? buf_str(&k->text) + 1 : "refused"); /* without its minus */
}

static void put_mapping(struct json_sink *k, const struct mmt_view *v)
{
	if (!v->mapping && !v->map) {
		json_null(&k->j, "mapping");
		return;
	}
	json_obj(&k->j, "mapping");
	json_str(&k->j, "id", v->map_id);
	json_str(&k->j, "parent", v->map && *v->map->parent ? v->map->parent : NULL);
	json_str(&k->j, "name", v->mapping);
	json_str(&k->j, "class", schema_enum(MMT_LOOK_FCLASS, v->map_class));
	if (v->map_start)
		json_hex(&k->j, "start", v->map_start);
	else
		json_null(&k->j, "start");
	if (!v->mapping || v->mapping[0] == '[')
		json_null(&k->j, "offset");
	else
		json_u64(&k->j, "offset", v->map_off);
	json_bool(&k->j, "guessed", v->map_guessed);
	json_bool(&k->j, "imported", v->map && v->map->imported);
	json_bool(&k->j, "unsure", v->map && v->map->unsure);
	json_end(&k->j);
}

static void put_stack(struct json *j, const char *key, const char *const *frames, unsigned n)
{
	if (!frames) {
		json_null(j, key);
		return;
	}
	json_arr(j, key);
	for (unsigned i = 0; i < n; i++)
		json_str(j, NULL, frames[i]);
	json_end(j);
}

/* Of events that can have them. */
static void put_memory(struct json_sink *k, const struct mmt_view *v)
{
	if (schema_field(v->ev, "pgprot")) {
		json_str(&k->j, "memtype", v->memtype_key);
		if (v->memtype_key)
			json_bool(&k->j, "memtype_checked", v->memtype_checked);
		else
			json_null(&k->j, "memtype_checked");
	}
	if (!schema_field(v->ev, "pfn_lo"))
		return;
	if (!v->phys_known) {
		json_null(&k->j, "phys");
		return;
	}
	json_obj(&k->j, "phys");
	json_hex(&k->j, "start", v->phys_start);
	json_hex(&k->j, "end", v->phys_end);
	json_str(&k->j, "name", v->phys_name);
	json_end(&k->j);
}

static int js_event(struct mmt_sink *s, const struct mmt_view *v)
{
	struct json_sink *k = (struct json_sink *)s;
	struct json *j = &k->j;

	json_obj(j, NULL);
	json_str(j, "type", "event");
	json_str(j, "event", v->ev->name);
	json_u64(j, "ts_ns", v->h->ts_ns);
	if (v->h->have & MMT_HAVE_DUR)
		json_u64(j, "dur_ns", v->h->dur_ns);
	else
		json_null(j, "dur_ns");
	json_str(j, "comm", v->comm);
	json_u64(j, "pid", v->h->pid);
	json_u64(j, "tid", v->h->tid);
	json_u64(j, "cpu", v->h->cpu);
	json_u64(j, "mm", v->h->mm);
	json_u64(j, "call", v->h->call);
	json_u64(j, "depth", v->h->depth);
	json_str(j, "tier", schema_tier(v->h->tier));
	put_error(k, v);
	put_mapping(k, v);
	put_memory(k, v);
	json_obj(j, "args");
	for (unsigned i = 0; i < v->ev->nfields; i++)
		if (!schema_field_hidden(&v->ev->fields[i]))
			json_put_field(&k->j, &k->text, v, &v->ev->fields[i]);
	json_end(j);
	if (k->kstack)
		put_stack(j, "kstack", v->kstack, v->nkstack);
	if (k->ustack)
		put_stack(j, "ustack", v->ustack, v->nustack);
	return end_line(k);
}

static int js_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	struct json_sink *k = (struct json_sink *)s;
	int err = json_put_summary(&k->j, sum);

	return err ? err : out_flush(&k->out);
}

static int js_flush(struct mmt_sink *s)
{
	return out_flush(&((struct json_sink *)s)->out);
}

static void js_free(struct mmt_sink *s)
{
	struct json_sink *k = (struct json_sink *)s;

	out_free(&k->out);
	buf_free(&k->text);
	free(k);
}

struct mmt_sink *json_open(const struct sink_opts *opts)
{
	struct json_sink *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	out_init(&k->out, opts->fd);
	json_init(&k->j, &k->out.b);
	k->s = (struct mmt_sink){
		.begin = js_begin, .event = js_event, .flush = js_flush, .end = js_end, .free = js_free
	};
	return &k->s;
}
