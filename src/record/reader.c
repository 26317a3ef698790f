// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "record/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mmtrace/wire/names.h"
#include "record/again.h"
#include "record/layout.h"
#include "record/pack.h"

struct rec_reader {
	int fd;
	struct rec_head head;
	struct layouts *layouts;
	struct packer *packer;
	struct rec_chunk chunk; /* the one being read */
	struct room {
		char *at;
		size_t size; /* as much as chunks needed so far, REC_RAW_MAX at most */
	} stored, body;
	size_t at;	     /* of the next block in the body */
	struct again before; /* the event before */
	uint32_t nth;
	bool over; /* the end was read */
	int err;   /* sticks */
	struct rec_reader_stats stats;
	char why[REC_WHY];
};

MMT_PRINTF(3, 4) static int fail(struct rec_reader *r, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	r->err = err;
	return err;
}

/* ---- bytes ---- */

/* Number of bytes: fewer than n at the end of the file; or -errno. */
static ssize_t read_some(struct rec_reader *r, void *to, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t one = read(r->fd, (char *)to + got, n - got);

		if (one == 0)
			break;
		if (one < 0 && errno == EINTR)
			continue;
		if (one < 0)
			return fail(r, -errno, "cannot be read: %s", strerror(errno));
		got += (size_t)one;
	}
	return (ssize_t)got;
}

static int damaged(struct rec_reader *r, const char *what)
{
	return fail(r, -EBADMSG, "is damaged behind byte %" PRIu64 ": %s; what is before it is whole", r->stats.bytes,
		    what);
}

static int cut(struct rec_reader *r)
{
	return fail(r, -EBADMSG,
		    "was cut at byte %" PRIu64 ": its end is missing, and with it what was lost in the run",
		    r->stats.bytes);
}

/* ---- chunks ---- */

static int check_chunk(struct rec_reader *r)
{
	const struct rec_chunk *c = &r->chunk;

	if (c->magic != REC_CHUNK_MAGIC)
		return damaged(r, "no chunk begins there");
	if (!c->raw || c->raw > REC_RAW_MAX || c->raw % 8 || c->stored > c->raw ||
	    (!(c->flags & REC_PACKED) && c->stored != c->raw))
		return damaged(r, "a chunk of a length that cannot be");
	return c->nth == r->nth ? 0 : damaged(r, "a chunk out of its place");
}

/* Lengths were checked; what was in it is of no use any more. */
static int make_room(struct rec_reader *r, struct room *room, size_t size)
{
	if (size <= room->size)
		return 0;
	free(room->at);
	room->at = malloc(size);
	room->size = room->at ? size : 0;
	return room->at ? 0 : fail(r, -ENOMEM, "out of memory");
}

static int unpack_body(struct rec_reader *r)
{
	struct rec_chunk *c = &r->chunk;
	struct room other = r->body;

	if (c->flags & ~REC_PACKED)
		return fail(r, -ENOTSUP, "is of a newer mmtrace (chunk flags 0x%x)", c->flags);
	if (!(c->flags & REC_PACKED)) {
		r->body = r->stored;
		r->stored = other;
		return 0;
	}
	if (!pack_built_in())
		return fail(r, -ENOTSUP, "is packed with zstd, and this mmtrace was built without it");
	r->packer = r->packer ? r->packer : packer_new();
	if (!r->packer)
		return fail(r, -ENOMEM, "out of memory");
	return unpack(r->packer, r->stored.at, c->stored, r->body.at, c->raw) ? 0 :
										damaged(r, "a chunk does not unpack");
}

/* 1: there is one, 0: the file ends here. */
static int next_chunk(struct rec_reader *r)
{
	struct rec_chunk *c = &r->chunk;
	ssize_t n = read_some(r, c, sizeof(*c));
	uint64_t sum;
	int err;

	if (n <= 0)
		return (int)n;
	if ((size_t)n < sizeof(*c))
		return cut(r);
	err = check_chunk(r);
	if (err)
		return err;
	err = make_room(r, &r->stored, c->stored);
	if (!err && c->flags & REC_PACKED)
		err = make_room(r, &r->body, c->raw);
	if (err)
		return err;
	n = read_some(r, r->stored.at, c->stored);
	if (n < 0)
		return (int)n;
	if ((size_t)n < c->stored)
		return cut(r);
	sum = rec_sum(rec_sum(0, c, offsetof(struct rec_chunk, sum)), r->stored.at, c->stored);
	if (sum != c->sum)
		return damaged(r, "a chunk is not as it was written");
	err = unpack_body(r);
	if (err)
		return err;
	r->at = 0;
	r->before.n = 0;
	r->nth++;
	r->stats.chunks++;
	r->stats.bytes += sizeof(*c) + c->stored;
	return 1;
}

/* The next block of this chunk; NULL: there is none, or (r->err) it cannot be. */
static const struct rec_block_head *next_block(struct rec_reader *r)
{
	const struct rec_block_head *b = (const void *)(r->body.at + r->at);
	size_t room = r->chunk.raw - r->at, padded;

	if (!room)
		return NULL;
	padded = room < sizeof(*b) ? SIZE_MAX : (b->size + 7u) & ~7u;
	if (padded > room || b->size < sizeof(*b)) {
		damaged(r, "a block of a length that cannot be");
		return NULL;
	}
	r->at += padded;
	return b;
}

/* ---- the head ---- */

static int read_file(struct rec_reader *r)
{
	struct rec_file f;
	ssize_t n = read_some(r, &f, sizeof(f));

	if (n < 0)
		return (int)n;
	if ((size_t)n < sizeof(f.magic) || memcmp(f.magic, REC_MAGIC, sizeof(f.magic)))
		return fail(r, -EBADMSG, "is not a recording of mmtrace");
	if ((size_t)n < sizeof(f))
		return fail(r, -EBADMSG, "was cut before it says anything");
	if (f.endian == __builtin_bswap64(REC_ENDIAN))
		return fail(r, -ENOTSUP, "was recorded on a machine of the other byte order: read it on one of that");
	if (f.sum != rec_sum(0, &f, offsetof(struct rec_file, sum)) || f.endian != REC_ENDIAN)
		return fail(r, -EBADMSG, "is damaged at its beginning");
	if (f.version != REC_VERSION)
		return fail(r, -ENOTSUP, "is of version %u, and this mmtrace reads version %d", f.version, REC_VERSION);
	r->stats.bytes = sizeof(f);
	return 0;
}

static int read_head(struct rec_reader *r)
{
	const struct rec_block_head *b;
	int got = next_chunk(r), err = 0;

	if (got <= 0)
		return got ? got : fail(r, -EBADMSG, "was cut before it says anything");
	if (r->chunk.kind != REC_HEAD)
		return damaged(r, "its head is missing");
	while (!err && (b = next_block(r))) {
		err = rec_head_block(&r->head, b, b->size);
		if (!err)
			err = layouts_block(r->layouts, b, b->size);
	}
	if (r->err)
		return r->err;
	if (!err)
		err = layouts_ready(r->layouts, r->head.num[REC_HDR_SIZE]);
	if (err)
		return fail(r, err, err == -ENOMEM ? "out of memory" : "has a head that cannot be");
	if (!r->head.num[REC_PAGE_SIZE] || r->head.num[REC_PAGE_SIZE] > 1 << 20)
		return fail(r, -EBADMSG, "has a head without a page size");
	return 0;
}

int rec_reader_open(struct rec_reader **out, int fd, char why[REC_WHY])
{
	struct rec_reader *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	*out = NULL;
	snprintf(why, REC_WHY, "out of memory");
	if (!r)
		return err;
	r->fd = fd;
	r->layouts = layouts_new();
	if (r->layouts) {
		err = read_file(r);
		if (!err)
			err = read_head(r);
	}
	if (!err) {
		*out = r;
		return 0;
	}
	if (r->why[0])
		memcpy(why, r->why, REC_WHY);
	rec_reader_close(r);
	return err;
}

void rec_reader_close(struct rec_reader *r)
{
	if (!r)
		return;
	rec_head_free(&r->head);
	layouts_free(r->layouts);
	packer_free(r->packer);
	free(r->stored.at);
	free(r->body.at);
	free(r);
}

/* ---- the stream ---- */

static int record(struct rec_reader *r, const void *b, size_t size, struct rec_piece *p)
{
	const struct mmt_hdr *h = b;
	const void *data = b;

	if (h->type < MMT_ITEM_FIRST) {
		switch (layouts_take(r->layouts, b, size, &data, &size)) {
		case LAYOUT_UNKNOWN:
			r->stats.unknown++;
			return 0;
		case LAYOUT_BAD:
			r->stats.bad++;
			return 0;
		default:
			break;
		}
	}
	p->what = REC_W_ITEM;
	p->item = (struct mmt_item){ .kind = MMT_I_RECORD, .data = data, .size = size };
	return 1;
}

static int loss(struct rec_reader *r, const struct rec_loss *b, struct rec_piece *p)
{
	struct mmt_loss_item l = { .kind = b->kind, .event = b->event, .count = b->count };

	if (r->chunk.kind == REC_TAIL) {
		p->what = REC_W_LOST;
		p->lost = l;
	} else {
		p->what = REC_W_ITEM;
		p->item = (struct mmt_item){ .kind = MMT_I_LOSS };
		p->item.loss = l;
	}
	return 1;
}

static int hook(struct rec_reader *r, const void *b, size_t size, struct rec_piece *p)
{
	p->what = REC_W_ITEM;
	p->item = (struct mmt_item){ .kind = MMT_I_HOOK };
	return rec_hook_get(b, size, &p->item.hook) ? damaged(r, "a hook without a name") : 1;
}

static int end(struct rec_reader *r, const struct rec_end *b, struct rec_piece *p)
{
	char one;

	p->what = REC_W_END;
	p->end = *b;
	r->over = true;
	if (r->at != r->chunk.raw || read_some(r, &one, 1) != 0)
		return damaged(r, "something follows its end");
	return 1;
}

/* 1: *p is one, 0: nothing for us, or -errno. */
static int take_block(struct rec_reader *r, const struct rec_block_head *b, struct rec_piece *p)
{
	static const struct {
		uint16_t type;
		size_t size;
	} least[] = { { REC_LOSS, sizeof(struct rec_loss) },
		      { REC_END, sizeof(struct rec_end) },
		      { REC_TICK, sizeof(struct rec_tick) } };

	if (b->type < MMT_ITEM_FIRST)
		again_note(&r->before, b, b->size);
	if (b->type == REC_AGAIN) {
		if (!again_take(&r->before, b, b->size))
			return damaged(r, "an event that is told from none");
		b = (const void *)r->before.word;
	}
	if (b->type < REC_LOSS)
		return record(r, b, b->size, p);
	for (size_t i = 0; i < MMT_COUNT(least); i++)
		if (b->type == least[i].type && b->size < least[i].size)
			return damaged(r, "a block is too short");
	switch (b->type) {
	case REC_LOSS:
		return loss(r, (const void *)b, p);
	case REC_HOOK:
		return hook(r, b, b->size, p);
	case REC_TICK:
		p->what = REC_W_TICK;
		memcpy(&p->tick, b, sizeof(p->tick));
		return 1;
	case REC_END:
		return end(r, (const void *)b, p);
	default:
		return 0;
	}
}

/* The next chunk of the stream: 1, or why there is none. */
static int more(struct rec_reader *r)
{
	int got = next_chunk(r);

	if (!got)
		return cut(r);
	if (got > 0 && r->chunk.last_ns > r->stats.last_ns)
		r->stats.last_ns = r->chunk.last_ns;
	return got;
}

int rec_reader_next(struct rec_reader *r, struct rec_piece *p)
{
	const struct rec_block_head *b;
	int got = 0;

	while (!r->err && !r->over && !got) {
		b = next_block(r);
		if (b)
			got = take_block(r, b, p);
		else if (!r->err && more(r) < 0)
			break;
	}
	return r->err ? r->err : got;
}

const struct rec_head *rec_reader_head(const struct rec_reader *r)
{
	return &r->head;
}

const char *rec_reader_why(const struct rec_reader *r)
{
	return r->why;
}

const struct rec_reader_stats *rec_reader_stats(const struct rec_reader *r)
{
	return &r->stats;
}
