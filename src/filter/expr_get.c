// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Values of a subject. What is not known is absent: a getter says false. */
#include <string.h>
#include "event/value.h"
#include "filter/expr_impl.h"
#include "ledger/mapping.h"

static bool number(struct expr_value *out, uint64_t v)
{
	out->num = v;
	return true;
}

static bool text(struct expr_value *out, const char *s)
{
	out->is_text = true;
	out->text = s;
	return s;
}

static bool since(struct expr_value *out, const struct expr_subject *s, uint64_t ts_ns)
{
	out->num = ts_ns - s->start_ns;
	out->negative = ts_ns < s->start_ns;
	return s->start_ns;
}

/* ---- drivers ---- */

#define BUILT_IN "kernel"

/* "mmdemo:shared_mmap" is mmdemo's. What is copied here is valid until the next one. */
static bool module_of(struct expr_value *out, const char *func, bool built_in)
{
	static _Thread_local char module[64];
	const char *colon = func ? strchr(func, ':') : NULL;
	size_t len = colon ? (size_t)(colon - func) : 0;

	if (!func)
		return false;
	if (!colon)
		return built_in && text(out, BUILT_IN);
	if (len >= sizeof(module))
		len = sizeof(module) - 1;
	memcpy(module, func, len);
	module[len] = '\0';
	return text(out, module);
}

static const char *name_of(const struct mmt_view *v, uint64_t key)
{
	return key && v->names ? v->names->get(v->names->ctx, key) : NULL;
}

/*
 * The driver's own ->mmap says whose a mapping is. Its other functions say so where they are a module's; that many filesystems
 * and drivers use the kernel's own for them says nothing, but of what has no file (the vdso), which no driver could have mapped.
 */
static bool driver_of_mapping(const struct mmt_view *v, const struct mapping *m, struct expr_value *out)
{
	if (m->func)
		return module_of(out, name_of(v, m->func), true);
	if (m->ops)
		return module_of(out, name_of(v, m->ops), !m->file && !m->ino && !m->guessed);
	return !m->file && !m->ino && !m->guessed && m->fd < 0 && text(out, "");
}

static bool driver_of(const struct mmt_view *v, struct expr_value *out)
{
	uint64_t key, file;

	if (value_get(v->h, v->ev, "func", &key) && key)
		return module_of(out, name_of(v, key), true);
	if (v->map && v->map->func)
		return module_of(out, name_of(v, v->map->func), true);
	if (value_get(v->h, v->ev, "ops", &key)) {
		if (key)
			return module_of(out, name_of(v, key), value_get(v->h, v->ev, "file", &file) && !file);
		return v->map_class == MMT_FCLASS_ANON && (!value_get(v->h, v->ev, "file", &file) || !file) &&
		       text(out, "");
	}
	return v->map && driver_of_mapping(v, v->map, out);
}

/* ---- events ---- */

static bool get_error(const struct mmt_view *v, struct expr_value *out)
{
	const struct mmt_field *ret = schema_field(v->ev, "ret");
	unsigned err;

	if (!ret || !value_has(v->h, ret))
		return false;
	value_failed(v->h, v->ev, &err);
	return number(out, err);
}

/* Without its result nobody knows whether it failed. */
static bool get_failed(const struct mmt_view *v, struct expr_value *out)
{
	const struct mmt_field *ret = schema_field(v->ev, "ret"), *result = schema_field(v->ev, "result");
	unsigned err;

	if ((ret && !value_has(v->h, ret)) || (result && !value_has(v->h, result)))
		return false;
	return number(out, value_failed(v->h, v->ev, &err));
}

static bool get_event(unsigned field, const struct expr_subject *s, struct expr_value *out)
{
	const struct mmt_view *v = s->view;
	const struct mmt_hdr *h = v->h;

	switch (field) {
	case MMT_O_EVENT_event:
		return number(out, v->ev->num);
	case MMT_O_EVENT_family:
		return number(out, v->ev->family);
	case MMT_O_EVENT_pid:
		return number(out, h->pid);
	case MMT_O_EVENT_tid:
		return number(out, h->tid);
	case MMT_O_EVENT_comm:
		return v->comm && strcmp(v->comm, "?") && text(out, v->comm);
	case MMT_O_EVENT_cpu:
		return number(out, h->cpu);
	case MMT_O_EVENT_ts:
		return since(out, s, h->ts_ns);
	case MMT_O_EVENT_lat:
	case MMT_O_EVENT_dur:
		return h->have & MMT_HAVE_DUR && number(out, h->dur_ns);
	case MMT_O_EVENT_mm:
		return h->mm && number(out, h->mm);
	case MMT_O_EVENT_call:
		return h->call && number(out, h->call);
	case MMT_O_EVENT_depth:
		return number(out, h->depth);
	case MMT_O_EVENT_tier:
		return number(out, h->tier);
	case MMT_O_EVENT_failed:
		return get_failed(v, out);
	case MMT_O_EVENT_error:
		return get_error(v, out);
	case MMT_O_EVENT_driver:
		return driver_of(v, out);
	case MMT_O_EVENT_memtype:
		return text(out, v->memtype_key);
	case MMT_O_EVENT_phys:
		return v->phys_known && number(out, v->phys_start);
	case MMT_O_EVENT_phys_end:
		return v->phys_known && number(out, v->phys_end);
	case MMT_O_EVENT_phys_name:
		return text(out, v->phys_name);
	default:
		return false;
	}
}

/* ---- mappings ---- */

/* "fd 3" and "inode 7 on 8:1" stand in for a path that is not known. */
static bool get_path(const struct mmt_view *v, struct expr_value *out)
{
	const char *p = v->mapping;

	return p && strncmp(p, "fd ", 3) && strncmp(p, "inode ", 6) && text(out, p);
}

/* What the view says of it, also where the ledger knows no mapping. */
static bool get_place(unsigned field, const struct mmt_view *v, struct expr_value *out)
{
	switch (field) {
	case MMT_O_MAPPING_path:
		return get_path(v, out);
	case MMT_O_MAPPING_kind:
		return v->map_class && number(out, v->map_class);
	case MMT_O_MAPPING_memtype:
		return text(out, v->memtype_key);
	case MMT_O_MAPPING_flags:
		/* of a guessed one only the permissions are known; a VMA without any flag there is not */
		return !v->map_guessed && v->map_flags && number(out, v->map_flags);
	case MMT_O_MAPPING_start:
		if (v->map_start)
			return number(out, v->map_start);
		return v->map && v->map->start && number(out, v->map->start);
	default: /* offset */
		return v->mapping && v->mapping[0] != '[' && number(out, v->map_off);
	}
}

static bool get_times(unsigned field, const struct expr_subject *s, struct expr_value *out)
{
	const struct mapping *m = s->view->map;
	bool closed = m->reason != MAPPING_LIVE;

	switch (field) {
	case MMT_O_MAPPING_born:
		return !m->imported && since(out, s, m->born_ns);
	case MMT_O_MAPPING_closed:
		return closed && since(out, s, m->closed_ns);
	case MMT_O_MAPPING_life:
		return closed && !m->imported && number(out, m->closed_ns - m->born_ns);
	case MMT_O_MAPPING_faults: /* of what was there before nobody knows the first ones */
		return (!m->imported || m->faults) && number(out, m->faults);
	case MMT_O_MAPPING_fault_time:
		return (!m->imported || m->faults) && number(out, m->fault_ns);
	case MMT_O_MAPPING_installed:
		return (!m->imported || m->installs.events) && number(out, m->installs.pages);
	default: /* helper */
		return m->installs.events && number(out, m->installs.helper);
	}
}

static bool get_identity(unsigned field, const struct mmt_view *v, struct expr_value *out)
{
	const struct mapping *m = v->map;

	switch (field) {
	case MMT_O_MAPPING_id:
		return text(out, m->id);
	case MMT_O_MAPPING_parent:
		return text(out, m->parent);
	case MMT_O_MAPPING_driver:
		return driver_of_mapping(v, m, out);
	case MMT_O_MAPPING_func:
		return text(out, name_of(v, m->func));
	case MMT_O_MAPPING_pid:
		return number(out, m->pid);
	case MMT_O_MAPPING_comm:
		return m->comm[0] && text(out, m->comm);
	case MMT_O_MAPPING_mm:
		return m->mm && number(out, m->mm);
	case MMT_O_MAPPING_bytes:
		return number(out, m->bytes);
	case MMT_O_MAPPING_peak:
		return number(out, m->peak);
	case MMT_O_MAPPING_origin:
		return number(out, m->origin);
	case MMT_O_MAPPING_rdev:
		return !m->guessed && number(out, m->rdev);
	case MMT_O_MAPPING_ranges:
		return number(out, m->ranges);
	case MMT_O_MAPPING_copies:
		return number(out, m->copies);
	case MMT_O_MAPPING_reason:
		return number(out, m->reason);
	case MMT_O_MAPPING_imported:
		return number(out, m->imported);
	case MMT_O_MAPPING_guessed:
		return number(out, m->guessed);
	case MMT_O_MAPPING_unsure:
		return number(out, m->unsure);
	default:
		return false;
	}
}

static bool get_mapping(unsigned field, const struct expr_subject *s, struct expr_value *out)
{
	switch (field) {
	case MMT_O_MAPPING_path:
	case MMT_O_MAPPING_kind:
	case MMT_O_MAPPING_memtype:
	case MMT_O_MAPPING_flags:
	case MMT_O_MAPPING_start:
	case MMT_O_MAPPING_offset:
		return get_place(field, s->view, out);
	case MMT_O_MAPPING_driver:
		if (s->view->h)
			return driver_of(s->view, out);
		break;
	case MMT_O_MAPPING_born:
	case MMT_O_MAPPING_closed:
	case MMT_O_MAPPING_life:
	case MMT_O_MAPPING_faults:
	case MMT_O_MAPPING_fault_time:
	case MMT_O_MAPPING_installed:
	case MMT_O_MAPPING_helper:
		return s->view->map && get_times(field, s, out);
	}
	return s->view->map && get_identity(field, s->view, out);
}

static bool get_process(unsigned field, const struct expr_process *p, struct expr_value *out)
{
	switch (field) {
	case MMT_O_PROCESS_pid:
		return number(out, p->pid);
	case MMT_O_PROCESS_comm:
		return text(out, p->comm);
	case MMT_O_PROCESS_mm:
		return p->mm && number(out, p->mm);
	case MMT_O_PROCESS_mappings:
		return !p->gap && number(out, p->mappings);
	case MMT_O_PROCESS_bytes:
		return !p->gap && number(out, p->bytes);
	case MMT_O_PROCESS_gap:
		return number(out, p->gap);
	default:
		return false;
	}
}

/* ---- either ---- */

/* Of enumerations 0 is what nobody knows. */
static bool known(const struct expr_value *v)
{
	return v->look >= MMT_LOOK_MAX || expr_shape(v->look) != SHAPE_WORD || v->num;
}

bool expr_get_object(unsigned object, unsigned field, const struct expr_subject *s, struct expr_value *out)
{
	size_t n;

	*out = (struct expr_value){ .look = object_fields(object, &n)[field].look };
	if (object == MMT_OBJ_PROCESS)
		return s->process && get_process(field, s->process, out) && known(out);
	if (!s->view || (object == MMT_OBJ_EVENT && !s->view->h))
		return false;
	return (object == MMT_OBJ_EVENT ? get_event : get_mapping)(field, s, out) && known(out);
}

bool expr_get_own(const struct mmt_field *f, const struct expr_subject *s, struct expr_value *out)
{
	const struct mmt_view *v = s->view;

	*out = (struct expr_value){ .look = f->look };
	if (!value_has(v->h, f))
		return false;
	out->num = value_u64(v->h, f, 0);
	out->negative = (f->wire == MMT_W_S32 || f->wire == MMT_W_S64) && (int64_t)out->num < 0;
	if (expr_shape(f->look) != SHAPE_TEXT)
		return known(out);
	/* a key of 0 is known to be nothing: no file, no function */
	return text(out, out->num ? name_of(v, out->num) : "");
}
