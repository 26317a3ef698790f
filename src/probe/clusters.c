// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "clusters.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS_MAX 8192 /* NR_CPUS of arm64 and x86 at most: arch/x86/Kconfig, 6.12 */

/* ARM's own cores by MIDR_EL1's part number; arch/arm64/include/asm/cputype.h, 6.12. */
#define ARM_IMPLEMENTER 0x41
static const struct {
	uint16_t part;
	const char *name;
} parts[] = {
	{ 0xd03, "A53" },	  { 0xd04, "A35" },	    { 0xd05, "A55" },	{ 0xd06, "A65" },
	{ 0xd07, "A57" },	  { 0xd08, "A72" },	    { 0xd09, "A73" },	{ 0xd0a, "A75" },
	{ 0xd0b, "A76" },	  { 0xd0c, "Neoverse-N1" }, { 0xd0d, "A77" },	{ 0xd0e, "A76AE" },
	{ 0xd40, "Neoverse-V1" }, { 0xd41, "A78" },	    { 0xd42, "A78AE" }, { 0xd44, "X1" },
	{ 0xd46, "A510" },	  { 0xd47, "A710" },	    { 0xd48, "X2" },	{ 0xd49, "Neoverse-N2" },
	{ 0xd4b, "A78C" },	  { 0xd4d, "A715" },	    { 0xd4e, "X3" },	{ 0xd4f, "Neoverse-V2" },
	{ 0xd80, "A520" },	  { 0xd81, "A720" },	    { 0xd82, "X4" },	{ 0xd84, "Neoverse-V3" },
	{ 0xd85, "X925" },	  { 0xd87, "A725" },
};

/* What tells a CPU from another. */
struct cpu {
	bool there;
	uint64_t midr;	   /* 0: not known */
	uint64_t capacity; /* 0: not known */
	int64_t package;   /* -1 */
};

static bool read_number(const char *sys, size_t cpu, const char *file, int base, int64_t *out)
{
	char path[512], text[64], *end;
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path), "%s/cpu%zu/%s", sys, cpu, file);
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fgets(text, sizeof(text), f);
	fclose(f);
	if (!ok)
		return false;
	*out = strtoll(text, &end, base);
	return end != text;
}

static void read_cpu(struct cpu *c, const char *sys, size_t cpu)
{
	int64_t v;

	*c = (struct cpu){ .there = true, .package = -1 };
	if (read_number(sys, cpu, "regs/identification/midr_el1", 16, &v))
		c->midr = (uint64_t)v;
	if (read_number(sys, cpu, "cpu_capacity", 10, &v))
		c->capacity = (uint64_t)v;
	if (read_number(sys, cpu, "topology/physical_package_id", 10, &v))
		c->package = v;
}

static size_t count_cpus(const char *sys)
{
	DIR *dir = opendir(sys);
	struct dirent *e;
	size_t n = 0;

	while (dir && (e = readdir(dir))) {
		unsigned cpu;
		char more;

		if (sscanf(e->d_name, "cpu%u%c", &cpu, &more) == 1 && cpu < CPUS_MAX && cpu >= n)
			n = cpu + 1;
	}
	if (dir)
		closedir(dir);
	return n;
}

static const char *part_name(uint64_t midr)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (midr >> 24 == ARM_IMPLEMENTER && (midr >> 4 & 0xfff) == parts[i].part)
			return parts[i].name;
	return NULL;
}

/* Implementer and part; a revision makes no other cluster. */
static uint64_t kind_of(const struct cpu *c)
{
	return c->midr & 0xff00fff0ull;
}

/* What neither model nor speed tells apart is one cluster; topology/cluster_id, where there is one, is about caches. */
static bool alike(const struct cpu *a, const struct cpu *b)
{
	if (a->midr || b->midr || a->capacity || b->capacity)
		return kind_of(a) == kind_of(b) && a->capacity == b->capacity;
	return a->package == b->package;
}

/* Is there a CPU of this model with another speed? */
static bool ambiguous(const struct cpu *all, size_t n, const struct cpu *c)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].there && kind_of(&all[i]) == kind_of(c) && all[i].capacity != c->capacity)
			return true;
	return false;
}

static void name_cpu(char name[CLUSTERS_NAME], const struct cpu *all, size_t n, size_t cpu)
{
	const struct cpu *c = &all[cpu];
	const char *part = part_name(c->midr);
	unsigned number = 0;

	for (size_t i = 0; !part && i < cpu && !alike(&all[i], c); i++) {
		bool first = all[i].there;

		for (size_t k = 0; k < i; k++)
			first &= !all[k].there || !alike(&all[k], &all[i]);
		number += first;
	}
	if (!part)
		snprintf(name, CLUSTERS_NAME, "cluster %u", number);
	else if (ambiguous(all, n, c))
		snprintf(name, CLUSTERS_NAME, "%s/%u", part, (unsigned)c->capacity);
	else
		snprintf(name, CLUSTERS_NAME, "%s", part);
}

int clusters_read(struct clusters *c, const char *sys)
{
	size_t n = count_cpus(sys);
	struct cpu *all;

	*c = (struct clusters){ .ncpus = n };
	if (!n)
		return -ENOENT;
	all = calloc(n, sizeof(*all));
	c->name = calloc(n, sizeof(*c->name));
	c->of = calloc(n, sizeof(*c->of));
	if (!all || !c->name || !c->of) {
		free(all);
		clusters_free(c);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		char path[512];
		FILE *f;

		/* numbers may have holes: only what has a directory is a CPU */
		snprintf(path, sizeof(path), "%s/cpu%zu", sys, i);
		f = fopen(path, "re");
		if (f)
			read_cpu(&all[i], sys, i);
		if (f)
			fclose(f);
	}
	for (size_t i = 0; i < n; i++) {
		if (!all[i].there)
			continue;
		name_cpu(c->name[i], all, n, i);
		c->of[i] = c->name[i];
	}
	free(all);
	return 0;
}

void clusters_free(struct clusters *c)
{
	free(c->name);
	free(c->of);
	*c = (struct clusters){ 0 };
}
