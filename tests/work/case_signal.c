// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Signals for an access to memory: caught, forced upon who blocks them, and those that only look like one. */
#include "work.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define RW    (PROT_READ | PROT_WRITE)
#define FIXED MAP_FIXED_NOREPLACE

static sigjmp_buf back;
static struct {
	int code;
	unsigned long addr, ip;
} caught;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *u = context;

	caught.code = info->si_code;
	caught.addr = (unsigned long)info->si_addr;
#if defined(__aarch64__)
	caught.ip = u->uc_mcontext.pc;
#else
	caught.ip = (unsigned long)u->uc_mcontext.gregs[REG_RIP];
#endif
	siglongjmp(back, sig);
}

/* The words mmtrace has for them, written down once more on purpose. */
static const char *code_text(int sig, int code)
{
	static const struct {
		int sig, code;
		const char *text;
	} codes[] = {
		{ SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR" },
		{ SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR" },
		{ SIGBUS, BUS_ADRALN, "BUS_ADRALN" },
		{ SIGBUS, BUS_ADRERR, "BUS_ADRERR" },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].sig == sig && codes[i].code == code)
			return codes[i].text;
	die("signal %d with code %d", sig, code);
	return "";
}

int bad_access(void (*access)(char *addr), char *addr, const char *more)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER }, segv, bus;
	int sig;

	sigaction(SIGSEGV, &sa, &segv);
	sigaction(SIGBUS, &sa, &bus);
	sig = sigsetjmp(back, 0);
	if (!sig)
		access(addr);
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	errno = 0;
	if (!sig)
		return 0;
	out("expect signal addr=0x%lx ip=0x%lx signo=%s code=%s %s", caught.addr, caught.ip,
	    sig == SIGBUS ? "SIGBUS" : "SIGSEGV", code_text(sig, caught.code), more);
	if (caught.addr != (unsigned long)addr)
		die("the signal says address 0x%lx, not %p", caught.addr, (void *)addr);
	return sig;
}

void read_byte(char *addr)
{
	touch(addr, 1, 1, false);
}

void write_byte(char *addr)
{
	touch(addr, 1, 1, true);
}

static void signal_unmapped(void)
{
	if (bad_access(write_byte, at(4), "") != SIGSEGV)
		die("no SIGSEGV");
	expect_faults(at(4), 1, 1, true, "sort=refused kind=failed mode=user");
}

#if defined(__aarch64__)
/* The top byte of an address is the program's own to use: the signal is of the address without it, as the fault is. */
static void signal_tagged(void)
{
	char *tagged = (char *)((unsigned long)at(4) | 0x5aul << 56);
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER }, old;

	sigaction(SIGSEGV, &sa, &old);
	if (!sigsetjmp(back, 0)) {
		write_byte(tagged);
		die("no SIGSEGV");
	}
	sigaction(SIGSEGV, &old, NULL);
	out("expect signal addr=0x%lx ip=0x%lx signo=SIGSEGV code=SEGV_MAPERR", (unsigned long)at(4), caught.ip);
	expect_faults(at(4), 1, 1, true, "sort=refused kind=failed mode=user");
}
#else
static void signal_tagged(void)
{
	skip("addresses have no tags here");
}
#endif

/* A blocked signal would be lost, so the kernel kills. */
static void signal_blocked(void)
{
	int status;
	sigset_t set;
	pid_t pid;

	w_mmap(at(0), w.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | FIXED, -1, 0);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		sigfillset(&set);
		sigprocmask(SIG_BLOCK, &set, NULL);
		write_byte(at(0));
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		die("child %d was not killed by SIGSEGV", (int)pid);
	out("pid %d", (int)pid);
	out("expect vma_dup addr=0x%lx len=%zu", (unsigned long)at(0), w.page);
	out("expect signal addr=0x%lx signo=SIGSEGV code=SEGV_ACCERR pid=%d mapping.name=[anon]", (unsigned long)at(0),
	    (int)pid);
	expect_faults(at(0), 1, 1, true, "sort=refused kind=failed mode=user");
	w_munmap(at(0), w.page, w.page);
}

static void on_sent(int sig)
{
	(void)sig;
}

/* By a program, not for an access. */
static void signal_sent(void)
{
	struct sigaction sa = { .sa_handler = on_sent }, segv, bus;

	out("range 0x1 0x400000"); /* what stands where an address would: the sender's number, and 0 for root */
	sigaction(SIGSEGV, &sa, &segv);
	sigaction(SIGBUS, &sa, &bus);
	raise(SIGSEGV);
	kill(getpid(), SIGBUS);
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
}

#if defined(__aarch64__)
/* Exclusive access must be aligned, on CPUs without LSE2 at least. */
static void exclusive(char *addr)
{
	unsigned long v;

	__asm__ volatile("ldxr %0, [%1]\n\tclrex" : "=&r"(v) : "r"(addr) : "memory");
}

static void signal_unaligned(void)
{
	w_anon(0, 1);
	w_touch(at(0), 1, w.page, true, "class=anon kind=anon mode=user maj=0");
	if (!bad_access(exclusive, at(0) + 12 + 1, "mapping.name=[anon]"))
		skip("this CPU takes unaligned exclusive accesses");
	w_munmap(at(0), w.page, w.page);
}
#else
/* An address that is none: a signal without one. */
static void signal_not_canonical(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER }, segv;

	out("proc");
	sigaction(SIGSEGV, &sa, &segv);
	if (!sigsetjmp(back, 0)) {
		read_byte((char *)0x8000000000000000ul);
		die("no SIGSEGV");
	}
	sigaction(SIGSEGV, &segv, NULL);
	out("expect signal ip=0x%lx signo=SIGSEGV code=SI_KERNEL", caught.ip);
}
#endif

const struct work_case signal_cases[] = {
	{ "signal_unmapped", signal_unmapped },
	{ "signal_tagged", signal_tagged },
	{ "signal_blocked", signal_blocked },
	{ "signal_sent", signal_sent },
#if defined(__aarch64__)
	{ "signal_unaligned", signal_unaligned },
#else
	{ "signal_not_canonical", signal_not_canonical },
#endif
	{ NULL, NULL },
};
