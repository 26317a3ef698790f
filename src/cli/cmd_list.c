// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace list: what there is to trace. Needs no privilege. */
#include <string.h>
#include "cli/cmd.h"
#include "cli/opt.h"
#include "cli/text_out.h"
#include "event/objects.h"
#include "mmtrace/session.h"

struct listing {
	struct buf out;
	struct json j;
	bool json;
};

static void put_events(struct listing *l)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	if (!l->json)
		buf_printf(&l->out, "%-13s %-8s %s\n", "EVENT", "FAMILY", "WHAT IT SAYS");
	for (size_t i = 0; i < n; i++) {
		const char *family = schema_family(ev[i].family)->name;

		if (!l->json) {
			buf_printf(&l->out, "%-13s %-8s %s\n", ev[i].name, family, ev[i].text);
			continue;
		}
		json_obj(&l->j, NULL);
		json_str(&l->j, "event", ev[i].name);
		json_u64(&l->j, "number", ev[i].num);
		json_str(&l->j, "family", family);
		json_str(&l->j, "text", ev[i].text);
		json_end(&l->j);
		json_line(&l->j);
	}
}

static void put_field(struct listing *l, const struct mmt_schema_event *ev, const struct mmt_field *f)
{
	char name[64];

	if (!l->json) {
		snprintf(name, sizeof(name), "%s.%s", ev->name, f->name);
		buf_printf(&l->out, "%-24s %s%-4s %-6s %s\n", name, schema_wire_name(f->wire),
			   f->count > 1 ? "[8]" : "", schema_look_unit(f->look), f->text);
		return;
	}
	json_obj(&l->j, NULL);
	json_str(&l->j, "event", ev->name);
	json_str(&l->j, "field", f->name);
	json_str(&l->j, "kind", schema_wire_name(f->wire));
	json_u64(&l->j, "count", f->count);
	json_str(&l->j, "unit", *schema_look_unit(f->look) ? schema_look_unit(f->look) : NULL);
	json_str(&l->j, "look", schema_look_name(f->look));
	json_u64(&l->j, "offset", f->offset);
	json_str(&l->j, "text", f->text);
	json_end(&l->j);
	json_line(&l->j);
}

/* A time of every event's header, of which there is something to say. */
static void put_duration(struct listing *l, const struct mmt_schema_event *ev)
{
	static const struct mmt_field fault = {
		.name = "dur_ns",
		.text = "its latency: the time in handle_mm_fault(), of tiers fentry and kprobe+perf; --split adds the "
			"wait for "
			"the lock before it. Of tier perf from the exception on, that wait always in it",
		.offset = offsetof(struct mmt_hdr, dur_ns),
		.wire = MMT_W_U64,
		.count = 1,
		.look = MMT_LOOK_NSEC,
	};

	if (ev->num == MMT_EV_FAULT)
		put_field(l, ev, &fault);
}

/* What filters and expectations can ask besides: in no record. */
static void put_object_field(struct listing *l, unsigned object, const struct mmt_field *f)
{
	const char *of = object_named(object)->name, *unit = object_look_unit(f->look);
	char name[64];

	if (!l->json) {
		snprintf(name, sizeof(name), "%s.%s", of, f->name);
		buf_printf(&l->out, "%-24s %-7s %-6s %s\n", name, "-", unit, f->text);
		return;
	}
	json_obj(&l->j, NULL);
	json_str(&l->j, "object", of);
	json_str(&l->j, "field", f->name);
	json_str(&l->j, "unit", *unit ? unit : NULL);
	json_str(&l->j, "text", f->text);
	json_end(&l->j);
	json_line(&l->j);
}

static void put_fields(struct listing *l)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	if (!l->json)
		buf_printf(&l->out, "%-24s %-7s %-6s %s\n", "FIELD", "KIND", "UNIT", "WHAT IT SAYS");
	for (size_t i = 0; i < n; i++) {
		put_duration(l, &ev[i]);
		for (unsigned k = 0; k < ev[i].nfields; k++)
			if (!schema_field_hidden(&ev[i].fields[k]))
				put_field(l, &ev[i], &ev[i].fields[k]);
	}
	for (unsigned object = 0; object_named(object); object++) {
		const struct mmt_field *f = object_fields(object, &n);

		for (size_t i = 0; i < n; i++)
			put_object_field(l, object, &f[i]);
	}
}

static void put_hooks(struct listing *l)
{
	const struct session_hook *rows;
	size_t n = session__hooks(NULL, &rows);

	if (!l->json)
		buf_printf(&l->out, "%-32s %s\n", "HOOK", "WHAT IT SEES");
	for (size_t i = 0; i < n; i++) {
		if (!l->json) {
			buf_printf(&l->out, "%-32s %s\n", rows[i].name, rows[i].text);
			continue;
		}
		json_obj(&l->j, NULL);
		json_str(&l->j, "hook", rows[i].name);
		json_str(&l->j, "text", rows[i].text);
		json_str(&l->j, "config", rows[i].config && *rows[i].config ? rows[i].config : NULL);
		json_end(&l->j);
		json_line(&l->j);
	}
}

static const struct {
	const char *word;
	void (*put)(struct listing *l);
} lists[] = {
	[LIST_EVENTS] = { "events", put_events },
	[LIST_FIELDS] = { "fields", put_fields },
	[LIST_HOOKS] = { "hooks", put_hooks },
};

int cmd_list(int argc, char **argv)
{
	struct opt_values v = { 0 };
	struct opt_result r;
	struct listing l = { 0 };

	if (opt_parse(&mmtrace_options, argc, argv, &v, &r) != OPT_OK)
		return EXIT_USAGE;
	l.json = v.format == FORMAT_JSON;
	json_init(&l.j, &l.out);
	for (size_t i = 0; i < MMT_COUNT(lists); i++)
		if (!strcmp(lists[i].word, r.word))
			lists[i].put(&l);
	return text_out(&l.out);
}
