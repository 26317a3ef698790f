// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * bpf-left - which BPF programs of a process are still in the kernel
 *
 *   bpf-left -p PID     prints the ids of the programs that the process holds, itself or through links
 *   bpf-left ID...      prints those of them that still exist; nothing and exit 0 when none does
 *
 * Needs root. Exit: 0 none left (or -p), 1 some left, 2 usage.
 */
#include <dirent.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int of_process(const char *pid)
{
	char path[300], line[200];
	struct dirent *d;
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo", pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		FILE *f;
		int id;

		snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, d->d_name);
		f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "prog_id: %d", &id) == 1) {
				printf("%d\n", id);
				n++;
			}
		if (f)
			fclose(f);
	}
	return n ? 0 : 1;
}

int main(int argc, char **argv)
{
	int left = 0;

	if (argc == 3 && !strcmp(argv[1], "-p"))
		return of_process(argv[2]);
	if (argc < 2)
		return 2;
	for (int i = 1; i < argc; i++) {
		union bpf_attr a;
		long fd;

		memset(&a, 0, sizeof(a));
		a.prog_id = (unsigned int)atoi(argv[i]);
		fd = syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &a, sizeof(a));
		if (fd < 0)
			continue;
		close((int)fd);
		printf("%s\n", argv[i]);
		left = 1;
	}
	return left;
}
