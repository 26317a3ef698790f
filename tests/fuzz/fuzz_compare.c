// LINK: diff sink stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A recording compared with itself and with one of nothing, and in the formats for other tools. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "diff/compare.h"
#include "fuzz.h"
#include "fuzz_sums.h"
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

/* Nothing differs from itself. */
static void tell(struct comparison *k, bool itself)
{
	const struct tell t = { { "a", "b" }, "0", true, true };
	struct buf out = { 0 };

	if (compare(k) || (itself && k->n))
		abort();
	tell_text(k, &t, &out);
	if (tell_json(k, &t, &out))
		abort();
	buf_free(&out);
	compare_free(k);
}

static void play(struct rec_reader *r, struct mmt_sink *canon)
{
	const struct sink_opts to = { .fd = null };
	struct pipeline_opts o = { .nsinks = 4 };
	const struct replay_ticks ticks = { 0 };
	struct pipeline *p;

	o.sinks[0] = canon;
	o.sinks[1] = chrome_open(&to);
	o.sinks[2] = csv_open(&to);
	o.sinks[3] = folded_open(&to);
	replay_opts_fill(rec_reader_head(r), &o);
	p = pipeline_new(&o);
	if (!p)
		abort();
	replay_play(r, p, &ticks);
	pipeline_free(p);
	for (unsigned i = 1; i < o.nsinks; i++)
		o.sinks[i]->free(o.sinks[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct texts texts = { 0 };
	struct canon nothing = { .texts = &texts, .release = "6.12", .machine = "", .command = "", .child_status = -1 };
	static const bool blind[MMT_EV_MAX];
	struct mmt_sink *canon;
	struct rec_reader *r;
	char why[REC_WHY];

	fuzz_file_put(&file, data, size);
	if (rec_reader_open(&r, file.fd, why))
		return 0;
	canon = canon_open(&texts);
	play(r, canon);
	rec_reader_close(r);
	if (canon_of(canon)->release) { /* it had its begin */
		struct comparison same = { .run = { canon_of(canon), canon_of(canon) }, .texts = &texts };
		struct comparison sums = same, none = { .run = { canon_of(canon), &nothing }, .texts = &texts };

		sums.seen[1] = blind;
		tell(&same, true);
		tell(&sums, true);
		tell(&none, false);
	}
	canon->free(canon);
	texts_free(&texts);
	return 0;
}
