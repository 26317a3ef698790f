// LINK: event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mmtrace/base.h>
#include "event/flags.h"
#include "event/value.h"

static struct buf text;

static const char *raw(unsigned look, uint64_t v)
{
	buf_reset(&text);
	value_show_raw(&text, look, v, NULL);
	return buf_str(&text);
}

static const char *field(const void *record, const char *name)
{
	const struct mmt_hdr *h = record;
	const struct mmt_field *f = schema_field(schema_event(h->type), name);

	assert_non_null(f);
	buf_reset(&text);
	value_show(&text, h, f, NULL);
	return buf_str(&text);
}

static void test_looks(void **state)
{
	static const struct {
		unsigned look;
		uint64_t v;
		const char *text;
	} cases[] = {
		{ MMT_LOOK_DEC, 17, "17" },
		{ MMT_LOOK_HEX, 0, "0x0" },
		{ MMT_LOOK_ADDR, 0xffff9a3f2000, "0xffff9a3f2000" },
		{ MMT_LOOK_SIZE, 16384, "16K" },
		{ MMT_LOOK_NSEC, 11200, "11.2us" },
		{ MMT_LOOK_PAGES, 4, "4" },
		{ MMT_LOOK_PROT, 0, "---" },
		{ MMT_LOOK_PROT, 3, "rw-" },
		{ MMT_LOOK_PROT, 5, "r-x" },
		{ MMT_LOOK_PROT, 0x1000001, "r--|growsdown" },
		{ MMT_LOOK_PROT, 0x21, "r--|0x20" }, /* arm64's PROT_MTE: another meaning elsewhere */
		{ MMT_LOOK_MFLAGS, 0, "0" },
		{ MMT_LOOK_MFLAGS, 0x01, "shared" },
		{ MMT_LOOK_MFLAGS, 0x11, "shared|fixed" },
		{ MMT_LOOK_MFLAGS, 0x22, "private|anonymous" },
		{ MMT_LOOK_MFLAGS, 0x03, "shared_validate" },
		{ MMT_LOOK_MFLAGS, 0x0f, "0xf" },
		{ MMT_LOOK_MFLAGS, 0x108022, "private|anonymous|populate|fixed_noreplace" },
		{ MMT_LOOK_MFLAGS, 0x80000002, "private|0x80000000" },
		{ MMT_LOOK_RFLAGS, 3, "maymove|fixed" },
		{ MMT_LOOK_VMFLAGS, 0, "---p" },
		{ MMT_LOOK_VMFLAGS, 0xfb, "rw-s|mayread|maywrite|mayexec|mayshare" },
		{ MMT_LOOK_VMFLAGS, 0x144400 | 0x8b, "rw-s|mayshare|pfnmap|io|dontexpand|account" },
		{ MMT_LOOK_VMFLAGS, 1ULL << 36 | 1, "r--p|0x1000000000" }, /* MTE on 6.12, PKEY elsewhere */
		{ MMT_LOOK_RET, 0, "0" },
		{ MMT_LOOK_RET, (uint64_t)-ENOMEM, "-ENOMEM" },
		{ MMT_LOOK_RET, (uint64_t)-4095, "-4095" },
		{ MMT_LOOK_RETADDR, (uint64_t)-EINVAL, "-EINVAL" },
		{ MMT_LOOK_RETADDR, (uint64_t)-4096, "0xfffffffffffff000" }, /* no errno is that big */
		{ MMT_LOOK_RETADDR, 0x7f0000000000, "0x7f0000000000" },
		{ MMT_LOOK_DEV, 8u << 20 | 17, "8:17" },
		{ MMT_LOOK_FFLAGS, 0x41, "write|user" },
		{ MMT_LOOK_FRESULT, 0x204, "major|locked" },
		{ MMT_LOOK_FRESULT, 0x4000, "0x4000" }, /* means two things: 5.10 and 7.1 */
		{ MMT_LOOK_FRESULT, 0, "0" },
		{ MMT_LOOK_ORIGIN, MMT_ORIGIN_SHMAT, "shmat" },
		{ MMT_LOOK_ORIGIN, 200, "200" },
		{ MMT_LOOK_NAME, 0x1234, "0x1234" },
		{ MMT_LOOK_KSYM, 0, "0x0" },
		{ MMT_LOOK_MSFLAGS, 6, "invalidate|sync" },
		{ MMT_LOOK_MSFLAGS, 0, "0" },
		{ MMT_LOOK_ADVICE, 4, "dontneed" },
		{ MMT_LOOK_ADVICE, 5, "5" }, /* nobody's */
		{ MMT_LOOK_ADVICE, 103, "guard_remove" },
		{ MMT_LOOK_ADVICE, 0xffffffff, "-1" },
		{ MMT_LOOK_MFDFLAGS, 0x80000003, "cloexec|allow_sealing|0x80000000" },
		{ MMT_LOOK_SIGNO, 7, "SIGBUS" },
		{ MMT_LOOK_SIGNO, 9, "9" },
		{ MMT_LOOK_SICODE, 2, "2" }, /* of which signal? */
		{ MMT_LOOK_SHMFLAGS, 010600, "0x1180" },
		{ MMT_LOOK_LOCKOP, MMT_LOCKOP_MLOCKALL, "mlockall" },
		{ MMT_LOOK_REACH, MMT_REACH_PROC_MEM, "/proc/PID/mem" },
		{ 250, 9, "9" },
	};

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(cases); i++)
		assert_string_equal(raw(cases[i].look, cases[i].v), cases[i].text);
}

static void test_short_flags(void **state)
{
	(void)state;
	buf_reset(&text);
	flags_vm_short(&text, 0xfb | 0x100000);
	assert_string_equal(buf_str(&text), "rw-s");
	/* A shared mapping of a file opened for reading: VM_SHARED is gone, VM_MAYSHARE stays. */
	buf_reset(&text);
	flags_vm_short(&text, 0xd1);
	assert_string_equal(buf_str(&text), "r--s");
	/* remap_pfn_range()'s four flags are one thing. */
	buf_reset(&text);
	flags_vm_short(&text, 0xfb | 0x400 | 0x4000 | 0x40000 | 0x4000000);
	assert_string_equal(buf_str(&text), "rw-s|pfnmap");
	buf_reset(&text);
	flags_vm_short(&text,
		       0xf1 | 0x4000 | 0x2000 | 0x40000); /* io alone is worth a word, locked and dontexpand are not */
	assert_string_equal(buf_str(&text), "r--s|io");
}

/* The same number in another event is another word. */
static void test_in_context(void **state)
{
	struct mmt_ev_shmget get = { .h = { .type = MMT_EV_SHMGET, .have = MMT_HAVE_ALL(SHMGET) } };
	struct mmt_ev_shmat at = { .h = { .type = MMT_EV_SHMAT, .have = MMT_HAVE_ALL(SHMAT) } };
	struct mmt_ev_mlock lock = { .h = { .type = MMT_EV_MLOCK, .have = MMT_HAVE_ALL(MLOCK) } };
	struct mmt_ev_signal sig = { .h = { .type = MMT_EV_SIGNAL, .have = MMT_HAVE_ALL(SIGNAL) } };

	(void)state;
	get.flags = at.flags = 010000;
	assert_string_equal(field(&get, "flags"), "noreserve|0000");
	assert_string_equal(field(&at, "flags"), "rdonly");
	get.flags = 01640;
	assert_string_equal(field(&get, "flags"), "create|0640");
	get.flags = 0600;
	assert_string_equal(field(&get, "flags"), "0600");
	lock.flags = 1;
	lock.op = MMT_LOCKOP_MLOCK2;
	assert_string_equal(field(&lock, "flags"), "onfault");
	lock.op = MMT_LOCKOP_MLOCKALL;
	assert_string_equal(field(&lock, "flags"), "current");
	sig.code = 2;
	sig.signo = 7;
	assert_string_equal(field(&sig, "code"), "BUS_ADRERR");
	sig.signo = 11;
	assert_string_equal(field(&sig, "code"), "SEGV_ACCERR");
	sig.code = 0x80;
	assert_string_equal(field(&sig, "code"), "SI_KERNEL");
	sig.code = 5; /* of other machines */
	assert_string_equal(field(&sig, "code"), "5");
	sig.h.have &= ~MMT_HAVE(SIGNAL, code);
	assert_string_equal(field(&sig, "code"), "-");
}

static const char *perms(uint64_t prot, uint64_t flags)
{
	buf_reset(&text);
	flags_mmap_perms(&text, prot, flags);
	return buf_str(&text);
}

static void test_mmap_perms(void **state)
{
	(void)state;
	assert_string_equal(perms(3, 0x1), "rw-s");
	assert_string_equal(perms(3, 0x22), "rw-p");   /* anonymous */
	assert_string_equal(perms(5, 0x1802), "r-xp"); /* denywrite, executable: the kernel ignores them */
	assert_string_equal(perms(7, 0x8032), "rwxp|fixed|populate");
	assert_string_equal(perms(1, 0x80003), "r--|shared_validate|sync");
	assert_string_equal(perms(3, 0x28), "rw-|droppable");
	assert_string_equal(perms(0x1000003, 0), "rw-|growsdown");
}

static void test_absent_is_not_zero(void **state)
{
	struct mmt_ev_mmap e = { .h = { .type = MMT_EV_MMAP, .size = sizeof(e) }, .fd = -1, .ret = -ENOMEM };

	(void)state;
	assert_string_equal(field(&e, "fd"), "-");
	assert_string_equal(field(&e, "ret"), "-");
	assert_string_equal(field(&e, "len"), "-");
	e.h.have = MMT_HAVE(MMAP, fd) | MMT_HAVE(MMAP, len) | MMT_HAVE(MMAP, ret);
	assert_string_equal(field(&e, "fd"), "-1");
	assert_string_equal(field(&e, "ret"), "-ENOMEM");
	assert_string_equal(field(&e, "len"), "0B");
	assert_string_equal(field(&e, "off"), "-");
}

static void test_widths_and_signs(void **state)
{
	struct mmt_ev_fault f = { .h = { .type = MMT_EV_FAULT, .size = sizeof(f), .have = MMT_HAVE_ALL(FAULT) } };
	struct mmt_ev_mprotect p = {
		.h = { .type = MMT_EV_MPROTECT, .size = sizeof(p), .have = MMT_HAVE_ALL(MPROTECT) }
	};
	struct mmt_ev_pfn_map m = { .h = { .type = MMT_EV_PFN_MAP, .size = sizeof(m), .have = MMT_HAVE_ALL(PFN_MAP) } };

	(void)state;
	f.attempts = 65535;
	f.kind = 255;
	f.dev = 0xffffffff;
	p.pkey = -1;
	p.prot = 0xffffffff;
	m.seg_pfn[7] = 0x77;
	m.seg_pages[1] = 3;
	assert_string_equal(field(&f, "attempts"), "65535");
	assert_string_equal(field(&f, "kind"), "255");
	assert_string_equal(field(&f, "dev"), "4095:1048575");
	assert_string_equal(field(&p, "pkey"), "-1");
	assert_string_equal(field(&m, "seg_pfn"), "0x0,0x0,0x0,0x0,0x0,0x0,0x0,0x77");
	assert_string_equal(field(&m, "seg_pages"), "0,3,0,0,0,0,0,0");
}

static bool failed(const void *record, unsigned *err)
{
	const struct mmt_hdr *h = record;

	return value_failed(h, schema_event(h->type), err);
}

static void test_failed(void **state)
{
	struct mmt_ev_mmap m = { .h = { .type = MMT_EV_MMAP, .have = MMT_HAVE_ALL(MMAP) }, .ret = -EPERM };
	struct mmt_ev_brk b = { .h = { .type = MMT_EV_BRK, .have = MMT_HAVE_ALL(BRK) } };
	struct mmt_ev_fault f = { .h = { .type = MMT_EV_FAULT, .have = MMT_HAVE_ALL(FAULT) } };
	struct mmt_ev_vma_map v = { .h = { .type = MMT_EV_VMA_MAP, .have = MMT_HAVE_ALL(VMA_MAP) } };
	unsigned err;

	(void)state;
	assert_true(failed(&m, &err));
	assert_int_equal(err, EPERM);
	m.h.have &= ~MMT_HAVE(MMAP, ret); /* not known to have failed */
	assert_false(failed(&m, &err));
	b.ret = 0x5000; /* brk(0) asks */
	assert_false(failed(&b, &err));
	b.addr = 0x6000; /* brk(2) answers with the old break */
	assert_true(failed(&b, &err));
	assert_int_equal(err, 0);
	b.ret = 0x6000;
	assert_false(failed(&b, &err));
	f.result = 0x4; /* major */
	assert_false(failed(&f, &err));
	f.result = 0x2; /* sigbus */
	assert_true(failed(&f, &err));
	assert_false(failed(&v, &err));
}

static const char *one_name(const void *ctx, uint64_t key)
{
	return key == *(const uint64_t *)ctx ? "mmdemo:mmdemo_mmap" : NULL;
}

static void test_names_stand_for_keys(void **state)
{
	uint64_t known = 0xffff800012345678;
	struct value_names names = { one_name, &known };

	(void)state;
	buf_reset(&text);
	value_show_raw(&text, MMT_LOOK_KSYM, known, &names);
	buf_putc(&text, ' ');
	value_show_raw(&text, MMT_LOOK_KSYM, known + 1, &names);
	assert_string_equal(buf_str(&text), "mmdemo:mmdemo_mmap 0xffff800012345679");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_short_flags),
		cmocka_unit_test(test_in_context),
		cmocka_unit_test(test_mmap_perms),
		cmocka_unit_test(test_absent_is_not_zero),
		cmocka_unit_test(test_widths_and_signs),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_names_stand_for_keys),
	};
	int failures = cmocka_run_group_tests(tests, NULL, NULL);

	buf_free(&text);
	return failures;
}
