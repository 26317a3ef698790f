/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the expr files share; nobody else includes it.
 *
 *   expr_call.c  what others call      expr_lex.c   text to tokens           expr_parse.c  tokens to a tree
 *   expr_path.c  names to fields       expr_type.c  what goes with a field   expr_get.c    values of a subject
 *   expr_eval.c  truth                 expr_push.c  for sessions            expr_names.c  fields by name
 *   expr_needs.c events behind the ledger's fields
 */
#ifndef MMTRACE_FILTER_EXPR_IMPL_H
#define MMTRACE_FILTER_EXPR_IMPL_H

#include "event/flags.h"
#include "event/objects.h"
#include "filter/expr.h"
#include "filter/pattern.h"
#include "mmtrace/base.h"

#define NODES_MAX  256
#define DEPTH_MAX  64
#define VALUES_MAX 256
#define WORD_LEN   64 /* of a number, a word or a name, NUL included */

enum token_kind {
	TOK_END,
	TOK_WORD,
	TOK_NUMBER, /* also -1, -ENOMEM, 16K, 8:1 */
	TOK_STRING, /* at and len are of what is between the quotes */
	TOK_OPEN,
	TOK_CLOSE,
	TOK_COMMA,
	TOK_OP, /* enum expr_cmp */
	TOK_BAD,
};

enum expr_cmp {
	CMP_EQ,
	CMP_NE,
	CMP_LT,
	CMP_LE,
	CMP_GT,
	CMP_GE,
	CMP_FINDS,
	CMP_MISSES,
	CMP_IN,
	CMP_HAS,
	CMP_LIKE,
	CMP_IS, /* the field alone */
};

struct token {
	enum token_kind kind;
	enum expr_cmp cmp;
	unsigned at, len;
	unsigned begin, end; /* with the quotes */
	const char *bad;
};

/* What is compared with. mask: of flags the bits that count; of SICODE the signal. */
struct literal {
	struct expr_value v;
	uint64_t mask;
};

struct literals {
	uint8_t look, event; /* event: only where words depend on it, else 0 */
	bool fits;
	unsigned n;
	struct literal *v;
};

/* Where a name leads: to a field of an object, or to a field of each event that has one. */
struct expr_path {
	struct expr *owner; /* of a path on its own; NULL inside an expression */
	const char *text;
	const struct mmt_field *fixed;
	uint8_t object;				     /* enum mmt_object */
	const struct mmt_field *own[MMT_EV_MAX];     /* fixed NULL: NULL where the event has none */
	const struct mmt_field *instead[MMT_EV_MAX]; /* what the name may mean too: vm_flags by flags */
};

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_CMP };

#define LITS_MAX 24

struct node {
	enum node_kind kind;
	struct node *a, *b;
	/* NODE_CMP */
	enum expr_cmp cmp;
	bool taken; /* others see to it */
	struct expr_path *path;
	struct pattern *pattern;
	struct literals *lits[LITS_MAX]; /* by kind of field */
	unsigned nlits;
	uint8_t lits_of[MMT_EV_MAX]; /* index of an event's */
};

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(16) char data[];
};

struct expr {
	struct node *root;
	struct node *nodes[NODES_MAX];
	unsigned n;
	struct chunk *chunks; /* memory of all of it */
};

/* An expression being read. */
struct reading {
	const char *text;
	size_t len, at;
	struct token now;
	const struct expr_scope *scope;
	struct expr *e;
	struct expr_error *err;
	bool failed, no_memory;
	unsigned depth;
};

/* Zeroed, and freed with the expression; NULL: no memory. */
void *expr_give(struct reading *r, size_t size);
/* The first one counts: whoever looks for what is near asks r->failed before. Returns false. */
bool expr_wrong(struct reading *r, unsigned at, unsigned len, const char *fmt, ...) MMT_PRINTF(4, 5);

/* Reads the next token into r->now. */
void expr_next(struct reading *r);
bool expr_is_word(const struct reading *r, const char *word);
/* Copies a token's text to WORD_LEN bytes; false when it is longer. */
bool expr_word(const struct reading *r, const struct token *t, char *to);
/* A string as it is meant, with its escapes taken away. */
const char *expr_string(struct reading *r, const struct token *t, size_t *len);

/* expr_parse.c: from the token that was read last on; NULL after expr_wrong(). */
struct node *expr_read(struct reading *r);
/* Is the token that was read last the name of a field? false after expr_wrong(). */
bool expr_expect_field(struct reading *r);

/* expr_names.c */
struct expr_ref {
	const struct expr_ref *next;
	uint16_t event;
	const struct mmt_field *f;
};
struct expr_name {
	const char *name; /* NULL: none here */
	const struct expr_ref *first;
};
const struct expr_ref *expr_refs(const char *name); /* events that have such a field, NULL: none has */
const struct expr_name *expr_names(unsigned *n);

/* expr_path.c: false after expr_wrong(). */
bool expr_resolve(struct reading *r, const struct token *name, struct expr_path *p);
/* The same name in an event that was not asked about. */
bool expr_resolve_in(struct expr_path *p, const struct mmt_schema_event *ev);

/* expr_type.c */
enum shape {
	SHAPE_NUMBER,
	SHAPE_BITS,
	SHAPE_SIZE,
	SHAPE_TIME,
	SHAPE_RET,
	SHAPE_ERRNO,
	SHAPE_WORD,
	SHAPE_CODE, /* a word or a number */
	SHAPE_FLAGS,
	SHAPE_TEXT,
	SHAPE_DEV,
	SHAPE_BOOL,
};
enum shape expr_shape(unsigned look);
/* The i-th word that a look knows; false past the last. */
bool expr_look_word(unsigned look, unsigned event, unsigned i, struct flags_word *w);
/* Does the comparison go with the look? false after expr_wrong() at op. */
bool expr_goes(struct reading *r, const char *name, unsigned look, enum expr_cmp cmp, const struct token *op);
/* What a token means for a field; false after expr_wrong(). */
bool expr_literal(struct reading *r, const char *name, const struct mmt_field *f, unsigned event, enum expr_cmp cmp,
		  const struct token *t, struct literal *out);

/* expr_get.c: false when absent. */
bool expr_get_object(unsigned object, unsigned field, const struct expr_subject *s, struct expr_value *out);
bool expr_get_own(const struct mmt_field *f, const struct expr_subject *s, struct expr_value *out);

#endif
