/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "ring.h"
#include <errno.h>
#include <linux/bpf.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUND8(n) (((n) + 7) & ~7UL)

/* A page with the consumer's position, one with the producer's, the data twice: kernel/bpf/ringbuf.c, 5.10 to 6.12. */
int ring_open(struct ring *r, int fd, uint64_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *mine, *its;

	mine = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mine == MAP_FAILED)
		return -errno;
	its = mmap(NULL, page + 2 * bytes, PROT_READ, MAP_SHARED, fd, (off_t)page);
	if (its == MAP_FAILED) {
		int err = -errno;

		munmap(mine, page);
		return err;
	}
	r->fd = fd;
	r->bytes = bytes;
	r->consumer = (unsigned long *)mine;
	r->producer = (const unsigned long *)its;
	r->data = its + page;
	r->at = *r->consumer;
	return 0;
}

void ring_close(struct ring *r)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (!r->consumer)
		return;
	munmap(r->consumer, page);
	munmap((void *)r->producer, page + 2 * r->bytes);
	r->consumer = NULL;
}

unsigned ring_look(struct ring *r)
{
	unsigned long end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE), mask = r->bytes - 1, at = r->at;
	unsigned n = 0, types = 0;

	while (at < end && n < RING_BATCH) {
		const uint32_t *head = (const uint32_t *)(r->data + (at & mask));
		uint32_t len = __atomic_load_n(head, __ATOMIC_ACQUIRE);

		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(len & BPF_RINGBUF_DISCARD_BIT)) {
			r->rec[n++] = (struct mmt_record){ (const char *)head + BPF_RINGBUF_HDR_SZ, len };
			types |= *(const uint16_t *)(head + 2);
		}
		at += ROUND8((len & ~BPF_RINGBUF_DISCARD_BIT) + BPF_RINGBUF_HDR_SZ);
	}
	r->at = at;
	r->types = (uint16_t)types;
	return n;
}

bool ring_done(struct ring *r)
{
	if (r->at == *r->consumer)
		return false;
	__atomic_store_n(r->consumer, r->at, __ATOMIC_RELEASE);
	return true;
}

int ring_wait(const struct ring *r, int timeout_ms)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) < 0 ? -errno : 0;
}
