// LINK: record event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A recording: whatever its sums let pass. */
#include <string.h>
#include "event/decode.h"
#include "fuzz.h"
#include "fuzz_sums.h"
#include "record/reader.h"

static struct fuzz_file file;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_file_open(&file);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	size = LLVMFuzzerMutate(data, size, max);
	if (seed % 8)
		fuzz_sums(data, size);
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rec_reader *r;
	struct rec_piece p;
	struct decoded d;
	char why[REC_WHY];
	int got;

	fuzz_file_put(&file, data, size);
	if (rec_reader_open(&r, file.fd, why)) {
		if (!why[0])
			abort();
		return 0;
	}
	while ((got = rec_reader_next(r, &p)) > 0)
		if (p.what == REC_W_ITEM && p.item.kind == MMT_I_RECORD)
			decode_record(p.item.data, p.item.size, &d);
	if (got < 0 && !rec_reader_why(r)[0])
		abort();
	rec_reader_close(r);
	return 0;
}
