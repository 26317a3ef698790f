/* SPDX-License-Identifier: GPL-2.0 */
/* The limit: what attaching to both ends of a function costs when the programs do nothing. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("fentry/handle_mm_fault")
int enter(__u64 *ctx)
{
	return 0;
}

SEC("fexit/handle_mm_fault")
int leave(__u64 *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
