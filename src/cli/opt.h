/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The command line as data: commands and options are rows; parsing, help and (from the
 * same rows) man pages and completions follow. Never exits, never prints to stdout.
 */
#ifndef MMTRACE_CLI_OPT_H
#define MMTRACE_CLI_OPT_H

#include <mmtrace/base.h>

#define OPT_OK		0
#define OPT_USAGE	2 /* the exit code for a command line nobody can act on */
#define OPT_STRINGS_MAX 32
#define OPT_FILES_MAX	4

/* What a row writes at its offset. */
enum opt_type {
	OPT_FLAG,     /* uint32_t, counts how often it was given */
	OPT_SET,      /* uint32_t = row.set: a short word for another row's choice (-j) */
	OPT_CHOICE,   /* uint32_t, index into row.words */
	OPT_FD,	      /* int, -1 when absent */
	OPT_U64,      /* uint64_t */
	OPT_U32,      /* uint32_t */
	OPT_DURATION, /* uint64_t nanoseconds */
	OPT_SIZE,     /* uint64_t bytes */
	OPT_PIDS,     /* struct num_pids, repeats add */
	OPT_ERRNO,    /* struct opt_errno; the argument may be absent: -x, -xEINVAL, -x EINVAL, --failed=EINVAL */
	OPT_STRING,   /* const char *, NULL when absent; points into argv */
	OPT_STRINGS,  /* struct opt_strings, repeats add */
};

struct opt_errno {
	uint32_t given;	 /* -x was there */
	uint32_t number; /* 0: any error */
};

struct opt_strings {
	uint32_t n;
	const char *s[OPT_STRINGS_MAX];
};

struct opt_row {
	char letter;	  /* 0: none */
	const char *name; /* long name without "--" */
	const char *arg;  /* what help calls the argument, NULL for none */
	const char *bare; /* meant when no argument is attached (--folded, --folded=count); NULL: one is needed */
	enum opt_type type;
	uint32_t set;		  /* OPT_SET */
	size_t off;		  /* of the value in the caller's struct */
	uint32_t cmds;		  /* bit i: command i takes it */
	const char *const *words; /* OPT_CHOICE, NULL at the end */
	const char *def;	  /* parsed like an argument before anything else */
	const char *help;
	bool alone; /* help, version: with it the command's words are not asked for */
};

struct opt_cmd {
	const char *name;
	const char *words_name;	       /* what help calls its word, NULL if it takes none */
	const char *const *words;      /* the valid ones, NULL at the end; exactly one must be given */
	const char *files_name;	       /* what help calls the files it takes instead of a word, NULL if it takes none */
	unsigned files_min, files_max; /* how many; at most OPT_FILES_MAX */
	bool runs;		       /* takes -- CMD ARGS */
	const char *help;	       /* a few words for the list of commands */
	const char *text;	       /* a sentence or two for its own help */
};

struct opt_spec {
	const char *tool, *summary;
	const struct opt_cmd *cmds; /* the first is meant when none is named */
	size_t n_cmds;
	const struct opt_row *rows;
	size_t n_rows; /* at most 64 */
};

struct opt_result {
	size_t cmd;	  /* index into cmds */
	bool named;	  /* the command was on the line, not the default */
	uint64_t given;	  /* bit i: row i was on the line */
	const char *word; /* the command's word, NULL if none */
	const char *files[OPT_FILES_MAX];
	unsigned nfiles;
	char *const *run; /* after "--", ends with NULL as argv does; NULL if none */
};

/*
 * Fills *values (all zero before) and *res. OPT_OK, or OPT_USAGE after one line on the log.
 * Options may stand before and after words; -ab clusters, -p1 and --pid=1 attach, the last of two wins.
 */
int opt_parse(const struct opt_spec *spec, int argc, char *const argv[], void *values, struct opt_result *res);

/* Help in 80 columns: of one command, or of the tool when named is false. 0 or the error of out. */
int opt_help(const struct opt_spec *spec, size_t cmd, bool named, struct buf *out);

/* mmtrace's own rows (opt_table.c) and where they write. */
enum {
	CMD_TRACE,
	CMD_FLOW,
	CMD_MAPS,
	CMD_FAULTS,
	CMD_STAT,
	CMD_RECORD,
	CMD_REPORT,
	CMD_LIST,
	CMD_DOCTOR,
	CMD_DIFF,
	CMD_ASSERT,
	CMD_EXPORT
};
enum { FOLDED_TIME, FOLDED_COUNT };
enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_WIRE, FORMAT_CSV, FORMAT_CHROME, FORMAT_FOLDED, FORMAT_FOLDED_COUNT };
enum { COMPRESS_AUTO, COMPRESS_ALWAYS, COMPRESS_NEVER }; /* as enum rec_pack */
enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum { LIST_EVENTS, LIST_FIELDS, LIST_HOOKS };

struct opt_values {
	struct num_pids pids, tids;
	struct opt_strings comms, events, kinds, tiers;
	struct opt_errno failed;
	uint64_t duration_ns; /* 0: until stopped */
	uint64_t slower_ns;
	uint64_t buffer_bytes;
	const char *output, *btf, *filter;
	const char *record;    /* --record FILE */
	uint64_t flight_bytes; /* 0: all is kept */
	uint32_t compress;
	uint32_t format, color;
	uint32_t verbose, quiet, help, version, kernel_stack, verify, split;
	uint32_t all, ascii, live, history;
	uint32_t user_stack, folded, slowest;
	struct opt_strings by, slo;
	uint64_t interval_ns; /* 0: one total at the end */
	uint64_t total_bytes;
	const char *cgroup;
	uint64_t pfn, phys;
	const char *expect, *junit;
	uint32_t tap, update;
	int ready_fd; /* -1: none */
};

extern const struct opt_spec mmtrace_options;
extern const char *const opt_formats[]; /* by FORMAT_, NULL at the end */

#endif
