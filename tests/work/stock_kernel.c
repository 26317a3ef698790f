// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What the kernel itself shares with programs: rings and buffers without a device behind them. */
#include "stock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RING_BYTES    (4 * 65536u) /* a multiple of every page size */
#define UDMABUF_PAGES 16
#define PERF_PAGES    4

#ifndef F_ADD_SEALS /* include/uapi/linux/fcntl.h, 6.12 */
#define F_ADD_SEALS   1033
#define F_SEAL_SHRINK 2
#endif

static int map_and_close(const struct stock *s, struct stock_map m)
{
	int bad = stock_map(s, &m);

	close(m.fd);
	return bad;
}

/* A dma-buf made of the pages of a memfd: udmabuf_create(), drivers/dma-buf/udmabuf.c, 6.12. */
static int use_udmabuf(const struct stock *s)
{
	struct udmabuf_create c = { .size = UDMABUF_PAGES * stock_page(), .flags = UDMABUF_FLAGS_CLOEXEC };
	struct stock_map m = { .len = c.size, .prot = PROT_READ | PROT_WRITE, .touch = true, .path = "dmabuf" };
	int dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), mem;

	if (dev < 0)
		return stock_skip(s, "/dev/udmabuf: CONFIG_UDMABUF");
	mem = memfd_create("stock", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	if (mem < 0 || ftruncate(mem, (off_t)c.size) || fcntl(mem, F_ADD_SEALS, F_SEAL_SHRINK))
		return stock_failed(s, "a sealed memfd");
	c.memfd = (uint32_t)mem;
	m.fd = ioctl(dev, UDMABUF_CREATE, &c);
	if (m.fd < 0)
		return stock_failed(s, "UDMABUF_CREATE");
	close(mem);
	close(dev);
	return map_and_close(s, m);
}

/* Received packets: packet_mmap(), net/packet/af_packet.c, 6.12. */
static int use_packet(const struct stock *s)
{
	struct tpacket_req ring = { .tp_block_size = 65536, .tp_frame_size = 2048 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	ring.tp_block_nr = RING_BYTES / ring.tp_block_size;
	ring.tp_frame_nr = RING_BYTES / ring.tp_frame_size;
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)))
		return stock_skip(s, "AF_PACKET with a ring: CONFIG_PACKET");
	return map_and_close(
		s,
		(struct stock_map){
			.fd = fd, .len = RING_BYTES, .prot = PROT_READ | PROT_WRITE, .touch = true, .path = "socket" });
}

/* Both its rings and its queue: io_uring_mmap(), io_uring/memmap.c, 6.12. */
static int use_uring(const struct stock *s)
{
	struct stock_map m = { .prot = PROT_READ | PROT_WRITE, .touch = true, .path = "anon_inode:[io_uring]" };
	struct io_uring_params p;
	int bad;

	memset(&p, 0, sizeof(p));
	m.fd = (int)syscall(SYS_io_uring_setup, 256, &p);
	if (m.fd < 0)
		return stock_skip(s, "io_uring: CONFIG_IO_URING, kernel.io_uring_disabled");
	m.len = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	m.off = (off_t)IORING_OFF_SQ_RING;
	bad = stock_map(s, &m);
	m.len = p.sq_entries * sizeof(struct io_uring_sqe);
	m.off = (off_t)IORING_OFF_SQES;
	return bad + map_and_close(s, m);
}

/* Its positions, and behind the producer's the data twice: ringbuf_map_mmap_kern(), kernel/bpf/ringbuf.c, 6.12. */
static int use_bpf_ring(const struct stock *s)
{
	struct stock_map m = { .len = stock_page(), .prot = PROT_READ | PROT_WRITE, .touch = true, .path = "bpf-map" };
	union bpf_attr a;
	int bad;

	memset(&a, 0, sizeof(a));
	a.map_type = BPF_MAP_TYPE_RINGBUF;
	a.max_entries = RING_BYTES;
	m.fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));
	if (m.fd < 0)
		return stock_skip(s, "a BPF ring buffer: kernel 5.8");
	bad = stock_map(s, &m);
	m.off = (off_t)m.len;
	m.len += 2 * RING_BYTES;
	m.prot = PROT_READ;
	return bad + map_and_close(s, m);
}

/* Nothing is ever written into it: only its pages are looked at. perf_mmap(), kernel/events/core.c, 6.12. */
static int use_perf(const struct stock *s)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(a), .config = PERF_COUNT_SW_DUMMY };
	struct stock_map m = { .len = (1 + PERF_PAGES) * stock_page(), .prot = PROT_READ | PROT_WRITE, .touch = true };

	m.path = "anon_inode:[perf_event]";
	m.fd = (int)syscall(SYS_perf_event_open, &a, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (m.fd < 0)
		return stock_skip(s, "perf_event_open: CONFIG_PERF_EVENTS, kernel.perf_event_paranoid");
	return map_and_close(s, m);
}

const struct stock stock_kernel[] = {
	{ "udmabuf", use_udmabuf },   { "packet", use_packet },	 { "io-uring", use_uring },
	{ "bpf-ring", use_bpf_ring }, { "perf-ring", use_perf }, { NULL, NULL },
};
