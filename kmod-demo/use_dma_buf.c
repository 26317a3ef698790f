// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The kind that is given away: the parent sends the buffer's descriptor to a child that has nothing else of it. */
#include "mmdemo-use.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* One descriptor as ancillary data of one byte; to send if fd >= 0, else what comes is returned. -1: errno says why. */
static int buf_pass(int sock, int fd)
{
	char byte = 0;
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = { { 0 } };
	struct iovec io = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = u.buf, .msg_controllen = sizeof(u.buf) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);

	if (fd >= 0) {
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &fd, sizeof(int));
		return sendmsg(sock, &msg, 0) == 1 ? 0 : -1;
	}
	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	head = CMSG_FIRSTHDR(&msg);
	errno = EPROTO;
	if (!head || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(head), sizeof(int));
	return fd;
}

/* What a program owes the exporter around its accesses, on machines where caches have to be written back. */
static int buf_sync(const struct use *u, const char *name, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags | DMA_BUF_SYNC_RW };

	return use_ioctl(u, name, DMA_BUF_IOCTL_SYNC, &sync, flags);
}

/* The child: neither the node nor the parent's mapping, only what comes through the socket. u->fd is it. */
static int buf_receiver(struct use *u, int sock)
{
	int bad;

	munmap(u->addr, u->size);
	close(u->fd);
	u->fd = buf_pass(sock, -1);
	bad = use_say(u, "receive", u->fd >= 0, "result=%s", use_errno(u->fd < 0 ? errno : 0));
	if (bad)
		return bad;
	u->addr = use_mmap(u, u->size, 0, PROT_READ | PROT_WRITE, MAP_SHARED);
	if (u->addr == MAP_FAILED)
		return 1;
	bad = buf_sync(u, "sync_start", DMA_BUF_SYNC_START);
	bad += use_verify(u, u->addr, u->size, 21, 0);
	bad += use_write(u, u->addr, u->size, 22);
	bad += buf_sync(u, "sync_end", DMA_BUF_SYNC_END);
	return bad + use_munmap(u, u->addr, u->size);
}

static int buf_wait(const struct use *u, pid_t pid)
{
	int status = 0;
	int err = waitpid(pid, &status, 0) == pid ? 0 : errno;
	bool good = !err && WIFEXITED(status) && !WEXITSTATUS(status);

	return use_say(u, "wait", good, "child=%d status=%d result=%s", (int)pid, status,
		       err ? use_errno(err) : (good ? "ok" : "wrong"));
}

/* A part of the buffer through its own descriptor, not from its start: the exporter must honour the offset. */
static int buf_part(const struct use *u, int fd, uint32_t seed)
{
	struct use b = *u;
	size_t half = u->size / 2;
	void *addr;
	int bad;

	b.fd = fd;
	addr = use_mmap(&b, half, (off_t)half, PROT_READ, MAP_SHARED);
	if (addr == MAP_FAILED)
		return 1;
	bad = use_verify(&b, addr, half, seed, half / 4);
	bad += use_maps(u, 2);
	return bad + use_munmap(&b, addr, half);
}

static int buf_use(struct use *u)
{
	int bad = use_write(u, u->addr, u->size, 21);
	int socks[2], fd = ioctl(u->fd, MMDEMO_IOC_DMA_BUF);
	pid_t pid;

	bad += use_say(u, "export", fd >= 0, "result=%s", use_errno(fd < 0 ? errno : 0));
	if (fd < 0)
		return bad;
	bad += buf_part(u, fd, 21);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, socks)) {
		close(fd);
		return bad + use_say(u, "send", false, "result=%s", use_errno(errno));
	}
	pid = fork();
	if (!pid) {
		close(fd);
		close(socks[0]);
		_exit(buf_receiver(u, socks[1]));
	}
	close(socks[1]);
	use_say(u, "fork", pid > 0, "child=%d addr=0x%lx len=%zu result=%s", (int)pid, (unsigned long)u->addr, u->size,
		use_errno(pid < 0 ? errno : 0));
	if (pid > 0) {
		int err = buf_pass(socks[0], fd) ? errno : 0;

		bad += use_say(u, "send", !err, "child=%d result=%s", (int)pid, use_errno(err));
		bad += buf_wait(u, pid);
		bad += use_verify(u, u->addr, u->size, 22, 0);
	} else {
		bad++;
	}
	close(socks[0]);
	close(fd);
	return bad;
}

static int buf_try(int fd, size_t len, off_t off, int prot, int flags)
{
	void *addr = mmap(NULL, len, prot, flags, fd, off);

	if (addr == MAP_FAILED)
		return errno;
	munmap(addr, len);
	return 0;
}

/* What the node refuses, the descriptor must refuse too: it is another way to the same memory. */
static int buf_refusals(struct use *u)
{
	const int rw = PROT_READ | PROT_WRITE;
	int fd = ioctl(u->fd, MMDEMO_IOC_DMA_BUF), bad;
	struct use ro = *u;

	if (fd < 0)
		return use_result(u, "export", 0, errno);
	bad = use_result(u, "buf_past_end", EINVAL, buf_try(fd, u->size + u->page, 0, rw, MAP_SHARED));
	bad += use_result(u, "buf_offset_past_end", EINVAL, buf_try(fd, u->page, (off_t)u->size, rw, MAP_SHARED));
	bad += use_result(u, "buf_private", EINVAL, buf_try(fd, u->size, 0, rw, MAP_PRIVATE));
	bad += use_result(u, "buf_exec", EPERM, buf_try(fd, u->size, 0, PROT_READ | PROT_EXEC, MAP_SHARED));
	close(fd);
	if (use_open(&ro, O_RDONLY))
		return bad + use_result(u, "open_read_only", 0, errno);
	fd = ioctl(ro.fd, MMDEMO_IOC_DMA_BUF);
	bad += use_result(u, "export_of_read_only_file", EBADF, fd < 0 ? errno : 0);
	close(ro.fd);
	return bad;
}

const struct use_ops use_dma_buf = {
	.traits = USE_RAW,
	.lacks = "this kernel has no dma-buf",
	.use = buf_use,
	.refusals = buf_refusals,
};
