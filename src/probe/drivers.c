/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "drivers.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mmtrace/base.h"
#include "mmtrace/wire/names.h"
#include "perf.h"

#define DRIVERS_MAX 256 /* functions; two probes each */

struct drivers {
	const struct caps *caps;
	struct objects *objects;
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
};

struct drivers *drivers_new(const struct caps *caps, struct objects *objects)
{
	struct drivers *d = calloc(1, sizeof(*d));

	if (d) {
		d->caps = caps;
		d->objects = objects;
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

int drivers_add(struct drivers *d, uint64_t func, uint32_t role)
{
	uint32_t probed = 1, zero = 0;
	struct ksym s = { .name = "?", .module = "" };
	int enter, leave;

	if (!func || role >= MMT_COUNT(progs))
		return -EINVAL;
	for (int i = 0; i < d->n; i++)
		if (d->probe[i].func == func)
			return 0;
	if (d->n == DRIVERS_MAX)
		return -ENOSPC;
	ksyms_at(d->caps->ksyms, func, &s);
	/* the return first: an entry without its return would leave a frame behind */
	leave = probe_one(d, func, progs[role][1], true);
	enter = leave < 0 ? leave : probe_one(d, func, progs[role][0], false);
	if (enter < 0) {
		if (leave >= 0)
			close(leave);
		bpf_map_update_elem(d->funcs_map, &func, &zero, BPF_ANY);
		mmt_debug("driver function %s%s%s cannot be probed: %s", s.module, s.module[0] ? ":" : "", s.name,
			  strerror(-enter));
		return enter;
	}
	d->probe[d->n].func = func;
	d->probe[d->n].enter = enter;
	d->probe[d->n++].leave = leave;
	bpf_map_update_elem(d->funcs_map, &func, &probed, BPF_ANY);
	mmt_debug("driver function %s%s%s is probed", s.module, s.module[0] ? ":" : "", s.name);
	return 0;
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
	static const char *const glue[] = { "trace_", "__trace", "__probestub", "__bpf_trace", "perf_trace" };

	for (size_t i = 0; i < MMT_COUNT(glue); i++)
		if (!strncmp(name, glue[i], strlen(glue[i])))
			return -1;
	bool vm = strstr(name, "mmap") || strstr(name, "vm_") || strstr(name, "vma_");

	if (vm && ends_with(name, "_open"))
		return MMT_ROLE_OPEN;
	if (vm && ends_with(name, "_close"))
		return MMT_ROLE_CLOSE;
	if (strstr(name, "mmap_prepare"))
		return MMT_ROLE_PREPARE;
	return strstr(name, "mmap") ? MMT_ROLE_MMAP : -1;
}

static int add_by_name(void *ctx, const struct ksym *s)
{
	struct drivers *d = ctx;
	int role = role_by_name(s->name);

	if (role >= 0)
		drivers_add(d, s->addr, role);
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
