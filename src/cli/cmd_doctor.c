// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace doctor: what this machine allows, hook by hook: by which tier, why not a better one, what is lost, what to ask for. */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/opt.h"
#include "cli/text_out.h"
#include "event/schema.h"
#include "mmtrace/session.h"

static void put_machine(struct buf *out)
{
	struct utsname u;

	uname(&u);
	buf_printf(out, "kernel   %s %s, pages of %ldK, %ld CPUs\n", u.release, u.machine, sysconf(_SC_PAGESIZE) >> 10,
		   sysconf(_SC_NPROCESSORS_ONLN));
	buf_printf(out, "BTF      %s\n", access("/sys/kernel/btf/vmlinux", R_OK) ?
			   "none: the core object cannot load (CONFIG_DEBUG_INFO_BTF=y would give it back; or --btf FILE)" :
			   "the kernel's own");
}

/* A hook that is what it should be: one line. Else what is wrong, below it. */
static void put_row(struct buf *out, const struct session_hook *h)
{
	bool poor = h->better[0] || !strcmp(h->tier, "none");

	buf_printf(out, "%-34s %-12s %s\n", h->name, h->tier, h->text);
	if (!poor)
		return;
	if (!h->wanted && !strcmp(h->tier, "none")) {
		buf_printf(out, "    normal   %s\n", h->why);
		return;
	}
	if (h->better[0] && strcmp(h->tier, "none"))
		buf_printf(out, "    not %-8s %s\n", h->better, h->why);
	else
		buf_printf(out, "    why      %s\n", h->why);
	if (h->lost[0])
		buf_printf(out, "    lost     %s\n", h->lost);
	if (h->config[0])
		buf_printf(out, "    wants    %s\n", h->config);
}

static void put_json(struct json *j, const struct session_hook *h)
{
	json_obj(j, NULL);
	json_str(j, "hook", h->name);
	json_str(j, "text", h->text);
	json_str(j, "tier", h->tier);
	json_str(j, "better", h->better[0] ? h->better : NULL);
	json_str(j, "why", h->why[0] ? h->why : NULL);
	json_str(j, "lost", h->lost[0] ? h->lost : NULL);
	json_str(j, "config", h->config[0] ? h->config : NULL);
	json_bool(j, "needed", h->wanted);
	json_end(j);
	json_line(j);
}

/* What follows for a person, in one or two lines. */
static void put_verdict(struct buf *out, const struct session_hook *rows, size_t n)
{
	unsigned good = 0, poor = 0, none = 0;

	for (size_t i = 0; i < n; i++) {
		if (!rows[i].wanted && !strcmp(rows[i].tier, "none"))
			continue;
		if (!strcmp(rows[i].tier, "none"))
			none++;
		else if (rows[i].better[0])
			poor++;
		else
			good++;
	}
	buf_printf(out, "\n%u hooks by their best tier, %u by a lesser one, %u not at all\n", good, poor, none);
}

static int report(const struct opt_values *v, struct session *s)
{
	const struct session_hook *rows;
	size_t n = session__hooks(s, &rows);
	struct buf out = { 0 };
	struct json j;

	json_init(&j, &out);
	if (v->format == FORMAT_JSON) {
		for (size_t i = 0; i < n; i++)
			put_json(&j, &rows[i]);
		return text_out(&out);
	}
	put_machine(&out);
	buf_printf(&out, "\n%-34s %-12s %s\n", "HOOK", "TIER", "WHAT IT SEES");
	for (size_t i = 0; i < n; i++)
		put_row(&out, &rows[i]);
	put_verdict(&out, rows, n);
	return text_out(&out);
}

int cmd_doctor(int argc, char **argv)
{
	const char *tiers[OPT_STRINGS_MAX + 1] = { NULL };
	struct session_opts o = { .dry = true };
	struct opt_values v = { 0 };
	struct opt_result r;
	struct session *s = NULL;
	int err;

	if (opt_parse(&mmtrace_options, argc, argv, &v, &r) != OPT_OK)
		return EXIT_USAGE;
	mmt_log_verbosity(v.verbose, v.quiet);
	for (uint32_t i = 0; i < v.tiers.n; i++)
		tiers[i] = v.tiers.s[i];
	o.tier = tiers;
	o.btf = v.btf;
	memset(o.want, true, sizeof(o.want));
	err = session__open(&s, &o);
	if (!err)
		err = session__start(s);
	if (err) {
		mmt_err("%s", session__error());
		session__close(s);
		return err == -EINVAL ? EXIT_USAGE : EXIT_CANNOT;
	}
	err = report(&v, s);
	session__close(s);
	return err;
}
