// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "record/writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "record/pack.h"

#define SLOTS	6 /* chunks between who fills and who writes */
#define BACKLOG 3 /* waiting ones from which on nothing is packed: the disk is faster than that */
#define NICE	10

struct slot {
	struct rec_chunk head;
	char *body; /* REC_RAW_USUAL bytes */
};

struct rec_writer_own {
	int fd;
	bool threaded;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more, less;
	struct slot slot[SLOTS];
	unsigned filled, written; /* chunks so far */
	bool over;
	int err; /* of the first write that failed */
	uint64_t bytes;
	struct packer *packer;
	char *packed; /* REC_RAW_USUAL bytes */
};

/* ---- writing ---- */

static int write_all(int fd, const char *at, size_t n)
{
	while (n) {
		ssize_t done = write(fd, at, n);

		if (done > 0) {
			at += done;
			n -= (size_t)done;
		} else if (done < 0 && errno == EAGAIN) {
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		} else if (done == 0 || errno != EINTR) {
			return done ? -errno : -EIO;
		}
	}
	return 0;
}

static int write_chunk(struct rec_writer_own *o, struct slot *s, bool packing)
{
	struct rec_chunk *c = &s->head;
	const char *body = s->body;
	size_t packed = packing && o->packer ? pack(o->packer, body, c->raw, o->packed, c->raw - c->raw / 8) : 0;
	int err;

	c->stored = c->raw;
	if (packed) {
		c->stored = (uint32_t)packed;
		c->flags |= REC_PACKED;
		body = o->packed;
	}
	c->sum = rec_sum(rec_sum(0, c, offsetof(struct rec_chunk, sum)), body, c->stored);
	err = write_all(o->fd, (const char *)c, sizeof(*c));
	if (!err)
		err = write_all(o->fd, body, c->stored);
	__atomic_add_fetch(&o->bytes, sizeof(*c) + c->stored, __ATOMIC_RELAXED);
	return err;
}

/* Chunks that come faster than they are packed are written as they are. */
static void *write_them(void *own)
{
	struct rec_writer_own *o = own;
	int err = 0;

	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
	pthread_mutex_lock(&o->lock);
	for (;;) {
		unsigned waiting;

		while (o->written == o->filled && !o->over)
			pthread_cond_wait(&o->more, &o->lock);
		waiting = o->filled - o->written;
		if (!waiting)
			break;
		pthread_mutex_unlock(&o->lock);
		if (!err)
			err = write_chunk(o, &o->slot[o->written % SLOTS], waiting < BACKLOG);
		pthread_mutex_lock(&o->lock);
		o->err = err;
		o->written++;
		pthread_cond_signal(&o->less);
	}
	pthread_mutex_unlock(&o->lock);
	return NULL;
}

/* ---- filling ---- */

static void fill_next(struct rec_writer *w)
{
	struct slot *s = &w->own->slot[w->own->filled % SLOTS];

	w->fill = (struct rec_fill){
		.start = s->body, .at = s->body, .end = s->body + REC_RAW_USUAL, .first_ns = UINT64_MAX
	};
}

static int hand_over(struct rec_writer_own *o)
{
	int err;

	pthread_mutex_lock(&o->lock);
	o->filled++;
	pthread_cond_signal(&o->more);
	while (o->filled - o->written == SLOTS)
		pthread_cond_wait(&o->less, &o->lock);
	err = o->err;
	pthread_mutex_unlock(&o->lock);
	return err;
}

int rec_writer_cut(struct rec_writer *w, enum rec_kind kind)
{
	struct rec_writer_own *o = w->own;
	struct slot *s = &o->slot[o->filled % SLOTS];

	if (w->fill.at == w->fill.start)
		return o->threaded ? 0 : o->err;
	s->head = (struct rec_chunk){
		.magic = REC_CHUNK_MAGIC,
		.kind = kind,
		.raw = (uint32_t)(w->fill.at - w->fill.start),
		.nth = o->filled,
		.first_ns = w->fill.last_ns ? w->fill.first_ns : 0,
		.last_ns = w->fill.last_ns,
	};
	if (o->threaded) {
		int err = hand_over(o);

		fill_next(w);
		return err;
	}
	if (!o->err)
		o->err = write_chunk(o, s, false);
	o->filled = ++o->written;
	fill_next(w);
	return o->err;
}

int rec_writer_sync(struct rec_writer *w)
{
	struct rec_writer_own *o = w->own;
	int err;

	if (!o->threaded)
		return o->err;
	pthread_mutex_lock(&o->lock);
	while (o->written != o->filled)
		pthread_cond_wait(&o->less, &o->lock);
	err = o->err;
	pthread_mutex_unlock(&o->lock);
	return err;
}

uint64_t rec_writer_bytes(const struct rec_writer *w)
{
	return __atomic_load_n(&w->own->bytes, __ATOMIC_RELAXED);
}

/* ---- open and close ---- */

static int write_file(struct rec_writer_own *o)
{
	struct rec_file f = { .magic = REC_MAGIC, .endian = REC_ENDIAN, .version = REC_VERSION };

	f.sum = rec_sum(0, &f, offsetof(struct rec_file, sum));
	o->bytes = sizeof(f);
	return write_all(o->fd, (const char *)&f, sizeof(f));
}

static bool spare_cpu(void)
{
	cpu_set_t set;

	return !sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) > 1;
}

static int start_thread(struct rec_writer_own *o)
{
	sigset_t all, before;
	int err;

	o->packer = packer_new();
	o->packed = malloc(REC_RAW_USUAL);
	if (!o->packed)
		return -ENOMEM;
	for (unsigned i = 1; i < SLOTS; i++) {
		o->slot[i].body = malloc(REC_RAW_USUAL);
		if (!o->slot[i].body)
			return -ENOMEM;
	}
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->more, NULL);
	pthread_cond_init(&o->less, NULL);
	/* signals are for whoever waits for events, or for the command */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	err = pthread_create(&o->thread, NULL, write_them, o);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	o->threaded = !err;
	return -err;
}

int rec_writer_open(struct rec_writer *w, int fd, enum rec_pack pack)
{
	struct rec_writer_own *o = calloc(1, sizeof(*o));
	int err = 0;

	*w = (struct rec_writer){ .own = o };
	if (!o)
		return -ENOMEM;
	o->fd = fd;
	o->slot[0].body = malloc(REC_RAW_USUAL);
	if (!o->slot[0].body)
		err = -ENOMEM;
	if (!err && pack != REC_PACK_NEVER && (pack == REC_PACK_ALWAYS || spare_cpu()))
		err = start_thread(o);
	for (unsigned i = 1; i < SLOTS && !err && !o->threaded; i++)
		o->slot[i].body = o->slot[0].body; /* written before the next one begins */
	if (!err)
		err = write_file(o);
	if (err)
		rec_writer_close(w);
	else
		fill_next(w);
	return err;
}

void rec_writer_close(struct rec_writer *w)
{
	struct rec_writer_own *o = w->own;

	if (!o)
		return;
	if (o->threaded) {
		pthread_mutex_lock(&o->lock);
		o->over = true;
		pthread_cond_signal(&o->more);
		pthread_mutex_unlock(&o->lock);
		pthread_join(o->thread, NULL);
	}
	for (unsigned i = 0; i < SLOTS; i++)
		if (!i || o->slot[i].body != o->slot[0].body)
			free(o->slot[i].body);
	packer_free(o->packer);
	free(o->packed);
	free(o);
	*w = (struct rec_writer){ 0 };
}
