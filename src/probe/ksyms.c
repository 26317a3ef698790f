/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "ksyms.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef KSYMS_ROOM
#define KSYMS_ROOM (1u << 15) /* symbols at first, and 32 times as many bytes of names */
#endif

struct sym {
	uint64_t addr;
	uint32_t name;	 /* offset in text */
	uint32_t module; /* offset in text, 0: the kernel */
};

/* Where a module is. */
struct span {
	uint64_t start, end;
};

struct ksyms {
	struct span *spans;
	size_t nspans;
	struct sym *by_addr;
	uint32_t *by_name; /* hash table: index of by_addr, plus 1 */
	size_t slots;
	size_t n, cap;
	char *text;
	size_t used, size;
};

static uint32_t add_text(struct ksyms *k, const char *s)
{
	size_t len = strlen(s) + 1;
	uint32_t at = k->used;

	if (k->used + len > k->size) {
		size_t size = k->size ? k->size * 2 : 32 * KSYMS_ROOM;
		char *t = realloc(k->text, size);

		if (!t)
			return 0;
		k->text = t;
		k->size = size;
	}
	memcpy(k->text + at, s, len);
	k->used += len;
	return at;
}

static int add_sym(struct ksyms *k, uint64_t addr, uint32_t name, uint32_t module)
{
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : KSYMS_ROOM;
		struct sym *s = realloc(k->by_addr, cap * sizeof(*s));

		if (!s)
			return -ENOMEM;
		k->by_addr = s;
		k->cap = cap;
	}
	k->by_addr[k->n++] = (struct sym){ .addr = addr, .name = name, .module = module };
	return 0;
}

static int cmp_addr(const void *a, const void *b)
{
	uint64_t x = ((const struct sym *)a)->addr, y = ((const struct sym *)b)->addr;

	return x < y ? -1 : x > y;
}

/*
 * The kernel's own symbols come sorted, modules behind them in no order: only the rest is sorted, and both are merged.
 */
static int sort_by_addr(struct ksyms *k)
{
	size_t head = 1, tail, i = 0, j, at = 0;
	struct sym *merged;

	while (head < k->n && k->by_addr[head - 1].addr <= k->by_addr[head].addr)
		head++;
	if (head >= k->n)
		return 0;
	tail = k->n - head;
	qsort(k->by_addr + head, tail, sizeof(*k->by_addr), cmp_addr);
	merged = malloc(k->n * sizeof(*merged));
	if (!merged)
		return -ENOMEM;
	for (j = head; i < head || j < k->n;)
		merged[at++] = j == k->n || (i < head && k->by_addr[i].addr <= k->by_addr[j].addr) ? k->by_addr[i++] :
												     k->by_addr[j++];
	free(k->by_addr);
	k->by_addr = merged;
	return 0;
}

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u; /* FNV-1a, 32 bits */

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

static bool is_bpf(const struct ksyms *k, const struct sym *s)
{
	return !strcmp(k->text + s->module, "bpf");
}

/* Open addressing over all symbols: sorting 150,000 names would cost more than everything else at the start. */
static int index_names(struct ksyms *k)
{
	k->slots = 1024;
	while (k->slots < k->n * 2)
		k->slots *= 2;
	k->by_name = calloc(k->slots, sizeof(*k->by_name));
	if (!k->by_name)
		return -ENOMEM;
	for (size_t i = 0; i < k->n; i++) {
		if (is_bpf(k, &k->by_addr[i]))
			continue;
		size_t at = hash_of(k->text + k->by_addr[i].name) & (k->slots - 1);

		while (k->by_name[at])
			at = (at + 1) & (k->slots - 1);
		k->by_name[at] = i + 1;
	}
	return 0;
}

static uint64_t take_hex(const char **p)
{
	uint64_t v = 0;

	for (;; (*p)++) {
		char c = **p;

		if (c >= '0' && c <= '9')
			v = v << 4 | (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (unsigned)(c - 'a' + 10);
		else
			return v;
	}
}

/* Cuts the next word of a line, ended by blank, tab, bracket or the line's end. */
static char *take_word(char **p)
{
	char *w = *p + strspn(*p, " \t[");
	size_t len = strcspn(w, " \t]\n");

	*p = w + len + (w[len] != 0);
	w[len] = 0;
	return w;
}

/* One line: "ffff… t name\t[module]". Other lines, and other kinds of symbols, are passed over. */
static int read_line(struct ksyms *k, char *line, char *last_module, uint32_t *last_at)
{
	const char *p = line;
	uint64_t addr = take_hex(&p);
	char *rest = line + (p - line), type, *name, *module;
	uint32_t at;

	if (!addr || rest == line || rest[0] != ' ' || !rest[1] || rest[2] != ' ')
		return 0;
	type = rest[1];
	rest += 3;
	name = take_word(&rest);
	module = take_word(&rest);
	if (!strchr("tTwW", type) || !name[0] || strlen(module) > 63)
		return 0;
	if (strcmp(module, last_module)) {
		strcpy(last_module, module);
		*last_at = module[0] ? add_text(k, module) : 0;
	}
	at = add_text(k, name);
	return at ? add_sym(k, addr, at, *last_at) : -ENOMEM;
}

/* Lines "name size refs users state 0xaddress". */
static void read_modules(struct ksyms *k, const char *path)
{
	FILE *f = path ? fopen(path, "re") : NULL;
	unsigned long long size, start;
	char line[4096];

	while (f && fgets(line, sizeof(line), f)) {
		const char *at = strstr(line, " 0x");
		struct span *s;

		if (!at || sscanf(line, "%*s %llu", &size) != 1 || sscanf(at, " %llx", &start) != 1)
			continue;
		s = realloc(k->spans, (k->nspans + 1) * sizeof(*s));
		if (!s)
			break;
		k->spans = s;
		k->spans[k->nspans++] = (struct span){ start, start + size };
	}
	if (f)
		fclose(f);
}

struct ksyms *ksyms_load(const char *path, const char *modules)
{
	struct ksyms *k = calloc(1, sizeof(*k));
	FILE *f = fopen(path, "re");
	char line[512], module[64] = "";
	uint32_t module_at = 0;
	int err = 0;

	if (!f || !k || (add_text(k, ""), !k->text)) {
		err = f ? ENOMEM : errno;
		goto fail;
	}
	while (!err && fgets(line, sizeof(line), f))
		err = -read_line(k, line, module, &module_at);
	if (!err && !k->n)
		err = EPERM;
	if (!err) {
		err = -sort_by_addr(k);
		if (!err)
			err = -index_names(k);
	}
	if (!err) {
		fclose(f);
		read_modules(k, modules);
		return k;
	}
fail:
	if (f)
		fclose(f);
	ksyms_free(k);
	errno = err;
	return NULL;
}

void ksyms_free(struct ksyms *k)
{
	if (!k)
		return;
	free(k->spans);
	free(k->by_addr);
	free(k->by_name);
	free(k->text);
	free(k);
}

static struct ksym out_of(const struct ksyms *k, const struct sym *s)
{
	return (struct ksym){ .addr = s->addr, .name = k->text + s->name, .module = k->text + s->module };
}

#define FUNC_MAX (256u << 10) /* longer than any function: what is so far behind one is not its */

/* Is addr, at or behind s and before the next symbol, in the same piece of code? */
static bool covers(const struct ksyms *k, const struct sym *s, uint64_t addr)
{
	bool module = k->text[s->module];

	if (addr - s->addr >= FUNC_MAX)
		return false;
	if (!module || !k->nspans || is_bpf(k, s))
		return true;
	for (size_t i = 0; i < k->nspans; i++)
		if (s->addr >= k->spans[i].start && s->addr < k->spans[i].end)
			return addr < k->spans[i].end;
	return true;
}

int ksyms_at(const struct ksyms *k, uint64_t addr, struct ksym *out)
{
	size_t lo = 0, hi = k ? k->n : 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (k->by_addr[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || !covers(k, &k->by_addr[lo - 1], addr))
		return -ENOENT;
	*out = out_of(k, &k->by_addr[lo - 1]);
	return 0;
}

int ksyms_named(const struct ksyms *k, const char *name, uint64_t *addr)
{
	size_t at = k ? hash_of(name) & (k->slots - 1) : 0;
	int count = 0;

	for (; k && k->by_name[at]; at = (at + 1) & (k->slots - 1)) {
		const struct sym *s = &k->by_addr[k->by_name[at] - 1];

		if (strcmp(k->text + s->name, name))
			continue;
		if (!count++ && addr)
			*addr = s->addr;
	}
	return count;
}

void ksyms_core(const struct ksyms *k, uint64_t *lo, uint64_t *hi)
{
	*lo = 0;
	*hi = UINT64_MAX;
	for (size_t i = 0; k && i < k->n; i++) {
		if (k->text[k->by_addr[i].module])
			continue;
		if (!*lo)
			*lo = k->by_addr[i].addr;
		*hi = k->by_addr[i].addr + FUNC_MAX;
	}
}

int ksyms_modules(const struct ksyms *k, int (*fn)(void *ctx, const struct ksym *s), void *ctx)
{
	for (size_t i = 0; k && i < k->n; i++) {
		struct ksym s = out_of(k, &k->by_addr[i]);
		int ret = s.module[0] && !is_bpf(k, &k->by_addr[i]) ? fn(ctx, &s) : 0;

		if (ret)
			return ret;
	}
	return 0;
}
