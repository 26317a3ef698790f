// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Lines for the person at the terminal: stderr, one write per line. */
#include <mmtrace/base.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char prefix[] = "mmtrace: ";
static enum mmt_level log_level = MMT_INFO;
static int log_fd = STDERR_FILENO;

void mmt_log_verbosity(unsigned verbose, unsigned quiet)
{
	/* Clamp before subtracting: the counts come from the command line. */
	int v = verbose > MMT_DEBUG ? MMT_DEBUG : (int)verbose;
	int q = quiet > MMT_DEBUG ? MMT_DEBUG : (int)quiet;
	int level = MMT_INFO + v - q;

	log_level = level < MMT_ERR ? MMT_ERR : level > MMT_DEBUG ? MMT_DEBUG : (enum mmt_level)level;
}

bool mmt_log_on(enum mmt_level level)
{
	return level <= log_level;
}

int mmt_log_fd(int fd)
{
	int old = log_fd;

	log_fd = fd;
	return old;
}

/* Bytes 0..31 and 127 would let a file name or a comm start a new line or drive the terminal. */
static size_t put_clean(char *dst, size_t room, const char *src)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (; *src; src++) {
		unsigned char c = (unsigned char)*src;
		bool plain = c >= 32 && c != 127;

		if (n + (plain ? 1 : 4) > room)
			break;
		if (plain) {
			dst[n++] = (char)c;
			continue;
		}
		dst[n++] = '\\';
		dst[n++] = 'x';
		dst[n++] = hex[c >> 4];
		dst[n++] = hex[c & 15];
	}
	if (*src && n >= 3)
		memcpy(dst + n - 3, "...", 3);
	return n;
}

void mmt_log(enum mmt_level level, const char *fmt, va_list ap)
{
	char text[LINE_MAX_BYTES], line[sizeof(prefix) + LINE_MAX_BYTES];
	int saved = errno;
	size_t n = sizeof(prefix) - 1;
	const char *p = line;

	if (!mmt_log_on(level))
		return;
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		snprintf(text, sizeof(text), "(message could not be formatted: %s)", fmt);
	memcpy(line, prefix, n);
	/* Less room than text can hold, so that a line cut by vsnprintf gets its "..." too. */
	n += put_clean(line + n, LINE_MAX_BYTES - 8, text);
	line[n++] = '\n';
	while (n) {
		ssize_t done = write(log_fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			break; /* nobody listens; there is no better place to say so */
		p += done;
		n -= (size_t)done;
	}
	errno = saved;
}

#define LOG_FUNCTION(name, level)        \
	void name(const char *fmt, ...)  \
	{                                \
		va_list ap;              \
                                         \
		va_start(ap, fmt);       \
		mmt_log(level, fmt, ap); \
		va_end(ap);              \
	}

LOG_FUNCTION(mmt_err, MMT_ERR)
LOG_FUNCTION(mmt_warn, MMT_WARN)
LOG_FUNCTION(mmt_info, MMT_INFO)
LOG_FUNCTION(mmt_debug, MMT_DEBUG)
