/* SPDX-License-Identifier: GPL-2.0 */
/* Core for kernels before 5.17, whose verifier knows no callback functions: without bpf_loop() and bpf_find_vma(). */
#define MMT_OLD
#include "core.bpf.c"
#include "commit_old.bpf.c"
