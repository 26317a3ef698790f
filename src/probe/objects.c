/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "objects.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/core.skel.h"
#include "bpf/core_old.skel.h"
#include "bpf/plain.skel.h"
#include "ksyms.h"
#include "mmtrace/base.h"
#include "runs.h"

/* One object in use. The skeletons are alike but for their types, so this is all that is told apart. */
struct body {
	void *skel;
	struct bpf_object_skeleton *skeleton;
	struct bpf_object *obj; /* NULL: not in use */
	struct mmt_knobs *knobs;
	volatile __u32 *off;
	const volatile __u8 *fired;
};

struct objects {
	struct body body[OBJ_CORE + 1]; /* by enum hook_object */
};

#define BODY(name)                                                                       \
	static int name##_open(struct body *b, const struct bpf_object_open_opts *opts)  \
	{                                                                                \
		struct mmt_##name *s = mmt_##name##__open_opts(opts);                    \
                                                                                         \
		if (!s)                                                                  \
			return -errno;                                                   \
		*b = (struct body){ .skel = s, .skeleton = s->skeleton, .obj = s->obj }; \
		b->knobs = (struct mmt_knobs *)&s->rodata->knobs;                        \
		b->off = &s->data->off;                                                  \
		b->fired = s->bss->fired;                                                \
		return 0;                                                                \
	}
BODY(plain)
BODY(core)
BODY(core_old)

static void body_close(struct body *b)
{
	bpf_object__destroy_skeleton(b->skeleton);
	free(b->skel);
	memset(b, 0, sizeof(*b));
}

/*
 * Core was compiled twice: kernels that know no callback functions refuse every program of the newer one that has one,
 * used or not; for the others the older one takes much longer to verify.
 */
static int core_either_open(struct body *b, const struct bpf_object_open_opts *opts)
{
	bool old = libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_loop, NULL) == 0;

	return old ? core_old_open(b, opts) : core_open(b, opts);
}

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
	"driver_close__kprobe",	     "driver_close__kretprobe", "driver_vmf__kprobe",
	"driver_vmf__kretprobe",     "driver_access__kprobe",	"driver_access__kretprobe",
	"driver_split__kprobe",	     "driver_split__kretprobe", "files__iter",
};

/* The hook whose chosen try has this program, -1: none. *maybe: it may be left out. */
static int hook_of(const struct hook_choice c[MMT_HOOK_MAX], int object, const char *prog, bool *maybe)
{
	char buf[TIERS_PROG_LEN];

	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		const struct hook_try *t;

		if (!c[h].wanted || c[h].try < 0)
			continue;
		t = &hook_table[h].tries[c[h].try];
		if (t->object != object)
			continue;
		for (int i = 0; i < HOOK_PROGS && t->progs[i]; i++) {
			*maybe = t->progs[i][0] == '?';
			if (!strcmp(tiers_prog(&c[h], t->progs[i], buf), prog))
				return h;
		}
		*maybe = false;
		for (size_t i = 0; h == MMT_HOOK_DRIVER && i < MMT_COUNT(driver_progs); i++)
			if (!strcmp(driver_progs[i], prog))
				return h;
		/* helpers put entries in, and their runs may be open at the end */
		if (hook_table[h].feeds[0] == MMT_EV_PFN_MAP && !strcmp(prog, "runs_drain"))
			return h;
	}
	return -1;
}

/* Is there the function that the program's section names? */
static bool has_function(const struct bpf_program *p, const struct ksyms *k)
{
	const char *fn = strchr(bpf_program__section_name(p), '/');
	uint64_t addr;

	return !k || !fn || ksyms_named(k, fn + 1, &addr) > 0;
}

/* Number of programs switched on. */
static int pick_programs(struct bpf_object *obj, int object, const struct hook_choice c[MMT_HOOK_MAX],
			 const struct ksyms *k)
{
	struct bpf_program *p;
	int n = 0;

	bpf_object__for_each_program(p, obj) {
		bool maybe = false, on = hook_of(c, object, bpf_program__name(p), &maybe) >= 0;

		on = on && (!maybe || has_function(p, k));
		bpf_program__set_autoload(p, on);
		n += on;
	}
	return n;
}

static void size_maps(struct bpf_object *obj, const struct objects_opts *opts)
{
	const struct {
		const char *name;
		uint64_t entries; /* 0: as it is */
	} all[] = {
		{ "ring", opts->ring_bytes },
		{ "slots", opts->slots },
		{ "stacks_seen", opts->stacks },
		{ "tkeys", opts->total_tkeys },
		{ "shares", opts->knobs->split ? opts->slots : 0 },
		{ "threads", opts->threads },
		{ "insts", opts->insts },
		{ "rows", opts->total_rows },
		{ "cells", opts->total_cells },
		{ "cell_owners", opts->total_cells },
		{ "total_keys", opts->total_keys },
		{ "births", opts->total_keys },
		{ "row_owners", opts->total_keys },
	};

	for (size_t i = 0; i < MMT_COUNT(all); i++)
		if (all[i].entries)
			bpf_map__set_max_entries(bpf_object__find_map_by_name(obj, all[i].name), all[i].entries);
	/* what refers to it is never reached then, and libbpf makes that an invalid instruction */
	if (!opts->ring_bytes)
		bpf_map__set_autocreate(bpf_object__find_map_by_name(obj, "ring"), false);
}

/* The core object takes over the plain one's maps, all but its own data sections. */
static int share_maps(struct bpf_object *from, struct bpf_object *to)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, to) {
		struct bpf_map *other = bpf_object__find_map_by_name(from, bpf_map__name(m));
		int err;

		if (!other || bpf_map__is_internal(m) || bpf_map__fd(other) < 0)
			continue;
		err = bpf_map__reuse_fd(m, bpf_map__fd(other));
		if (err)
			return err;
	}
	return 0;
}

static int body_load(struct objects *o, int object, const struct hook_choice c[MMT_HOOK_MAX],
		     const struct objects_opts *opts)
{
	LIBBPF_OPTS(bpf_object_open_opts, open);
	struct body *b = &o->body[object], *plain = &o->body[OBJ_PLAIN];
	int err;

	if (object == OBJ_CORE)
		open.btf_custom_path = opts->btf;
	err = object == OBJ_CORE ? core_either_open(b, &open) : plain_open(b, &open);
	if (err)
		return err;
	if (!pick_programs(b->obj, object, c, opts->ksyms)) {
		body_close(b);
		return 0;
	}
	memcpy(b->knobs, opts->knobs, sizeof(*opts->knobs));
	size_maps(b->obj, opts);
	if (object == OBJ_CORE && plain->obj)
		err = share_maps(plain->obj, b->obj);
	return err ? err : bpf_object__load_skeleton(b->skeleton);
}

int objects_load(struct objects **out, struct hook_choice c[MMT_HOOK_MAX], const struct objects_opts *opts,
		 int *refused)
{
	libbpf_print_fn_t old = libbpf_set_print(watch_log);
	struct objects *o = calloc(1, sizeof(*o));
	int err = o ? 0 : -ENOMEM, object = OBJ_PLAIN;
	bool maybe;

	*refused = -1;
	failed_prog[0] = failed_line[0] = 0;
	if (!err)
		err = body_load(o, OBJ_PLAIN, c, opts);
	if (!err) {
		object = OBJ_CORE;
		err = body_load(o, OBJ_CORE, c, opts);
	}
	if (err && failed_prog[0]) {
		*refused = hook_of(c, object, failed_prog, &maybe);
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
	body_close(&o->body[OBJ_CORE]);
	body_close(&o->body[OBJ_PLAIN]);
	free(o);
}

struct bpf_object *objects_body(const struct objects *o, int object)
{
	return o->body[object].obj;
}

struct bpf_program *objects_prog(const struct objects *o, int object, const char *name)
{
	struct bpf_object *obj = o->body[object].obj;

	return obj ? bpf_object__find_program_by_name(obj, name) : NULL;
}

int objects_map(const struct objects *o, const char *name)
{
	for (int i = OBJ_PLAIN; i <= OBJ_CORE; i++) {
		struct bpf_object *obj = o->body[i].obj;
		struct bpf_map *m = obj ? bpf_object__find_map_by_name(obj, name) : NULL;

		if (m)
			return bpf_map__fd(m);
	}
	return -ENOENT;
}

void objects_switch(struct objects *o, bool on)
{
	for (int i = OBJ_PLAIN; i <= OBJ_CORE; i++)
		if (o->body[i].obj)
			*o->body[i].off = !on;
}

uint64_t objects_drain(const struct objects *o)
{
	for (int i = OBJ_PLAIN; i <= OBJ_CORE; i++) {
		struct bpf_program *p = objects_prog(o, i, "runs_drain");

		/* they share the maps: one does for both */
		if (p && bpf_program__fd(p) >= 0)
			return runs_drain(objects_map(o, "insts"), bpf_program__fd(p));
	}
	return 0;
}

bool objects_fired(const struct objects *o, int hook)
{
	for (int i = OBJ_PLAIN; i <= OBJ_CORE; i++)
		if (o->body[i].obj && o->body[i].fired[hook])
			return true;
	return false;
}

static uint64_t recursion_of(struct bpf_object *obj)
{
	struct bpf_program *p;
	uint64_t sum = 0;

	if (!obj)
		return 0;
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
	return recursion_of(o->body[OBJ_PLAIN].obj) + recursion_of(o->body[OBJ_CORE].obj);
}
