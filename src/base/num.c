// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Strict text to number, and numbers a person reads. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strerrorname_np */
#endif
#include <mmtrace/base.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int refuse(int err, const char *text, const char **why)
{
	*why = text;
	return err;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Digits of the base from *s on; *s is left at the first other byte. -EINVAL: no digit there. */
static int read_digits(const char **s, int base, uint64_t *out)
{
	const char *p = *s;
	uint64_t v = 0;
	bool over = false;

	for (; digit_of(*p) < base; p++)
		over |= __builtin_mul_overflow(v, (uint64_t)base, &v) ||
			__builtin_add_overflow(v, (uint64_t)digit_of(*p), &v);
	if (p == *s)
		return -EINVAL;
	*s = p;
	*out = v;
	return over ? -ERANGE : 0;
}

int num_parse_u64(const char *s, uint64_t *out, const char **why)
{
	int base = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10;
	const char *p = base == 16 ? s + 2 : s;
	uint64_t v = 0;
	int err = read_digits(&p, base, &v);

	if (err == -EINVAL || *p)
		return refuse(-EINVAL, "not a number (try 100 or 0x7f00)", why);
	if (err)
		return refuse(err, "too large for 64 bits", why);
	*out = v;
	return 0;
}

int num_parse_u32(const char *s, uint32_t *out, const char **why)
{
	uint64_t v;
	int err = num_parse_u64(s, &v, why);

	if (err == -ERANGE || (!err && v > UINT32_MAX))
		return refuse(-ERANGE, "too large (at most 4294967295)", why);
	if (!err)
		*out = (uint32_t)v;
	return err;
}

/* One PID from *s on, up to the end or a comma. */
static int read_pid(const char **s, uint32_t *out, const char **why)
{
	uint64_t v = 0;
	int err = read_digits(s, 10, &v);

	if (err == -EINVAL || (**s && **s != ','))
		return refuse(-EINVAL, "not a process id (try 1234 or 1234,1235)", why);
	if (err || !v || v > NUM_PID_MAX)
		return refuse(-ERANGE, "no process id is outside 1..4194304", why);
	*out = (uint32_t)v;
	return 0;
}

int num_parse_pid(const char *s, uint32_t *out, const char **why)
{
	uint32_t pid;
	int err = read_pid(&s, &pid, why);

	if (err)
		return err;
	if (*s)
		return refuse(-EINVAL, "one process id expected (try 1234)", why);
	*out = pid;
	return 0;
}

static int add_pid(struct num_pids *l, uint32_t pid, const char **why)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->pid[i] == pid)
			return 0;
	if (l->n == NUM_PIDS_MAX)
		return refuse(-ERANGE, "more than 256 process ids (trace without a list, or by name with -n)", why);
	l->pid[l->n++] = pid;
	return 0;
}

int num_parse_pids(const char *s, struct num_pids *out, const char **why)
{
	struct num_pids all = *out; /* the caller's list changes whole or not at all */

	for (;; s++) {
		uint32_t pid;
		int err = read_pid(&s, &pid, why);

		if (!err)
			err = add_pid(&all, pid, why);
		if (err)
			return err;
		if (!*s)
			break;
	}
	*out = all;
	return 0;
}

struct unit {
	const char *name;
	uint64_t scale;
};

static const struct unit durations[] = {
	{ "", 1000000000 },  { "ns", 1 },	   { "us", 1000 },	   { "ms", 1000000 },
	{ "s", 1000000000 }, { "m", 60000000000 }, { "min", 60000000000 }, { "h", 3600000000000 },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "", 1 },	     { "B", 1 },	  { "K", 1ull << 10 }, { "M", 1ull << 20 },
	{ "G", 1ull << 30 }, { "T", 1ull << 40 }, { "k", 1ull << 10 }, { "m", 1ull << 20 },
	{ "g", 1ull << 30 }, { "t", 1ull << 40 }, { NULL, 0 },
};

/* frac: the digits behind the point. Each must be worth a whole number of the smallest unit. */
static int add_fraction(const char *frac, size_t n, uint64_t scale, uint64_t *v)
{
	uint64_t tenths = 0, div = 1, part;

	while (n && frac[n - 1] == '0')
		n--;
	for (size_t i = 0; i < n; i++) {
		if (div > 1000000000000000ull)
			return -ERANGE;
		tenths = tenths * 10 + (uint64_t)(frac[i] - '0');
		div *= 10;
	}
	if (__builtin_mul_overflow(tenths, scale, &part) || part % div)
		return -ERANGE;
	return __builtin_add_overflow(*v, part / div, v) ? -ERANGE : 0;
}

static int parse_scaled(const char *s, const struct unit *units, uint64_t *out)
{
	const char *p = s, *frac = NULL;
	size_t nfrac = 0;
	uint64_t v = 0, ignored;
	int over = read_digits(&p, 10, &v);

	if (over == -EINVAL)
		return over;
	if (*p == '.') {
		frac = ++p;
		if (read_digits(&p, 10, &ignored) == -EINVAL)
			return -EINVAL;
		nfrac = (size_t)(p - frac);
	}
	while (units->name && strcmp(units->name, p))
		units++;
	if (!units->name)
		return -EINVAL;
	if (over || __builtin_mul_overflow(v, units->scale, &v))
		return -ERANGE;
	if (frac && add_fraction(frac, nfrac, units->scale, &v))
		return -ERANGE;
	*out = v;
	return 0;
}

int num_parse_duration(const char *s, uint64_t *out_ns, const char **why)
{
	int err = parse_scaled(s, durations, out_ns);

	if (err == -EINVAL)
		return refuse(err, "not a duration (try 10s, 500ms)", why);
	return err ? refuse(err, "too long or too fine (whole nanoseconds, at most 584 years)", why) : 0;
}

int num_parse_size(const char *s, uint64_t *out_bytes, const char **why)
{
	int err = parse_scaled(s, sizes, out_bytes);

	if (err == -EINVAL)
		return refuse(err, "not a size (try 64K, 16M)", why);
	return err ? refuse(err, "too large or not whole bytes", why) : 0;
}

#define ERRNO_MAX 4095 /* MAX_ERRNO, include/linux/err.h, v6.12 */

int num_parse_errno(const char *s, uint32_t *out_errno, const char **why)
{
	/* Second names of one number: the C library knows a number by one name only. */
	static const struct {
		const char *name;
		uint32_t number;
	} also[] = {
		{ "EAGAIN", EAGAIN },	    { "EWOULDBLOCK", EWOULDBLOCK }, { "EDEADLK", EDEADLK },
		{ "EDEADLOCK", EDEADLOCK }, { "ENOTSUP", ENOTSUP },	    { "EOPNOTSUPP", EOPNOTSUPP },
	};
	uint64_t v;

	for (size_t i = 0; i < MMT_COUNT(also); i++)
		if (!strcmp(s, also[i].name))
			return *out_errno = also[i].number, 0;
	for (int e = 1; s[0] == 'E' && e <= ERRNO_MAX; e++) {
		const char *name = strerrorname_np(e);

		if (name && !strcmp(s, name))
			return *out_errno = (uint32_t)e, 0;
	}
	if (num_parse_u64(s, &v, why) || !v || v > ERRNO_MAX)
		return refuse(-EINVAL, "not an error name (try EINVAL, ENOMEM)", why);
	*out_errno = (uint32_t)v;
	return 0;
}

/* v in units of scale with three digits or fewer: 1.2, 18.4, 137. False: 1000 or more after rounding. */
static bool fmt_short(char *dst, uint64_t v, uint64_t scale, const char *unit, uint64_t most)
{
	/* Rounded to tenths without overflow: whole and rest apart. */
	uint64_t whole = v / scale, rest = v % scale;
	uint64_t tenths = (uint64_t)(((unsigned __int128)rest * 10 + scale / 2) / scale);

	if (whole < 100 && whole * 10 + tenths < 1000) {
		whole += tenths / 10;
		snprintf(dst, NUM_FMT_LEN, "%" PRIu64 ".%" PRIu64 "%s", whole, tenths % 10, unit);
		return true;
	}
	whole += rest >= scale - scale / 2;
	snprintf(dst, NUM_FMT_LEN, "%" PRIu64 "%s", whole, unit);
	return whole < most;
}

char *num_fmt_size(char *dst, uint64_t bytes)
{
	static const struct unit units[] = {
		{ "E", 1ull << 60 }, { "P", 1ull << 50 }, { "T", 1ull << 40 }, { "G", 1ull << 30 },
		{ "M", 1ull << 20 }, { "K", 1ull << 10 }, { "B", 1 },
	};
	size_t i = 0;

	/* The largest unit that divides it says it exactly and shortest. */
	while (bytes % units[i].scale || (!bytes && units[i].scale > 1))
		i++;
	if (bytes / units[i].scale <= 9999) {
		snprintf(dst, NUM_FMT_LEN, "%" PRIu64 "%s", bytes / units[i].scale, units[i].name);
		return dst;
	}
	i = 0;
	while (bytes < units[i].scale)
		i++;
	if (!fmt_short(dst, bytes, units[i].scale, units[i].name, 1024) && i)
		fmt_short(dst, bytes, units[i - 1].scale, units[i - 1].name, 1024);
	return dst;
}

char *num_fmt_duration(char *dst, uint64_t ns)
{
	static const struct unit units[] = { { "us", 1000 }, { "ms", 1000000 } };
	uint64_t s = ns / 1000000000 + (ns % 1000000000 >= 500000000);

	if (ns < 1000) {
		snprintf(dst, NUM_FMT_LEN, "%" PRIu64 "ns", ns);
		return dst;
	}
	for (size_t i = 0; i < MMT_COUNT(units); i++)
		if (fmt_short(dst, ns, units[i].scale, units[i].name, 1000))
			return dst;
	if (s < 60)
		fmt_short(dst, ns, 1000000000, "s", UINT64_MAX);
	else if (s < 3600)
		snprintf(dst, NUM_FMT_LEN, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else
		snprintf(dst, NUM_FMT_LEN, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s % 3600 / 60);
	return dst;
}

char *num_fmt_hex(char *dst, uint64_t addr)
{
	snprintf(dst, NUM_FMT_LEN, "0x%" PRIx64, addr);
	return dst;
}
