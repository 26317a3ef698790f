// LINK: probe/ksyms base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* /proc/kallsyms and, behind a NUL, /proc/modules; then whatever is asked of them. */
#include <string.h>
#include "fuzz.h"
#include "probe/ksyms.h"

static struct fuzz_file syms, modules;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_file_open(&syms);
	fuzz_file_open(&modules);
	return 0;
}

static int count(void *ctx, const struct ksym *s)
{
	*(size_t *)ctx += strlen(s->name) + strlen(s->module);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, 0, size);
	size_t first = nul ? (size_t)(nul - data) : size, sum = 0;
	struct ksyms *k;
	struct ksym s;
	uint64_t lo, hi, addr;

	fuzz_file_put(&syms, data, first);
	fuzz_file_put(&modules, data + first, size - first);
	k = ksyms_load(syms.path, modules.path);
	if (!k)
		return 0;
	ksyms_core(k, &lo, &hi);
	ksyms_modules(k, count, &sum);
	if (!ksyms_at(k, lo, &s) && ksyms_named(k, s.name, &addr) < 0)
		abort();
	ksyms_at(k, 0, &s);
	ksyms_at(k, UINT64_MAX, &s);
	ksyms_free(k);
	return 0;
}
