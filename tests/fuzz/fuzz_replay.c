// LINK: sink stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A recording shown by every view: what the reader lets pass, the ledger and the sinks have to live with. */
#include <fcntl.h>
#include <string.h>
#include "fuzz.h"
#include "fuzz_sums.h"
#include "mmtrace/base.h"
#include "record/reader.h"
#include "sink/sinks.h"
#include "stream/replay.h"

static struct fuzz_file file;
static int null;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_file_open(&file);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	mmt_log_fd(null);
	return null < 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	size_t head = seed % 8 ? fuzz_head(data, size) : 0; /* mostly what is behind it */

	size = head + LLVMFuzzerMutate(data + head, size - head, max - head);
	if (seed % 16)
		fuzz_sums(data, size);
	return size;
}

static unsigned open_sinks(struct mmt_sink **s)
{
	const struct sink_opts to = { .fd = null, .color = true };
	const struct flow_opts flow = { .all = true }, live = { .all = true, .live = true };
	const struct maps_opts maps = { .history = true, .json = true };
	const struct faults_opts faults = { .by = { FAULTS_KIND, FAULTS_MAPPING, FAULTS_DRIVER, FAULTS_COMM },
					    .nby = 4,
					    .interval = true,
					    .slowest = 3,
					    .width = 80,
					    .records = true };
	const struct stat_opts stat = { .json = false };
	struct mmt_sink *all[] = { table_open(&to),	  json_open(&to),	 flow_open(&flow, &to),
				   flow_open(&live, &to), maps_open(&maps, &to), faults_open(&faults, &to),
				   stat_open(&stat, &to) };

	memcpy(s, all, sizeof(all));
	return sizeof(all) / sizeof(all[0]);
}

static void show(struct rec_reader *r)
{
	struct pipeline_opts o = { .verify = true };
	const struct replay_ticks ticks = { .every_ns = 1000000 };
	struct pipeline *p;

	o.nsinks = open_sinks(o.sinks);
	replay_opts_fill(rec_reader_head(r), &o);
	p = pipeline_new(&o);
	if (!p)
		abort();
	replay_play(r, p, &ticks);
	pipeline_free(p);
	for (unsigned i = 0; i < o.nsinks; i++)
		o.sinks[i]->free(o.sinks[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rec_reader *r;
	char why[REC_WHY];

	fuzz_file_put(&file, data, size);
	if (rec_reader_open(&r, file.fd, why))
		return 0;
	show(r);
	rec_reader_close(r);
	return 0;
}
