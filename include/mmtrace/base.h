/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * base: log, numbers, buffers, JSON, clock, histogram, nearest word.
 * Knows nothing of events; never exits, never writes to stdout on its own.
 */
#ifndef MMTRACE_BASE_H
#define MMTRACE_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MMT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define MMT_COUNT(a)	      (sizeof(a) / sizeof((a)[0]))

/*
 * log: one line per call to stderr, "mmtrace: " in front, one write(2) each, so that
 * lines of several threads do not mix. No '\n' at the end of fmt. Control characters
 * are shown as \xNN (a file name cannot forge a line), longer lines end in "...".
 */
enum mmt_level { MMT_ERR, MMT_WARN, MMT_INFO, MMT_DEBUG };

void mmt_err(const char *fmt, ...) MMT_PRINTF(1, 2);
void mmt_warn(const char *fmt, ...) MMT_PRINTF(1, 2);
void mmt_info(const char *fmt, ...) MMT_PRINTF(1, 2);
void mmt_debug(const char *fmt, ...) MMT_PRINTF(1, 2);
void mmt_log(enum mmt_level level, const char *fmt, va_list ap);
/* Level from the number of -v and -q given: none INFO, -v DEBUG, -q WARN, -qq ERR. */
void mmt_log_verbosity(unsigned verbose, unsigned quiet);
bool mmt_log_on(enum mmt_level level);
/* Sends the log elsewhere (tests); returns the descriptor used until now. */
int mmt_log_fd(int fd);

/*
 * num: strict text to number and back. The whole string or nothing: no sign, no blanks,
 * no trailing text, no overflow. 0, or -EINVAL / -ERANGE with *why set to a constant text
 * that fits after "-d 'abc': "; *out is untouched then.
 */
#define NUM_PID_MAX  4194304u /* PID_MAX_LIMIT on 64 bit, include/linux/threads.h, v6.12 */
#define NUM_PIDS_MAX 256
#define NUM_FMT_LEN  24 /* enough for every formatter below */

struct num_pids {
	uint32_t n;
	uint32_t pid[NUM_PIDS_MAX];
};

int num_parse_u64(const char *s, uint64_t *out, const char **why); /* decimal or 0x hex */
int num_parse_u32(const char *s, uint32_t *out, const char **why);
int num_parse_pid(const char *s, uint32_t *out, const char **why);	   /* 1..NUM_PID_MAX */
int num_parse_pids(const char *s, struct num_pids *out, const char **why); /* PID[,PID], added to *out once each */
int num_parse_duration(const char *s, uint64_t *out_ns, const char **why); /* 10s 1.5s 100us 5ms 1m 2h; bare: s */
int num_parse_size(const char *s, uint64_t *out_bytes, const char **why);  /* 4096 16K 1.5M 2G 1T, powers of 1024 */
int num_parse_errno(const char *s, uint32_t *out_errno, const char **why); /* EINVAL or 22, positive */

/* Each writes at most NUM_FMT_LEN bytes with the NUL to dst and returns dst. */
char *num_fmt_size(char *dst, uint64_t bytes);	/* exact if up to 9999 of a unit: 100B 16K 4100K; else 1.2M 137G */
char *num_fmt_duration(char *dst, uint64_t ns); /* 950ns 18.4us 5.2ms 184ms 1.3s 2m05s */
char *num_fmt_hex(char *dst, uint64_t addr);	/* 0x7f00 */

/*
 * buf: growable bytes; start from {0}. The first error (-ENOMEM, or -ENOSPC past max)
 * sticks: later calls do nothing and return it, so only the last need be looked at.
 */
struct buf {
	char *data;
	size_t len, cap;
	size_t max; /* 0: no limit of its own */
	int err;
};

int buf_put(struct buf *b, const void *bytes, size_t n);
char *buf_room(struct buf *b, size_t n); /* where n more bytes may be put; whoever does adds to len. NULL: error */
int buf_puts(struct buf *b, const char *s);
int buf_putc(struct buf *b, char c);
int buf_pad(struct buf *b, size_t len); /* blanks until b->len is at least len */
int buf_printf(struct buf *b, const char *fmt, ...) MMT_PRINTF(2, 3);
int buf_vprintf(struct buf *b, const char *fmt, va_list ap);
const char *buf_str(struct buf *b); /* NUL-terminated, valid until the next call; never NULL */
void buf_reset(struct buf *b);	    /* empty, error forgotten, memory kept */
void buf_free(struct buf *b);

/*
 * json: streaming writer into a buf. key is NULL inside an array and at the top, a name inside an object.
 * Misuse (key where none belongs, wrong end, too deep) is -EINVAL and sticks in j->err, as do errors of the buf.
 * Strings: bytes that are not UTF-8 become U+FFFD each, so the output is always valid.
 */
#define JSON_DEPTH_MAX 16

struct json {
	struct buf *out;
	int err;
	unsigned depth;
	bool comma;		   /* the next member needs one */
	char open[JSON_DEPTH_MAX]; /* '{' or '[' per level */
};

void json_init(struct json *j, struct buf *out);
void json_obj(struct json *j, const char *key);
void json_arr(struct json *j, const char *key);
void json_end(struct json *j); /* closes the innermost object or array */
void json_u64(struct json *j, const char *key, uint64_t v);
void json_i64(struct json *j, const char *key, int64_t v);
void json_thousandths(struct json *j, const char *key, uint64_t v); /* 1234567: 1234.567 */
void json_hex(struct json *j, const char *key, uint64_t v); /* "0x7f00": a string, since JSON numbers lose bits */
void json_bool(struct json *j, const char *key, bool v);
void json_null(struct json *j, const char *key);
void json_str(struct json *j, const char *key, const char *s); /* NULL gives null */
void json_strn(struct json *j, const char *key, const char *s, size_t n);
/* Closes a line: '\n' after a complete top value; ready for the next. 0 or the first error of this line, then forgotten. */
int json_line(struct json *j);

/* clock: CLOCK_MONOTONIC, the clock of bpf_ktime_get_ns(). */
uint64_t clock_now_ns(void);
uint64_t clock_real_ns(void); /* CLOCK_REALTIME */
/* Of two readings of it that differ, how much they differ at least; rounded up. */
uint64_t clock_granularity_ns(void);

/*
 * hist: log-linear histogram of any u64: below 64 exact, above 32 buckets per power of two
 * (a bucket is at most 1/32 = 3.2 % wide). Start from {0}.
 */
#define HIST_BUCKETS (64 + 58 * 32)

struct hist {
	uint64_t n, sum, min, max; /* sum saturates; min and max are exact and mean nothing while n is 0 */
	uint64_t bucket[HIST_BUCKETS];
};

void hist_add(struct hist *h, uint64_t value, uint64_t times);
void hist_merge(struct hist *into, const struct hist *from);
/* Value below which ppm/1e6 of all lie (999000: p99.9), clamped to min..max; 0 when empty. */
uint64_t hist_quantile(const struct hist *h, uint32_t ppm);
unsigned hist_index(uint64_t value);
uint64_t hist_low(unsigned index);  /* smallest value of a bucket */
uint64_t hist_high(unsigned index); /* largest value of a bucket */

/*
 * near: the word meant by a mistyped one: fewest edits (insert, drop, change, swap
 * neighbours), NULL when nothing is close. Start from { .word = w }, try each candidate.
 */
struct near {
	const char *word, *best;
	unsigned best_dist;
};

void near_try(struct near *n, const char *candidate);
unsigned near_distance(const char *a, const char *b); /* words longer than 63 bytes: UINT_MAX */

#endif
