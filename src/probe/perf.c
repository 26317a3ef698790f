/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "perf.h"
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_event(struct perf_event_attr *attr, pid_t tid, int cpu)
{
	int fd = syscall(SYS_perf_event_open, attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_fault(enum perf_fault what, pid_t tid, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = what,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_ADDR, /* makes the kernel keep the address, also for BPF */
		.disabled = 1,
		/* a child's event gets the program of its parent's: inherit_event(), kernel/events/core.c, since 4.15 */
		.inherit = tid > 0,
	};

	if (what == PERF_CLOCK) {
		attr.freq = 1;
		attr.sample_freq = PERF_CLOCK_HZ;
		attr.sample_type = 0;
	}
	return open_event(&attr, tid, cpu);
}

int perf_open_fault(enum perf_fault what, int cpu)
{
	return open_fault(what, -1, cpu);
}

int perf_open_task_fault(enum perf_fault what, pid_t tid)
{
	return open_fault(what, tid, -1);
}

static int read_number(const char *path, const char *format)
{
	FILE *f = fopen(path, "re");
	int n = -1;

	if (!f)
		return -1;
	if (fscanf(f, format, &n) != 1)
		n = -1;
	fclose(f);
	return n;
}

int perf_kprobe_type(void)
{
	return read_number("/sys/bus/event_source/devices/kprobe/type", "%d");
}

int perf_open_kprobe(int pmu_type, uint64_t addr, bool ret)
{
	int bit = read_number("/sys/bus/event_source/devices/kprobe/format/retprobe", "config:%d");
	struct perf_event_attr attr = {
		.type = pmu_type,
		.size = sizeof(attr),
		.config = ret ? 1ULL << (bit < 0 ? 0 : bit) : 0,
		.kprobe_func = 0, /* by address: names of static functions are not unique across modules */
		.kprobe_addr = addr,
		.sample_period = 1,
		.wakeup_events = 1,
		.disabled = 1,
	};

	return open_event(&attr, -1, 0);
}

int perf_open_tracepoint(const char *name)
{
	static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.wakeup_events = 1,
		.disabled = 1,
	};
	char path[160];
	int id = -1;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]) && id < 0; i++) {
		snprintf(path, sizeof(path), "%s/events/%s/id", roots[i], name);
		id = read_number(path, "%d");
	}
	if (id < 0)
		return -ENOENT;
	attr.config = id;
	return open_event(&attr, -1, 0);
}

int perf_attach(int event_fd, int prog_fd)
{
	if (ioctl(event_fd, PERF_EVENT_IOC_SET_BPF, prog_fd) || ioctl(event_fd, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	return 0;
}
