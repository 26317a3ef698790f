/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "tiers.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "mmtrace/base.h"

static const char *const names[MMT_TIER_MAX] = {
#define X(id, num, name) [num] = name,
	MMT_TIERS(X)
#undef X
};

const char *tier_name(int tier)
{
	return tier >= 0 && tier < MMT_TIER_MAX && names[tier] ? names[tier] : "none";
}

int tier_by_name(const char *name)
{
	for (int i = 0; i < MMT_TIER_MAX; i++)
		if (names[i] && !strcmp(names[i], name))
			return i;
	return -1;
}

const char *tiers_prog(const struct hook_choice *c, const char *name, char buf[TIERS_PROG_LEN])
{
	const char *at;

	name += *name == '?';
	at = strchr(name, '%');
	if (!at)
		return name;
	snprintf(buf, TIERS_PROG_LEN, "%.*s%s%s", (int)(at - name), name, c->variant ? c->variant : "", at + 1);
	return buf;
}

static bool feeds_wanted(const struct hook_row *row, const bool want[MMT_EV_MAX])
{
	for (int i = 0; i < HOOK_FEEDS && row->feeds[i]; i++)
		if (want[row->feeds[i]])
			return true;
	return false;
}

void tiers_want(struct hook_choice c[MMT_HOOK_MAX], const bool want[MMT_EV_MAX])
{
	for (int h = 0; h < MMT_HOOK_MAX; h++)
		c[h].wanted = hook_table[h].name && feeds_wanted(&hook_table[h], want);
	/* children, and the end of threads, matter to whatever is watched */
	c[MMT_HOOK_TARGET].wanted = true;
}

/* "kprobe" also means the fault hook that begins with one. */
static bool is_tier(int tier, const char *asked)
{
	return !strcmp(tier_name(tier), asked) || (tier == MMT_TIER_KPROBE_PERF && !strcmp(asked, "kprobe"));
}

static bool has_tier(const struct hook_row *row, const char *asked)
{
	for (int i = 0; i < HOOK_TRIES && row->tries[i].tier; i++)
		if (is_tier(row->tries[i].tier, asked))
			return true;
	return false;
}

/* Does the user allow this tier for this hook? */
static bool allowed(const struct hook_row *row, const struct hook_try *t, const char *const *forced)
{
	bool ok = true;

	for (; forced && *forced; forced++) {
		const char *eq = strchr(*forced, '=');
		size_t len = eq ? (size_t)(eq - *forced) : 0;
		const char *asked = eq ? eq + 1 : *forced;

		if (eq && (strncmp(row->name, *forced, len) || (row->name[len] && row->name[len] != '.')))
			continue;
		/* a tier for all hooks binds only those that have it */
		if (!eq && !has_tier(row, asked))
			continue;
		ok = is_tier(t->tier, asked);
	}
	return ok;
}

static int check_fn(const struct hook_try *t, const struct cap_func *f, char *why)
{
	if (!t->fn)
		return 0;
	if (!f->exists) {
		snprintf(why, TIER_WHY, "this kernel has no single function %s", t->fn);
		return -ENOENT;
	}
	if (f->nargs < 0) {
		if (t->tier == MMT_TIER_FENTRY) {
			snprintf(why, TIER_WHY, "%s is not in the kernel's BTF", t->fn);
			return -ENOENT;
		}
		if (t->nargs && !t->nargs_or_unknown) {
			snprintf(why, TIER_WHY, "the arguments of %s are not known (no BTF for it)", t->fn);
			return -ENOENT;
		}
	} else if (t->nargs && f->nargs != t->nargs) {
		snprintf(why, TIER_WHY, "%s has %d arguments here", t->fn, f->nargs);
		return -EINVAL;
	}
	return 0;
}

static int check_err(int err, const char *what, char *why)
{
	if (err)
		snprintf(why, TIER_WHY, "%s: %s", what, strerror(err == -524 ? ENOTSUP : -err));
	return err;
}

static int check_fentry(const struct caps *caps, char *why)
{
	if (caps->fentry_err && !caps->kernel_btf) {
		snprintf(why, TIER_WHY, "fentry needs the running kernel's own BTF");
		return caps->fentry_err;
	}
	return check_err(caps->fentry_err, "fentry does not attach", why);
}

static int check_kprobe(const struct caps *caps, char *why)
{
	if (caps->kprobe_err && caps->kprobe_type < 0) {
		snprintf(why, TIER_WHY, "this kernel has no kprobe events");
		return caps->kprobe_err;
	}
	return check_err(caps->kprobe_err, "kprobes do not attach", why);
}

static int check_perf(const struct caps *caps, char *why)
{
	return check_err(caps->perf_err, "perf software events do not open", why);
}

static int check_kprobe_perf(const struct caps *caps, char *why)
{
	int err = check_kprobe(caps, why);

	return err ? err : check_perf(caps, why);
}

static int check_iter(const struct caps *caps, char *why)
{
	if (caps->kernel_btf)
		return 0;
	snprintf(why, TIER_WHY, "the running kernel has no BTF of its own");
	return -ENOENT;
}

static int check_tp(const struct caps *caps, char *why)
{
	if (caps->fork_child_off)
		return 0;
	snprintf(why, TIER_WHY, "tracefs is not mounted");
	return -ENOENT;
}

static int (*const check_tier[MMT_TIER_MAX])(const struct caps *caps, char *why) = {
	[MMT_TIER_FENTRY] = check_fentry, [MMT_TIER_KPROBE] = check_kprobe, [MMT_TIER_KPROBE_PERF] = check_kprobe_perf,
	[MMT_TIER_PERF] = check_perf,	  [MMT_TIER_ITER] = check_iter,	    [MMT_TIER_TP] = check_tp,
};

int tiers_able(int tier, const struct caps *caps, char why[TIER_WHY])
{
	return check_tier[tier] ? check_tier[tier](caps, why) : 0;
}

/* Can this try serve, as far as is known without attaching it? */
static int check(const struct hook_try *t, const struct cap_func *f, const struct caps *caps, char *why)
{
	int err;

	if (t->object == OBJ_CORE && !caps->btf) {
		snprintf(why, TIER_WHY, "%s", TIERS_NO_BTF);
		return -ENOENT;
	}
	if (t->pages && !caps->page_struct) {
		snprintf(why, TIER_WHY, "it is not known how to get from a struct page to its PFN here");
		return -ENOENT;
	}
	err = tiers_able(t->tier, caps, why);
	return err ? err : check_fn(t, f, why);
}

int tiers_check(int hook, int try, const struct caps *caps, char why[TIER_WHY])
{
	why[0] = 0;
	return check(&hook_table[hook].tries[try], &caps->fn[hook][try], caps, why);
}

static void choose_one(struct hook_choice *c, int h, const struct caps *caps, const char *const *forced)
{
	const struct hook_row *row = &hook_table[h];
	char why[TIER_WHY] = "";
	char refused[TIER_WHY];

	snprintf(refused, sizeof(refused), "%s", c->bad ? c->why : "");
	c->try = c->better = -1;
	c->why[0] = 0;
	for (int i = 0; i < HOOK_TRIES && row->tries[i].tier; i++) {
		const struct hook_try *t = &row->tries[i];

		why[0] = 0;
		if (c->bad & (1u << i))
			snprintf(why, sizeof(why), "%s", refused);
		else if (!allowed(row, t, forced))
			snprintf(why, sizeof(why), "another tier was asked for");
		else if (!check(t, &caps->fn[h][i], caps, why)) {
			c->try = i;
			break;
		}
		if (c->better < 0) {
			c->better = i;
			snprintf(c->why, sizeof(c->why), "%s", why);
		}
	}
	/* a better try of the same tier (another name or signature of the function) is no loss */
	if (c->try >= 0 && c->better >= 0 && row->tries[c->better].tier == row->tries[c->try].tier &&
	    row->tries[c->better].object == row->tries[c->try].object) {
		c->better = -1;
		c->why[0] = 0;
	}
}

/* "fault" names the hooks fault, fault.signal, … */
static bool is_named(const char *name, const char *asked)
{
	size_t len = strlen(asked);

	return !strncmp(name, asked, len) && (!name[len] || name[len] == '.');
}

/* One --tier word: is the tier known, and the hook? */
static int check_forced(const char *word, char *why, size_t size)
{
	const char *eq = strchr(word, '='), *tier = eq ? eq + 1 : word;
	struct near n = { .word = tier };
	bool known = false, able = false;
	char hook[48];

	if (tier_by_name(tier) < (eq ? 0 : 1)) {
		for (int i = 1; i < MMT_TIER_MAX; i++)
			near_try(&n, names[i]);
		if (n.best)
			snprintf(why, size, "--tier '%s': no tier '%s', did you mean '%s'?", word, tier, n.best);
		else
			snprintf(why, size, "--tier '%s': no tier '%s'; 'mmtrace doctor' shows which there are", word,
				 tier);
		return -EINVAL;
	}
	snprintf(hook, sizeof(hook), "%.*s", eq ? (int)(eq - word) : 0, word);
	n = (struct near){ .word = hook };
	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		const struct hook_row *row = &hook_table[h];

		if (!row->name)
			continue;
		if (!eq || is_named(row->name, hook)) {
			known = true;
			able |= !strcmp(tier, "none") || has_tier(row, tier);
		}
		near_try(&n, row->name);
	}
	if (able)
		return 0;
	if (known)
		snprintf(why, size, "--tier '%s': no such hook attaches by '%s' on any kernel", word, tier);
	else if (n.best)
		snprintf(why, size, "--tier '%s': no hook '%s', did you mean '%s'?", word, hook, n.best);
	else
		snprintf(why, size, "--tier '%s': no hook '%s'; 'mmtrace list hooks' names them", word, hook);
	return -EINVAL;
}

int tiers_choose(struct hook_choice c[MMT_HOOK_MAX], const struct caps *caps, const char *const *forced, char *why,
		 size_t size)
{
	for (const char *const *f = forced; f && *f; f++) {
		int err = check_forced(*f, why, size);

		if (err)
			return err;
	}
	for (int h = 0; h < MMT_HOOK_MAX; h++)
		if (hook_table[h].name)
			choose_one(&c[h], h, caps, forced);
	return 0;
}
