// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * mmdemo-use --bad: calls that a good driver must refuse, each with the errno it must give. One line each:
 * `refused kind= pid= case= want= got= result=`.
 */
#include "mmdemo-use.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define EVERY_KIND 0	 /* traits that a kind must have for the case to apply */
#define FAR_4G	   (-1L) /* 4 GiB: 0 for who computes offsets in 32 bits */
#define FAR_LAST   (-2L) /* the last page that the core lets through: for who adds before comparing */

/* Offset and length in pages, counted from 0 or from the size of the kind. */
static const struct {
	const char *name;
	unsigned int traits;
	int open_flags;
	bool off_from_size;
	long off;
	bool len_from_size;
	long len;
	int prot;
	int flags;
	int want;
} bad_mmaps[] = {
	{ "offset_at_end", EVERY_KIND, O_RDWR, true, 0, false, 1, PROT_READ, MAP_SHARED, EINVAL },
	{ "one_page_too_long", EVERY_KIND, O_RDWR, false, 0, true, 1, PROT_READ, MAP_SHARED, EINVAL },
	{ "end_past_the_end", EVERY_KIND, O_RDWR, false, 1, true, 0, PROT_READ, MAP_SHARED, EINVAL },
	{ "offset_4g", EVERY_KIND, O_RDWR, false, FAR_4G, false, 1, PROT_READ, MAP_SHARED, EINVAL },
	{ "offset_last", EVERY_KIND, O_RDWR, false, FAR_LAST, false, 1, PROT_READ, MAP_SHARED, EINVAL },
	{ "write_to_read_only_file", EVERY_KIND, O_RDONLY, false, 0, false, 1, PROT_READ | PROT_WRITE, MAP_SHARED,
	  EACCES },
	{ "exec", USE_RAW, O_RDWR, false, 0, false, 1, PROT_READ | PROT_EXEC, MAP_SHARED, EPERM },
	{ "private", USE_RAW, O_RDWR, false, 0, false, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, EINVAL },
	{ "private_read_only", USE_RAW, O_RDONLY, false, 0, false, 1, PROT_READ, MAP_PRIVATE, EINVAL },
};

static off_t bad_offset(const struct use *u, bool from_size, long pages)
{
	if (pages == FAR_4G)
		return (off_t)1 << 32;
	if (pages == FAR_LAST)
		return -2 * (off_t)u->page;
	return (from_size ? (off_t)u->size : 0) + pages * (off_t)u->page;
}

static int bad_mmap(struct use *u)
{
	int bad = 0;

	for (size_t i = 0; i < sizeof(bad_mmaps) / sizeof(bad_mmaps[0]); i++) {
		struct use o = *u;
		size_t len = (bad_mmaps[i].len_from_size ? u->size : 0) + (size_t)bad_mmaps[i].len * u->page;
		off_t off = bad_offset(u, bad_mmaps[i].off_from_size, bad_mmaps[i].off);
		void *addr;
		int got;

		if ((u->kind->ops->traits & bad_mmaps[i].traits) != bad_mmaps[i].traits)
			continue;
		got = use_open(&o, bad_mmaps[i].open_flags);
		if (!got) {
			addr = mmap(NULL, len, bad_mmaps[i].prot, bad_mmaps[i].flags, o.fd, off);
			got = addr == MAP_FAILED ? errno : 0;
			if (!got)
				munmap(addr, len);
			close(o.fd);
		}
		bad += use_result(u, bad_mmaps[i].name, bad_mmaps[i].want, got);
	}
	return bad;
}

/* What a mapping that was allowed must not become later. */
static int bad_growth(struct use *u)
{
	struct use ro = *u;
	void *addr, *more;
	int bad = 0;

	addr = mmap(NULL, u->page, PROT_READ, MAP_SHARED, u->fd, 0);
	if (addr == MAP_FAILED)
		return use_result(u, "map_one_page", 0, errno);
	more = mremap(addr, u->page, 2 * u->page, MREMAP_MAYMOVE);
	bad += use_result(u, "mremap_grow", EFAULT, more == MAP_FAILED ? errno : 0);
	if (u->kind->ops->traits & USE_RAW)
		bad += use_result(u, "mprotect_exec", EACCES,
				  mprotect(addr, u->page, PROT_READ | PROT_EXEC) ? errno : 0);
	munmap(more == MAP_FAILED ? addr : more, more == MAP_FAILED ? u->page : 2 * u->page);
	if (use_open(&ro, O_RDONLY))
		return bad + use_result(u, "open_read_only", 0, errno);
	addr = mmap(NULL, u->page, PROT_READ, MAP_SHARED, ro.fd, 0);
	if (addr == MAP_FAILED) {
		bad += use_result(u, "map_read_only", 0, errno);
	} else {
		bad += use_result(u, "mprotect_write_of_read_only_file", EACCES,
				  mprotect(addr, u->page, PROT_READ | PROT_WRITE) ? errno : 0);
		munmap(addr, u->page);
	}
	close(ro.fd);
	return bad;
}

int use_refusals(struct use *u)
{
	int bad = bad_mmap(u) + bad_growth(u);

	bad += use_result(u, "unknown_ioctl", ENOTTY, ioctl(u->fd, _IO('~', 0x7f)) ? errno : 0);
	if (u->kind->ops->refusals)
		bad += u->kind->ops->refusals(u);
	return bad + use_maps(u, 0); /* nothing that was refused may have left a mapping */
}
