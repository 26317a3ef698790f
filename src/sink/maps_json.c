// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <string.h>
#include "event/schema.h"
#include "event/value.h"
#include "sink/maps.h"

static void put_known(struct json *j, const char *key, bool known, uint64_t v)
{
	if (known)
		json_u64(j, key, v);
	else
		json_null(j, key);
}

static void put_phys(struct json *j, const struct mmt_view *v)
{
	if (!v->phys_known) {
		json_null(j, "phys");
		return;
	}
	json_obj(j, "phys");
	json_hex(j, "start", v->phys_start);
	json_hex(j, "end", v->phys_end);
	json_str(j, "name", v->phys_name);
	json_end(j);
}

static void put_installs(struct json *j, const struct mapping *m)
{
	if (!m->installs.events) {
		json_null(j, "installs");
		return;
	}
	json_obj(j, "installs");
	json_str(j, "helper", schema_enum(MMT_LOOK_HELPER, m->installs.helper));
	json_u64(j, "events", m->installs.events);
	json_u64(j, "pages", m->installs.pages);
	json_bool(j, "refcounted", m->installs.refcounted);
	json_end(j);
}

static void put_history(struct json *j, const struct mapping *m)
{
	json_arr(j, "history");
	for (uint32_t i = 0; i < m->nacts; i++) {
		const struct mapping_act *a = &m->acts[i];

		json_obj(j, NULL);
		json_u64(j, "ts_ns", a->ts_ns);
		json_str(j, "what", mapping_act(a->what));
		json_hex(j, "start", a->start);
		json_hex(j, "end", a->end);
		if (a->what == MAPPING_ACT_CLOSED)
			json_str(j, "reason", mapping_reason((unsigned)a->result));
		else if (a->what == MAPPING_ACT_MOVED)
			json_hex(j, "to", a->result);
		json_u64(j, "tid", a->tid);
		json_end(j);
	}
	json_end(j);
	json_u64(j, "history_left_out", m->acts_dropped);
}

static void put_mapping(struct json *j, const struct maps_row *row)
{
	const struct mapping *m = row->m;
	const struct mmt_view *v = row->v;
	const char *func = m->func ? v->names->get(v->names->ctx, m->func) : NULL;

	json_str(j, "mapping", v->mapping);
	json_str(j, "class", v->map_class ? schema_enum(MMT_LOOK_FCLASS, v->map_class) : NULL);
	json_str(j, "driver", func);
	put_installs(j, m);
	put_phys(j, v);
	json_str(j, "memtype", v->memtype_key);
	if (v->memtype_key)
		json_bool(j, "memtype_checked", v->memtype_checked);
	else
		json_null(j, "memtype_checked");
	put_known(j, "faults", row->faults, m->faults);
	put_known(j, "fault_ns", row->faults, m->fault_ns);
	put_known(j, "resident", row->resident != MAPS_UNKNOWN, row->resident);
	put_known(j, "born_ns", !m->imported, m->born_ns);
	json_str(j, "origin", schema_enum(MMT_LOOK_ORIGIN, m->origin));
	json_bool(j, "imported", m->imported);
	json_bool(j, "guessed", m->guessed);
	json_bool(j, "unsure", m->unsure);
	json_str(j, "closed", m->reason == MAPPING_LIVE ? NULL : mapping_reason(m->reason));
	put_known(j, "closed_ns", m->reason != MAPPING_LIVE, m->closed_ns);
}

void maps_json_row(struct json *j, const struct maps_process *p, const struct maps_row *row, bool history)
{
	uint64_t start = row->r ? row->r->start : row->m->start;
	json_obj(j, NULL);
	json_str(j, "type", row->r ? "range" : "closed");
	json_str(j, "state", p->state);
	json_str(j, "comm", p->comm);
	json_u64(j, "pid", p->pid);
	json_u64(j, "mm", p->mm);
	json_str(j, "id", row->m->id);
	json_str(j, "parent", *row->m->parent ? row->m->parent : NULL);
	json_hex(j, "start", start);
	json_hex(j, "end", row->r ? row->r->end : start + row->m->peak);
	json_str(j, "perms", strcmp(row->perms, "-") ? row->perms : NULL);
	put_known(j, "offset", row->v->mapping && row->v->mapping[0] != '[', row->v->map_off);
	put_mapping(j, row);
	if (history)
		put_history(j, row->m);
	json_end(j);
}
