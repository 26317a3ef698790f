/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Totals of faults: added up here, read by user space from the maps (include/mmtrace/wire/total.h).
 *
 * A cell has the count, the times and the buckets of one kind of fault of one key. rows: key -> number of the cell of each kind;
 * a cell is taken when its first fault comes. Cells are shared by all CPUs, so everything in them is added atomically; without a
 * key each CPU has a row of its own.
 *
 * The slot of a thread is apart from that of fault events (core.bpf.h): it is small, since no event is built in it.
 */
#ifndef MMTRACE_TOTAL_BPF_H
#define MMTRACE_TOTAL_BPF_H

#include "bucket.bpf.h"
#include "kind.bpf.h"
#include "split.bpf.h"
#include "mmtrace/wire/total.h"

/*
 * 64 bytes, so that finding it takes a shift. The first touch of anonymous memory by its owner, which is what most faults are,
 * is told by one comparison at its end: of head.
 */
struct mmt_tslot {
	union {
		__u64 tid_head; /* both at once */
		struct {
			__u32 tid;
			union {
				__u32 head;
				struct {
					__u8 state; /* SLOT_, or SLOT_UNWANTED: its thread is not in the target */
					__u8 nested;
					__u8 quick; /* 1: user mode writes to anonymous memory; traits are not filled */
					__u8 marks; /* enum mmt_mark */
				};
			};
		};
	};
	union {
		__u32 traits;
		struct {
			__u8 class;
			__u8 mode;
			__u8 rdev; /* the mapping is of a device */
			__u8 zero0;
		};
	};
	__u32 row;
	__u64 ts;
	__u64 addr;
	__u32 flags;
	__u32 vm_flags; /* the lower half has all that a kind depends on */
	__u32 cell_id;	/* row and kind that cell is of: the last fault's, and mostly the next one's */
	__u32 cell;
	__u32 shift; /* bucket_of() the last fault */
	__u32 cpu;   /* cell is of its row, and of the kind that quick faults have; else ~0 */
	__u64 mm_key;
};
_Static_assert(sizeof(struct mmt_tslot) == 64, "size of a slot");

#define SLOT_UNWANTED 4
#define HEAD_QUICK    (SLOT_RUNNING | 1 << 16)
#define HEAD_NO_CELL  (SLOT_IDLE | 1 << 16) /* of a thread whose faults are only counted, and that has no cell yet */
#define TRAITS_QUICK  (MMT_FCLASS_ANON | MMT_FMODE_USER << 8)

#define TSLOTS 16384 /* 1 MiB. A power of two */

/*
 * Not a map of its own but a variable: its address is part of the program, and no bound nor pointer is looked at when it is
 * used. It saves a third of what there is to save.
 */
static struct mmt_tslot tslots[TSLOTS];

/* What a thread remembers of the key of its last fault: valid for the same mapping, CPU and generation. */
struct mmt_tkey {
	__u64 start;
	__u64 file;
	__u32 cpu;
	__u32 gen;
	__u32 row;
	__u32 zero0;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* user space makes it TSLOTS where there are keys */
	__type(key, __u32);
	__type(value, struct mmt_tkey);
} tkeys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mmt_row);
} rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct mmt_cell);
} cells SEC(".maps");

/* number of a cell -> whose it is; taking a number is putting it here */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32); /* row * MMT_CELL_KINDS + cell kind */
} cell_owners SEC(".maps");

/* Addresses are used again, and so are mm_structs: what is mapped there now was met at its birth. */
struct birth_key {
	__u64 start;
	__u32 mm; /* number */
	__u32 zero0;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct birth_key);
	__type(value, __u64);
} births SEC(".maps");

struct total_key {
	__u64 mm, start; /* by mapping */
	__u64 birth;
	__u64 dev, ino; /* by file; by driver ino is the function */
	__u64 comm[2];
	__u32 cpu;
	__u32 class; /* by file, where there is none */
	__u32 kstack, ustack;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct total_key);
	__type(value, __u32); /* its row */
} total_keys SEC(".maps");

/* rows by their number, as cell_owners */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} row_owners SEC(".maps");

struct total_state {
	__u32 next_cell, next_row;
	__u32 no_cells; /* faults that found no cell */
	__u32 zero0;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct total_state);
} total_state SEC(".maps");

/* Changes when a mapping has gone: what threads remember of keys is void. */
volatile __u32 total_gen;

static __always_inline struct mmt_tslot *tslot_of(__u32 tid)
{
	struct mmt_tslot *s = &tslots[tid & (TSLOTS - 1)];

	KEEP(s);
	return s;
}

static __always_inline struct total_state *total_state_of(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&total_state, &zero);
}

/* The row of faults that have no key: its CPU's. */
static __always_inline __u32 row_of_cpu(__u32 cpu)
{
	return cpu < MMT_ROW_KEYS - MMT_ROW_CPU ? MMT_ROW_CPU + cpu : MMT_ROW_OTHER;
}

/* ---- cells ---------------------------------------------------------------------------------------------------- */

/* A number that nobody has, from *next, put into map with its owner: see mm_assign(). 0: none is left. */
static __always_inline __u32 number_take(void *map, __u32 *next, __u32 first, __u32 end, __u32 owner)
{
	__u32 n;
	int i;

	for (i = 0; i < 4; i++) {
		if (*(volatile __u32 *)next >= end - first)
			return 0;
		__sync_fetch_and_add(next, 1);
		n = first + *(volatile __u32 *)next - 1;
		if (n < end && !bpf_map_update_elem(map, &n, &owner, BPF_NOEXIST))
			return n;
	}
	return 0;
}

static __noinline __u32 cell_take(__u32 row, __u32 kind)
{
	struct total_state *st = total_state_of();
	struct mmt_row *r = bpf_map_lookup_elem(&rows, &row);
	__u32 n;

	if (!st || !r || kind >= MMT_CELL_KINDS)
		return 0;
	/* of two CPUs that take one at once both keep theirs: readers add up what has one owner */
	n = number_take(&cell_owners, &st->next_cell, 1,
			knobs.total_cells - (row == MMT_ROW_OTHER ? 0 : MMT_CELL_KINDS), row * MMT_CELL_KINDS + kind);
	KEEP(kind); /* what was known of it is forgotten by now */
	kind &= MMT_CELL_KINDS - 1;
	if (n)
		r->cell[kind] = n;
	return n;
}

static __noinline __u32 cell_number(__u32 row, __u32 kind)
{
	struct mmt_row *r = bpf_map_lookup_elem(&rows, &row);

	if (!r || kind >= MMT_CELL_KINDS)
		return 0;
	return r->cell[kind] ? r->cell[kind] : cell_take(row, kind);
}

static __always_inline struct mmt_cell *cell_of(struct mmt_tslot *s, __u32 kind)
{
	__u32 id = s->row * MMT_CELL_KINDS + kind, n = s->cell;

	if (s->cell_id != id) {
		n = cell_number(s->row, kind);
		if (!n) { /* there are cells kept for this */
			lose(MMT_LOSS_TOTAL, MMT_EV_FAULT_KEY);
			n = cell_number(MMT_ROW_OTHER, kind);
			return n ? bpf_map_lookup_elem(&cells, &n) : NULL;
		}
		/* what only counts looks for one kind there, of any CPU */
		if (knobs.totals == MMT_TOTALS_COUNT && kind != MMT_FKIND_ANON)
			return bpf_map_lookup_elem(&cells, &n);
		s->cell = n;
		s->cell_id = id;
		s->cpu =
			kind == (knobs.by & MMT_BY_KIND ? MMT_FKIND_ANON : MMT_CELL_CLASS) ? s->row - MMT_ROW_CPU : ~0U;
	}
	return bpf_map_lookup_elem(&cells, &n);
}

static __always_inline void cell_missing(void)
{
	struct total_state *st = total_state_of();

	if (st)
		__sync_fetch_and_add(&st->no_cells, 1);
	lose(MMT_LOSS_TOTAL, MMT_EV_FAULT); /* not of a key: it is in no total */
}

/* What is known of a fault's kind, as the number of its cell within the row. */
static __always_inline __u32 cell_kind(__u8 kind, __u8 class)
{
	return kind ? kind : MMT_CELL_CLASS + class;
}

static __always_inline void total_count(struct mmt_tslot *s, __u32 kind)
{
	struct mmt_cell *c = cell_of(s, kind);

	if (c)
		__sync_fetch_and_add(&c->untimed, 1);
	else
		cell_missing();
}

static __always_inline void cell_add(struct mmt_cell *c, __u32 bucket, __u64 ns)
{
	__sync_fetch_and_add(&c->bucket[bucket], 1);
	__sync_fetch_and_add(&c->sum_ns, ns);
	if (ns > c->max_ns)
		*(volatile __u64 *)&c->max_ns = ns;
}

static __always_inline struct mmt_cell *total_time(struct mmt_tslot *s, __u32 kind, __u64 ns)
{
	struct mmt_cell *c = cell_of(s, kind);

	if (c)
		cell_add(c, bucket_of(ns, &s->shift), ns);
	else
		cell_missing();
	return c;
}

static __always_inline struct fault_traits tslot_traits(const struct mmt_tslot *s, __u32 result, bool has_result,
							__u16 maj)
{
	const struct mmt_tslot quick = { .traits = TRAITS_QUICK }, *t = s->quick ? &quick : s;

	return (struct fault_traits){
		.flags = s->flags,
		.vm_flags = s->vm_flags,
		.result = result,
		.class = t->class,
		.mode = t->mode,
		.rdev = t->rdev,
		.maj = maj,
		.has_result = has_result,
		.has_flags = knobs.total_flags,
	};
}

/* An end without a return: it is counted, its time is not known. */
static __always_inline void total_give_up(struct mmt_tslot *s, __u8 kind)
{
	s->head = SLOT_IDLE;
	split_drop(s->tid);
	total_count(s, kind);
}

/* The thread is where no fault of its own can be any more. */
static __always_inline void total_is_over(__u32 tid)
{
	struct mmt_tslot *s;

	if (!knobs.totals)
		return;
	s = tslot_of(tid);
	if (s->tid == tid && s->state & (SLOT_RUNNING | SLOT_RETRY))
		total_give_up(s, MMT_FKIND_ABANDONED);
}

static __always_inline bool total_signalled(__u32 tid, __u8 kind)
{
	struct mmt_tslot *s;

	if (!knobs.totals)
		return false;
	s = tslot_of(tid);
	if (s->tid == tid && knobs.totals == MMT_TOTALS_COUNT && s->state == SLOT_IDLE)
		s->marks = 0; /* of a fault that has no return */
	if (s->tid != tid || !(s->state & (SLOT_RUNNING | SLOT_RETRY)))
		return false;
	total_give_up(s, kind);
	return true;
}

/* gone: the thread. Else it has a new program: what was remembered of the old address space is void. */
static __always_inline void total_forget(__u32 tid, bool gone)
{
	struct mmt_tslot *s;

	if (!knobs.totals)
		return;
	s = tslot_of(tid);
	if (s->tid != tid)
		return;
	if (gone && s->state & (SLOT_RUNNING | SLOT_RETRY))
		total_give_up(s, MMT_FKIND_ABANDONED);
	s->tid = 0;
	s->head = SLOT_IDLE;
	s->mm_key = 0;
}

/* May an answer of current_wanted() be kept until the thread execs or ends? Names and control groups change. */
#define WANTED_STAYS (!(knobs.filter & (MMT_FILTER_COMM | MMT_FILTER_CGROUP)))

/* Its address space is another one, or its name. */
static __always_inline void tkey_forget(__u32 tid)
{
	__u32 i = tid & (TSLOTS - 1);
	struct mmt_tkey *k = bpf_map_lookup_elem(&tkeys, &i);

	if (k)
		k->start = ~0ULL;
}

/* The command's process before its exec. */
static __always_inline bool before_exec(__u32 tgid)
{
	__u32 *how = knobs.filter & MMT_FILTER_TGID ? target_find(tgid) : NULL;

	return how && *how == MMT_TARGET_AT_EXEC;
}

/* A thread's first fault since its program began: is it wanted? Nothing is kept while the programs are off. */
static __noinline int tslot_claim(__u32 tid, __u64 mm)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_tslot *s = tslot_of(tid);
	bool wanted = current_wanted(pid_tgid);

	if (off || before_exec(pid_tgid >> 32))
		return 0;
	if (s->tid != tid && s->state & (SLOT_RUNNING | SLOT_RETRY)) {
		if (wanted)
			lose(MMT_LOSS_SLOT, MMT_EV_FAULT_KEY);
		return 0;
	}
	if (!wanted && !WANTED_STAYS)
		return 0;
	if (s->tid != tid || s->state == SLOT_UNWANTED || !wanted)
		s->head = !wanted				       ? SLOT_UNWANTED :
			  knobs.totals == MMT_TOTALS_COUNT && !s->cell ? HEAD_NO_CELL :
									 SLOT_IDLE;
	if (wanted)
		target_heard(pid_tgid >> 32);
	s->tid = tid;
	s->mm_key = mm;
	s->row = row_of_cpu(bpf_get_smp_processor_id()); /* of a first fault that has no end */
	s->cpu = ~0U;
	s->cell_id = 0;
	tkey_forget(tid);
	if (wanted && knobs.totals == MMT_TOTALS_COUNT)
		HIT(COUNT);
	else if (wanted)
		HIT(TOTAL);
	return wanted;
}

static __always_inline void total_mark(__u32 tid, __u32 bit)
{
	struct mmt_tslot *s;

	if (!knobs.totals)
		return;
	s = tslot_of(tid);
	if (knobs.totals == MMT_TOTALS_COUNT && s->tid != tid)
		tslot_claim(tid, 0);
	/* what only counts has no beginning that clears them: their end does */
	if (s->tid == tid && s->state == (knobs.totals == MMT_TOTALS_COUNT ? SLOT_IDLE : SLOT_RUNNING))
		s->marks |= bit;
}

/* The VMA at start has gone, of this address space: another one may begin there, and its file's struct be another's. */
static __always_inline void total_unmapped(__u64 mm, __u64 start)
{
	struct birth_key k = { .start = start };
	__u32 *number;

	if (!(knobs.by & (MMT_BY_MAPPING | MMT_BY_FILE | MMT_BY_DRIVER)))
		return;
	number = bpf_map_lookup_elem(&mms, &mm);
	if (!number)
		return;
	k.mm = *number & ~MM_REACHED;
	if (knobs.by & MMT_BY_MAPPING)
		bpf_map_delete_elem(&births, &k);
	__sync_fetch_and_add(&total_gen, 1);
}

#endif
