/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The object that needs nothing of the kernel but system-call tracepoints, perf events and function arguments. It loads
 * on kernels without BTF, so no program in it, loaded or not, may have a relocation (tests/lint/plain-no-reloc).
 */
#define MMT_PLAIN
#include "fault.bpf.h"
#include "call.bpf.c"
#include "target.bpf.c"
#include "fault.bpf.c"
#include "split.bpf.c"
#include "total.bpf.c"
#include "count.bpf.c"
#include "signal.bpf.c"
#include "install.bpf.c"
#include "install_dma.bpf.c"
#include "install_fault.bpf.c"
#include "demo.bpf.c"

char LICENSE[] SEC("license") = "GPL";
