// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What goes with a field: its comparisons, its words, its unit. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "enrich/memtype.h"
#include "event/flags.h"
#include "filter/expr_impl.h"
#include "ledger/mapping.h"

static const uint8_t shapes[MMT_OBJECT_LOOK_MAX] = {
	[MMT_LOOK_DEC] = SHAPE_NUMBER,	   [MMT_LOOK_HEX] = SHAPE_BITS,	      [MMT_LOOK_ADDR] = SHAPE_NUMBER,
	[MMT_LOOK_KSYM] = SHAPE_TEXT,	   [MMT_LOOK_SIZE] = SHAPE_SIZE,      [MMT_LOOK_PAGES] = SHAPE_NUMBER,
	[MMT_LOOK_NSEC] = SHAPE_TIME,	   [MMT_LOOK_PFN] = SHAPE_NUMBER,     [MMT_LOOK_PROT] = SHAPE_FLAGS,
	[MMT_LOOK_MFLAGS] = SHAPE_FLAGS,   [MMT_LOOK_VMFLAGS] = SHAPE_FLAGS,  [MMT_LOOK_RFLAGS] = SHAPE_FLAGS,
	[MMT_LOOK_RET] = SHAPE_RET,	   [MMT_LOOK_RETADDR] = SHAPE_RET,    [MMT_LOOK_FD] = SHAPE_NUMBER,
	[MMT_LOOK_DEV] = SHAPE_DEV,	   [MMT_LOOK_NAME] = SHAPE_TEXT,      [MMT_LOOK_FFLAGS] = SHAPE_FLAGS,
	[MMT_LOOK_FRESULT] = SHAPE_FLAGS,  [MMT_LOOK_PGPROT] = SHAPE_BITS,    [MMT_LOOK_PID] = SHAPE_NUMBER,
	[MMT_LOOK_ORIGIN] = SHAPE_WORD,	   [MMT_LOOK_CAUSE] = SHAPE_WORD,     [MMT_LOOK_HELPER] = SHAPE_WORD,
	[MMT_LOOK_FCLASS] = SHAPE_WORD,	   [MMT_LOOK_FKIND] = SHAPE_WORD,     [MMT_LOOK_FMODE] = SHAPE_WORD,
	[MMT_LOOK_DEMO_WHAT] = SHAPE_WORD, [MMT_LOOK_MSFLAGS] = SHAPE_FLAGS,  [MMT_LOOK_ADVICE] = SHAPE_CODE,
	[MMT_LOOK_LOCKOP] = SHAPE_WORD,	   [MMT_LOOK_SHMFLAGS] = SHAPE_FLAGS, [MMT_LOOK_MFDFLAGS] = SHAPE_FLAGS,
	[MMT_LOOK_REACH] = SHAPE_WORD,	   [MMT_LOOK_SIGNO] = SHAPE_CODE,     [MMT_LOOK_SICODE] = SHAPE_CODE,
	[MMT_LOOK_TEXT] = SHAPE_TEXT,	   [MMT_LOOK_BOOL] = SHAPE_BOOL,      [MMT_LOOK_EVNAME] = SHAPE_WORD,
	[MMT_LOOK_FAMILY] = SHAPE_WORD,	   [MMT_LOOK_TIER] = SHAPE_WORD,      [MMT_LOOK_ERRNO] = SHAPE_ERRNO,
	[MMT_LOOK_SINCE] = SHAPE_TIME,	   [MMT_LOOK_MEMTYPE] = SHAPE_WORD,   [MMT_LOOK_REASON] = SHAPE_WORD,
};

enum shape expr_shape(unsigned look)
{
	return look < MMT_OBJECT_LOOK_MAX ? shapes[look] : SHAPE_NUMBER;
}

/* ---- words ---- */

static bool object_word(unsigned look, unsigned i, struct flags_word *w)
{
	static const char *const bools[] = { "no", "yes" };
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	*w = (struct flags_word){ NULL, UINT64_MAX, i };
	switch (look) {
	case MMT_LOOK_BOOL:
		w->name = i < 2 ? bools[i] : NULL;
		break;
	case MMT_LOOK_EVNAME:
		w->name = i < n ? ev[i].name : NULL;
		w->value = i < n ? ev[i].num : 0;
		break;
	case MMT_LOOK_FAMILY:
		w->name = schema_family(i) ? schema_family(i)->name : NULL;
		break;
	case MMT_LOOK_TIER:
		w->name = ++w->value < MMT_TIER_MAX ? schema_tier((unsigned)w->value) : NULL;
		break;
	case MMT_LOOK_MEMTYPE:
		w->name = memtype_key((enum memtype)++ w->value);
		break;
	case MMT_LOOK_REASON: {
#define X(id, name) name,
		static const char *const reasons[] = { MAPPING_REASONS(X) };
#undef X

		w->name = i < MMT_COUNT(reasons) ? reasons[i] : NULL;
		break;
	}
	}
	return w->name;
}

bool expr_look_word(unsigned look, unsigned event, unsigned i, struct flags_word *w)
{
	if (look >= MMT_LOOK_MAX)
		return object_word(look, i, w);
	if (flags_word(look, event, i, w))
		return true;
	if (expr_shape(look) != SHAPE_WORD)
		return false;
	/* what is unknown is compared with nothing: it has no word */
	*w = (struct flags_word){ schema_enum(look, i + 1), UINT64_MAX, i + 1 };
	return w->name;
}

/* "VM_PFNMAP" or "pfnmap". */
static bool same_word(const char *word, const char *prefix, const char *name)
{
	size_t len = strlen(prefix);

	return !strcmp(word, name) || (len && !strncmp(word, prefix, len) && !strcasecmp(word + len, name));
}

static void try_word(struct reading *r, struct near *n, const char *prefix, const char *name)
{
	char text[sizeof(r->err->near)];
	const char *best = n->best;

	if (!*prefix) { /* mostly it is not the one */
		near_try(n, name);
		if (n->best == best)
			return;
		best = NULL;
	}
	snprintf(text, sizeof(text), "%s%s", prefix, name);
	for (char *c = text; *prefix && *c; c++)
		*c -= *c >= 'a' && *c <= 'z' ? 'a' - 'A' : 0;
	if (*prefix)
		near_try(n, text);
	if (n->best == best)
		return;
	memcpy(r->err->near, text, sizeof(text));
	n->best = r->err->near;
}

/* "one of anon, zero-page, cow, ..." */
static void list_words(unsigned look, unsigned event, char *to, size_t size)
{
	struct flags_word w;
	size_t len = 0;

	to[0] = '\0';
	for (unsigned i = 0; expr_look_word(look, event, i, &w); i++) {
		if (len + strlen(w.name) + 8 > size) {
			snprintf(to + len, size - len, ", ...");
			return;
		}
		len += (size_t)snprintf(to + len, size - len, "%s%s", i ? ", " : "", w.name);
	}
}

static bool no_word(struct reading *r, const char *name, unsigned look, unsigned event, const struct token *t,
		    const char *word)
{
	const char *prefix = look < MMT_LOOK_MAX ? flags_prefix(look) : "";
	bool prefixed = *prefix && !strncmp(word, prefix, strlen(prefix));
	struct near n = { .word = word };
	struct flags_word w;
	char all[100];

	if (prefixed && !r->no_memory) { /* whatever else did not fit, this is what was meant */
		r->failed = false;
		r->err->near[0] = '\0';
	}
	list_words(look, event, all, sizeof(all));
	for (unsigned i = 0; !r->failed && expr_look_word(look, event, i, &w); i++)
		try_word(r, &n, prefixed ? prefix : "", w.name);
	return expr_wrong(r, t->at, t->len, "%s is never '%.24s', but %s", name, word, all);
}

static bool read_word(struct reading *r, const char *name, unsigned look, unsigned event, const struct token *t,
		      struct literal *out)
{
	const char *prefix = look < MMT_LOOK_MAX ? flags_prefix(look) : "";
	char word[WORD_LEN];
	struct flags_word w;

	if (expr_word(r, t, word)) {
		for (unsigned i = 0; expr_look_word(look, event, i, &w); i++) {
			if (!same_word(word, prefix, w.name))
				continue;
			out->v.num = w.value;
			out->mask = w.mask;
			out->v.is_text = look == MMT_LOOK_MEMTYPE;
			out->v.text = out->v.is_text ? w.name : NULL;
			return true;
		}
	}
	return no_word(r, name, look, event, t, word);
}

/* ---- numbers ---- */

static bool wrong_number(struct reading *r, const char *name, const struct token *t, const char *is)
{
	char word[WORD_LEN], what[32] = "";
	const char *why;
	uint64_t v;

	expr_word(r, t, word);
	if (t->kind == TOK_NUMBER && (word[0] == '-' || num_parse_u64(word, &v, &why) == -ERANGE))
		return expr_wrong(r, t->begin, t->end - t->begin, "%s is %s, which is never %.24s", name, is, word);
	if (t->kind == TOK_STRING)
		snprintf(what, sizeof(what), "a text");
	else if (t->kind == TOK_WORD)
		snprintf(what, sizeof(what), "a word");
	else if (!num_parse_u64(word, &v, &why))
		snprintf(what, sizeof(what), "a number without unit");
	else if (!num_parse_duration(word, &v, &why) && word[strlen(word) - 1] != 'm')
		snprintf(what, sizeof(what), "a time");
	else if (!num_parse_size(word, &v, &why))
		snprintf(what, sizeof(what), "a size");
	return expr_wrong(r, t->begin, t->end - t->begin, "%s is %s, and %.24s is %s", name, is, word,
			  *what ? what : "none");
}

static bool read_number(struct reading *r, const char *name, const struct mmt_field *f, const struct token *t,
			struct literal *out)
{
	bool is_signed = f->wire == MMT_W_S32 || f->wire == MMT_W_S64, minus;
	char word[WORD_LEN];
	const char *why;

	if (t->kind != TOK_NUMBER || !expr_word(r, t, word))
		return wrong_number(r, name, t, f->look == MMT_LOOK_PAGES ? "a number of pages" : "a number");
	minus = word[0] == '-';
	if (num_parse_u64(word + minus, &out->v.num, &why) || (minus && (!is_signed || out->v.num > INT64_MAX)))
		return wrong_number(r, name, t, f->look == MMT_LOOK_PAGES ? "a number of pages" : "a number");
	out->v.negative = minus && out->v.num;
	out->v.num = minus ? -out->v.num : out->v.num;
	out->mask = out->v.num;
	return true;
}

static bool read_size(struct reading *r, const char *name, const struct token *t, struct literal *out)
{
	char word[WORD_LEN];
	const char *why;

	if (t->kind != TOK_NUMBER || !expr_word(r, t, word) ||
	    (num_parse_size(word, &out->v.num, &why) && num_parse_u64(word, &out->v.num, &why)))
		return wrong_number(r, name, t, "a size (4096, 16K, 2M)");
	return true;
}

/* Seconds are not meant by everybody who leaves the unit out. */
static bool read_time(struct reading *r, const char *name, const struct mmt_field *f, const struct token *t,
		      struct literal *out)
{
	char word[WORD_LEN];
	const char *why;
	bool fine = t->kind == TOK_NUMBER && expr_word(r, t, word), minus = fine && word[0] == '-';
	size_t len = fine ? strlen(word) : 0;

	fine = fine && (word[len - 1] > '9' || !strcmp(word, "0")) && (!minus || f->look == MMT_LOOK_SINCE);
	if (!fine || num_parse_duration(word + minus, &out->v.num, &why) || out->v.num > INT64_MAX)
		return wrong_number(r, name, t, "a time (50us, 5ms, 2s)");
	out->v.negative = minus && out->v.num;
	out->v.num = minus ? -out->v.num : out->v.num;
	return true;
}

static void near_errno(struct reading *r, const char *word)
{
	struct near n = { .word = word };

	for (int e = 1; e < 134; e++)
		if (strerrorname_np(e))
			try_word(r, &n, "", strerrorname_np(e));
}

/* ENXIO, -ENXIO, or a number; of a result it is the negative one that is meant. */
static bool read_errno(struct reading *r, const char *name, const struct mmt_field *f, const struct token *t,
		       struct literal *out)
{
	bool ret = f->look != MMT_LOOK_ERRNO;
	char word[WORD_LEN], *name_at;
	const char *why;
	uint32_t err;

	if ((t->kind != TOK_WORD && t->kind != TOK_NUMBER) || !expr_word(r, t, word))
		return wrong_number(r, name, t, ret ? "a number or an error (0, ENXIO)" : "an error (ENXIO)");
	name_at = word + (word[0] == '-');
	if (*name_at >= '0' && *name_at <= '9') {
		static const struct mmt_field any = { .look = MMT_LOOK_RET, .wire = MMT_W_S64 };

		return read_number(r, name, ret ? &any : f, t, out);
	}
	if (num_parse_errno(name_at, &err, &why)) {
		if (!r->failed)
			near_errno(r, name_at);
		return expr_wrong(r, t->at, t->len, "%s is never '%.24s': no such error", name, word);
	}
	out->v.num = ret ? -(uint64_t)err : err;
	out->v.negative = ret;
	return true;
}

/* 511:0; dev_t as the kernel keeps it: MKDEV, include/linux/kdev_t.h, 6.12. */
static bool read_dev(struct reading *r, const char *name, const struct mmt_field *f, const struct token *t,
		     struct literal *out)
{
	char word[WORD_LEN], *colon = NULL;
	uint32_t major, minor;
	const char *why;

	if (t->kind == TOK_NUMBER && expr_word(r, t, word))
		colon = strchr(word, ':');
	if (!colon)
		return read_number(r, name, f, t, out);
	*colon = '\0';
	if (num_parse_u32(word, &major, &why) || num_parse_u32(colon + 1, &minor, &why) || major > 0xfff ||
	    minor > 0xfffff)
		return wrong_number(r, name, t, "a device (511:0)");
	out->v.num = (uint64_t)major << 20 | minor;
	return true;
}

#define COMM_MAX 15 /* TASK_COMM_LEN without its NUL, include/linux/sched.h, 6.12 */

static bool read_text(struct reading *r, const char *name, enum expr_cmp cmp, const struct token *t,
		      struct literal *out)
{
	size_t len = strlen(name), n;

	if (t->kind != TOK_STRING)
		return expr_wrong(r, t->begin, t->end - t->begin, "%s is a text: write it in quotes, \"...\"", name);
	out->v.is_text = true;
	out->v.text = expr_string(r, t, &n);
	if (!out->v.text)
		return false;
	if (cmp <= CMP_NE && n > COMM_MAX && len >= 4 && !strcmp(name + len - 4, "comm"))
		return expr_wrong(r, t->begin, t->end - t->begin, "the kernel keeps %d characters of a name", COMM_MAX);
	return true;
}

bool expr_literal(struct reading *r, const char *name, const struct mmt_field *f, unsigned event, enum expr_cmp cmp,
		  const struct token *t, struct literal *out)
{
	enum shape shape = expr_shape(f->look);

	*out = (struct literal){ .mask = UINT64_MAX };
	if (t->kind == TOK_NUMBER && (shape == SHAPE_CODE || shape == SHAPE_FLAGS))
		return read_number(r, name, f, t, out);
	switch (shape) {
	case SHAPE_SIZE:
		return read_size(r, name, t, out);
	case SHAPE_TIME:
		return read_time(r, name, f, t, out);
	case SHAPE_RET:
	case SHAPE_ERRNO:
		return read_errno(r, name, f, t, out);
	case SHAPE_DEV:
		return read_dev(r, name, f, t, out);
	case SHAPE_TEXT:
		return read_text(r, name, cmp, t, out);
	case SHAPE_WORD:
	case SHAPE_CODE:
	case SHAPE_FLAGS:
	case SHAPE_BOOL:
		return read_word(r, name, f->look, event, t, out);
	default:
		return read_number(r, name, f, t, out);
	}
}

/* ---- comparisons ---- */

bool expr_goes(struct reading *r, const char *name, unsigned look, enum expr_cmp cmp, const struct token *op)
{
	enum shape shape = expr_shape(look);
	const char *what = NULL;

	switch (cmp) {
	case CMP_LT:
	case CMP_LE:
	case CMP_GT:
	case CMP_GE:
		if (shape > SHAPE_RET)
			what = "has no order: it is the same or it is not";
		break;
	case CMP_FINDS:
	case CMP_MISSES:
	case CMP_LIKE:
		if (shape != SHAPE_TEXT)
			what = "is not a text, which patterns are for";
		break;
	case CMP_HAS:
		if (shape != SHAPE_FLAGS && shape != SHAPE_BITS)
			what = "is not of flags, which 'has' is for";
		break;
	case CMP_IS:
		if (shape != SHAPE_BOOL)
			what = "is compared with nothing: ==, <, in, has, ~ ... belong behind it";
		break;
	default:
		break;
	}
	return !what || expr_wrong(r, op->begin, op->end - op->begin, "%s %s", name, what);
}
