// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "record/pack.h"

#ifndef MMTRACE_NO_ZSTD

#include <stdlib.h>
#include <zstd.h>

#define LEVEL 1

struct packer {
	ZSTD_CCtx *c;
	ZSTD_DCtx *d;
};

bool pack_built_in(void)
{
	return true;
}

struct packer *packer_new(void)
{
	return calloc(1, sizeof(struct packer));
}

void packer_free(struct packer *p)
{
	if (!p)
		return;
	ZSTD_freeCCtx(p->c);
	ZSTD_freeDCtx(p->d);
	free(p);
}

size_t pack(struct packer *p, const void *in, size_t n, void *out, size_t room)
{
	size_t got;

	p->c = p->c ? p->c : ZSTD_createCCtx();
	if (!p->c)
		return 0;
	got = ZSTD_compressCCtx(p->c, out, room, in, n, LEVEL);
	return ZSTD_isError(got) ? 0 : got;
}

bool unpack(struct packer *p, const void *in, size_t stored, void *out, size_t n)
{
	p->d = p->d ? p->d : ZSTD_createDCtx();
	return p->d && ZSTD_decompressDCtx(p->d, out, n, in, stored) == n;
}

#else

bool pack_built_in(void)
{
	return false;
}

struct packer *packer_new(void)
{
	return NULL;
}

void packer_free(struct packer *p)
{
	(void)p;
}

size_t pack(struct packer *p, const void *in, size_t n, void *out, size_t room)
{
	(void)p;
	(void)in;
	(void)n;
	(void)out;
	(void)room;
	return 0;
}

bool unpack(struct packer *p, const void *in, size_t stored, void *out, size_t n)
{
	(void)p;
	(void)in;
	(void)stored;
	(void)out;
	(void)n;
	return false;
}

#endif
