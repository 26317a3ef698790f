/* SPDX-License-Identifier: GPL-2.0 */
/* A VMA and its file, read into an event; paths walked and sent once. Core object only. */
#ifndef MMTRACE_VMA_BPF_H
#define MMTRACE_VMA_BPF_H

#include "hook.bpf.h"
#include "renames.bpf.h"

/* The VMA fields that stand first in every event that has a VMA. */
struct vma_part {
#define M(ev, wire, count, name, look, text) MMT_C_##wire name;
	MMT_FIELDS_VMA(M, X)
#undef M
};
enum {
#define M(ev, wire, count, name, look, text) MMT_V_##name,
	MMT_FIELDS_VMA(M, X)
#undef M
};
#define VMA_HAVE(name) (1ULL << MMT_V_##name)
/* the VMA fields of an event */
#define VMA_OF(e) ((struct vma_part *)&(e)->vma_start)
#define S_IFMT_	  0170000 /* include/uapi/linux/stat.h, 6.12 */
#define S_IFCHR_  0020000
#define S_IFBLK_  0060000

/* A walk under way. On the stack, since bpf_loop() takes nothing else. */
struct walk {
	struct mmt_path *p;
	struct dentry *d;
	struct mount *mnt;
};

/* One step up. 1 ends the walk. */
static long walk_step(__u32 i, struct walk *w)
{
	struct mount *mnt = w->mnt;
	struct dentry *d = w->d;
	struct dentry *root = BPF_CORE_READ(mnt, mnt.mnt_root), *parent = BPF_CORE_READ(d, d_parent);
	struct mmt_path *p = w->p;
	__u32 used;
	long n;

	if (d == root || d == parent) {
		struct mount *up = BPF_CORE_READ(mnt, mnt_parent);

		if (d != root && i == 0) {
			/* a file of no directory: memfd, SysV shm, anon inode. Its own name is all there is. */
			p->deleted = MMT_PATH_PSEUDO;
			bpf_probe_read_kernel_str(p->text, MMT_PATH_SLACK, BPF_CORE_READ(d, d_name.name));
			p->used = 1;
			p->truncated = 0;
			return 1;
		}
		if (up == mnt) {
			p->truncated = 0;
			return 1;
		}
		w->d = BPF_CORE_READ(mnt, mnt_mountpoint);
		w->mnt = up;
		return 0;
	}
	/* kept in the record, not in a register: so the verifier sees every round alike and need not walk them all */
	used = *(volatile __u16 *)&p->used;
	if (used >= MMT_PATH_BYTES)
		return 1;
	n = bpf_probe_read_kernel_str(&p->text[used], MMT_PATH_SLACK, BPF_CORE_READ(d, d_name.name));
	if (n <= 0)
		return 1;
	*(volatile __u16 *)&p->used = used + n;
	w->d = parent;
	return 0;
}

/*
 * Walks from the leaf to the root over dentries and mounts, and sends what it saw: leaf first, the reader turns it
 * round. Room for the whole walk is taken from the ring at once; this happens once per file. What is behind `used` is
 * whatever the ring held before: older events, never other kernel memory.
 */
static __noinline int path_send(struct dentry *d, struct vfsmount *vm, __u64 key)
{
	struct mmt_path *p = ring_reserve(sizeof(*p));
	struct walk w = { .p = p, .d = d, .mnt = (void *)vm - bpf_core_field_offset(struct mount, mnt) };

	if (!p) {
		lose(MMT_LOSS_NAME, 0);
		return 0;
	}
	p->type = MMT_ITEM_PATH;
	p->size = sizeof(*p);
	p->key = key;
	p->used = 0;
	p->truncated = 1;
	p->deleted = 0;
	if (!BPF_CORE_READ(d, d_hash.pprev))
		p->deleted = MMT_PATH_DELETED;
#ifdef MMT_OLD
	for (int i = 0; i < MMT_PATH_DEPTH; i++)
		if (walk_step(i, &w))
			break;
#else
	bpf_loop(MMT_PATH_DEPTH, walk_step, &w, 0); /* a fraction of the verification */
#endif
	bpf_ringbuf_submit(p, BPF_RB_NO_WAKEUP);
	name_sent(key);
	return 0;
}

/* Key of a file's path, 0: it has none. */
static __always_inline __u64 file_key(struct file *file)
{
	struct dentry *d = BPF_CORE_READ(file, f_path.dentry);
	struct vfsmount *m = BPF_CORE_READ(file, f_path.mnt);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	__u64 key;

	if (!d || !m || !inode)
		return 0;
	/*
	 * Dentries are reused, so the inode's number and device are part of the key; they are renamed and unlinked, so the name,
	 * the directory and being hashed are too. (A directory above that is renamed is not seen.)
	 */
	key = mix64((__u64)d) ^ mix64((__u64)m + 1) ^ mix64(BPF_CORE_READ(inode, i_ino) + 2) ^
	      mix64((__u64)BPF_CORE_READ(inode, i_sb, s_dev) + 3) ^ mix64(BPF_CORE_READ(d, d_name.hash_len) + 4) ^
	      mix64((__u64)BPF_CORE_READ(d, d_parent) + (BPF_CORE_READ(d, d_hash.pprev) ? 5 : 6));
	return key ? key : 1;
}

/*
 * Key of a file's path; the path itself is sent when it is new. A global function: the verifier looks at it once per
 * program, not at every call.
 */
__noinline __u64 file_name(__u64 file_ptr)
{
	struct file *file = (void *)file_ptr;
	__u64 key = file_key(file);

	if (key && name_new(key))
		path_send(BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt), key);
	return key;
}

/*
 * Key of the path of a VMA's file, 0 without. To be asked for before an event is reserved, so that the name stands before the
 * event in the ring.
 */
static __always_inline __u64 vma_name(const bool b, struct vm_area_struct *vma)
{
	/* a global function takes numbers only: what is read by a helper is one, a pointer followed directly is not */
	return RD(b, vma, vm_file) ? file_name((__u64)BPF_CORE_READ(vma, vm_file)) : 0;
}

/* Fills the VMA fields; returns their have bits. name: of vma_name(). */
static __always_inline __u64 vma_fill(const bool b, struct vma_part *p, struct vm_area_struct *vma, __u64 name)
{
	__u64 have = VMA_HAVE(vma_start) | VMA_HAVE(vma_end) | VMA_HAVE(pgoff) | VMA_HAVE(vm_flags);
	const struct vm_operations_struct *ops;
	struct file *file;
	__u64 fn = 0;

	p->vma_start = RD(b, vma, vm_start);
	p->vma_end = RD(b, vma, vm_end);
	p->pgoff = RD(b, vma, vm_pgoff);
	p->vm_flags = RD(b, vma, vm_flags);
	p->ino = p->file = p->ops = 0;
	p->dev = p->rdev = 0;
	ops = (void *)RD(b, vma, vm_ops);
	file = (void *)RD(b, vma, vm_file);
	if (ops) {
		fn = RD(b, ops, fault);
		if (!fn)
			fn = RD(b, ops, open);
		if (!fn)
			fn = RD(b, ops, close);
	}
	if (file) {
		struct inode *inode = (void *)RD(b, file, f_inode);

		p->ino = RD(b, inode, i_ino);
		p->dev = b ? inode->i_sb->s_dev : BPF_CORE_READ(inode, i_sb, s_dev);
		__u16 mode = RD(b, inode, i_mode) & S_IFMT_;
		have |= VMA_HAVE(ino) | VMA_HAVE(dev);
		if (mode == S_IFCHR_ || mode == S_IFBLK_) {
			p->rdev = RD(b, inode, i_rdev);
			have |= VMA_HAVE(rdev);
		}
		p->file = name;
		if (p->file)
			have |= VMA_HAVE(file);
		if (!fn)
			fn = file_mmap_func(file, NULL);
	}
	if (fn) {
		p->ops = fn;
		have |= VMA_HAVE(ops);
	}
	return have;
}

#endif
