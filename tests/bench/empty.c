// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * empty WAY CMD ARGS... - runs the command while programs that do nothing sit on both ends of a page fault; exits as it does
 *
 *   fentry    fentry and fexit of handle_mm_fault
 *   perf      the software events page-faults and, as the end, minor-faults and major-faults
 *   kprobe    a kprobe on handle_mm_fault, and the same two as the end
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "empty.skel.h"

static struct mmt_empty *s;

static int attach(struct bpf_program *p)
{
	return bpf_program__attach(p) ? 0 : -1;
}

/* CPU 0: the guests that count instructions have no other. */
static int on_event(unsigned long long which)
{
	struct perf_event_attr a = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(a), .config = which, .sample_period = 1
	};
	long fd = syscall(SYS_perf_event_open, &a, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	return fd >= 0 && bpf_program__attach_perf_event(s->progs.event, (int)fd) ? 0 : -1;
}

static int on_ends(void)
{
	return on_event(PERF_COUNT_SW_PAGE_FAULTS_MIN) || on_event(PERF_COUNT_SW_PAGE_FAULTS_MAJ) ? -1 : 0;
}

static int start(const char *way)
{
	int fentry = !strcmp(way, "fentry"), kprobe = !strcmp(way, "kprobe");

	s = mmt_empty__open();
	if (!s)
		return -1;
	bpf_program__set_autoload(s->progs.enter, fentry);
	bpf_program__set_autoload(s->progs.leave, fentry);
	bpf_program__set_autoload(s->progs.enter_kprobe, kprobe);
	bpf_program__set_autoload(s->progs.event, !fentry);
	if (mmt_empty__load(s))
		return -1;
	if (fentry)
		return attach(s->progs.enter) || attach(s->progs.leave) ? -1 : 0;
	if (kprobe)
		return attach(s->progs.enter_kprobe) || on_ends() ? -1 : 0;
	return on_event(PERF_COUNT_SW_PAGE_FAULTS) || on_ends() ? -1 : 0;
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 3)
		return 2;
	if (start(argv[1])) {
		fprintf(stderr, "empty: cannot attach (%s): %s\n", argv[1], strerror(errno));
		return 3;
	}
	pid = fork();
	if (!pid) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	mmt_empty__destroy(s);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
