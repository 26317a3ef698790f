/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "caps.h"
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "calibrate.h"
#include "mmtrace/base.h"
#include "perf.h"

/* A function that every kernel with BTF has, and that nothing calls while it is tried. */
#define TRY_FN "vm_iomap_memory"

/* capabilities since 5.8: include/uapi/linux/capability.h */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

const char *caps_missing_privilege(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2] = {};
	uint64_t have;

	if (syscall(SYS_capget, &h, d))
		return "";
	have = d[0].effective | (uint64_t)d[1].effective << 32;
	if (have & (1ULL << CAP_SYS_ADMIN))
		return "";
	if (!(have & (1ULL << CAP_BPF)) && !(have & (1ULL << CAP_PERFMON)))
		return "CAP_BPF and CAP_PERFMON";
	if (!(have & (1ULL << CAP_BPF)))
		return "CAP_BPF";
	return have & (1ULL << CAP_PERFMON) ? "" : "CAP_PERFMON";
}

/* Inode of the first pid namespace: PROC_PID_INIT_INO, include/linux/proc_ns.h, 6.12 */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

bool caps_own_pids(void)
{
	char ns[64];
	ssize_t n = readlink("/proc/self/ns/pid", ns, sizeof(ns) - 1);

	if (n < 0)
		return false; /* no /proc, or an old kernel: nothing speaks against it */
	ns[n] = 0;
	return strcmp(ns, FIRST_PID_NAMESPACE) != 0;
}

/* Does fentry attach here at all? Load and attach an empty program, and take it away again. */
static int try_fentry(const struct btf *btf)
{
	struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	int id = btf ? btf__find_by_name_kind(btf, TRY_FN, BTF_KIND_FUNC) : -ENOENT;
	int prog, link;

	if (id < 0)
		return -ENOENT;
	opts.attach_btf_id = id;
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "mmt_try", "GPL", code, MMT_COUNT(code), &opts);
	if (prog < 0)
		return -errno;
	link = bpf_raw_tracepoint_open(NULL, prog);
	if (link < 0)
		link = -errno;
	else
		close(link);
	close(prog);
	return link < 0 ? link : 0;
}

static int try_kprobe(struct caps *c)
{
	uint64_t addr;
	int fd;

	c->kprobe_type = perf_kprobe_type();
	if (c->kprobe_type < 0)
		return -ENOENT;
	if (ksyms_named(c->ksyms, TRY_FN, &addr) < 1)
		return -ENOENT;
	fd = perf_open_kprobe(c->kprobe_type, addr, false);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int try_perf(void)
{
	int fd = perf_open_fault(PERF_FAULTS, 0);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Offset of a field in a tracepoint's record, from its format file; 0: not found. */
static uint32_t field_offset(const char *event, const char *field)
{
	static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char path[160], line[256], want[64];
	uint32_t off = 0;

	snprintf(want, sizeof(want), " %s;", field);
	for (size_t i = 0; i < MMT_COUNT(roots) && !off; i++) {
		snprintf(path, sizeof(path), "%s/events/%s/format", roots[i], event);
		FILE *f = fopen(path, "re");

		while (f && fgets(line, sizeof(line), f)) {
			char *at = strstr(line, want), *o = at ? strstr(at, "offset:") : NULL;

			if (o && sscanf(o, "offset:%u", &off) == 1)
				break;
		}
		if (f)
			fclose(f);
	}
	return off;
}

/* Tries with a function, for one pass over the kernel's types: there are 150,000 of them. */
struct wanted {
	const char *fn;
	struct cap_func *f;
};

static int cmp_wanted(const void *a, const void *b)
{
	return strcmp(((const struct wanted *)a)->fn, ((const struct wanted *)b)->fn);
}

static size_t list_wanted(struct caps *c, struct wanted *w)
{
	size_t n = 0;

	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		for (int i = 0; i < HOOK_TRIES && hook_table[h].tries[i].tier; i++) {
			if (!hook_table[h].tries[i].fn)
				continue;
			c->fn[h][i].nargs = -1;
			w[n++] = (struct wanted){ hook_table[h].tries[i].fn, &c->fn[h][i] };
		}
	}
	qsort(w, n, sizeof(*w), cmp_wanted);
	return n;
}

static void take_proto(const struct btf *btf, const struct btf_type *t, struct wanted *w, size_t n)
{
	struct wanted key = { btf__name_by_offset(btf, t->name_off), NULL };
	struct wanted *at = bsearch(&key, w, n, sizeof(*w), cmp_wanted);
	const struct btf_type *proto = at ? btf__type_by_id(btf, t->type) : NULL;

	if (!proto || !btf_is_func_proto(proto))
		return;
	while (at > w && !strcmp(at[-1].fn, key.fn))
		at--;
	for (; at < w + n && !strcmp(at->fn, key.fn); at++)
		at->f->nargs = btf_vlen(proto);
}

static void look_up_functions(struct caps *c, const struct btf *btf)
{
	struct wanted w[MMT_HOOK_MAX * HOOK_TRIES];
	size_t n = list_wanted(c, w);

	for (size_t i = 0; i < n; i++)
		w[i].f->exists = ksyms_named(c->ksyms, w[i].fn, &w[i].f->addr) == 1;
	for (__u32 id = 1; btf && id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_func(t))
			take_proto(btf, t, w, n);
	}
	ksyms_named(c->ksyms, "shmem_fault", &c->shmem_fault);
	ksyms_named(c->ksyms, "shm_fault", &c->sysv_fault); /* ipc/shm.c, 5.10 to 6.12: calls the other */
}

static uint32_t size_by_btf(const struct btf *btf, const char *name)
{
	int id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT) : -ENOENT;

	return id > 0 ? btf__type_by_id(btf, id)->size : 0;
}

static uint32_t log2_of(uint64_t v)
{
	uint32_t n = 0;

	while (v > 1) {
		v >>= 1;
		n++;
	}
	return n;
}

/*
 * Size of a kernel stack. arm64: 16 KiB, or a page where that is larger (MIN_THREAD_SHIFT 14 and VMAP_STACK,
 * arch/arm64/include/asm/memory.h, 6.12). x86-64: 16 KiB (THREAD_SIZE_ORDER 2, arch/x86/include/asm/page_64_types.h, 6.12).
 */
static uint32_t stack_shift(uint32_t page_shift)
{
	return page_shift > 14 ? page_shift : 14;
}

/* What libbpf says of a file is said again in our own words. */
static int to_debug(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[300];

	if (level > LIBBPF_INFO || vsnprintf(line, sizeof(line), fmt, ap) <= 0)
		return 0;
	line[strcspn(line, "\n")] = 0;
	mmt_debug("%s", line);
	return 0;
}

int caps_probe(struct caps *c, const char *btf_path, char *why, size_t size)
{
	struct btf *btf;

	memset(c, 0, sizeof(*c));
	libbpf_set_print(to_debug);
	c->page_shift = log2_of(sysconf(_SC_PAGESIZE));
	c->thread_shift = stack_shift(c->page_shift);
	c->cpus = libbpf_num_possible_cpus();
	c->ksyms = ksyms_load("/proc/kallsyms", "/proc/modules");
	if (!c->ksyms)
		mmt_warn("no kernel symbols (%s): functions have no names, and no function can be probed",
			 errno == EPERM ? "kernel.kptr_restrict hides them" : strerror(errno));
	c->kernel_btf = !access("/sys/kernel/btf/vmlinux", R_OK);
	btf = btf_path ? btf__parse(btf_path, NULL) : c->kernel_btf ? btf__load_vmlinux_btf() : NULL;
	if (btf_path && !btf) {
		char said[80];

		libbpf_strerror(errno, said, sizeof(said));
		snprintf(why, size, "--btf '%s': cannot be read as BTF: %s", btf_path, said);
		return -EINVAL;
	}
	c->btf = btf != NULL;
	c->fentry_err = c->kernel_btf ? try_fentry(btf) : -ENOENT;
	c->kprobe_err = try_kprobe(c);
	c->perf_err = try_perf();
	c->fork_child_off = field_offset("sched/sched_process_fork", "child_pid");
	c->free_pid_off = field_offset("sched/sched_process_free", "pid");
	c->page_pfn_off = field_offset("kmem/mm_page_alloc", "pfn");
	c->page_btf = size_by_btf(btf, "page");
	look_up_functions(c, btf);
	btf__free(btf);
	return 0;
}

uint32_t caps_slots(void)
{
	uint32_t n = 1024, pid_max = 32768;
	FILE *f = fopen("/proc/sys/kernel/pid_max", "re");

	if (f) {
		if (fscanf(f, "%u", &pid_max) != 1)
			pid_max = 32768;
		fclose(f);
	}
	while (n < pid_max && n < MMT_SLOTS_MAX)
		n *= 2;
	return n;
}

void caps_reload_ksyms(struct caps *c)
{
	struct ksyms *now = ksyms_load("/proc/kallsyms", "/proc/modules");

	if (!now)
		return;
	ksyms_free(c->ksyms);
	c->ksyms = now;
}

int caps_calibrate(struct caps *c)
{
	int err = calibrate(c->page_pfn_off, c->page_btf, &c->page_base, &c->page_struct);

	if (err)
		mmt_debug("no PFNs of pages: %s", err == -ERANGE  ? "there is no one array of struct page" :
						  err == -ENODATA ? "no pages were allocated while that was watched" :
								    strerror(-err));
	return err;
}

void caps_free(struct caps *c)
{
	ksyms_free(c->ksyms);
	c->ksyms = NULL;
}
