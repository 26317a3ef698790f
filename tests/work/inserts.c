// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * inserts - maps what the kernel itself fills at once by the helpers that the demo driver has no kind for, and prints a line for
 * each record that must be seen, in order: "EVENT HELPER nested addr pages pfn lowest highest segments", or "skip WHAT: why".
 * nested: 1 for a helper that another one calls. The last four are "-" where /proc/self/pagemap does not tell: PFN mappings.
 * Every mapping is unmapped again. Exit: 0, 1 when a mapping failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RING_BYTES  (4 * 65536u)
#define ARRAY_BYTES (8 * 65536u)

static int failed;

#define PFN_MASK ((1ull << 55) - 1) /* Documentation/admin-guide/mm/pagemap.rst, 6.12 */
#define PRESENT	 (1ull << 63)

/* What the range is made of, from the page tables. */
static void print_pfns(const char *p, size_t pages)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t first = 0, lo = 0, hi = 0, last = 0, entry, segs = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	for (size_t i = 0; i < pages; i++) {
		off_t at = (off_t)(((uintptr_t)p / page + i) * sizeof(entry));

		if (pread(fd, &entry, sizeof(entry), at) != sizeof(entry) || !(entry & PRESENT) || !(entry & PFN_MASK))
			break;
		entry &= PFN_MASK;
		if (!segs)
			first = lo = hi = entry;
		segs += !segs || entry != last + 1;
		lo = entry < lo ? entry : lo;
		hi = entry > hi ? entry : hi;
		last = entry;
		if (i + 1 == pages)
			printf(" %#jx %#jx %#jx %ju\n", (uintmax_t)first, (uintmax_t)lo, (uintmax_t)hi,
			       (uintmax_t)segs);
	}
	if (fd >= 0)
		close(fd);
	if (!segs)
		printf(" - - - -\n");
}

/* helpers: the records, outermost first, each "EVENT HELPER nested" */
static void map(const char *const helpers[], int fd, size_t len, off_t off)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (len + page - 1) / page;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, off);

	if (p == MAP_FAILED) {
		fprintf(stderr, "inserts: %s: %s\n", helpers[0], strerror(errno));
		failed = 1;
		return;
	}
	for (; *helpers; helpers++) {
		printf("%s %p %zu", *helpers, (void *)p, pages);
		print_pfns(p, pages);
	}
	munmap(p, len);
}

/* A ring of received packets: packet_mmap(), net/packet/af_packet.c, 5.10 to 6.12. */
static void packet_ring(void)
{
	struct tpacket_req ring = { .tp_block_size = 65536, .tp_frame_size = 2048 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	ring.tp_block_nr = RING_BYTES / ring.tp_block_size;
	ring.tp_frame_nr = RING_BYTES / ring.tp_frame_size;
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)))
		printf("skip a ring of packets: %s\n", strerror(errno));
	else
		map((const char *const[]){ "page_map vm_insert_page 0", NULL }, fd, RING_BYTES, 0);
	close(fd);
}

/* An array that BPF and user space share: array_map_mmap(), kernel/bpf/arraymap.c, 5.10 to 6.12. */
static void bpf_array(void)
{
	union bpf_attr a;
	int fd;

	memset(&a, 0, sizeof(a));
	a.map_type = BPF_MAP_TYPE_ARRAY;
	a.key_size = 4;
	a.value_size = 8;
	a.max_entries = ARRAY_BYTES / 8;
	a.map_flags = BPF_F_MMAPABLE;
	fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));
	if (fd < 0)
		printf("skip a mapped BPF array: %s\n", strerror(errno));
	else
		map((const char *const[]){ "page_map remap_vmalloc_range 0", "page_map remap_vmalloc_range_partial 1",
					   "page_map vm_insert_page 1", NULL },
		    fd, ARRAY_BYTES, 0);
	close(fd);
}

/* Its queue: vm_insert_pages() since 6.10 and in the stable kernels that took that over, before that remap_pfn_range(). */
static void uring(void)
{
	struct io_uring_params p;
	int fd;

	memset(&p, 0, sizeof(p));
	fd = (int)syscall(SYS_io_uring_setup, 64, &p);
	if (fd < 0)
		printf("skip io_uring: %s\n", strerror(errno));
	else
		map((const char *const[]){ "io_uring - 0", NULL }, fd, p.sq_entries * sizeof(struct io_uring_sqe),
		    (off_t)IORING_OFF_SQES);
	close(fd);
}

int main(void)
{
	/* before 5.11 what a BPF map takes is locked memory */
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	packet_ring();
	bpf_array();
	uring();
	return failed;
}
