// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "event/flags.h"

/* Every event with a VMA begins with MMT_FIELDS_VMA (event_table.h), as this one does. */
typedef struct mmt_ev_vma_new vma_part;
#define HAS(h, field) ((h)->have & MMT_HAVE(VMA_NEW, field))

/* VM_GROWSDOWN, include/linux/mm.h, 5.10 to 7.1 on arm64 and x86 */
#define VM_GROWSDOWN 0x100

static bool has_vma(const struct mmt_view *v)
{
	return !strcmp(v->ev->fields[0].name, "vma_start") && HAS(v->h, vma_start) && HAS(v->h, vma_end) &&
	       HAS(v->h, vm_flags);
}

/* Files that are memory: what shmem calls them (mm/shmem.c, mm/memfd.c, ipc/shm.c, 6.12), and its usual mount. */
static bool is_shm(const char *name)
{
	static const char *const beginnings[] = { "/memfd:", "/SYSV", "/dev/zero (deleted)", "/dev/shm/",
						  "/anon_hugepage" };

	for (unsigned i = 0; name && i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (!strncmp(name, beginnings[i], strlen(beginnings[i])))
			return true;
	return false;
}

static unsigned class_of(uint64_t vm_flags, bool file, const char *name)
{
	if (vm_flags & FLAGS_VM_HUGETLB)
		return MMT_FCLASS_HUGETLB;
	if (vm_flags & (FLAGS_VM_PFNMAP | FLAGS_VM_MIXEDMAP))
		return MMT_FCLASS_PFN;
	if (!file)
		return MMT_FCLASS_ANON;
	return is_shm(name) ? MMT_FCLASS_SHM : MMT_FCLASS_FILE;
}

#define SPECIAL_OPS "special_mapping_"

/* What a mapping without a file is called, as /proc/PID/maps does. */
static const char *anon_name(unsigned kind, uint64_t vm_flags, const char *ops)
{
	if (vm_flags & VM_GROWSDOWN)
		return "[stack]";
	/* vdso and the like: special_mapping_vmops, mm/mmap.c, 5.10 to 6.12; mm/vma.c later */
	if (ops && !strncmp(ops, SPECIAL_OPS, strlen(SPECIAL_OPS)))
		return "[special]";
	switch (kind) {
	case RANGE_HEAP:
		return "[heap]";
	case RANGE_STACK:
		return "[stack]";
	case RANGE_SPECIAL:
		return "[special]";
	default:
		return "[anon]";
	}
}

static const char *text_of(const struct mmt_view *v, uint64_t key)
{
	return key ? v->names->get(v->names->ctx, key) : NULL;
}

/* The name when it is one of those that /proc/PID/maps has for what is of no file, else NULL. */
static const char *bracketed(const char *name)
{
	return name && name[0] == '[' ? name : NULL;
}

static const char *by_inode(struct view_scratch *s, uint32_t dev, uint64_t ino)
{
	snprintf(s->text, sizeof(s->text), "inode %" PRIu64 " on %u:%u", ino, dev >> 20, dev & 0xfffff);
	return s->text;
}

/* Told when the change has been told already, and the mapping is no more. */
static bool looks_back(const struct mmt_view *v)
{
	switch (v->ev->num) {
	case MMT_EV_MUNMAP:
	case MMT_EV_SHMDT:
	case MMT_EV_VMA_UNMAP:
	case MMT_EV_VMA_FREE:
	case MMT_EV_DRIVER_CLOSE:
		return true;
	case MMT_EV_DEMO:
		return ((const struct mmt_ev_demo *)v->h)->what == MMT_DEMO_WHAT_VMA_CLOSE;
	default:
		return false;
	}
}

static const struct range *range_of(const struct mmt_view *v, const struct ranges *ledger, uint64_t addr)
{
	return (looks_back(v) ? ranges_was_at : ranges_at)(ledger, v->h, addr);
}

static void from_vma(struct mmt_view *v, const struct ranges *ledger, uint32_t page_size, struct view_scratch *s)
{
	const vma_part *p = (const vma_part *)v->h;
	uint64_t file = HAS(v->h, file) ? p->file : 0, ino = HAS(v->h, ino) ? p->ino : 0;
	const struct range *r = NULL;

	v->map_start = p->vma_start;
	v->map_off = (file || ino) && HAS(v->h, pgoff) ? p->pgoff * page_size : 0;
	v->map_flags = p->vm_flags;
	v->mapping = text_of(v, file);
	if (!v->mapping && (file || ino))
		v->mapping = by_inode(s, HAS(v->h, dev) ? p->dev : 0, ino);
	v->map_class = class_of(p->vm_flags, file || ino, v->mapping);
	if (!v->mapping) {
		r = range_of(v, ledger, p->vma_start);
		v->mapping = r && !r->guessed ? bracketed(text_of(v, r->file)) : NULL; /* [vvar]: from /proc */
	}
	if (!v->mapping)
		v->mapping =
			anon_name(r ? r->kind : RANGE_PLAIN, p->vm_flags, HAS(v->h, ops) ? text_of(v, p->ops) : NULL);
}

/* Without vm_flags nobody can tell a file from a device, but where devices are is known. */
static bool maybe_device(const char *name)
{
	static const char *const beginnings[] = { "/dev/", "/sys/", "/proc/", "anon_inode:", "/dmabuf:" };

	for (unsigned i = 0; name && i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (!strncmp(name, beginnings[i], strlen(beginnings[i])))
			return !is_shm(name);
	return !name;
}

/* What segments without a key are called: newseg(), ipc/shm.c, 6.12. The ledger guesses no others. */
#define SYSV_PRIVATE "/SYSV00000000 (deleted)"

static void from_range(struct mmt_view *v, const struct range *r, struct view_scratch *s)
{
	const char *name = text_of(v, r->file);
	bool file = r->ino || r->fd >= 0 || r->kind == RANGE_SHM || (r->file && !bracketed(name));

	v->map_start = r->start;
	v->map_off = file ? r->off : 0;
	v->map_flags = r->vm_flags;
	v->map_guessed = r->guessed;
	v->mapping = name;
	if (!v->mapping && r->kind == RANGE_SHM) {
		v->mapping = SYSV_PRIVATE;
	} else if (!v->mapping && r->fd >= 0) {
		snprintf(s->text, sizeof(s->text), "fd %d", r->fd);
		v->mapping = s->text;
	} else if (!v->mapping && file) {
		v->mapping = by_inode(s, r->dev, r->ino);
	} else if (!v->mapping) {
		v->mapping = anon_name(r->kind, r->vm_flags, text_of(v, r->ops));
	}
	if (r->has_flags || !file || r->kind == RANGE_SHM || !maybe_device(name))
		v->map_class = (uint8_t)class_of(r->vm_flags, file, v->mapping);
}

/* A freed object's record has no file, which may be gone before it: not even whether there was one. The ledger may know. */
static void from_freed(struct mmt_view *v, const struct ranges *ledger, struct view_scratch *s)
{
	const vma_part *p = (const vma_part *)v->h;
	const struct range *r = ranges_was_at(ledger, v->h, p->vma_start);

	v->map_start = p->vma_start;
	if (r)
		from_range(v, r, s);
	else if (p->vm_flags & VM_GROWSDOWN)
		v->mapping = anon_name(RANGE_STACK, p->vm_flags, NULL);
	if (p->vm_flags & (FLAGS_VM_HUGETLB | FLAGS_VM_PFNMAP | FLAGS_VM_MIXEDMAP))
		v->map_class = (uint8_t)class_of(p->vm_flags, false, NULL);
	v->map_flags = p->vm_flags;
}

/* ->mmap that ran before there was a VMA, or that no probe saw: its file is all that is known of the mapping to come. */
static bool from_file(struct mmt_view *v)
{
	const struct mmt_ev_driver_mmap *e = (const void *)v->h;

	if (v->ev->num != MMT_EV_DRIVER_MMAP || !HAS(v->h, file))
		return false;
	v->map_start = e->addr;
	v->mapping = text_of(v, e->file);
	if (!maybe_device(v->mapping))
		v->map_class = (uint8_t)class_of(0, true, v->mapping);
	return true;
}

/* Is the address one in an address space that the event does not say? */
static bool elsewhere(const struct mmt_view *v)
{
	if (v->ev->num == MMT_EV_MADVISE)
		return v->h->have & MMT_HAVE(MADVISE, pidfd);
	return v->ev->num == MMT_EV_REMOTE && !v->h->mm;
}

/* Where a call's mapping is: where mmap, mremap and brk put it, else where the caller pointed. */
static bool where(const struct mmt_view *v, uint64_t *addr)
{
	const struct mmt_field *ret = schema_field(v->ev, "ret");

	if (elsewhere(v))
		return false;
	if (ret && ret->look == MMT_LOOK_RETADDR) {
		if (!value_has(v->h, ret) || value_errno(ret->look, value_s64(v->h, ret, 0)))
			return false;
		*addr = value_u64(v->h, ret, 0);
		*addr -= v->ev->num == MMT_EV_BRK && *addr; /* the break is the first byte behind it */
		return true;
	}
	return value_get(v->h, v->ev, "addr", addr);
}

/* A call that failed, or whose result nobody remembers, still says what it wanted. */
static void from_mmap(struct mmt_view *v, const struct range *r, struct view_scratch *s)
{
	const struct mmt_ev_mmap *e = (const void *)v->h;

	v->map_start = r ? r->start : 0;
	v->map_off = e->off;
	if (e->flags & FLAGS_MAP_ANONYMOUS) {
		v->mapping = "[anon]";
		v->map_class = (e->flags & FLAGS_MAP_TYPE) == 2 ? MMT_FCLASS_ANON : MMT_FCLASS_SHM;
		return;
	}
	v->mapping = v->h->have & MMT_HAVE(MMAP, file) ? text_of(v, e->file) : NULL;
	if (v->mapping) {
		v->map_class = class_of(0, true, v->mapping);
	} else {
		snprintf(s->text, sizeof(s->text), "fd %d", e->fd);
		v->mapping = s->text;
	}
}

static void identify(struct mmt_view *v, const struct ranges *ledger)
{
	const vma_part *p = (const vma_part *)v->h;
	uint64_t addr;

	if (where(v, &addr))
		v->map = ranges_mapping(ledger, v->h, addr, looks_back(v));
	else if (has_vma(v))
		v->map = ranges_mapping(ledger, v->h, p->vma_start, looks_back(v));
	v->map_id = v->map ? v->map->id : NULL;
}

/* What is not mapped yet, under the name it will have: mm/memfd.c and mm/shmem.c, 6.12. */
static void from_memfd(struct mmt_view *v, struct view_scratch *s)
{
	const struct mmt_ev_memfd_create *e = (const void *)v->h;
	const char *name = v->h->have & MMT_HAVE(MEMFD, name) ? text_of(v, e->name) : NULL;

	if (!name)
		return;
	snprintf(s->text, sizeof(s->text), "/memfd:%s (deleted)", name);
	v->mapping = s->text;
	v->map_class = MMT_FCLASS_SHM;
}

void view_mapping(struct mmt_view *v, const struct ranges *ledger, uint32_t page_size, struct view_scratch *scratch)
{
	const struct range *r = NULL;
	uint64_t addr;

	v->mapping = NULL;
	v->map_start = v->map_off = v->map_flags = 0;
	v->map_class = MMT_FCLASS_UNKNOWN;
	v->map_guessed = false;
	v->map = NULL;
	v->map_id = NULL;
	identify(v, ledger);
	if (has_vma(v)) {
		if (v->ev->num == MMT_EV_VMA_FREE)
			from_freed(v, ledger, scratch);
		else
			from_vma(v, ledger, page_size, scratch);
		return;
	}
	if (v->ev->num == MMT_EV_MEMFD)
		from_memfd(v, scratch);
	if (from_file(v))
		return;
	if (where(v, &addr))
		r = range_of(v, ledger, addr);
	/* A call knows better about itself than a guess that was made from it. */
	if (v->ev->num == MMT_EV_MMAP && (!r || r->guessed))
		from_mmap(v, r, scratch);
	else if (r)
		from_range(v, r, scratch);
}

void view_range(struct mmt_view *v, const struct range *r, struct view_scratch *scratch)
{
	from_range(v, r, scratch);
	v->map = r->map;
	v->map_id = r->map ? r->map->id : NULL;
}
