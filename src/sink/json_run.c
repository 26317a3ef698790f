// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sink/json_run.h"

#include <string.h>
#include "event/schema.h"

int json_put_header(struct json *j, const struct mmt_run_info *info)
{
	json_obj(j, NULL);
	json_str(j, "type", "header");
	json_str(j, "tool", "mmtrace");
	json_str(j, "version", info->version);
	json_str(j, "kernel", info->release);
	json_str(j, "machine", info->machine);
	json_u64(j, "page_size", info->page_size);
	json_u64(j, "cpus", info->cpus);
	json_str(j, "command", info->command && *info->command ? info->command : NULL);
	json_obj(j, "clock");
	json_str(j, "name", "CLOCK_MONOTONIC");
	json_u64(j, "start_ns", info->start_mono_ns);
	json_u64(j, "start_real_ns", info->start_real_ns);
	json_u64(j, "resolution_ns", info->clock_res_ns);
	json_end(j);
	json_arr(j, "hooks");
	for (unsigned i = 0; i < info->nhooks; i++) {
		json_obj(j, NULL);
		json_str(j, "hook", info->hooks[i].name);
		json_str(j, "tier", info->hooks[i].tier);
		json_str(j, "reason", info->hooks[i].reason && *info->hooks[i].reason ? info->hooks[i].reason : NULL);
		json_end(j);
	}
	json_end(j);
	json_end(j);
	return json_line(j);
}

/* "a, b" as an array. */
static void put_list(struct json *j, const char *key, const char *list)
{
	json_arr(j, key);
	while (list && *list) {
		size_t len = strcspn(list, ",");

		json_strn(j, NULL, list, len);
		list += len + strspn(list + len, ", ");
	}
	json_end(j);
}

int json_put_summary(struct json *j, const struct mmt_summary *sum)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	json_obj(j, NULL);
	json_str(j, "type", "summary");
	json_u64(j, "events", sum->events);
	json_obj(j, "seen");
	for (size_t i = 0; i < n; i++)
		if (sum->per_event[ev[i].num])
			json_u64(j, ev[i].name, sum->per_event[ev[i].num]);
	json_end(j);
	json_obj(j, "lost");
	for (unsigned i = 0; schema_loss(i); i++)
		json_u64(j, schema_loss(i)->name, sum->lost[i]);
	json_end(j);
	json_obj(j, "lost_by_event");
	for (size_t i = 0; i < n; i++)
		if (sum->lost_event[ev[i].num])
			json_u64(j, ev[i].name, sum->lost_event[ev[i].num]);
	json_end(j);
	json_u64(j, "bad_records", sum->bad);
	json_u64(j, "ran_ns", sum->ran_ns);
	if (sum->child_status >= 0)
		json_i64(j, "child_status", sum->child_status);
	else
		json_null(j, "child_status");
	put_list(j, "silent_hooks", sum->silent);
	put_list(j, "absent_hooks", sum->absent);
	json_end(j);
	return json_line(j);
}
