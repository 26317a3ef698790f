/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* pack: bodies of chunks, smaller. zstd where mmtrace was built with it, else nothing is packed and nothing packed can be read. */
#ifndef MMTRACE_RECORD_PACK_H
#define MMTRACE_RECORD_PACK_H

#include <stdbool.h>
#include <stddef.h>

struct packer;

bool pack_built_in(void);
struct packer *packer_new(void); /* NULL: not built with it, or no memory */
void packer_free(struct packer *p);
/* Bytes written to out; 0: it would not be smaller than room, or it failed. */
size_t pack(struct packer *p, const void *in, size_t n, void *out, size_t room);
/* True: exactly n bytes came out. Never writes more than those. */
bool unpack(struct packer *p, const void *in, size_t stored, void *out, size_t n);

#endif
