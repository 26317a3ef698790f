// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* empty CMD ARGS... - runs the command while empty fentry and fexit programs sit on handle_mm_fault; exits as it does. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "empty.skel.h"

int main(int argc, char **argv)
{
	struct mmt_empty *s;
	int status;
	pid_t pid;

	if (argc < 2)
		return 2;
	s = mmt_empty__open_and_load();
	if (!s || mmt_empty__attach(s)) {
		fprintf(stderr, "empty: cannot attach to handle_mm_fault: %s\n", strerror(errno));
		return 3;
	}
	pid = fork();
	if (!pid) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	mmt_empty__destroy(s);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
