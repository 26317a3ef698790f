/* SPDX-License-Identifier: GPL-2.0 */
/* The limit: what attaching to both ends of a fault costs when the programs do nothing. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("?fentry/handle_mm_fault")
int enter(__u64 *ctx)
{
	return 0;
}

SEC("?fexit/handle_mm_fault")
int leave(__u64 *ctx)
{
	return 0;
}

SEC("?kprobe/handle_mm_fault")
int enter_kprobe(struct pt_regs *ctx)
{
	return 0;
}

SEC("?perf_event")
int event(struct bpf_perf_event_data *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
