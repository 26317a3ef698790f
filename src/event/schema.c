// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "event/schema.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A field's macro knows the event's ID only; these give it the record. */
#define X(id, num, name, fam, text) typedef struct mmt_ev_##name record_##id;
MMT_EVENTS(X)
#undef X

#define FIELD(ev, kind, n, fname, lk, what)       \
	{ .name = #fname,                         \
	  .text = what,                           \
	  .offset = offsetof(record_##ev, fname), \
	  .index = MMT_F_##ev##_##fname,          \
	  .wire = MMT_W_##kind,                   \
	  .count = n,                             \
	  .look = MMT_LOOK_##lk },
#define X(id, num, name, fam, text) static const struct mmt_field fields_##name[] = { MMT_FIELDS_##id(FIELD) };
MMT_EVENTS(X)
#undef X

#define X(id, number, ename, fam, what)          \
	{ .name = #ename,                        \
	  .text = what,                          \
	  .fields = fields_##ename,              \
	  .num = number,                         \
	  .nfields = MMT_F_COUNT_##id,           \
	  .size = sizeof(struct mmt_ev_##ename), \
	  .family = MMT_FAM_##fam },
static const struct mmt_schema_event events[] = { MMT_EVENTS(X) };
#undef X

#define X(id, num, fname, what) [num] = { #fname, what },
static const struct mmt_named families[] = { MMT_FAMILIES(X) };
static const struct mmt_named losses[] = { MMT_LOSSES(X) };
#undef X

#define X(id, num, name) [num] = name,
static const char *const tiers[] = { MMT_TIERS(X) };
static const char *const origins[] = { MMT_ORIGINS(X) };
static const char *const causes[] = { MMT_CAUSES(X) };
static const char *const helpers[] = { MMT_HELPERS(X) };
static const char *const fclasses[] = { MMT_FCLASSES(X) };
static const char *const fkinds[] = { MMT_FKINDS(X) };
static const char *const fmodes[] = { MMT_FMODES(X) };
static const char *const lockops[] = { MMT_LOCKOPS(X) };
static const char *const reaches[] = { MMT_REACHES(X) };
static const char *const demo_whats[] = { MMT_DEMO_WHATS(X) };
#undef X

static const struct {
	const char *const *names;
	size_t n;
} enums[MMT_LOOK_MAX] = {
	[MMT_LOOK_ORIGIN] = { origins, COUNT(origins) },
	[MMT_LOOK_CAUSE] = { causes, COUNT(causes) },
	[MMT_LOOK_HELPER] = { helpers, COUNT(helpers) },
	[MMT_LOOK_FCLASS] = { fclasses, COUNT(fclasses) },
	[MMT_LOOK_FKIND] = { fkinds, COUNT(fkinds) },
	[MMT_LOOK_FMODE] = { fmodes, COUNT(fmodes) },
	[MMT_LOOK_LOCKOP] = { lockops, COUNT(lockops) },
	[MMT_LOOK_REACH] = { reaches, COUNT(reaches) },
	[MMT_LOOK_DEMO_WHAT] = { demo_whats, COUNT(demo_whats) },
};

#define X(id, u) [MMT_LOOK_##id] = { .name = #id, .text = u },
static const struct mmt_named looks[] = { MMT_LOOKS(X) };
#undef X

static const struct {
	const char *name;
	unsigned size;
} wires[] = {
	[MMT_W_U8] = { "u8", 1 },   [MMT_W_U16] = { "u16", 2 }, [MMT_W_U32] = { "u32", 4 },
	[MMT_W_U64] = { "u64", 8 }, [MMT_W_S32] = { "s32", 4 }, [MMT_W_S64] = { "s64", 8 },
};

const struct mmt_schema_event *schema_events(size_t *n)
{
	*n = COUNT(events);
	return events;
}

const struct mmt_schema_event *schema_event(unsigned num)
{
	/* Number to row; built by the compiler, so that decoding an event is one load. */
#define X(id, number, name, fam, text)	  [number] = ROW_##id + 1,
#define ROWS(id, number, name, fam, text) ROW_##id,
	enum { MMT_EVENTS(ROWS) };
	static const uint8_t row[MMT_EV_MAX] = { MMT_EVENTS(X) };
#undef ROWS
#undef X

	return num < MMT_EV_MAX && row[num] ? &events[row[num] - 1] : NULL;
}

const struct mmt_schema_event *schema_event_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT(events); i++)
		if (!strcmp(events[i].name, name))
			return &events[i];
	return NULL;
}

const struct mmt_field *schema_field(const struct mmt_schema_event *ev, const char *name)
{
	for (unsigned i = 0; i < ev->nfields; i++)
		if (!strcmp(ev->fields[i].name, name))
			return &ev->fields[i];
	return NULL;
}

bool schema_field_hidden(const struct mmt_field *f)
{
	return !strncmp(f->name, "zero", 4);
}

const struct mmt_named *schema_family(unsigned family)
{
	return family < COUNT(families) ? &families[family] : NULL;
}

const struct mmt_named *schema_loss(unsigned kind)
{
	return kind < COUNT(losses) ? &losses[kind] : NULL;
}

const char *schema_tier(unsigned tier)
{
	return tier < COUNT(tiers) ? tiers[tier] : "?";
}

const char *schema_wire_name(unsigned wire)
{
	return wire < COUNT(wires) && wires[wire].name ? wires[wire].name : "?";
}

unsigned schema_wire_size(unsigned wire)
{
	return wire < COUNT(wires) ? wires[wire].size : 0;
}

const char *schema_look_name(unsigned look)
{
	return look < COUNT(looks) ? looks[look].name : "?";
}

const char *schema_look_unit(unsigned look)
{
	return look < COUNT(looks) ? looks[look].text : "";
}

const char *schema_enum(unsigned look, uint64_t value)
{
	if (look >= MMT_LOOK_MAX || value >= enums[look].n)
		return NULL;
	return enums[look].names[value];
}
