// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * reach - one process reaches into another that knows nothing of it
 *
 *   reach wait          maps a page, prints "PID ADDRESS", ends when standard input does
 *   reach into PID ADDRESS   reads 16 bytes there by process_vm_readv, as many by /proc/PID/mem, a word by ptrace; prints "PID DONE":
 *                       its own id, and which of the three this kernel let it do
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int wait_for_end(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), c;

	if (page == MAP_FAILED)
		return 1;
	*page = 1;
	printf("%d %p\n", (int)getpid(), (void *)page);
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}

static int into(pid_t pid, unsigned long addr)
{
	char bytes[16], path[40];
	struct iovec local = { bytes, sizeof(bytes) }, remote = { (void *)addr, sizeof(bytes) };
	int fd, status;

	printf("%d", (int)getpid());
	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) == sizeof(bytes))
		printf(" process_vm");
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDONLY);
	if (fd >= 0 && pread(fd, bytes, sizeof(bytes), (off_t)addr) == sizeof(bytes))
		printf(" mem");
	if (!ptrace(PTRACE_ATTACH, pid, NULL, NULL) && waitpid(pid, &status, 0) == pid) {
		errno = 0;
		ptrace(PTRACE_PEEKDATA, pid, (void *)addr, NULL);
		if (!errno)
			printf(" ptrace");
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	}
	printf("\n");
	return fflush(stdout) ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "wait"))
		return wait_for_end();
	if (argc == 4 && !strcmp(argv[1], "into"))
		return into((pid_t)atoi(argv[2]), strtoul(argv[3], NULL, 0));
	fprintf(stderr, "usage: reach wait | reach into PID ADDRESS\n");
	return 2;
}
