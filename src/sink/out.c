// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sink/out.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* Big enough that a write's cost vanishes, small enough to stay in the cache. */
#define OUT_BATCH (64 << 10)

void out_init(struct out *o, int fd)
{
	*o = (struct out){ .fd = fd };
}

int out_flush(struct out *o)
{
	size_t done = 0;

	if (!o->err)
		o->err = o->b.err;
	while (!o->err && done < o->b.len) {
		ssize_t n = write(o->fd, o->b.data + done, o->b.len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			poll(&(struct pollfd){ .fd = o->fd, .events = POLLOUT }, 1,
			     -1); /* somebody made it non-blocking */
		else if (n == 0 || errno != EINTR)
			o->err = n ? -errno : -EIO;
	}
	buf_reset(&o->b);
	return o->err;
}

int out_spill(struct out *o)
{
	return o->b.len >= OUT_BATCH || o->b.err ? out_flush(o) : o->err;
}

void out_free(struct out *o)
{
	buf_free(&o->b);
}
