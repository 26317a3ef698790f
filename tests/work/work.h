/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the workload's cases share. A case works at addresses of its own, does things with the w_ functions, and these
 * write down, from the calls' own results, which events a tracer must have seen. Output, read by tests/run/match:
 *
 *   work pid=N page=N
 *   case NAME begin=0x.. end=0x..     addresses of the marks: an mmap there begins and ends the case in the trace
 *   range 0x.. 0x..                   inside, every event must be expected; outside, events do not matter
 *   pid N                             one more process of the case
 *   proc                              events of its processes that have no address matter too: fork, exec, exit, shmget …
 *   expect EVENT FIELD=VALUE ...      also FIELD>=N FIELD<=N; FIELD~WORD FIELD!~WORD: one of the words between '|',
 *                                     or not; sort=NAME names a sort that a tier may miss;
 *                                     n=N step=S: N events at addr, addr + S, ...; count=N: each of them N times
 *   count EVENT N                     the program causes N in all, when -w keeps everything else from happening
 *   skip REASON                       instead of expectations
 *   endcase
 */
#ifndef TESTS_WORK_H
#define TESTS_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4 /* include/uapi/linux/mman.h, 5.7 */
#endif

#define PRINTF(a, b) __attribute__((format(printf, a, b)))

struct work {
	const char *dir;	/* where files are made; whole path */
	const char *self;	/* this program; whole path */
	const char *file_class; /* "file", or "shm" when dir is a tmpfs */
	size_t page;
	unsigned int no; /* of the case */
	char *base;	 /* its addresses begin here */
	bool wait;
};

extern struct work w;

struct work_case {
	const char *name;
	void (*run)(void);
};

extern const struct work_case call_cases[], mem_cases[], reach_cases[], change_cases[], fault_cases[], proc_cases[],
	signal_cases[], wait_cases[];

/* The n-th page of the case. */
static inline char *at(size_t n)
{
	return w.base + n * w.page;
}

void out(const char *fmt, ...) PRINTF(1, 2);  /* one line of the output, '\n' added */
void skip(const char *fmt, ...) PRINTF(1, 2); /* the rest of the case is not done; returns */
void die(const char *fmt, ...) PRINTF(1, 2);  /* the workload itself cannot go on; with errno's text; exit 1 */
size_t whole_pages(size_t len);

/*
 * System calls. Each expects its call event with what it returned, and the changes that follow from success. They
 * return what the kernel returned: -errno on failure.
 */
long w_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off);
/* As w_mmap, over `over` bytes that are mapped there already (MAP_FIXED). */
long w_mmap_over(void *addr, size_t len, int prot, int flags, int fd, off_t off, size_t over);
/* As w_mmap, with more fields for both events: "file=..." */
long w_mmap_more(void *addr, size_t len, int prot, int flags, int fd, off_t off, const char *more);
/* `bytes` of the range are mapped. */
long w_munmap(void *addr, size_t len, size_t bytes);
/* Expects only the call; changes are the caller's. */
long w_mprotect(void *addr, size_t len, int prot);
long w_pkey_mprotect(void *addr, size_t len, int prot, int pkey);
void expect_prot(void *addr, size_t len);
long w_mremap(void *addr, size_t old_len, size_t len, int flags, void *new_addr);
long w_brk(void *addr);

/* Calls about what is mapped already: calls_mem.c. words: the flags as the trace has them. */
struct iovec;
long w_madvise(void *addr, size_t len, int advice);
long w_process_madvise(int pidfd, const struct iovec *v, size_t n, int advice);
long w_msync(void *addr, size_t len, int flags, const char *words);
long w_mlock(void *addr, size_t len);
long w_mlock2(void *addr, size_t len, unsigned int flags, const char *words);
long w_munlock(void *addr, size_t len);
/* Without an address: the case must say "proc". */
long w_mlockall(int flags, const char *words);
long w_munlockall(void);
long w_shmget(int key, size_t len, int flags, const char *words);
long w_memfd(const char *name, unsigned int flags, const char *words);
/* len: of the segment, in whole pages */
long w_shmat(int id, int key, void *addr, size_t len, int flags, const char *words);
long w_shmdt(void *addr, int key, size_t bytes);
long w_remap_file_pages(void *addr, size_t len, size_t pgoff, int flags, const char *words);

/* An anonymous private region without huge pages, readable and writable. */
char *w_anon(size_t first_page, size_t pages);
void no_huge(void *addr, size_t len);

/* Touches n pages, `step` bytes apart, and expects a fault in each; more: the rest of the fields. */
void w_touch(char *addr, size_t n, size_t step, bool write, const char *more);
void touch(char *addr, size_t n, size_t step, bool write);
void expect_faults(const char *addr, size_t n, size_t step, bool write, const char *more);

/* A file of n whole pages under w.dir, written page by page so that it is in the page cache; returns its descriptor. */
int make_file(const char *name, size_t pages, char path[512]);

/* Child: runs fn and leaves. Expects fork, the child's end, and puts its pid in the output. */
pid_t w_fork(void (*fn)(void));
void w_wait(pid_t pid); /* dies if the child did not exit with 0 */

/*
 * Accesses what must not be accessed; the signal that came of it, 0: none. Expects its event; more: the rest of the fields. read_byte
 * and write_byte are accesses.
 */
int bad_access(void (*access)(char *addr), char *addr, const char *more);
void read_byte(char *addr);
void write_byte(char *addr);

extern int work_exec_child(char **argv);

#endif
