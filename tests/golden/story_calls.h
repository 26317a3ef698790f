/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Part of the story: calls about what is mapped already, reaches into another process, signals. Included by story.h. */
#ifndef TESTS_GOLDEN_STORY_CALLS_H
#define TESTS_GOLDEN_STORY_CALLS_H

static void tell_advice(struct teller *t)
{
	{
		NEW(MSYNC, msync);
		e.addr = DEV_AT + 0x1000;
		e.len = 0x2000;
		e.flags = 4;
		SEND(t, MMT_TIER_RAW_TP, 1500);
	}
	{
		NEW(MADVISE, madvise);
		e.h.have &= ~(MMT_HAVE(MADVISE, ranges) | MMT_HAVE(MADVISE, pidfd));
		e.addr = DEV_AT;
		e.len = 0x4000;
		e.advice = 10;
		e.ret = -EINVAL;
		SEND(t, MMT_TIER_RAW_TP, 700);
	}
	{
		/* In another address space, so the device that is mapped there in this one is not meant. */
		NEW(MADVISE, madvise);
		e.addr = DEV_AT;
		e.len = 0x1000;
		e.ranges = 3;
		e.pidfd = 5;
		e.advice = 20;
		e.ret = 0x3000;
		SEND(t, MMT_TIER_RAW_TP, 2500);
	}
	{
		NEW(MLOCK, mlock);
		e.addr = LIB_AT;
		e.len = 0x1000;
		e.op = MMT_LOCKOP_MLOCK2;
		e.flags = 1;
		SEND(t, MMT_TIER_RAW_TP, 1200);
	}
	{
		NEW(MLOCK, mlock);
		e.h.have &= ~(MMT_HAVE(MLOCK, addr) | MMT_HAVE(MLOCK, len));
		e.op = MMT_LOCKOP_MLOCKALL;
		e.flags = 3;
		e.ret = -ENOMEM;
		SEND(t, MMT_TIER_RAW_TP, 1300);
	}
}

static void tell_shared(struct teller *t)
{
	name(t, KEY_MEMFD, MMT_NAME_TEXT, "a\033[31mb");
	{
		NEW(SHMGET, shmget);
		e.len = 0x10000;
		e.key = 0x4d4d;
		e.flags = 01600;
		e.ret = 7;
		SEND(t, MMT_TIER_RAW_TP, 4000);
	}
	{
		NEW(SHMAT, shmat);
		e.id = 7;
		e.flags = 010000;
		e.ret = -EACCES;
		SEND(t, MMT_TIER_RAW_TP, 900);
	}
	{
		NEW(SHMDT, shmdt);
		e.addr = 0x5000;
		e.ret = -EINVAL;
		SEND(t, MMT_TIER_RAW_TP, 400);
	}
	{
		NEW(MEMFD, memfd_create);
		e.name = KEY_MEMFD;
		e.flags = 3;
		e.ret = 9;
		SEND(t, MMT_TIER_RAW_TP, 5100);
	}
	{
		NEW(REMAP_FILE, remap_file_pages);
		e.addr = LIB_AT;
		e.len = 0x1000;
		e.pgoff = 6;
		e.ret = -EINVAL;
		SEND(t, MMT_TIER_RAW_TP, 600);
	}
}

static void tell_reaches(struct teller *t)
{
	{
		/* A debugger, in the address space of the one it debugs. */
		NEW(REMOTE, remote);
		e.h.pid = 4000;
		e.addr = DEV_AT + 0x10;
		e.len = 8;
		e.ret = 8;
		e.target = 4242;
		e.how = MMT_REACH_PTRACE;
		SEND(t, MMT_TIER_RAW_TP, 3300);
	}
	{
		/* No hook said whose: nothing is known of what is mapped there. */
		NEW(REMOTE, remote);
		e.h.have &= ~MMT_HAVE(REMOTE, target);
		e.addr = DEV_AT;
		e.len = 64;
		e.ret = -EPERM;
		e.write = 1;
		e.how = MMT_REACH_PROCESS_VM;
		e.h.mm = NO_MM;
		SEND(t, MMT_TIER_RAW_TP, 800);
	}
	{
		NEW(SIGNAL, signal);
		e.addr = DEV_AT + 0x3000;
		e.ip = 0x401c3a;
		e.signo = 7;
		e.code = 2;
		SEND(t, MMT_TIER_RAW_TP, 0);
	}
	{
		NEW(SIGNAL, signal);
		e.h.have &= ~(MMT_HAVE(SIGNAL, addr) | MMT_HAVE(SIGNAL, ip));
		e.signo = 11;
		e.code = 0x80;
		SEND(t, MMT_TIER_RAW_TP, 0);
	}
}

#endif
