// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Devices: registers of QEMU's edu device by three ways, a prefetchable BAR, and a camera that is only software. */
#include "stock.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define EDU_VENDOR 0x1234 /* QEMU docs/specs/edu */
#define EDU_DEVICE 0x11e8

static unsigned long read_hex(const char *dir, const char *name)
{
	unsigned long n = 0;
	char path[192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%lx", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

/* Line `bar` of the file `resource`: start, end and flags, each in hex. */
static bool read_bar(struct stock_bar *b, unsigned int bar)
{
	unsigned long long start, end;
	char path[192];
	bool got = true;
	FILE *f;

	snprintf(path, sizeof(path), "%s/resource", b->dir);
	f = fopen(path, "re");
	if (!f)
		return false;
	for (unsigned int i = 0; got && i <= bar; i++)
		got = fscanf(f, "%llx %llx %*x", &start, &end) == 2;
	fclose(f);
	if (!got || !start)
		return false;
	b->phys = start;
	b->len = (size_t)(end - start + 1);
	return true;
}

bool stock_find_bar(struct stock_bar *bar)
{
	bool found = false;
	glob_t g;

	if (glob("/sys/bus/pci/devices/*", 0, NULL, &g))
		return false;
	for (size_t i = 0; !found && i < g.gl_pathc; i++) {
		snprintf(bar->dir, sizeof(bar->dir), "%s", g.gl_pathv[i]);
		found = read_hex(bar->dir, "vendor") == EDU_VENDOR && read_hex(bar->dir, "device") == EDU_DEVICE &&
			read_bar(bar, 0);
	}
	globfree(&g);
	errno = found ? 0 : ENODEV;
	return found;
}

/* EBUSY when a driver has it, as the demo driver may. */
static bool is_free(const struct stock_bar *bar)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/driver", bar->dir);
	errno = EBUSY;
	return access(path, F_OK);
}

static int map_file(const struct stock *s, const char *path, const struct stock_bar *bar, off_t off)
{
	struct stock_map m = { .len = bar->len, .off = off, .prot = PROT_READ, .path = path, .phys = bar->phys };
	int bad;

	m.fd = open(path, O_RDWR | O_CLOEXEC | O_SYNC);
	if (m.fd < 0)
		return stock_skip(s, path);
	bad = stock_map(s, &m);
	close(m.fd);
	return bad;
}

static int use_resource(const struct stock *s)
{
	struct stock_bar bar;
	char path[192];

	if (!stock_find_bar(&bar))
		return stock_skip(s, "QEMU's edu device");
	snprintf(path, sizeof(path), "%s/resource0", bar.dir);
	return map_file(s, path, &bar, 0);
}

/* A prefetchable BAR: only these have a file for write-combining. One that a driver has cannot be mapped so. */
static int use_resource_wc(const struct stock *s)
{
	int bad = -1;
	glob_t g;

	if (glob("/sys/bus/pci/devices/*/resource[0-9]_wc", 0, NULL, &g))
		g.gl_pathc = 0;
	for (size_t i = 0; bad < 0 && i < g.gl_pathc; i++) {
		const char *path = g.gl_pathv[i], *name = strrchr(path, '/');
		struct stock_bar bar;

		snprintf(bar.dir, sizeof(bar.dir), "%.*s", (int)(name - path), path);
		if (!is_free(&bar))
			continue;
		if (!read_bar(&bar, (unsigned int)(name[strlen("/resource")] - '0')))
			bad = stock_failed(s, "the file resource has no such BAR");
		else
			bad = map_file(s, path, &bar, 0);
	}
	globfree(&g);
	errno = ENOENT;
	return bad < 0 ? stock_skip(s, "a prefetchable BAR of a device without a driver") : bad;
}

static int use_dev_mem(const struct stock *s)
{
	struct stock_bar bar;

	if (!stock_find_bar(&bar))
		return stock_skip(s, "QEMU's edu device");
	if (!is_free(&bar)) /* CONFIG_IO_STRICT_DEVMEM */
		return stock_skip(s, "the edu device without a driver");
	return map_file(s, "/dev/mem", &bar, (off_t)bar.phys);
}

#define UIO_DRIVER "/sys/bus/pci/drivers/uio_pci_generic/"

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return good;
}

/* Lends the device to uio_pci_generic for as long as this lasts. */
static int use_uio(const struct stock *s)
{
	struct stock_bar bar;
	char text[64];
	int bad;

	if (!stock_find_bar(&bar))
		return stock_skip(s, "QEMU's edu device");
	if (!is_free(&bar))
		return stock_skip(s, "the edu device without a driver");
	snprintf(text, sizeof(text), "%04x %04x", EDU_VENDOR, EDU_DEVICE);
	if (!write_text(UIO_DRIVER "new_id", text))
		return stock_skip(s, "the driver uio_pci_generic, loaded");
	bad = map_file(s, "/dev/uio0", &bar, 0);
	if (!write_text(UIO_DRIVER "unbind", strrchr(bar.dir, '/') + 1) || !write_text(UIO_DRIVER "remove_id", text))
		return stock_failed(s, "giving the device back");
	return bad;
}

/* One buffer of the camera: memory from vmalloc. */
static int use_vivid(const struct stock *s)
{
	struct v4l2_requestbuffers ask = { .count = 2,
					   .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
					   .memory = V4L2_MEMORY_MMAP };
	struct v4l2_buffer buf = { .type = ask.type, .memory = ask.memory };
	struct stock_map m = { .prot = PROT_READ | PROT_WRITE, .touch = true, .path = "/dev/video0" };
	struct v4l2_capability cap;
	int bad;

	m.fd = open(m.path, O_RDWR | O_CLOEXEC);
	if (m.fd < 0)
		return stock_skip(s, "the driver vivid, loaded");
	memset(&cap, 0, sizeof(cap));
	if (ioctl(m.fd, VIDIOC_QUERYCAP, &cap) || strcmp((char *)cap.driver, "vivid")) {
		close(m.fd);
		errno = ENODEV;
		return stock_skip(s, "vivid as the first video device");
	}
	if (ioctl(m.fd, VIDIOC_REQBUFS, &ask) || ioctl(m.fd, VIDIOC_QUERYBUF, &buf)) {
		bad = stock_failed(s, "asking for buffers");
	} else {
		m.len = (buf.length + stock_page() - 1) / stock_page() * stock_page();
		m.off = buf.m.offset;
		bad = stock_map(s, &m);
	}
	close(m.fd);
	return bad;
}

const struct stock stock_devices[] = {
	{ "resource", use_resource }, { "resource-wc", use_resource_wc },
	{ "dev-mem", use_dev_mem },   { "uio", use_uio },
	{ "vivid", use_vivid },	      { NULL, NULL },
};
