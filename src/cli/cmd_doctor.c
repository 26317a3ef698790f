// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace doctor: what this machine allows, hook by hook: by which tier, why not a better one, what is lost, what to ask for. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/doctor.h"
#include "cli/opt.h"
#include "cli/text_out.h"
#include "enrich/memtype.h"
#include "event/schema.h"
#include "mmtrace/session.h"

/* What a hook that is not the best, or not there, costs; "" when nothing. */
static const char *lost(const struct session_hook *h, struct buf *text)
{
	buf_reset(text);
	if (strcmp(h->tier, "none")) {
		buf_puts(text, h->lost);
		return buf_str(text);
	}
	for (int i = 0; i < MMT_HOOK_MAX; i++)
		if (hook_table[i].name && !strcmp(hook_table[i].name, h->name))
			doctor_hook_lost(i, text);
	return buf_str(text);
}

/* A hook that is what it should be: one line. Else what is wrong, below it. */
static void put_row(struct buf *out, const struct session_hook *h)
{
	bool none = !strcmp(h->tier, "none");
	struct buf text = { 0 };

	buf_printf(out, "%-34s %-12s %s\n", h->name, h->tier, h->text);
	if (!none && !h->better[0])
		return;
	if (none)
		buf_printf(out, "    %-8s %s\n", h->wanted ? "why" : "normal", h->why);
	else
		buf_printf(out, "    not %-8s %s\n", h->better, h->why);
	if (none && !h->wanted)
		return;
	if (*lost(h, &text))
		buf_printf(out, "    %-8s %s\n", "lost", buf_str(&text));
	if (h->config[0])
		buf_printf(out, "    %-8s %s\n", "wants", h->config);
	buf_free(&text);
}

static void put_json(struct json *j, const struct session_hook *h)
{
	struct buf text = { 0 };

	json_obj(j, NULL);
	json_str(j, "hook", h->name); /* first: it is what lines are found by */
	json_str(j, "type", "hook");
	json_str(j, "text", h->text);
	json_str(j, "tier", h->tier);
	json_str(j, "better", h->better[0] ? h->better : NULL);
	json_str(j, "why", h->why[0] ? h->why : NULL);
	json_str(j, "lost", *lost(h, &text) ? buf_str(&text) : NULL);
	json_str(j, "config", h->config[0] ? h->config : NULL);
	json_bool(j, "needed", h->wanted);
	json_end(j);
	json_line(j);
	buf_free(&text);
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

/* Which table, and which own mappings read as what they are. */
static void put_memtype(struct json *j, const struct doctor *d)
{
	const struct mmt_memtype *m = d->memtype;
	bool wrong = m && m->checks & MMT_MEMTYPE_WRONG;

	if (!m || !memtype_table_name(m->table)) {
		json_null(j, "memtype");
		return;
	}
	json_obj(j, "memtype");
	json_str(j, "table", memtype_table_name(m->table));
	json_bool(j, "checked", memtype_checked(m->checks));
	json_bool(j, "saw_normal", m->checks & MMT_MEMTYPE_SAW_NORMAL);
	json_bool(j, "saw_device", m->checks & MMT_MEMTYPE_SAW_DEVICE);
	json_bool(j, "saw_nc", m->checks & MMT_MEMTYPE_SAW_NC);
	json_str(j, "wrong", wrong ? d->memtype_wrong : NULL);
	json_end(j);
}

static void put_header(struct json *j, const struct doctor *d)
{
	const char *missing = caps_missing_privilege();

	json_obj(j, NULL);
	json_str(j, "type", "header");
	json_str(j, "tool", "mmtrace");
	json_str(j, "version", MMTRACE_VERSION);
	json_str(j, "kernel", d->release);
	json_str(j, "machine", d->machine);
	json_u64(j, "page_size", d->page_size);
	json_u64(j, "cpus", d->cpus);
	json_str(j, "btf", !access("/sys/kernel/btf/vmlinux", R_OK) ? "kernel" : d->btf_file);
	put_memtype(j, d);
	json_str(j, "config", d->config_path);
	json_str(j, "missing_privilege", missing[0] ? missing : NULL);
	json_end(j);
	json_line(j);
}

static void report_json(struct doctor *d, struct session *s, struct buf *out)
{
	const struct session_hook *rows;
	size_t n = s ? session__hooks(s, &rows) : 0;
	struct json j;

	json_init(&j, out);
	put_header(&j, d);
	for (size_t i = 0; i < n; i++)
		put_json(&j, &rows[i]);
}

static void put_maps(const struct session *s, struct buf *out)
{
	const char *words;
	char size[NUM_FMT_LEN];
	uint64_t bytes = session__map_bytes(s, &words);

	buf_printf(out, "maps      %s of kernel memory to watch all: %s\n", num_fmt_size(size, bytes), words);
}

static void report_hooks(struct session *s, struct buf *out)
{
	const struct session_hook *rows;
	size_t n = session__hooks(s, &rows);

	buf_printf(out, "\n%-34s %-12s %s\n", "HOOK", "TIER", "WHAT IT SEES");
	for (size_t i = 0; i < n; i++)
		put_row(out, &rows[i]);
	put_verdict(out, rows, n);
}

/* A terminal's width as far as the page can use it. */
static void fit_terminal(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_col)
		return;
	doctor_width = w.ws_col > DOCTOR_WIDTH	   ? DOCTOR_WIDTH :
		       w.ws_col < DOCTOR_WIDTH_MIN ? DOCTOR_WIDTH_MIN :
						     w.ws_col;
}

/* What can be said of the machine is said also when nothing could be tried on it (s is NULL). */
static int report(const struct opt_values *v, struct doctor *d, struct session *s)
{
	struct buf out = { 0 };

	fit_terminal();
	if (v->format == FORMAT_JSON) {
		report_json(d, s, &out);
	} else if (!s) {
		doctor_machine(d, &out);
	} else if (v->verbose) {
		doctor_machine(d, &out);
		put_maps(s, &out);
		report_hooks(s, &out);
		doctor_gains(d, &out);
	} else {
		doctor_page(d, &out);
	}
	return text_out(&out);
}

static int open_session(struct session **s, const struct session_opts *o)
{
	int err = session__open(s, o);

	if (!err)
		err = session__start(*s);
	if (!err)
		return EXIT_FINE;
	mmt_err("%s", session__error());
	session__close(*s);
	*s = NULL;
	return err == -EINVAL ? EXIT_USAGE : EXIT_CANNOT;
}

int cmd_doctor(int argc, char **argv)
{
	const char *tiers[OPT_STRINGS_MAX + 1] = { NULL };
	struct session_opts o = { .dry = true };
	struct opt_values v = { 0 };
	struct session *s = NULL;
	struct doctor d = { 0 };
	struct opt_result r;
	struct utsname u;
	int code, told;

	if (opt_parse(&mmtrace_options, argc, argv, &v, &r) != OPT_OK)
		return EXIT_USAGE;
	mmt_log_verbosity(v.verbose, v.quiet);
	for (uint32_t i = 0; i < v.tiers.n; i++)
		tiers[i] = v.tiers.s[i];
	o.tier = tiers;
	o.btf = v.btf;
	memset(o.want, true, sizeof(o.want));
	uname(&u);
	d = (struct doctor){ .release = u.release, .machine = u.machine, .btf_file = v.btf, .forced = tiers };
	d.page_size = (uint32_t)sysconf(_SC_PAGESIZE);
	d.cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	doctor_config_read(&d);
	code = open_session(&s, &o);
	if (s) {
		d.caps = session__caps(s);
		d.choice = session__choices(s);
		d.memtype = session__memtype(s, &d.memtype_wrong);
	}
	told = code == EXIT_USAGE ? EXIT_FINE : report(&v, &d, s);
	session__close(s);
	buf_free(&d.config);
	return code ? code : told;
}
