// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "runs.h"
#include <bpf/bpf.h>

uint64_t runs_drain(int insts, int prog)
{
	uint64_t args[12] = { 0 }, lost = 0; /* a raw tracepoint has up to 12 */
	uint32_t tid, *last = NULL;

	while (!bpf_map_get_next_key(insts, last, &tid)) {
		LIBBPF_OPTS(bpf_test_run_opts, o, .ctx_in = args, .ctx_size_in = sizeof(args));

		last = &tid;
		args[0] = tid;
		if (bpf_prog_test_run_opts(prog, &o) || o.retval)
			lost++;
	}
	return lost;
}
