// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "enrich/usyms.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "enrich/usyms_elf.h"
#include "mmtrace/base.h"
#include "mmtrace/wire/names.h"

#define VDSO	    "[vdso]"
#define DELETED	    " (deleted)"
#define OVERLAYFS   0x794c7630 /* OVERLAYFS_SUPER_MAGIC, include/uapi/linux/magic.h, 6.12 */
#define FILES_MAX   128	       /* open at a time */
#define OFFSET_ROOM 20	       /* of "+0x" and 16 digits */

struct file {
	struct file *next; /* used less lately */
	char *path;
	uint64_t ino;
	int fd; /* -1: it could not be opened */
	struct usyms_table table;
};

struct usyms {
	struct file *files; /* the last used first */
	size_t n, bytes;
	char *debug_path;
	char text[MMT_NAME_MAX];
};

struct usyms *usyms_new(const char *debug_path)
{
	struct usyms *u = calloc(1, sizeof(*u));

	if (u && debug_path)
		u->debug_path = strdup(debug_path);
	return u;
}

static void drop(struct usyms *u, struct file *f)
{
	u->bytes -= f->table.bytes;
	u->n--;
	usyms_table_free(&f->table);
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	free(f);
}

void usyms_free(struct usyms *u)
{
	if (!u)
		return;
	while (u->files) {
		struct file *f = u->files;

		u->files = f->next;
		drop(u, f);
	}
	free(u->debug_path);
	free(u);
}

size_t usyms_bytes(const struct usyms *u)
{
	return u->bytes;
}

/*
 * Opens path when it is the file that was mapped. An overlay's files have other numbers for those who look at them than for the
 * kernel. Nothing but a plain file is opened: a device may take that for an order.
 */
static int open_if(const char *path, uint64_t ino)
{
	struct statfs fs;
	struct stat st;
	int fd;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    (ino && st.st_ino != ino && (fstatfs(fd, &fs) || fs.f_type != OVERLAYFS))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A copy of the kernel's, which is the same in every 64-bit process. */
static int open_vdso(void)
{
	const char *image = (const char *)getauxval(AT_SYSINFO_EHDR); // NOLINT
	const Elf64_Ehdr *eh = (const void *)image;
	int fd = image ? memfd_create("vdso", MFD_CLOEXEC) : -1;
	size_t size;

	if (fd < 0)
		return -1;
	size = eh->e_shoff + (size_t)eh->e_shnum * eh->e_shentsize;
	if (write(fd, image, size) != (ssize_t)size) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The file as the process has it, while that lives; else by its name. */
static int open_place(const struct usym_place *at, const char *path)
{
	char name[PATH_MAX + 64];
	int fd;

	if (!strcmp(path, VDSO))
		return at->end > UINT32_MAX ? open_vdso() : -1;
	snprintf(name, sizeof(name), "/proc/%u/map_files/%" PRIx64 "-%" PRIx64, at->pid, at->start, at->end);
	fd = open_if(name, at->ino);
	if (fd >= 0)
		return fd;
	snprintf(name, sizeof(name), "/proc/%u/root%s", at->pid, path);
	fd = open_if(name, at->ino);
	return fd >= 0 ? fd : open_if(path, at->ino);
}

static bool linked_path(const struct usym_place *at, char *path, size_t room)
{
	char name[96];
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/%u/map_files/%" PRIx64 "-%" PRIx64, at->pid, at->start, at->end);
	n = readlink(name, path, room - 1);
	if (n <= 0)
		return false;
	path[n] = '\0';
	return true;
}

/* What was read least lately makes room; not the first. */
static void make_room(struct usyms *u)
{
	struct file **last;

	while ((u->bytes > USYMS_BYTES_MAX || u->n > FILES_MAX) && u->files && u->files->next) {
		for (last = &u->files; (*last)->next; last = &(*last)->next)
			;
		drop(u, *last);
		*last = NULL;
	}
}

static struct file *find(struct usyms *u, const char *path, uint64_t ino)
{
	for (struct file **f = &u->files; *f; f = &(*f)->next) {
		struct file *found = *f;

		if (found->ino != ino || strcmp(found->path, path))
			continue;
		*f = found->next;
		found->next = u->files;
		u->files = found;
		return found;
	}
	return NULL;
}

static struct file *get(struct usyms *u, const struct usym_place *at, const char *path)
{
	struct file *f = find(u, path, at->ino);
	int fd;

	if (f)
		return f;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->path = strdup(path);
	if (!f->path) {
		free(f);
		return NULL;
	}
	f->ino = at->ino;
	f->fd = open_place(at, path);
	fd = f->fd >= 0 ? fcntl(f->fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (fd >= 0)
		usyms_table_read(&f->table, path, fd, u->debug_path);
	/* one without symbols is kept as well: it need not be tried again */
	f->table.bytes += sizeof(*f) + strlen(path) + 1;
	u->bytes += f->table.bytes;
	u->n++;
	f->next = u->files;
	u->files = f;
	make_room(u);
	return f;
}

/* The name of a file without its directories, and without what the kernel says about it. */
static void short_name(const char *path, const char **name, size_t *len)
{
	const char *slash = strrchr(path, '/');
	size_t n;

	*name = slash && slash[1] ? slash + 1 : path;
	n = strlen(*name);
	if (n > strlen(DELETED) && !strcmp(*name + n - strlen(DELETED), DELETED))
		n -= strlen(DELETED);
	*len = n;
}

/* glibc on x86 has the kernel return from a signal handler to this (sysdeps/unix/sysv/linux/x86_64/libc_sigaction.c, 2.36). */
#define RESTORER "__restore_rt"

/*
 * Has the place been left by a call? Where programs keep no frame pointers the kernel takes what it finds for one. Frames of signal
 * handlers are returned from without one, to a function of the vdso or of libc.
 */
static bool is_call(const struct file *f, uint64_t off)
{
	unsigned char code[8];
	uint64_t into, end = off + 1;
	const char *next = usyms_table_at(&f->table, end, &into);

	if (f->fd < 0 || !f->table.machine || !strcmp(f->path, VDSO) || end < sizeof(code))
		return true;
	if (next && !into && !strcmp(next, RESTORER))
		return true;
	if (pread(f->fd, code, sizeof(code), (off_t)(end - sizeof(code))) != (ssize_t)sizeof(code))
		return true;
	return usyms_is_call(f->table.machine, code + sizeof(code), sizeof(code));
}

const char *usyms_name(struct usyms *u, const struct usym_place *at)
{
	char link[PATH_MAX];
	const char *path = at->path, *name, *func;
	uint64_t into = 0;
	struct file *f;
	size_t len;
	int room = (int)sizeof(u->text) - OFFSET_ROOM;

	if (!path) {
		if (!linked_path(at, link, sizeof(link)))
			return NULL;
		path = link;
	}
	f = get(u, at, path);
	if (f && at->call && !is_call(f, at->off))
		return "";
	func = f ? usyms_table_at(&f->table, at->off, &into) : NULL;
	short_name(path, &name, &len);
	if (len > (size_t)room / 2)
		len = (size_t)room / 2;
	if (func)
		snprintf(u->text, sizeof(u->text), "%.*s:%.*s+0x%" PRIx64, (int)len, name, room - (int)len - 1, func,
			 into);
	else
		snprintf(u->text, sizeof(u->text), "%.*s+0x%" PRIx64, (int)len, name, at->off);
	return u->text;
}
