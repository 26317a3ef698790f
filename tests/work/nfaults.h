/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the jobs of nfaults share. A job causes faults of kinds that follow from what it does, so many that it can tell, under a
 * command name of its own (the job's), and says so:
 *
 *   job NAME page=N own_ns=N least_ns=N   the time its own loops took, by its own clock; at least what it made the faults sleep
 *   expect NAME KIND N CLASS SORT         faults of the job: each line another kind or class; SORT names what a tier may miss:
 *                                         gup, refused, failed, given-up; "-": none may
 *   skip NAME REASON                      instead
 *   total N                               faults of all jobs, but for those with a SORT
 *
 * Loops count their faults by the kernel's own figures as well, and the program gives up where the two differ.
 */
#ifndef TESTS_NFAULTS_H
#define TESTS_NFAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NOISE	 "nf-noise"  /* the command name of whatever is not counted */
#define AROUND	 65536ul     /* fault_around_bytes: what one read fault may map; mm/memory.c, 6.12 */
#define SLEEP_NS 50000000ull /* what a fault sleeps for userfaultfd */
#define THREADS	 4
#define RW	 (PROT_READ | PROT_WRITE)

#define PRINTF(a, b) __attribute__((format(printf, a, b)))

struct nf {
	size_t page, n;
	unsigned int seconds; /* of what takes as long as one says */
	const char *dir;      /* for files in the page cache */
	const char *disk;     /* for files that must be read from somewhere; NULL: nowhere */
	const char *file_class;
};
extern struct nf nf;

/* Time and faults of a job; shared with the processes it makes. */
struct tally {
	uint64_t own_ns, least_ns;
};

struct job {
	const char *name;
	/* before all memory is locked: starts threads and processes; false: skip() was called */
	bool (*early)(void);
	/* before "ready": maps and fills what the faults need, which is not locked */
	bool (*prepare)(void);
	/* causes the faults; may allocate nothing, and touch only what prepare() made */
	void (*run)(struct tally *t);
	enum { QUIET, NOISY, ALONE } sort; /* NOISY: other faults come with it; ALONE: only when named */
};
extern const struct job kind_jobs[], task_jobs[];

void out(const char *fmt, ...) PRINTF(1, 2);
bool skip(const char *fmt, ...) PRINTF(1, 2); /* false */
void die(const char *fmt, ...) PRINTF(1, 2);

/* n pages at an address of their own, far from all others, without huge pages. */
char *region(size_t bytes, int prot, int flags, int fd);
char *anon(size_t pages);
/* A file of n pages in dir that no name leads to any more. */
int file_of(const char *dir, size_t pages);

/* A fault in each of n places, `step` bytes apart: `faults` of them by the kernel's count, or -1: whatever it says, which is returned. */
#define ANY (-1)
long touch(struct tally *t, char *addr, size_t n, size_t step, bool write, long faults);
void read_byte(char *addr);
void write_byte(char *addr);

void expect(const char *kind, long n, const char *class, const char *sort);
/* For the thread that calls: faults under this name from now on. */
void name_self(const char *name);
const char *job_name(void);
uint64_t now_ns(void);
long kernel_count(void); /* of this thread, minor and major */
void lock_all(void);	 /* nothing that the process has, nor what it calls, faults from now on */

#endif
