// LINK: event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The tables that event_table.h expands to, held against what the compiler made of the same table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/schema.h"

/* One wire kind per member type, from the compiler's own mouth. */
#define KIND(member)                  \
	_Generic(member, __u8         \
		 : MMT_W_U8, __u16    \
		 : MMT_W_U16, __u32   \
		 : MMT_W_U32, __u64   \
		 : MMT_W_U64, __s32   \
		 : MMT_W_S32, __s64   \
		 : MMT_W_S64, __u8 *  \
		 : MMT_W_U8, __u32 *  \
		 : MMT_W_U32, __u64 * \
		 : MMT_W_U64)

#define X(id, num, name, fam, text) typedef struct mmt_ev_##name rec_##id;
MMT_EVENTS(X)
#undef X

static unsigned checked;

static void check_field(const char *event, const char *name, size_t offset, size_t size, unsigned kind, unsigned index)
{
	const struct mmt_schema_event *ev = schema_event_by_name(event);
	const struct mmt_field *f = schema_field(ev, name);

	assert_non_null(f);
	assert_int_equal(f->offset, offset);
	assert_int_equal(schema_wire_size(f->wire) * f->count, size);
	assert_int_equal(f->wire, kind);
	assert_int_equal(f->index, index);
	assert_ptr_equal(&ev->fields[index], f);
	assert_true(f->text[0]);
	checked++;
}

static void test_fields_lie_where_the_structs_have_them(void **state)
{
	unsigned all = 0;

	(void)state;
#define ONE(ev, wire, count, fname, look, text)                                               \
	check_field(event, #fname, offsetof(rec_##ev, fname), sizeof(((rec_##ev *)0)->fname), \
		    KIND(((rec_##ev *)0)->fname), MMT_F_##ev##_##fname);
#define X(id, num, name, fam, text)                           \
	{                                                     \
		const char *event = #name;                    \
		MMT_FIELDS_##id(ONE) all += MMT_F_COUNT_##id; \
	}
	MMT_EVENTS(X)
#undef X
#undef ONE
	assert_int_equal(checked, all);
}

static void test_events_are_found_by_number_and_name(void **state)
{
	size_t n, seen = 0;
	const struct mmt_schema_event *ev = schema_events(&n);

	(void)state;
	for (unsigned num = 0; num < 2 * MMT_EV_MAX; num++) {
		const struct mmt_schema_event *e = schema_event(num);

		if (!e)
			continue;
		assert_int_equal(e->num, num);
		assert_ptr_equal(schema_event_by_name(e->name), e);
		assert_true(e >= ev && e < ev + n);
		assert_non_null(schema_family(e->family));
		seen++;
	}
	assert_int_equal(seen, n);
	assert_null(schema_event_by_name("mmapp"));
	assert_null(schema_event_by_name(""));
	assert_null(schema_event(0));
}

static void test_records_are_whole_words(void **state)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		size_t end = sizeof(struct mmt_hdr);

		for (unsigned k = 0; k < ev[i].nfields; k++) {
			assert_int_equal(ev[i].fields[k].offset, end); /* no holes, in table order */
			end += schema_wire_size(ev[i].fields[k].wire) * ev[i].fields[k].count;
		}
		assert_int_equal(ev[i].size, end);
		assert_int_equal(ev[i].size % 8, 0);
	}
}

/* Numbers and names are for ever: these were given out first. */
static void test_what_was_given_out_stays(void **state)
{
	static const struct {
		unsigned num;
		const char *name;
	} first[] = { { 1, "mmap" },	     { 2, "munmap" },	{ 20, "vma_map" }, { 21, "vma_unmap" },
		      { 50, "driver_mmap" }, { 60, "pfn_map" }, { 70, "fault" },   { 80, "demo" } };

	(void)state;
	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
		assert_string_equal(schema_event(first[i].num)->name, first[i].name);
}

static void test_enumerations(void **state)
{
	(void)state;
	assert_string_equal(schema_enum(MMT_LOOK_ORIGIN, MMT_ORIGIN_SHMAT), "shmat");
	assert_string_equal(schema_enum(MMT_LOOK_FKIND, MMT_FKIND_COW), "cow");
	assert_string_equal(schema_enum(MMT_LOOK_FMODE, 0), "unknown");
	assert_null(schema_enum(MMT_LOOK_FMODE, 4));
	assert_null(schema_enum(MMT_LOOK_FMODE, UINT64_MAX));
	assert_null(schema_enum(MMT_LOOK_DEC, 0));
	assert_null(schema_enum(MMT_LOOK_MAX, 0));
	assert_string_equal(schema_tier(MMT_TIER_KPROBE_PERF), "kprobe+perf");
	assert_string_equal(schema_tier(MMT_TIER_MAX), "?");
	assert_string_equal(schema_loss(MMT_LOSS_TARGET)->name, "target_full");
	assert_null(schema_loss(MMT_LOSS_MAX));
	assert_null(schema_family(MMT_FAM_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_lie_where_the_structs_have_them),
		cmocka_unit_test(test_events_are_found_by_number_and_name),
		cmocka_unit_test(test_records_are_whole_words),
		cmocka_unit_test(test_what_was_given_out_stays),
		cmocka_unit_test(test_enumerations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
