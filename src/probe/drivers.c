/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "drivers.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mmtrace/base.h"
#include "mmtrace/wire/event.h"
#include "mmtrace/wire/names.h"
#include "perf.h"

#define DRIVERS_MAX 512 /* functions; two probes each */

struct drivers {
	struct caps *caps;
	struct objects *objects;
	const bool *want; /* by enum mmt_event */
	int funcs_map;
	int n;
	struct {
		uint64_t func;
		int enter, leave;
	} probe[DRIVERS_MAX];
};

static const char *const progs[][2] = {
	[MMT_ROLE_MMAP] = { "driver_mmap__kprobe", "driver_mmap__kretprobe" },
	[MMT_ROLE_PREPARE] = { "driver_prepare__kprobe", "driver_prepare__kretprobe" },
	[MMT_ROLE_OPEN] = { "driver_open__kprobe", "driver_open__kretprobe" },
	[MMT_ROLE_CLOSE] = { "driver_close__kprobe", "driver_close__kretprobe" },
	[MMT_ROLE_FAULT] = { "driver_vmf__kprobe", "driver_vmf__kretprobe" },
	[MMT_ROLE_HUGE_FAULT] = { "driver_vmf__kprobe", "driver_vmf__kretprobe" },
	[MMT_ROLE_PAGE_MKWRITE] = { "driver_vmf__kprobe", "driver_vmf__kretprobe" },
	[MMT_ROLE_PFN_MKWRITE] = { "driver_vmf__kprobe", "driver_vmf__kretprobe" },
	[MMT_ROLE_ACCESS] = { "driver_access__kprobe", "driver_access__kretprobe" },
	[MMT_ROLE_SPLIT] = { "driver_split__kprobe", "driver_split__kretprobe" },
};

struct drivers *drivers_new(struct caps *caps, struct objects *objects, const bool *want)
{
	struct drivers *d = calloc(1, sizeof(*d));

	if (d) {
		d->caps = caps;
		d->objects = objects;
		d->want = want;
		d->funcs_map = objects_map(objects, "funcs");
	}
	return d;
}

static int probe_one(struct drivers *d, uint64_t func, const char *prog, bool ret)
{
	struct bpf_program *p = objects_prog(d->objects, OBJ_CORE, prog);
	int fd, err;

	if (!p || bpf_program__fd(p) < 0)
		return -ENOENT;
	fd = perf_open_kprobe(d->caps->kprobe_type, func, ret);
	if (fd < 0)
		return fd;
	err = perf_attach(fd, bpf_program__fd(p));
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static int add_by_name(void *ctx, const struct ksym *s);

/* The function's name. That of a module loaded since the symbols were read brings the module's other callbacks along. */
static void name_of(struct drivers *d, uint64_t func, struct ksym *s)
{
	if (!ksyms_at(d->caps->ksyms, func, s))
		return;
	caps_reload_ksyms(d->caps);
	if (!ksyms_at(d->caps->ksyms, func, s) && s->module[0])
		ksyms_modules(d->caps->ksyms, add_by_name, d);
}

static int probe_both(struct drivers *d, uint64_t func, uint32_t role, const struct ksym *s)
{
	uint32_t probed = 1, zero = 0;
	int enter, leave;

	for (int i = 0; i < d->n; i++)
		if (d->probe[i].func == func)
			return 0;
	if (d->n == DRIVERS_MAX)
		return -ENOSPC;
	/* the return first: an entry without its return would leave a frame behind */
	leave = probe_one(d, func, progs[role][1], true);
	enter = leave < 0 ? leave : probe_one(d, func, progs[role][0], false);
	if (enter < 0) {
		if (leave >= 0)
			close(leave);
		bpf_map_update_elem(d->funcs_map, &func, &zero, BPF_ANY);
		mmt_debug("driver function %s%s%s cannot be probed: %s", s->module, s->module[0] ? ":" : "", s->name,
			  strerror(-enter));
		return enter;
	}
	d->probe[d->n].func = func;
	d->probe[d->n].enter = enter;
	d->probe[d->n++].leave = leave;
	bpf_map_update_elem(d->funcs_map, &func, &probed, BPF_ANY);
	mmt_debug("driver function %s%s%s is probed", s->module, s->module[0] ? ":" : "", s->name);
	return 0;
}

int drivers_add(struct drivers *d, uint64_t func, uint32_t role)
{
	struct ksym s = { .name = "?", .module = "" };

	if (!func || role >= MMT_COUNT(progs))
		return -EINVAL;
	name_of(d, func, &s);
	return probe_both(d, func, role, &s);
}

static bool ends_with(const char *s, const char *end)
{
	size_t a = strlen(s), b = strlen(end);

	return a >= b && !strcmp(s + a - b, end);
}

/*
 * What a module's function is likely to be, by its name. A wrong guess costs a probe and nothing else: the program compares
 * the function with the one the file or the VMA really names.
 */
static int role_by_name(const char *name)
{
	/* glue of trace events bears the events' names */
	static const char *const others[] = { "kvm", "page_fault", "context_fault", "iopf" };
	static const struct {
		const char *end;
		bool vm; /* has to speak of mappings, too */
		int8_t role;
	} endings[] = {
		{ "_open", true, MMT_ROLE_OPEN },
		{ "_close", true, MMT_ROLE_CLOSE },
		{ "huge_fault", false, MMT_ROLE_HUGE_FAULT },
		{ "_fault", false, MMT_ROLE_FAULT },
		{ "page_mkwrite", false, MMT_ROLE_PAGE_MKWRITE },
		{ "pfn_mkwrite", false, MMT_ROLE_PFN_MKWRITE },
		{ "_access", true, MMT_ROLE_ACCESS },
		{ "may_split", false, MMT_ROLE_SPLIT },
	};
	static const char *const glue[] = { "trace_", "__trace", "__probestub", "__bpf_trace", "perf_trace" };

	for (size_t i = 0; i < MMT_COUNT(glue); i++)
		if (!strncmp(name, glue[i], strlen(glue[i])))
			return -1;
	for (size_t i = 0; i < MMT_COUNT(others); i++)
		if (strstr(name, others[i]))
			return -1;
	bool vm = strstr(name, "mmap") || strstr(name, "vm_") || strstr(name, "vma_");

	for (size_t i = 0; i < MMT_COUNT(endings); i++)
		if ((vm || !endings[i].vm) && ends_with(name, endings[i].end))
			return endings[i].role;
	if (strstr(name, "mmap_prepare"))
		return MMT_ROLE_PREPARE;
	return strstr(name, "mmap") ? MMT_ROLE_MMAP : -1;
}

static const uint16_t events[] = {
	[MMT_ROLE_MMAP] = MMT_EV_DRIVER_MMAP,
	[MMT_ROLE_PREPARE] = MMT_EV_DRIVER_MMAP,
	[MMT_ROLE_OPEN] = MMT_EV_DRIVER_OPEN,
	[MMT_ROLE_CLOSE] = MMT_EV_DRIVER_CLOSE,
	[MMT_ROLE_FAULT] = MMT_EV_DRIVER_FAULT,
	[MMT_ROLE_HUGE_FAULT] = MMT_EV_DRIVER_FAULT,
	[MMT_ROLE_PAGE_MKWRITE] = MMT_EV_DRIVER_MKWRITE,
	[MMT_ROLE_PFN_MKWRITE] = MMT_EV_DRIVER_MKWRITE,
	[MMT_ROLE_ACCESS] = MMT_EV_DRIVER_ACCESS,
	[MMT_ROLE_SPLIT] = MMT_EV_DRIVER_SPLIT,
};

static int add_by_name(void *ctx, const struct ksym *s)
{
	struct drivers *d = ctx;
	int role = role_by_name(s->name);

	if (role >= 0 && d->want[events[role]])
		probe_both(d, s->addr, (uint32_t)role, s);
	return d->n == DRIVERS_MAX;
}

/* The target's open files: the iterator writes pairs of function and role. */
static void add_open_files(struct drivers *d)
{
	struct bpf_program *p = objects_prog(d->objects, OBJ_CORE, "files__iter");
	struct bpf_link *link = p && bpf_program__fd(p) >= 0 ? bpf_program__attach_iter(p, NULL) : NULL;
	int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
	uint64_t pair[2];

	while (fd >= 0 && read(fd, pair, sizeof(pair)) == sizeof(pair))
		drivers_add(d, pair[0], pair[1]);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
}

int drivers_start(struct drivers *d)
{
	ksyms_modules(d->caps->ksyms, add_by_name, d);
	add_open_files(d);
	return d->n;
}

void drivers_free(struct drivers *d)
{
	if (!d)
		return;
	for (int i = 0; i < d->n; i++) {
		close(d->probe[i].enter);
		close(d->probe[i].leave);
	}
	free(d);
}
