/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "memtype.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "enrich/memtype.h"
#include "iomem.h"

#define PCI_DEVICES "/sys/bus/pci/devices"
#define PCI_BARS    6
#define PCI_TRIES   256 /* devices looked at */
#define MEM_TRIES   64	/* ranges of /proc/iomem tried: a kernel with IO_STRICT_DEVMEM refuses those in use */

/* As struct own_vma, bpf/memtype.bpf.c */
struct own_vma {
	uint64_t start, end, pgprot;
};

/* A page mapped, and what became of it. */
struct own {
	void *at; /* MAP_FAILED: not made */
	uint64_t pgprot;
	bool seen;
};

static void *map_page(int fd, off_t off)
{
	return mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, fd, off);
}

/* One BAR of a device, by its file in sysfs. */
static void *map_bar(int dir, const char *device, int bar, const char *suffix)
{
	char path[320];
	void *at;
	int fd;

	snprintf(path, sizeof(path), "%s/resource%d%s", device, bar, suffix);
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return MAP_FAILED;
	at = map_page(fd, 0);
	close(fd);
	return at;
}

static void map_pci(struct own *regs, struct own *wc)
{
	DIR *dir = opendir(PCI_DEVICES);
	struct dirent *e;

	for (int i = 0; dir && i < PCI_TRIES && (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		i++;
		for (int bar = 0; bar < PCI_BARS; bar++) {
			if (regs->at == MAP_FAILED)
				regs->at = map_bar(dirfd(dir), e->d_name, bar, "");
			if (wc->at == MAP_FAILED)
				wc->at = map_bar(dirfd(dir), e->d_name, bar, "_wc");
		}
	}
	if (dir)
		closedir(dir);
}

/* O_SYNC: x86 maps write-back without it */
static void map_devmem(struct own *own, const struct buf *iomem)
{
	int fd = open("/dev/mem", O_RDONLY | O_SYNC | O_CLOEXEC);
	const struct mmt_iomem *r;
	size_t at = 0;

	for (int i = 0; fd >= 0 && i < MEM_TRIES && own->at == MAP_FAILED && (r = iomem_next(iomem, &at));) {
		if (!iomem_is_device(r))
			continue;
		own->at = map_page(fd, (off_t)(r->start & ~((uint64_t)sysconf(_SC_PAGESIZE) - 1)));
		i++;
	}
	if (fd >= 0)
		close(fd);
}

static void map_own(struct own own[MEMTYPE_OWN_MAX], const struct buf *iomem)
{
	for (int i = 0; i < MEMTYPE_OWN_MAX; i++)
		own[i].at = MAP_FAILED;
	own[MEMTYPE_OWN_ANON].at =
		mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	map_pci(&own[MEMTYPE_OWN_PCI], &own[MEMTYPE_OWN_PCI_WC]);
	if (own[MEMTYPE_OWN_PCI].at == MAP_FAILED)
		map_devmem(&own[MEMTYPE_OWN_DEVMEM], iomem);
}

static void unmap_own(struct own own[MEMTYPE_OWN_MAX])
{
	for (int i = 0; i < MEMTYPE_OWN_MAX; i++)
		if (own[i].at != MAP_FAILED)
			munmap(own[i].at, (size_t)sysconf(_SC_PAGESIZE));
}

static void take(struct own own[MEMTYPE_OWN_MAX], const struct own_vma *v)
{
	for (int i = 0; i < MEMTYPE_OWN_MAX; i++) {
		uint64_t at = (uint64_t)(uintptr_t)own[i].at;

		if (own[i].at == MAP_FAILED || at < v->start || at >= v->end)
			continue;
		own[i].seen = true;
		own[i].pgprot = v->pgprot;
	}
}

/* Reads the iterator: by this process alone where it can be named (6.1), else it passes by all. */
static void read_own(struct own own[MEMTYPE_OWN_MAX], const struct bpf_program *p)
{
	union bpf_iter_link_info info = { .task.pid = (uint32_t)getpid() };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(p, &opts);
	struct own_vma v;
	ssize_t n;
	int fd;

	if (!link)
		link = bpf_program__attach_iter(p, NULL);
	fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
	while (fd >= 0 && ((n = read(fd, &v, sizeof(v))) == sizeof(v) || (n < 0 && errno == EAGAIN)))
		if (n > 0)
			take(own, &v);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
}

static enum mmt_memtype_table table(void)
{
	const char *forced = getenv(MEMTYPE_TABLE_ENV);
	struct utsname u;

	if (forced && *forced) {
		if (!memtype_table_named(forced))
			mmt_warn(MEMTYPE_TABLE_ENV ": no table '%s'; memory types are left out", forced);
		return memtype_table_named(forced);
	}
	return uname(&u) ? MMT_MEMTYPE_NONE : memtype_table(u.machine, u.release);
}

static void judge(struct mmt_memtype *out, char wrong[MEMTYPE_WRONG_LEN], const struct own own[MEMTYPE_OWN_MAX])
{
	for (int i = 0; i < MEMTYPE_OWN_MAX; i++) {
		enum memtype is = memtype_decode(out->table, own[i].pgprot), should = memtype_of_own(out->table, i);
		const char *name = memtype_name(is);

		if (!own[i].seen || memtype_own_excused(i, is))
			continue;
		if (is == should) {
			out->checks |= memtype_own_check(i);
			continue;
		}
		if (!(out->checks & MMT_MEMTYPE_WRONG))
			snprintf(wrong, MEMTYPE_WRONG_LEN,
				 "by the %s %s would be %s (pgprot 0x%" PRIx64 "), but it is %s",
				 memtype_table_text(out->table), memtype_own_text(i), name ? name : "of no type",
				 own[i].pgprot, memtype_name(should));
		out->checks |= MMT_MEMTYPE_WRONG;
	}
}

void memtype_check(struct mmt_memtype *out, char wrong[MEMTYPE_WRONG_LEN], const struct objects *o, const char *prog,
		   const struct buf *iomem)
{
	struct bpf_program *p = prog ? objects_prog(o, OBJ_CORE, prog) : NULL;
	struct own own[MEMTYPE_OWN_MAX] = { 0 };

	*out = (struct mmt_memtype){ .type = MMT_ITEM_MEMTYPE, .size = sizeof(*out), .table = table() };
	*wrong = '\0';
	if (!out->table || !p || bpf_program__fd(p) < 0)
		return;
	map_own(own, iomem);
	read_own(own, p);
	unmap_own(own);
	judge(out, wrong, own);
}
