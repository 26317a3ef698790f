// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Command line to values by the rows of a table. By hand, not getopt: a bad value or an
 * unknown name must become one line that says what was meant, and rows differ by command. */
#include "cli/opt.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* One option as it was written, for messages. */
struct use {
	const struct opt_row *row;
	char shown[64]; /* "-d" or "--duration" */
	void *at;
};

static int bad_value(const struct use *u, const char *text, const char *why)
{
	mmt_err("%s '%s': %s", u->shown, text, why);
	return OPT_USAGE;
}

static int set_fd(const struct use *u, const char *text, const char **why)
{
	uint64_t v;
	int err = num_parse_u64(text, &v, why);

	if (err || v > INT_MAX) {
		*why = "not a file descriptor (try 3)";
		return -EINVAL;
	}
	*(int *)u->at = (int)v;
	return 0;
}

static int set_choice(const struct use *u, const char *text, const char **why)
{
	static char said[160]; /* one message is made at a time, by one thread: the command line */
	struct near n = { .word = text };
	size_t len = 0;

	for (uint32_t i = 0; u->row->words[i]; i++) {
		if (!strcmp(u->row->words[i], text)) {
			*(uint32_t *)u->at = i;
			return 0;
		}
		near_try(&n, u->row->words[i]);
	}
	if (n.best) {
		snprintf(said, sizeof(said), "unknown, did you mean '%s'?", n.best);
	} else {
		len = (size_t)snprintf(said, sizeof(said), "unknown, it can be");
		for (uint32_t i = 0; u->row->words[i] && len < sizeof(said); i++)
			len += (size_t)snprintf(said + len, sizeof(said) - len, "%s%s", i ? ", " : " ",
						u->row->words[i]);
	}
	*why = said;
	return -EINVAL;
}

static int set_string(const struct use *u, const char *text, const char **why)
{
	struct opt_strings *all = u->at;

	if (!*text) {
		*why = "empty";
		return -EINVAL;
	}
	if (u->row->type == OPT_STRING) {
		*(const char **)u->at = text;
		return 0;
	}
	if (all->n == OPT_STRINGS_MAX) {
		*why = "given more than 32 times";
		return -E2BIG;
	}
	all->s[all->n++] = text;
	return 0;
}

static int set_errno(const struct use *u, const char *text, const char **why)
{
	struct opt_errno *e = u->at;

	e->given = 1;
	return text ? num_parse_errno(text, &e->number, why) : 0;
}

static int set_pids(const struct use *u, const char *text, const char **why)
{
	return num_parse_pids(text, u->at, why);
}

static int set_u64(const struct use *u, const char *text, const char **why)
{
	return num_parse_u64(text, u->at, why);
}

static int set_u32(const struct use *u, const char *text, const char **why)
{
	return num_parse_u32(text, u->at, why);
}

static int set_duration(const struct use *u, const char *text, const char **why)
{
	return num_parse_duration(text, u->at, why);
}

static int set_size(const struct use *u, const char *text, const char **why)
{
	return num_parse_size(text, u->at, why);
}

static int set_flag(const struct use *u, const char *text, const char **why)
{
	uint32_t *v = u->at;

	(void)text, (void)why;
	*v = u->row->type == OPT_SET ? u->row->set : *v + 1;
	return 0;
}

static int (*const setters[])(const struct use *, const char *, const char **) = {
	[OPT_FLAG] = set_flag, [OPT_SET] = set_flag,	      [OPT_CHOICE] = set_choice, [OPT_FD] = set_fd,
	[OPT_U64] = set_u64,   [OPT_DURATION] = set_duration, [OPT_SIZE] = set_size,	 [OPT_PIDS] = set_pids,
	[OPT_U32] = set_u32,   [OPT_ERRNO] = set_errno,	      [OPT_STRING] = set_string, [OPT_STRINGS] = set_string,
};

static int store(const struct use *u, const char *text)
{
	const char *why = NULL;

	return setters[u->row->type](u, text, &why) ? bad_value(u, text, why) : OPT_OK;
}

struct parse {
	const struct opt_spec *spec;
	char *const *argv;
	int argc, at; /* next word to read */
	char *values;
	struct opt_result *res;
	const char *extra; /* first word beyond what a command can take */
};

static void start_use(const struct parse *p, struct use *u, const struct opt_row *row)
{
	u->row = row;
	u->at = p->values + row->off;
	p->res->given |= 1ull << (row - p->spec->rows);
}

/* The argument of an option that was not attached to it: the next word. */
static int next_arg(struct parse *p, const struct use *u, const char **arg)
{
	const struct opt_row *row = u->row;
	const char *next = p->at < p->argc ? p->argv[p->at] : NULL;

	*arg = NULL;
	if (!row->arg)
		return OPT_OK;
	if (row->bare) {
		*arg = row->bare;
		return OPT_OK;
	}
	if (row->type == OPT_ERRNO) {
		/* Optional: only a word that looks like an error name can be meant, "-x list" is a command. */
		if (!next || next[0] != 'E')
			return OPT_OK;
	} else if (!next || !strcmp(next, "--")) {
		mmt_err("%s: needs %s behind it", u->shown, row->arg);
		return OPT_USAGE;
	}
	*arg = next;
	p->at++;
	return OPT_OK;
}

static int unknown_long(const struct parse *p, const char *word, size_t len)
{
	struct near n = { 0 };
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : sizeof(name)), word);
	n.word = name;
	for (size_t i = 0; i < p->spec->n_rows; i++)
		near_try(&n, p->spec->rows[i].name);
	if (n.best)
		mmt_err("unknown option '--%s', did you mean '--%s'?", name, n.best);
	else
		mmt_err("unknown option '--%s' (%s -h lists them)", name, p->spec->tool);
	return OPT_USAGE;
}

static int parse_long(struct parse *p, const char *word)
{
	const char *eq = strchr(word, '='), *arg = eq ? eq + 1 : NULL;
	size_t len = eq ? (size_t)(eq - word) : strlen(word);
	const struct opt_row *row = p->spec->rows, *end = row + p->spec->n_rows;
	struct use u;

	while (row < end && (strlen(row->name) != len || memcmp(row->name, word, len)))
		row++;
	if (row == end)
		return unknown_long(p, word, len);
	start_use(p, &u, row);
	snprintf(u.shown, sizeof(u.shown), "--%s", row->name);
	if (arg && !row->arg) {
		mmt_err("%s: takes no argument, got '%s'", u.shown, arg);
		return OPT_USAGE;
	}
	if (!arg && next_arg(p, &u, &arg))
		return OPT_USAGE;
	return store(&u, arg);
}

static int unknown_letter(const struct parse *p, char letter, const char *word)
{
	char other = (char)(letter ^ 0x20); /* the other case of a letter */
	struct near n = { .word = word };

	for (size_t i = 0; i < p->spec->n_rows; i++) {
		/* "-json" is a slip for "--json"; a single letter is too short to guess by edits. */
		if (strlen(word) > 2)
			near_try(&n, p->spec->rows[i].name);
		if (p->spec->rows[i].letter != other)
			continue;
		mmt_err("unknown option '-%c', did you mean '-%c' (--%s)?", letter, other, p->spec->rows[i].name);
		return OPT_USAGE;
	}
	if (n.best)
		mmt_err("unknown option '-%c' in '-%s', did you mean '--%s'?", letter, word, n.best);
	else
		mmt_err("unknown option '-%c' (%s -h lists them)", letter, p->spec->tool);
	return OPT_USAGE;
}

/* A letter may mean another row to another command; before a command is named, the first of them. */
static const struct opt_row *row_of_letter(const struct parse *p, char letter)
{
	const struct opt_row *first = NULL, *row = p->spec->rows;

	for (size_t i = 0; i < p->spec->n_rows; i++, row++) {
		if (row->letter != letter)
			continue;
		first = first ? first : row;
		if (row->cmds & 1u << p->res->cmd)
			return row;
	}
	return first;
}

static int parse_letters(struct parse *p, const char *word)
{
	for (const char *c = word; *c; c++) {
		const struct opt_row *row = row_of_letter(p, *c);
		const char *arg = NULL;
		struct use u;

		if (!row)
			return unknown_letter(p, *c, word);
		start_use(p, &u, row);
		snprintf(u.shown, sizeof(u.shown), "-%c", *c);
		if (row->arg && c[1])
			return store(&u, c + 1);
		if (next_arg(p, &u, &arg) || store(&u, arg))
			return OPT_USAGE;
	}
	return OPT_OK;
}

/* A word that is no option: the command, then the command's word. */
static int parse_word(struct parse *p, const char *word)
{
	const struct opt_spec *s = p->spec;
	struct near n = { .word = word };

	if (!p->res->named) {
		for (size_t i = 0; i < s->n_cmds; i++) {
			near_try(&n, s->cmds[i].name);
			if (strcmp(s->cmds[i].name, word))
				continue;
			p->res->cmd = i;
			p->res->named = true;
			return OPT_OK;
		}
		if (n.best)
			mmt_err("unknown command '%s', did you mean '%s'?", word, n.best);
		else
			mmt_err("unknown command '%s' (to trace a program: %s -- %s)", word, s->tool, word);
		return OPT_USAGE;
	}
	if (s->cmds[p->res->cmd].files_name) {
		if (p->res->nfiles < OPT_FILES_MAX)
			p->res->files[p->res->nfiles] = word;
		p->res->nfiles++;
		return OPT_OK;
	}
	if (p->res->word && !p->extra)
		p->extra = word;
	else if (!p->res->word)
		p->res->word = word;
	return OPT_OK;
}

/* The same of a command that takes names of files. */
static int check_files(const struct parse *p)
{
	const struct opt_cmd *c = &p->spec->cmds[p->res->cmd];
	unsigned n = p->res->nfiles;

	if (n < c->files_min)
		mmt_err("%s: needs %s", c->name, c->files_name);
	else if (n > c->files_max)
		mmt_err("%s takes %s, %u words are too many", c->name, c->files_name, n);
	else
		return OPT_OK;
	return OPT_USAGE;
}

/* The words a command was given against what it takes. */
static int check_words(const struct parse *p)
{
	const struct opt_cmd *c = &p->spec->cmds[p->res->cmd];
	const char *word = p->res->word;
	struct near n = { .word = word ? word : "" };

	if (c->files_name)
		return check_files(p);
	if (!c->words) {
		if (!word)
			return OPT_OK;
		if (c->runs)
			mmt_err("%s takes no word '%s' (to run a program: %s %s -- %s)", c->name, word, p->spec->tool,
				c->name, word);
		else
			mmt_err("%s takes no word '%s'", c->name, word);
		return OPT_USAGE;
	}
	if (!word) {
		mmt_err("%s: needs one of %s", c->name, c->words_name);
		return OPT_USAGE;
	}
	if (p->extra) {
		mmt_err("%s takes one word, '%s' is too many", c->name, p->extra);
		return OPT_USAGE;
	}
	for (size_t i = 0; c->words[i]; i++) {
		if (!strcmp(c->words[i], word))
			return OPT_OK;
		near_try(&n, c->words[i]);
	}
	if (n.best)
		mmt_err("%s: unknown '%s', did you mean '%s'?", c->name, word, n.best);
	else
		mmt_err("%s: unknown '%s', it can be %s", c->name, word, c->words_name);
	return OPT_USAGE;
}

/* What could only be judged once the command was known. */
static int check_whole(const struct parse *p)
{
	const struct opt_cmd *c = &p->spec->cmds[p->res->cmd];
	bool alone = false;

	for (size_t i = 0; i < p->spec->n_rows; i++) {
		const struct opt_row *row = &p->spec->rows[i];

		if (!(p->res->given & 1ull << i))
			continue;
		alone |= row->alone;
		if (row->cmds & 1u << p->res->cmd)
			continue;
		if (row->letter)
			mmt_err("%s does not take -%c (--%s)", c->name, row->letter, row->name);
		else
			mmt_err("%s does not take --%s", c->name, row->name);
		return OPT_USAGE;
	}
	if (alone)
		return OPT_OK;
	if (p->res->run && !c->runs) {
		mmt_err("%s runs no program, '--' does not belong there", c->name);
		return OPT_USAGE;
	}
	if (p->res->run && !p->res->run[0]) {
		mmt_err("nothing to run behind '--' (try: %s -- ls)", p->spec->tool);
		return OPT_USAGE;
	}
	return check_words(p);
}

static int set_defaults(const struct parse *p)
{
	for (size_t i = 0; i < p->spec->n_rows; i++) {
		const struct opt_row *row = &p->spec->rows[i];
		struct use u = { .row = row, .at = p->values + row->off };

		snprintf(u.shown, sizeof(u.shown), "--%s (default)", row->name);
		if (row->type == OPT_FD)
			*(int *)u.at = -1;
		if (row->def && store(&u, row->def))
			return OPT_USAGE;
	}
	return OPT_OK;
}

int opt_parse(const struct opt_spec *spec, int argc, char *const argv[], void *values, struct opt_result *res)
{
	struct parse p = { .spec = spec, .argv = argv, .argc = argc, .at = 1, .values = values, .res = res };

	*res = (struct opt_result){ 0 };
	if (set_defaults(&p))
		return OPT_USAGE;
	while (p.at < argc) {
		const char *word = argv[p.at++];
		int err;

		if (!strcmp(word, "--")) {
			res->run = argv + p.at;
			break;
		}
		if (word[0] == '-' && word[1] == '-')
			err = parse_long(&p, word + 2);
		else if (word[0] == '-' && word[1])
			err = parse_letters(&p, word + 1);
		else
			err = parse_word(&p, word);
		if (err)
			return err;
	}
	return check_whole(&p);
}
