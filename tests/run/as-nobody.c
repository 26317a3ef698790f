// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* as-nobody CMD ARGS... - runs the command as user 65534, in no group but that, without a capability */
#include <grp.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	if (setgroups(0, NULL) || setgid(65534) || setuid(65534)) {
		perror("as-nobody");
		return 1;
	}
	execvp(argv[1], argv + 1);
	return 127;
}
