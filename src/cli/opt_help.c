// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Help text from the rows of the option table, in 80 columns. */
#include "cli/opt.h"

#include <string.h>

#define WIDTH	80
#define TEXT_AT 28 /* where the explanation starts */

/* Words of text from the current column on, wrapped to start at column `left`. */
static void put_wrapped(struct buf *out, size_t line, size_t left, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, " "), column = out->len - line;

		if (column > left && column + 1 + len > WIDTH) {
			buf_putc(out, '\n');
			line = out->len;
			buf_pad(out, line + left);
		} else if (column > left) {
			buf_putc(out, ' ');
		} else {
			buf_pad(out, line + left);
		}
		buf_put(out, text, len);
		text += len;
		text += strspn(text, " ");
		if (out->err)
			return;
	}
	buf_putc(out, '\n');
}

static void put_entry(struct buf *out, const char *name, const char *text)
{
	size_t line = out->len;

	buf_puts(out, name);
	if (out->len - line >= TEXT_AT) {
		buf_putc(out, '\n');
		line = out->len;
	}
	put_wrapped(out, line, TEXT_AT, text);
}

static void put_option(struct buf *out, const struct opt_row *row)
{
	char name[80], text[512];
	int n;

	n = row->letter ? snprintf(name, sizeof(name), "  -%c, --%s", row->letter, row->name) :
			  snprintf(name, sizeof(name), "      --%s", row->name);
	if (row->arg)
		snprintf(name + n, sizeof(name) - (size_t)n, row->type == OPT_ERRNO || row->bare ? "[=%s]" : " %s",
			 row->arg);
	n = snprintf(text, sizeof(text), "%s", row->help);
	if (row->def)
		snprintf(text + n, sizeof(text) - (size_t)n, " (default %s)", row->def);
	put_entry(out, name, text);
}

static void put_usage(const struct opt_spec *spec, size_t cmd, bool named, struct buf *out)
{
	const struct opt_cmd *c = &spec->cmds[cmd];
	size_t line = out->len;

	buf_printf(out, "Usage: %s", spec->tool);
	if (named)
		buf_printf(out, cmd ? " %s" : " [%s]", c->name);
	else
		buf_puts(out, " [COMMAND]");
	if (named && c->words)
		buf_printf(out, " %s", c->words_name);
	if (named && c->files_name)
		buf_printf(out, " %s", c->files_name);
	put_wrapped(out, line, 7, !named || c->runs ? "[OPTIONS] [-- PROGRAM ARGS...]" : "[OPTIONS]");
	buf_putc(out, '\n');
}

int opt_help(const struct opt_spec *spec, size_t cmd, bool named, struct buf *out)
{
	const struct opt_cmd *c = &spec->cmds[cmd];

	put_usage(spec, cmd, named, out);
	put_wrapped(out, out->len, 0, named ? c->text : spec->summary);
	if (!named) {
		buf_puts(out, "\nCommands:\n");
		for (size_t i = 0; i < spec->n_cmds; i++) {
			char name[64];

			snprintf(name, sizeof(name), "  %s %s", spec->cmds[i].name,
				 spec->cmds[i].words	  ? spec->cmds[i].words_name :
				 spec->cmds[i].files_name ? spec->cmds[i].files_name :
							    "");
			put_entry(out, name, spec->cmds[i].help);
		}
	}
	/* Without a command on the line its default's options apply: those are shown. */
	buf_printf(out, "\nOptions of %s:\n", c->name);
	for (size_t i = 0; i < spec->n_rows; i++)
		if (spec->rows[i].cmds & 1u << cmd)
			put_option(out, &spec->rows[i]);
	if (!named)
		buf_printf(out, "\nMore about one command: %s COMMAND -h\n", spec->tool);
	return out->err;
}
