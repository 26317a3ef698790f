/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* run_record: the file that a run is kept in. */
#ifndef MMTRACE_CLI_RUN_RECORD_H
#define MMTRACE_CLI_RUN_RECORD_H

#include "cli/run_opts.h"
#include "record/head.h"
#include "stream/pipeline.h"

struct run_record {
	const char *path; /* NULL: nothing is kept */
	int fd;
	struct mmt_sink *sink; /* NULL: likewise */
	struct rec_head head;
	char boot[64];
	char args[2048];
	char clusters[2048];
	char wanted[2048];
	bool failed;		/* to write; said */
	bool flight;		/* kept in memory, and written when asked */
	unsigned asked, writes; /* by SIGUSR1; files so far */
	bool show;		/* progress on stderr */
	uint64_t shown_ns, start_ns;
};

/* Before anything is watched. 0, or the exit code after a line on the log. */
int run_record_open(struct run_record *r, const struct run_opts *o, int argc, char **argv);
/* When the session is open: from here on a file that was there is lost. 0, or the exit code likewise. */
int run_record_start(struct run_record *r, const struct run_opts *o, bool blind);
/* Will run_record_hit() be true? What is in memory does not wait for the end of a stream that has none. */
bool run_record_asked(const struct run_record *r);
/* Is it time to write what is in memory? Then losses are to be told to the pipeline before. */
bool run_record_hit(struct run_record *r);
int run_record_write(struct run_record *r, const struct run_opts *o, uint64_t now_ns); /* 0 or -errno */
/* Before the pipeline begins: what is known only then. */
void run_record_describe(struct run_record *r, const struct run_opts *o, uint32_t child, bool blind);
/* Now and then: how far it is. lost: of the run so far. */
bool run_record_due(struct run_record *r, uint64_t now_ns);
void run_record_show(struct run_record *r, uint64_t now_ns, uint64_t lost);
/* At the end: what of the processes that live is in memory, which a view of them will want. 0 or -errno of a sink. */
int run_record_residents(const struct mmt_sink *record, const struct run_opts *o, struct pipeline *p);
/* 0, or the exit code after a line on the log: whatever it was that could not be written. */
int run_record_close(struct run_record *r);
void run_record_free(struct run_record *r);

#endif
