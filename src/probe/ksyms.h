/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * /proc/kallsyms, text symbols only, sorted by address and by name. About 5 MB for 150,000 symbols. BPF programs have the module
 * "bpf" and are found by address only.
 */
#ifndef MMTRACE_PROBE_KSYMS_H
#define MMTRACE_PROBE_KSYMS_H

#include <stddef.h>
#include <stdint.h>

struct ksyms;

struct ksym {
	uint64_t addr;
	const char *name;
	const char *module; /* "" in the kernel itself */
};

/*
 * Reads the files ("/proc/kallsyms" and "/proc/modules" normally; without the second nobody knows where a module ends). NULL
 * with errno: not readable, or every address is hidden (EPERM).
 */
struct ksyms *ksyms_load(const char *path, const char *modules);
void ksyms_free(struct ksyms *k);
/* Symbol that covers addr, or -ENOENT: of none, or of a module that was loaded later. */
int ksyms_at(const struct ksyms *k, uint64_t addr, struct ksym *out);
/* Number of text symbols of that name; *addr: the first one's. */
int ksyms_named(const struct ksyms *k, const char *name, uint64_t *addr);
/* Where the kernel's own text is, from its first symbol to behind its last one. All of it: no symbols are known. */
void ksyms_core(const struct ksyms *k, uint64_t *lo, uint64_t *hi);
/* Calls fn for every text symbol of a module; stops when fn returns non-zero, and returns that. */
int ksyms_modules(const struct ksyms *k, int (*fn)(void *ctx, const struct ksym *s), void *ctx);

#endif
