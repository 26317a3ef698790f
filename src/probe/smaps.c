// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "smaps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A range's first line: START-END PERMS OFFSET DEV INODE PATH; show_map_vma(), fs/proc/task_mmu.c, 6.12. */
static bool range_line(char *line, struct smaps_range *r)
{
	int path = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %*x:%*x %*u %n", &r->start, &r->end, r->perms, &path) != 3 ||
	    !path)
		return false;
	line[strcspn(line, "\n")] = '\0';
	r->path = line + path;
	return true;
}

/* "VmFlags: rd wr sh mr mw me ms pf io de dd": show_smap_vma_flags(), fs/proc/task_mmu.c, 5.10 to 6.12 */
static bool has_flag(const char *line, const char *flag)
{
	for (const char *at = line; (at = strchr(at, ' ')); at++)
		if (!strncmp(at + 1, flag, 2) && (at[3] == ' ' || at[3] == '\n' || !at[3]))
			return true;
	return false;
}

int smaps_read(FILE *f, smaps_fn fn, void *ctx)
{
	struct smaps_range r = { 0 };
	char *line = NULL, *kept = NULL;
	size_t room = 0;
	int err = 0;

	while (!err && getline(&line, &room, f) > 0) {
		struct smaps_range next = { 0 };
		uint64_t kb;

		if (sscanf(line, "Rss: %" SCNu64, &kb) == 1) {
			r.resident = kb * 1024;
		} else if (!strncmp(line, "VmFlags:", 8)) {
			r.pfns = has_flag(line, "pf");
		} else if (range_line(line, &next)) {
			if (r.end)
				err = fn(ctx, &r);
			free(kept);
			kept = strdup(next.path);
			next.path = kept ? kept : "";
			r = next;
		}
	}
	if (!err && r.end)
		err = fn(ctx, &r);
	free(kept);
	free(line);
	return err;
}

static int proc_path(char *path, size_t size, uint32_t pid, const char *what)
{
	int n = snprintf(path, size, "/proc/%u/%s", pid, what);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int smaps_each(uint32_t pid, smaps_fn fn, void *ctx)
{
	char path[64];
	int err = proc_path(path, sizeof(path), pid, "smaps");
	FILE *f = err ? NULL : fopen(path, "re");

	if (!f)
		return err ? err : -errno;
	err = smaps_read(f, fn, ctx);
	fclose(f);
	return err;
}

/* Entry of pagemap, one u64 per page: fs/proc/task_mmu.c, 6.12 */
#define PM_PFN	   ((1ULL << 55) - 1)
#define PM_PRESENT (1ULL << 63)
#define ENTRIES	   4096

struct looking {
	uint32_t pid;
	int fd;
	uint64_t page, from, to;
	smaps_page_fn fn;
	smaps_unseen_fn unseen;
	void *ctx;
	bool present, shown; /* a page was there; its PFN was too */
};

static int look_at(struct looking *l, const uint64_t *entry, size_t n, uint64_t addr, const char *path)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		uint64_t pfn = entry[i] & PM_PFN;

		if (!(entry[i] & PM_PRESENT))
			continue;
		l->present = true;
		l->shown |= pfn != 0;
		if (pfn && pfn >= l->from && pfn < l->to)
			err = l->fn(l->ctx, l->pid, addr + i * l->page, pfn, path);
	}
	return err;
}

static int look_in(void *ctx, const struct smaps_range *r)
{
	struct looking *l = ctx;
	static uint64_t entry[ENTRIES];
	uint64_t at = r->start;
	int err = 0;

	if (r->pfns)
		return l->unseen ? l->unseen(l->ctx, l->pid, r) : 0;
	/* what nothing of is resident may be terabytes */
	while (r->resident && at < r->end && !err) {
		uint64_t want = (r->end - at) / l->page;
		ssize_t got = pread(l->fd, entry, (want < ENTRIES ? want : ENTRIES) * sizeof(*entry),
				    (off_t)(at / l->page * sizeof(*entry)));
		size_t n = got > 0 ? (size_t)got / sizeof(*entry) : 0;

		if (!n)
			return 0; /* the range went away */
		err = look_at(l, entry, n, at, r->path);
		at += n * l->page;
	}
	return err;
}

int smaps_pages(uint32_t pid, uint64_t pfn, uint64_t pfn_end, smaps_page_fn fn, smaps_unseen_fn unseen, void *ctx)
{
	struct looking l = { .pid = pid, .from = pfn, .to = pfn_end, .fn = fn, .unseen = unseen, .ctx = ctx };
	char path[64];
	int err = proc_path(path, sizeof(path), pid, "pagemap");

	if (err)
		return err;
	l.page = (uint64_t)sysconf(_SC_PAGESIZE);
	l.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (l.fd < 0)
		return -errno;
	err = smaps_each(pid, look_in, &l);
	close(l.fd);
	return err ? err : l.present && !l.shown ? -EPERM : 0;
}
