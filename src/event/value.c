// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "event/value.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "event/flags.h"
#include "mmtrace/base.h"

/* Largest errno that a pointer or a return value carries: include/linux/err.h, 6.12. */
#define ERRNO_MAX 4095

uint64_t value_u64(const struct mmt_hdr *h, const struct mmt_field *f, unsigned i)
{
	const char *at = (const char *)h + f->offset + i * schema_wire_size(f->wire);
	union {
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
		int32_t s32;
	} v;

	switch (f->wire) {
	case MMT_W_U8:
		return *(const uint8_t *)at;
	case MMT_W_U16:
		memcpy(&v.u16, at, 2);
		return v.u16;
	case MMT_W_U32:
		memcpy(&v.u32, at, 4);
		return v.u32;
	case MMT_W_S32:
		memcpy(&v.s32, at, 4);
		return (uint64_t)(int64_t)v.s32;
	default:
		memcpy(&v.u64, at, 8);
		return v.u64;
	}
}

bool value_get(const struct mmt_hdr *h, const struct mmt_schema_event *ev, const char *field, uint64_t *out)
{
	const struct mmt_field *f = schema_field(ev, field);

	if (!f || !value_has(h, f))
		return false;
	*out = value_u64(h, f, 0);
	return true;
}

unsigned value_errno(unsigned look, int64_t v)
{
	if (look != MMT_LOOK_RET && look != MMT_LOOK_RETADDR)
		return 0;
	return v < 0 && v >= -ERRNO_MAX ? (unsigned)-v : 0;
}

bool value_failed(const struct mmt_hdr *h, const struct mmt_schema_event *ev, unsigned *err)
{
	uint64_t ret, addr;

	*err = 0;
	if (ev->num == MMT_EV_FAULT || ev->num == MMT_EV_DRIVER_FAULT || ev->num == MMT_EV_DRIVER_MKWRITE)
		return value_get(h, ev, "result", &ret) && flags_fault_failed(ret);
	if (ev->num == MMT_EV_SIGNAL)
		return true;
	if (!value_get(h, ev, "ret", &ret))
		return false;
	/* brk(2) answers with the old break when it refuses; brk(0) only asks. */
	if (ev->num == MMT_EV_BRK)
		return value_get(h, ev, "addr", &addr) && addr && ret != addr;
	*err = value_errno(schema_field(ev, "ret")->look, (int64_t)ret);
	return *err != 0;
}

static void show_errno(struct buf *b, unsigned err)
{
	const char *name = strerrorname_np((int)err);

	if (name)
		buf_printf(b, "-%s", name);
	else
		buf_printf(b, "-%u", err);
}

static void show_hex(struct buf *b, uint64_t v)
{
	buf_printf(b, "0x%" PRIx64, v);
}

static void show_dec(struct buf *b, uint64_t v)
{
	buf_printf(b, "%" PRIu64, v);
}

static void show_signed(struct buf *b, uint64_t v)
{
	buf_printf(b, "%" PRId64, (int64_t)v);
}

static void show_ret(struct buf *b, uint64_t v)
{
	unsigned err = value_errno(MMT_LOOK_RET, (int64_t)v);

	if (err)
		show_errno(b, err);
	else
		show_signed(b, v);
}

static void show_retaddr(struct buf *b, uint64_t v)
{
	unsigned err = value_errno(MMT_LOOK_RETADDR, (int64_t)v);

	if (err)
		show_errno(b, err);
	else
		show_hex(b, v);
}

static void show_size(struct buf *b, uint64_t v)
{
	char s[NUM_FMT_LEN];

	buf_puts(b, num_fmt_size(s, v));
}

static void show_nsec(struct buf *b, uint64_t v)
{
	char s[NUM_FMT_LEN];

	buf_puts(b, num_fmt_duration(s, v));
}

/* dev_t as the kernel keeps it: MKDEV, include/linux/kdev_t.h, 6.12. */
static void show_dev(struct buf *b, uint64_t v)
{
	buf_printf(b, "%" PRIu64 ":%" PRIu64, v >> 20, v & 0xfffff);
}

typedef void (*show_fn)(struct buf *b, uint64_t v);

static const show_fn shows[MMT_LOOK_MAX] = {
	[MMT_LOOK_HEX] = show_hex,	   [MMT_LOOK_ADDR] = show_hex,	      [MMT_LOOK_SIZE] = show_size,
	[MMT_LOOK_NSEC] = show_nsec,	   [MMT_LOOK_PFN] = show_hex,	      [MMT_LOOK_PROT] = flags_prot,
	[MMT_LOOK_MFLAGS] = flags_mmap,	   [MMT_LOOK_VMFLAGS] = flags_vm,     [MMT_LOOK_RFLAGS] = flags_mremap,
	[MMT_LOOK_RET] = show_ret,	   [MMT_LOOK_RETADDR] = show_retaddr, [MMT_LOOK_FD] = show_signed,
	[MMT_LOOK_DEV] = show_dev,	   [MMT_LOOK_FFLAGS] = flags_fault,   [MMT_LOOK_FRESULT] = flags_result,
	[MMT_LOOK_PGPROT] = show_hex,	   [MMT_LOOK_MSFLAGS] = flags_msync,  [MMT_LOOK_ADVICE] = flags_advice,
	[MMT_LOOK_MFDFLAGS] = flags_memfd, [MMT_LOOK_SHMFLAGS] = show_hex,    [MMT_LOOK_SIGNO] = flags_signo,
	[MMT_LOOK_SICODE] = show_signed,
};

static void show_shmget(struct buf *b, const void *h, uint64_t v)
{
	(void)h;
	flags_shmget(b, v);
}

static void show_shmat(struct buf *b, const void *h, uint64_t v)
{
	(void)h;
	flags_shmat(b, v);
}

static void show_mlock(struct buf *b, const void *h, uint64_t v)
{
	flags_mlock(b, ((const struct mmt_ev_mlock *)h)->op, v);
}

static void show_sicode(struct buf *b, const void *h, uint64_t v)
{
	flags_sicode(b, ((const struct mmt_ev_signal *)h)->signo, (int64_t)v);
}

/* Fields whose numbers mean what the rest of the event says. */
static const struct {
	uint16_t event, field;
	void (*show)(struct buf *b, const void *h, uint64_t v);
} in_context[] = {
	{ MMT_EV_SHMGET, MMT_F_SHMGET_flags, show_shmget },
	{ MMT_EV_SHMAT, MMT_F_SHMAT_flags, show_shmat },
	{ MMT_EV_MLOCK, MMT_F_MLOCK_flags, show_mlock },
	{ MMT_EV_SIGNAL, MMT_F_SIGNAL_code, show_sicode },
};

void value_show_raw(struct buf *b, unsigned look, uint64_t v, const struct value_names *names)
{
	const char *text = schema_enum(look, v);

	if (text) {
		buf_puts(b, text);
	} else if (look == MMT_LOOK_NAME || look == MMT_LOOK_KSYM) {
		text = names && v ? names->get(names->ctx, v) : NULL;
		if (text)
			buf_puts(b, text);
		else
			show_hex(b, v);
	} else {
		(look < MMT_LOOK_MAX && shows[look] ? shows[look] : show_dec)(b, v);
	}
}

void value_show_one(struct buf *b, const struct mmt_hdr *h, const struct mmt_field *f, unsigned i,
		    const struct value_names *names)
{
	uint64_t v = value_u64(h, f, i);

	for (size_t c = 0; c < MMT_COUNT(in_context); c++) {
		if (in_context[c].event == h->type && in_context[c].field == f->index) {
			in_context[c].show(b, h, v);
			return;
		}
	}
	if (f->look == MMT_LOOK_DEC && (f->wire == MMT_W_S32 || f->wire == MMT_W_S64))
		show_signed(b, v);
	else
		value_show_raw(b, f->look, v, names);
}

void value_show(struct buf *b, const struct mmt_hdr *h, const struct mmt_field *f, const struct value_names *names)
{
	if (!value_has(h, f)) {
		buf_putc(b, '-');
		return;
	}
	for (unsigned i = 0; i < f->count; i++) {
		if (i)
			buf_putc(b, ',');
		value_show_one(b, h, f, i, names);
	}
}
