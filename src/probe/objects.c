/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "objects.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/core.skel.h"
#include "bpf/plain.skel.h"
#include "mmtrace/base.h"

struct objects {
	struct mmt_plain *plain;
	struct mmt_core *core;
};

/* libbpf says which program failed only in its log. */
static char failed_prog[64];
static char failed_line[200];

static int watch_log(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[400];
	const char *at;
	int n = vsnprintf(line, sizeof(line), fmt, ap);

	if (n <= 0 || level > LIBBPF_INFO)
		return 0;
	line[strcspn(line, "\n")] = 0;
	at = strstr(line, "prog '");
	if (at && strstr(line, "failed") && sscanf(at, "prog '%63[^']'", failed_prog) == 1)
		snprintf(failed_line, sizeof(failed_line), "%.*s", (int)sizeof(failed_line) - 1, line);
	else if (!failed_line[0] && level == LIBBPF_WARN)
		snprintf(failed_line, sizeof(failed_line), "%.*s", (int)sizeof(failed_line) - 1, line);
	mmt_debug("%s", line);
	return 0;
}

const char *objects_error(void)
{
	return failed_line;
}

/* Programs of the driver hook are attached one by one later, to functions found at run time. */
static const char *const driver_progs[] = {
	"driver_mmap__kprobe",	     "driver_mmap__kretprobe",	"driver_prepare__kprobe",
	"driver_prepare__kretprobe", "driver_open__kprobe",	"driver_open__kretprobe",
	"driver_close__kprobe",	     "driver_close__kretprobe", "files__iter",
};

/* The hook whose chosen try has this program, -1: none. */
static int hook_of(const struct hook_choice c[MMT_HOOK_MAX], int object, const char *prog)
{
	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		const struct hook_try *t;

		if (!c[h].wanted || c[h].try < 0)
			continue;
		t = &hook_table[h].tries[c[h].try];
		if (t->object != object)
			continue;
		for (int i = 0; i < HOOK_PROGS && t->progs[i]; i++)
			if (!strcmp(t->progs[i], prog))
				return h;
		for (size_t i = 0; h == MMT_HOOK_DRIVER && i < MMT_COUNT(driver_progs); i++)
			if (!strcmp(driver_progs[i], prog))
				return h;
	}
	return -1;
}

/* Number of programs switched on. */
static int pick_programs(struct bpf_object *obj, int object, const struct hook_choice c[MMT_HOOK_MAX])
{
	struct bpf_program *p;
	int n = 0;

	bpf_object__for_each_program(p, obj) {
		bool on = hook_of(c, object, bpf_program__name(p)) >= 0;

		bpf_program__set_autoload(p, on);
		n += on;
	}
	return n;
}

static void size_maps(struct bpf_object *obj, const struct objects_opts *opts)
{
	bpf_map__set_max_entries(bpf_object__find_map_by_name(obj, "ring"), opts->ring_bytes);
	bpf_map__set_max_entries(bpf_object__find_map_by_name(obj, "slots"), opts->slots);
}

/* The core object takes over the plain one's maps, all but its own data sections. */
static int share_maps(struct bpf_object *from, struct bpf_object *to)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, to) {
		struct bpf_map *other = bpf_object__find_map_by_name(from, bpf_map__name(m));
		int err;

		if (!other || bpf_map__is_internal(m))
			continue;
		err = bpf_map__reuse_fd(m, bpf_map__fd(other));
		if (err)
			return err;
	}
	return 0;
}

static int load_plain(struct objects *o, const struct hook_choice c[MMT_HOOK_MAX], const struct objects_opts *opts)
{
	o->plain = mmt_plain__open();
	if (!o->plain)
		return -errno;
	if (!pick_programs(o->plain->obj, OBJ_PLAIN, c)) {
		mmt_plain__destroy(o->plain);
		o->plain = NULL;
		return 0;
	}
	memcpy((void *)&o->plain->rodata->knobs, opts->knobs, sizeof(*opts->knobs));
	size_maps(o->plain->obj, opts);
	return mmt_plain__load(o->plain);
}

static int load_core(struct objects *o, const struct hook_choice c[MMT_HOOK_MAX], const struct objects_opts *opts)
{
	LIBBPF_OPTS(bpf_object_open_opts, open, .btf_custom_path = opts->btf);
	int err = 0;

	o->core = mmt_core__open_opts(&open);
	if (!o->core)
		return -errno;
	if (!pick_programs(o->core->obj, OBJ_CORE, c)) {
		mmt_core__destroy(o->core);
		o->core = NULL;
		return 0;
	}
	memcpy((void *)&o->core->rodata->knobs, opts->knobs, sizeof(*opts->knobs));
	size_maps(o->core->obj, opts);
	if (o->plain)
		err = share_maps(o->plain->obj, o->core->obj);
	return err ? err : mmt_core__load(o->core);
}

int objects_load(struct objects **out, struct hook_choice c[MMT_HOOK_MAX], const struct objects_opts *opts,
		 int *refused)
{
	libbpf_print_fn_t old = libbpf_set_print(watch_log);
	struct objects *o = calloc(1, sizeof(*o));
	int err = o ? 0 : -ENOMEM, object = OBJ_PLAIN;

	*refused = -1;
	failed_prog[0] = failed_line[0] = 0;
	if (!err)
		err = load_plain(o, c, opts);
	if (!err) {
		object = OBJ_CORE;
		err = load_core(o, c, opts);
	}
	if (err && failed_prog[0]) {
		*refused = hook_of(c, object, failed_prog);
		if (*refused >= 0)
			snprintf(c[*refused].why, TIER_WHY, "the kernel refused to load %s: %s", failed_prog,
				 strerror(err == -524 ? ENOTSUP : -err));
	}
	libbpf_set_print(old);
	if (err) {
		objects_free(o);
		return err;
	}
	*out = o;
	return 0;
}

void objects_free(struct objects *o)
{
	if (!o)
		return;
	mmt_core__destroy(o->core);
	mmt_plain__destroy(o->plain);
	free(o);
}

struct bpf_program *objects_prog(const struct objects *o, int object, const char *name)
{
	struct bpf_object *obj =
		object == OBJ_PLAIN ? (o->plain ? o->plain->obj : NULL) : (o->core ? o->core->obj : NULL);

	return obj ? bpf_object__find_program_by_name(obj, name) : NULL;
}

int objects_map(const struct objects *o, const char *name)
{
	struct bpf_object *obj = o->plain ? o->plain->obj : o->core ? o->core->obj : NULL;
	struct bpf_map *m = obj ? bpf_object__find_map_by_name(obj, name) : NULL;

	return m ? bpf_map__fd(m) : -ENOENT;
}

void objects_switch(struct objects *o, bool on)
{
	if (o->plain)
		o->plain->data->off = !on;
	if (o->core)
		o->core->data->off = !on;
}

bool objects_fired(const struct objects *o, int hook)
{
	return (o->plain && o->plain->bss->fired[hook]) || (o->core && o->core->bss->fired[hook]);
}

static uint64_t recursion_of(struct bpf_object *obj)
{
	struct bpf_program *p;
	uint64_t sum = 0;

	bpf_object__for_each_program(p, obj) {
		struct bpf_prog_info info = {};
		uint32_t len = sizeof(info);

		if (bpf_program__fd(p) >= 0 && !bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len))
			sum += info.recursion_misses;
	}
	return sum;
}

uint64_t objects_recursion(const struct objects *o)
{
	return (o->plain ? recursion_of(o->plain->obj) : 0) + (o->core ? recursion_of(o->core->obj) : 0);
}
