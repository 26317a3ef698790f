/* SPDX-License-Identifier: GPL-2.0 */
/* Names: texts and paths travel once, under a key that events carry. Part of the core. */
#ifndef MMTRACE_NAME_BPF_H
#define MMTRACE_NAME_BPF_H

#include "core.bpf.h"

static __always_inline __u64 mix64(__u64 x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	x ^= x >> 33;
	return x;
}

/* true when the name behind key still has to be sent */
static __always_inline bool name_new(__u64 key)
{
	return !bpf_map_lookup_elem(&names_seen, &key);
}

static __always_inline void name_sent(__u64 key)
{
	__u8 one = 1;

	bpf_map_update_elem(&names_seen, &key, &one, BPF_ANY);
}

/* struct mmt_name with room for its text */
struct name_record {
	__u16 type, size;
	__u32 kind;
	__u64 key;
	char text[MMT_NAME_MAX];
};

enum name_from { NAME_COMM, NAME_KERNEL, NAME_USER };

/* Sends a short text once and returns its key, 0 when it could not be read. The key is the text's own hash. */
__noinline __u64 name_text(__u64 from, int how)
{
	struct name_record *r = ring_reserve(sizeof(*r));
	__u64 key = 0x6d6d747261636521ULL;
	long n;
	int i;

	if (!r) {
		lose(MMT_LOSS_NAME, 0);
		return 0;
	}
	__builtin_memset(r->text, 0, sizeof(r->text));
	if (how == NAME_COMM) {
		bpf_get_current_comm(r->text, 16);
	} else {
		n = how == NAME_USER ? bpf_probe_read_user_str(r->text, sizeof(r->text), (void *)from) :
				       bpf_probe_read_kernel_str(r->text, sizeof(r->text), (void *)from);
		if (n < 0) {
			bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);
			return 0;
		}
	}
	for (i = 0; i < MMT_NAME_MAX / 8; i++) {
		__u64 w = *(__u64 *)(r->text + i * 8);

		if (!w)
			break;
		key = mix64(key ^ w);
	}
	if (!name_new(key)) {
		bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);
		return key;
	}
	r->type = MMT_ITEM_NAME;
	r->size = sizeof(*r);
	r->kind = MMT_NAME_TEXT;
	r->key = key;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	name_sent(key);
	return key;
}

#endif
