// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* bpf-left - how many BPF programs, maps and links there are: "progs=0 maps=0 links=0". Needs root. */
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int count(unsigned int cmd)
{
	union bpf_attr a;
	int n = 0;

	memset(&a, 0, sizeof(a));
	while (!syscall(SYS_bpf, cmd, &a, sizeof(a))) {
		a.start_id = a.next_id;
		n++;
	}
	return n;
}

int main(void)
{
	printf("progs=%d maps=%d links=%d\n", count(BPF_PROG_GET_NEXT_ID), count(BPF_MAP_GET_NEXT_ID),
	       count(BPF_LINK_GET_NEXT_ID));
	return 0;
}
