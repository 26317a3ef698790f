// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sink/flow.h"

/*
 * A node and what ran inside it:
 *   {"event":"driver_mmap","text":"mmdemo:shared_mmap","ts_ns":…,"dur_ns":…,"pid":…,"id":"m17","failed":false,"inside":[…]}
 */
static size_t put_node(struct json *j, const struct flow_nodes *l, size_t i)
{
	const struct flow_node *n = &l->v[i];
	size_t at = i + 1;

	json_obj(j, NULL);
	json_str(j, "event", n->event);
	json_str(j, "text", n->text);
	json_u64(j, "ts_ns", n->ts);
	if (n->dur == FLOW_UNTIMED)
		json_null(j, "dur_ns");
	else
		json_u64(j, "dur_ns", n->dur);
	json_u64(j, "pid", n->pid);
	json_str(j, "id", *n->id ? n->id : NULL);
	json_bool(j, "failed", n->failed);
	json_arr(j, "inside");
	while (at < l->n && l->v[at].level > n->level)
		at = put_node(j, l, at);
	json_end(j);
	json_end(j);
	return at;
}

void flow_json_block(struct json *j, const struct flow_block *b)
{
	size_t at = 0;

	json_obj(j, NULL);
	json_str(j, "type", "flow");
	json_str(j, "id", *b->id ? b->id : NULL);
	json_str(j, "comm", b->comm);
	json_u64(j, "pid", b->pid);
	json_u64(j, "faults", b->faults);
	json_u64(j, "left_out", b->steps.dropped);
	json_arr(j, "steps");
	while (at < b->steps.n)
		at = put_node(j, &b->steps, at);
	json_end(j);
	json_end(j);
}
