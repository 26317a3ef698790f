/* SPDX-License-Identifier: GPL-2.0 */
/* DMA buffers, and buffer objects that drivers share. */
#include "install.bpf.h"

/* (dev, vma, cpu_addr, dma_addr, size, attrs): dma_mmap_attrs, and what it calls */
#define DMA_ATTRS(name, fn, HOOK, which)                         \
	ENTRY(name, fn, HOOK, 6)                                 \
	{                                                        \
		struct inst in = { .helper = MMT_HELPER_##which, \
				   .know = INST_DMA,             \
				   .vma = a2,                    \
				   .addr = VMA_START(a2),        \
				   .len = VMA_LEN(a2),           \
				   .dma_addr = a4,               \
				   .attrs = a6,                  \
				   .device = a1 };               \
                                                                 \
		inst_enter(x, &in);                              \
	}                                                        \
	LEAVE(name##_ret, fn, HOOK, 6, which)

DMA_ATTRS(dma_mmap, "dma_mmap_attrs", DMA_MMAP, DMA_MMAP_ATTRS)
DMA_ATTRS(dma_direct, "dma_direct_mmap", DMA_DIRECT, DMA_DIRECT_MMAP)
DMA_ATTRS(dma_iommu, "iommu_dma_mmap", DMA_IOMMU, IOMMU_DMA_MMAP)
DMA_ATTRS(dma_common, "dma_common_mmap", DMA_COMMON, DMA_COMMON_MMAP)

/* (dev, vma, size, page or sg_table) */
#define DMA_PAGES_OF(name, fn, HOOK, which)                      \
	ENTRY(name, fn, HOOK, 2)                                 \
	{                                                        \
		struct inst in = { .helper = MMT_HELPER_##which, \
				   .vma = a2,                    \
				   .addr = VMA_START(a2),        \
				   .len = VMA_LEN(a2),           \
				   .device = a1 };               \
                                                                 \
		inst_enter(x, &in);                              \
	}                                                        \
	LEAVE(name##_ret, fn, HOOK, 4, which)

DMA_PAGES_OF(dma_pages, "dma_mmap_pages", DMA_PAGES, DMA_MMAP_PAGES)
DMA_PAGES_OF(dma_noncont, "dma_mmap_noncontiguous", DMA_NONCONT, DMA_MMAP_NONCONTIGUOUS)

/* ---- buffer objects ---------------------------------------------------------------------------------------------- */

/* Within each other: of an imported buffer drm_gem_mmap > drm_gem_mmap_obj > dma_buf_mmap. */
#define OBJ_DEPTH 4

struct obj_frame {
	__u32 helper;
	__u32 depth;
	__u64 stacks;
	__u64 ts, vma, size, name; /* name: kernel address of a text */
};

struct obj_frames {
	struct obj_frame f[OBJ_DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct obj_frames);
} objs SEC(".maps");

static __noinline int obj_enter_at(void *ctx, __u32 at, const struct obj_frame *in)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)pid_tgid, depth;
	struct obj_frames none = {}, *o;
	struct mmt_thread *t;

	if (!WANT(OBJ_MAP) || !current_wanted(pid_tgid))
		return 0;
	t = thread_get(tid);
	if (!t)
		return 0;
	o = bpf_map_lookup_elem(&objs, &tid);
	if (!o) {
		bpf_map_update_elem(&objs, &tid, &none, BPF_ANY);
		o = bpf_map_lookup_elem(&objs, &tid);
		if (!o)
			return 0;
		t->objs = 0;
	}
	depth = t->objs;
	if (depth >= OBJ_DEPTH) {
		lose(MMT_LOSS_SLOT, MMT_EV_OBJ_MAP);
		return 0;
	}
	o->f[depth] = *in;
	o->f[depth].ts = bpf_ktime_get_ns();
	o->f[depth].depth = t->drivers + depth;
	o->f[depth].stacks = STACKS(((struct hookx){ .at = at, .ctx = ctx }), OBJ_MAP);
	t->objs = depth + 1;
	return 0;
}

static __always_inline void obj_enter(const struct hookx x, const struct obj_frame *in)
{
	obj_enter_at(x.ctx, x.at, in);
}

static __always_inline void obj_send(const struct obj_frame *f, struct mmt_thread *t, __u32 tier, __s32 ret)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns(), name = 0;
	struct mmt_ev_obj_map *e;

#ifndef MMT_PLAIN
	struct vm_area_struct *vma = (void *)f->vma;

	if (f->name)
		name = name_text(f->name, NAME_KERNEL);
	__u64 file = inst_file(vma);
#endif
	e = RESERVE(obj_map, OBJ_MAP);
	if (!e)
		return;
	HEAD(e, OBJ_MAP, tier, f->ts, pid_tgid);
	e->h.dur_ns = now - f->ts;
	e->h.depth = f->depth;
	stacks_put(&e->h, f->stacks);
	e->h.call = call_now((__u32)pid_tgid, t);
	e->h.have = MMT_HAVE_DUR | MMT_HAVE(OBJ_MAP, helper) | MMT_HAVE(OBJ_MAP, ret);
	e->helper = f->helper;
	e->ret = ret;
	e->size = f->size;
	e->name = name;
	if (f->size)
		e->h.have |= MMT_HAVE(OBJ_MAP, size);
	if (name)
		e->h.have |= MMT_HAVE(OBJ_MAP, name);
#ifdef MMT_PLAIN
	e->h.mm = mm_number(current_mm_key(pid_tgid));
	e->addr = e->len = 0;
	e->vma_start = e->vma_end = e->pgoff = e->vm_flags = e->ino = e->file = e->ops = 0;
	e->dev = e->rdev = 0;
#else
	e->h.mm = mm_number((__u64)BPF_CORE_READ(vma, vm_mm));
	e->h.have |= vma_fill(false, VMA_OF(e), vma, file) | MMT_HAVE(OBJ_MAP, addr) | MMT_HAVE(OBJ_MAP, len);
	e->addr = e->vma_start;
	e->len = e->vma_end - e->vma_start;
#endif
	send(e);
}

__noinline int obj_leave(__u32 tier, __u32 helper, __s32 ret)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid(), depth;
	struct mmt_thread *t = thread_find(tid);
	struct obj_frames *o;
	struct obj_frame *f;

	if (!t || !t->objs)
		return 0;
	depth = t->objs - 1;
	o = bpf_map_lookup_elem(&objs, &tid);
	if (!o || depth >= OBJ_DEPTH || o->f[depth].helper != helper)
		return 0;
	f = &o->f[depth];
	t->objs = depth;
	if (!depth && t->runs && !t->drivers && !t->chg)
		runs_send(tid, 0);
	/* drm_gem_mmap finds the object and has drm_gem_mmap_obj map it: one event, the outer one, with the size */
	if (depth && helper == MMT_HELPER_DRM_GEM_MMAP_OBJ &&
	    o->f[(depth - 1) & (OBJ_DEPTH - 1)].helper == MMT_HELPER_DRM_GEM_MMAP) {
		o->f[(depth - 1) & (OBJ_DEPTH - 1)].size = f->size;
		return 0;
	}
	obj_send(f, t, tier, ret);
	return 0;
}

#define OBJ_LEAVE(name, fn, HOOK, nargs, which)                    \
	EXIT(name, fn, HOOK, nargs)                                \
	{                                                          \
		obj_leave(x.tier, MMT_HELPER_##which, (__s32)ret); \
	}

#ifdef MMT_PLAIN
#define BUF_SIZE(b) ((void)(b), 0)
#define BUF_NAME(b) 0
#define BUF_OF(f)   0
#else
#define BUF_SIZE(b) BPF_CORE_READ((struct dma_buf *)(b), size)
#define BUF_NAME(b) (__u64) BPF_CORE_READ((struct dma_buf *)(b), exp_name)
#define BUF_OF(f)   (__u64) BPF_CORE_READ((struct file *)(f), private_data)
#endif

/* (dmabuf, vma, pgoff): an importer has the exporter map */
ENTRY(buf_mmap, "dma_buf_mmap", BUF_MMAP, 2)
{
	struct obj_frame in = {
		.helper = MMT_HELPER_DMA_BUF_MMAP, .vma = a2, .size = BUF_SIZE(a1), .name = BUF_NAME(a1)
	};

	obj_enter(x, &in);
}
OBJ_LEAVE(buf_mmap_ret, "dma_buf_mmap", BUF_MMAP, 3, DMA_BUF_MMAP)

/* (file, vma): the buffer's own file is mapped */
ENTRY(buf_file, "dma_buf_mmap_internal", BUF_FILE, 2)
{
	__u64 buf = BUF_OF(a1);
	struct obj_frame in = {
		.helper = MMT_HELPER_DMA_BUF_MMAP_INTERNAL, .vma = a2, .size = BUF_SIZE(buf), .name = BUF_NAME(buf)
	};

	obj_enter(x, &in);
}
OBJ_LEAVE(buf_file_ret, "dma_buf_mmap_internal", BUF_FILE, 2, DMA_BUF_MMAP_INTERNAL)

/* (file, vma) */
ENTRY(gem_mmap, "drm_gem_mmap", GEM_MMAP, 2)
{
	struct obj_frame in = { .helper = MMT_HELPER_DRM_GEM_MMAP, .vma = a2 };

	obj_enter(x, &in);
}
OBJ_LEAVE(gem_mmap_ret, "drm_gem_mmap", GEM_MMAP, 2, DRM_GEM_MMAP)

/* (obj, size, vma) */
ENTRY(gem_obj, "drm_gem_mmap_obj", GEM_OBJ, 3)
{
	struct obj_frame in = { .helper = MMT_HELPER_DRM_GEM_MMAP_OBJ, .vma = a3, .size = a2 };

	obj_enter(x, &in);
}
OBJ_LEAVE(gem_obj_ret, "drm_gem_mmap_obj", GEM_OBJ, 3, DRM_GEM_MMAP_OBJ)
