/* SPDX-License-Identifier: GPL-2.0 */
/* The object for kernels with BTF: everything. core_old.bpf.c compiles it once more, for kernels before 5.17. */
#include "fault.bpf.h"
#include "call.bpf.c"
#include "target.bpf.c"
#include "change.bpf.c"
#include "exit.bpf.c"
#include "vma.bpf.c"
#include "driver.bpf.c"
#include "install.bpf.c"
#include "install_dma.bpf.c"
#include "install_fault.bpf.c"
#include "fault.bpf.c"
#include "split.bpf.c"
#include "total.bpf.c"
#include "count.bpf.c"
#include "signal.bpf.c"
#include "remote.bpf.c"
#include "import.bpf.c"
#include "memtype.bpf.c"
#include "demo.bpf.c"

char LICENSE[] SEC("license") = "GPL";
