/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "cgroup.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* More than the kernel allows: cgroup.max.depth has no end by default, paths have. */
#define LEVELS_MAX 2048

#define CGROUP_ROOT 1 /* the first number that kernfs_create_root() gives: fs/kernfs/dir.c, 6.12 */

int cgroup_find(const char *dir, struct cgroup_place *out)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	struct statfs fs;
	struct stat st, up;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) || fstat(fd, &st))
		err = -errno;
	else if (fs.f_type != CGROUP2_SUPER_MAGIC)
		err = -ENOTSUP;
	out->id = st.st_ino;
	out->level = 0;
	while (!err && out->level < LEVELS_MAX) {
		int above = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (above < 0 || fstat(above, &up)) {
			err = -errno;
			if (above >= 0)
				close(above);
			break;
		}
		close(fd);
		fd = above;
		if (up.st_dev != st.st_dev || up.st_ino == st.st_ino)
			break; /* the mount's root was the one before */
		st = up;
		out->level++;
	}
	close(fd);
	/* where no more than a part is to be seen nobody knows how deep it lies */
	return !err && st.st_ino != CGROUP_ROOT ? -EXDEV : err;
}
