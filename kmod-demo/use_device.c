// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Kinds that are registers: 4-byte loads and stores, and each register has its own meaning. */
#include "mmdemo-use.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Registers of the edu device, QEMU docs/specs/edu. */
#define EDU_ID	      0x00
#define EDU_ALIVE     0x04 /* reads as the complement of what was written */
#define EDU_FACTORIAL 0x08
#define EDU_STATUS    0x20
#define EDU_COMPUTING 0x01

static int device_register(const struct use *u, const char *name, uint32_t off, uint32_t got, uint32_t want)
{
	return use_say(u, "register", got == want, "name=%s addr=0x%lx got=0x%x want=0x%x result=%s", name,
		       (unsigned long)u->addr + off, got, want, got == want ? "ok" : "wrong");
}

static int device_use(struct use *u)
{
	volatile uint32_t *regs = u->addr;
	uint32_t tries = 0;
	int bad = device_register(u, "id", EDU_ID, regs[EDU_ID / 4] & 0xffff, 0x00ed);

	regs[EDU_ALIVE / 4] = 0x12345678;
	bad += device_register(u, "alive", EDU_ALIVE, regs[EDU_ALIVE / 4], ~0x12345678u);
	regs[EDU_FACTORIAL / 4] = 10;
	while (regs[EDU_STATUS / 4] & EDU_COMPUTING && ++tries < 100000000)
		;
	bad += device_register(u, "factorial", EDU_FACTORIAL, regs[EDU_FACTORIAL / 4], 3628800);
	return bad;
}

static int device_mark(const struct use *u, size_t len, uint32_t seed)
{
	(void)len;
	((volatile uint32_t *)u->addr)[EDU_ALIVE / 4] = seed;
	return 0;
}

static int device_seen(const struct use *u, size_t len, uint32_t seed)
{
	(void)len;
	return device_register(u, "alive", EDU_ALIVE, ((volatile uint32_t *)u->addr)[EDU_ALIVE / 4], ~seed);
}

/* Root without CAP_SYS_RAWIO passes the file's mode and must still not get the registers. In a child of its own. */
static int device_capability(struct use *u)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		struct use o = *u;

		if (syscall(SYS_capget, &head, data))
			_exit(errno);
		data[0].effective &= ~(1u << CAP_SYS_RAWIO);
		_exit(syscall(SYS_capset, &head, data) ? errno : use_open(&o, O_RDWR));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return use_result(u, "fork", 0, errno);
	return use_result(u, "open_without_capability", EPERM, WIFEXITED(status) ? WEXITSTATUS(status) : EINTR);
}

#define DEVICE_OPS                                                                              \
	{                                                                                       \
		.traits = USE_RAW, .use = device_use, .mark = device_mark, .seen = device_seen, \
		.refusals = device_capability,                                                  \
	}

/* The same registers, with another memory type each: what a program sees must not differ. */
const struct use_ops use_device = DEVICE_OPS;
const struct use_ops use_device_wc = DEVICE_OPS;
const struct use_ops use_device_iomap = DEVICE_OPS;
