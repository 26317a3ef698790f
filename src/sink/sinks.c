// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sink/sinks.h"

#include <string.h>

static const struct sink_format formats[] = {
	{ "table", "columns for people", table_open, false },
	{ "json", "one JSON object per line", json_open, false },
	{ "wire", "the records as they come from the kernel", wire_open, true },
	{ "csv", "a line per event, a column per field", csv_open, false },
	{ "chrome", "for Perfetto and Chrome's viewer", chrome_open, false },
	{ "folded", "stacks for a flame graph, weighed by time", folded_open, false },
	{ "folded-count", "the same, weighed by count", folded_count_open, false },
};

const struct sink_format *sink_format(unsigned i)
{
	return i < sizeof(formats) / sizeof(*formats) ? &formats[i] : NULL;
}

const struct sink_format *sink_by_name(const char *name)
{
	for (unsigned i = 0; sink_format(i); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}
