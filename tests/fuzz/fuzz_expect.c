// LINK: expect filter event ledger base enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A file of expectations, as somebody else wrote it. */
#include "expect/expect.h"
#include "fuzz.h"
#include "mmtrace/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool want[MMT_EV_MAX] = { false };
	struct buf said = { .max = 1 << 20 };
	struct expect *e = expect_parse("fuzz.expect", (const char *)data, size, &said);

	if (!e && !said.len)
		abort(); /* refused, and nothing said */
	if (e) {
		expect_wants(e, want);
		expect_count(e);
		expect_free(e);
	}
	buf_free(&said);
	return 0;
}
