/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a session says about itself: losses, hooks, names of kernel addresses. */
#include <bpf/bpf.h>
#include <string.h>
#include "mmtrace/base.h"
#include "session_impl.h"

static uint64_t loss_of(const struct session *s, int kind, int event)
{
	uint64_t per_cpu[1024] = {}, sum = 0;
	uint32_t i = MMT_LOSS_INDEX(kind, event);

	if (s->caps.cpus > 1024 || bpf_map_lookup_elem(objects_map(s->objects, "losses"), &i, per_cpu))
		return 0;
	for (uint32_t c = 0; c < s->caps.cpus; c++)
		sum += per_cpu[c];
	return sum;
}

/* Of the processes that are still there: those of which no fault was seen since their exec. */
static uint64_t mute_now(const struct session *s)
{
	int map = objects_map(s->objects, "targets");
	uint64_t key, *at = NULL, n = 0;
	uint32_t how;

	if (!session__task_events(s))
		return 0;
	for (; !bpf_map_get_next_key(map, at, &key); at = &key)
		n += !bpf_map_lookup_elem(map, &key, &how) && how == MMT_TARGET_MUTE;
	return n;
}

/* changes: only what the ledger would miss. */
static int report_losses(struct session *s, bool changes, mmt_item_fn fn, void *ctx)
{
	static const struct {
		uint8_t num, family;
	} events[] = { { 0, MMT_FAM_CHANGE },
#define X(id, num, name, fam, text) { num, MMT_FAM_##fam },
		       MMT_EVENTS(X)
#undef X
	};

	for (int kind = 0; kind < MMT_LOSS_MAX; kind++) {
		for (size_t e = 0; e < MMT_COUNT(events); e++) {
			struct mmt_item item = { .kind = MMT_I_LOSS };
			int err;

			if (changes && (events[e].family != MMT_FAM_CHANGE || kind > MMT_LOSS_RETURN))
				continue;
			item.loss.kind = kind;
			item.loss.event = events[e].num;
			item.loss.count = loss_of(s, kind, events[e].num);
			if (kind == MMT_LOSS_RECURSE && !events[e].num)
				item.loss.count += objects_recursion(s->objects);
			if (kind == MMT_LOSS_RUN && !events[e].num)
				item.loss.count += s->runs_lost;
			if (kind == MMT_LOSS_MUTE && !events[e].num)
				item.loss.count += mute_now(s);
			err = item.loss.count ? fn(ctx, &item) : 0;
			if (err)
				return err;
		}
	}
	return 0;
}

int session__losses(struct session *s, mmt_item_fn fn, void *ctx)
{
	return report_losses(s, true, fn, ctx);
}

int session__report(struct session *s, mmt_item_fn fn, void *ctx)
{
	const struct session_hook *rows;
	size_t n = session__hooks(s, &rows);
	int err = report_losses(s, false, fn, ctx);

	for (size_t i = 0; i < n && !err; i++) {
		struct mmt_item item = { .kind = MMT_I_HOOK };

		item.hook.name = rows[i].name;
		item.hook.tier = rows[i].tier;
		item.hook.reason = rows[i].why;
		item.hook.enabled = rows[i].wanted;
		item.hook.fired = rows[i].fired;
		err = fn(ctx, &item);
	}
	return err;
}

/* One row of the table as it stands, without a machine to try it on. */
static void describe(struct session_hook *out, const struct hook_row *row)
{
	*out = (struct session_hook){
		.name = row->name,
		.text = row->text,
		.tier = "none",
		.better = "",
		.why = "",
		.config = row->config,
		.lost = "",
	};
}

static void describe_choice(struct session_hook *out, const struct session *s, int h)
{
	const struct hook_row *row = &hook_table[h];
	const struct hook_choice *c = &s->choice[h];
	const struct hook_try *t = c->try >= 0 ? &row->tries[c->try] : NULL;

	out->tier = t ? tier_name(t->tier) : "none";
	out->better = c->better >= 0 ? tier_name(row->tries[c->better].tier) : "";
	out->why = c->why;
	out->config = c->better >= 0 && !row->optional ? row->config : "";
	out->lost = t ? (t->lacks ? t->lacks : "") : "all it feeds";
	out->wanted = c->wanted && (t || !row->optional);
	/* /proc is read when it is needed: there is no program that could fire */
	out->fired = s->objects && (objects_fired(s->objects, h) || (t && t->tier == MMT_TIER_PROC));
}

size_t session__hooks(struct session *s, const struct session_hook **rows)
{
	static struct session_hook plain[MMT_HOOK_MAX];
	struct session_hook *out = s ? s->rows : plain;
	size_t n = 0;

	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		if (!hook_table[h].name)
			continue;
		describe(&out[n], &hook_table[h]);
		if (s)
			describe_choice(&out[n], s, h);
		n++;
	}
	*rows = out;
	return n;
}

const struct caps *session__caps(const struct session *s)
{
	return &s->caps;
}

const struct hook_choice *session__choices(const struct session *s)
{
	return s->choice;
}

const struct mmt_memtype *session__memtype(const struct session *s, const char **wrong)
{
	*wrong = s->facts.wrong;
	return s->facts.memtype.size ? &s->facts.memtype : NULL;
}

#define KSYMS_AGAIN_NS 1000000000ULL

const char *session__ksym(struct session *s, uint64_t addr)
{
	struct ksym k;
	char off[24] = "";

	if (ksyms_at(s->caps.ksyms, addr, &k)) {
		uint64_t now = clock_now_ns();

		/* a module that was loaded since, most likely; whole files are read, so not for every stray address */
		if (now - s->ksyms_ns < KSYMS_AGAIN_NS)
			return NULL;
		s->ksyms_ns = now;
		caps_reload_ksyms(&s->caps);
		if (ksyms_at(s->caps.ksyms, addr, &k))
			return NULL;
	}
	if (addr != k.addr)
		snprintf(off, sizeof(off), "+0x%llx", (unsigned long long)(addr - k.addr));
	snprintf(s->ksym, sizeof(s->ksym), "%s%s%s%s", k.module, k.module[0] ? ":" : "", k.name, off);
	return s->ksym;
}
