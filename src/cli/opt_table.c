// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace's commands and options. Help, man pages and completions come from these rows. */
#include "cli/opt.h"

#define AT(member) offsetof(struct opt_values, member)
#define T	   (1u << CMD_TRACE)
#define F	   (1u << CMD_FLOW)
#define M	   (1u << CMD_MAPS)
#define P	   (1u << CMD_FAULTS)
#define S	   (1u << CMD_STAT)
#define V	   (T | F | M | P | S) /* views */
#define C	   (1u << CMD_RECORD)
#define R	   (1u << CMD_REPORT) /* with one of the views, which must take the option, too */
#define A	   (1u << CMD_ASSERT)
#define W	   (V | C | A) /* what watches */
#define L	   (1u << CMD_LIST)
#define D	   (1u << CMD_DOCTOR)
#define X	   (1u << CMD_DIFF)
#define E	   (1u << CMD_EXPORT)
#define ALL	   (W | R | L | D | X | E)

const char *const opt_formats[] = { [FORMAT_TABLE] = "table",
				    [FORMAT_JSON] = "json",
				    [FORMAT_WIRE] = "wire",
				    [FORMAT_CSV] = "csv",
				    [FORMAT_CHROME] = "chrome",
				    [FORMAT_FOLDED] = "folded",
				    [FORMAT_FOLDED_COUNT] = "folded-count",
				    NULL };
static const char *const colors[] = { "auto", "always", "never", NULL };
static const char *const folded[] = { [FOLDED_TIME] = "time", [FOLDED_COUNT] = "count", NULL };
static const char *const compress[] = { "auto", "always", "never", NULL };
static const char *const lists[] = { "events", "fields", "hooks", NULL };

// clang-format off
static const struct opt_cmd cmds[] = {
	[CMD_TRACE] = {
		.name = "trace", .runs = true,
		.help = "one line per memory mapping event (the default)",
		.text = "Prints one line per event: what programs asked for (mmap, munmap, ...), what the driver and the "
			"kernel did with it, and the first faults. Without -p, -t, -n or a program it watches the whole "
			"machine, then without page faults unless -e asks for them.",
	},
	[CMD_FLOW] = {
		.name = "flow", .runs = true,
		.help = "each mmap call as a tree, and what becomes of it",
		.text = "Prints one tree per mmap call: the driver's function, what it put into the page tables and of which "
			"memory type, how long each took; and below it what became of the mapping: first touches, fork, "
			"mprotect, close. With a program the mappings are told when it is over, else as things happen.",
	},
	[CMD_MAPS] = {
		.name = "maps", .runs = true,
		.help = "what is mapped, by whom and how; who maps a page",
		.text = "Prints the mappings of processes: of -p or -n as they are now (with -d, after that time), of a program when "
			"it ends. With --phys or --pfn: who maps that physical page.",
	},
	[CMD_FAULTS] = {
		.name = "faults", .runs = true,
		.help = "page-fault latency by cause, mapping, driver and CPU",
		.text = "Adds page faults up in the kernel and prints, for each key of --by or for all of them, how many there were, how long they took "
			"(p50 to p99.9 and the longest) and how that is spread. Nothing is written per fault.",
	},
	[CMD_STAT] = {
		.name = "stat", .runs = true,
		.help = "counters of a run on one screen",
		.text = "Prints what a program did with its memory: maps and unmaps, the most it had mapped, page faults by kind, "
			"and the share of its time that they took.",
	},
	[CMD_RECORD] = {
		.name = "record", .runs = true,
		.help = "keep a run in a file, to look at it again",
		.text = "Writes what happens into a file (mmtrace.mmt, or -o), from which 'mmtrace report' shows any view later, on any machine and "
			"without privilege.",
	},
	[CMD_REPORT] = {
		.name = "report", .files_name = "FILE [VIEW]", .files_min = 1, .files_max = 2,
		.help = "any view of a recorded run",
		.text = "Shows a recording as the view would have shown the run: trace (the default), flow, maps, faults or stat, with that "
			"view's options. Needs no privilege. FILE may be -, standard input.",
	},
	[CMD_ASSERT] = {
		.name = "assert", .runs = true, .files_name = "[FILE.mmt]", .files_max = 1,
		.help = "is it as a file of expectations says? for CI",
		.text = "Reads expectations (-f FILE), refuses what it does not understand before anything runs, runs the program or reads a "
			"recording, and says of each whether it held. Exit: 0 all did, 1 one did not, 2 the file is wrong, 3 this machine cannot "
			"observe it, 4 something that matters was lost.",
	},
	[CMD_LIST] = {
		.name = "list", .words_name = "events|fields|hooks", .words = lists,
		.help = "the events, fields and hooks there are",
		.text = "Lists the events, their fields, or the kernel hooks they come from. Needs no privilege.",
	},
	[CMD_DOCTOR] = {
		.name = "doctor",
		.help = "what this kernel allows, and why not more",
		.text = "Tries every hook on the running kernel and says which way of attaching works, why no better one "
			"does, what is lost by it, and the kernel configuration that would give it back.",
	},
	[CMD_DIFF] = {
		.name = "diff", .files_name = "A.mmt B.mmt", .files_min = 2, .files_max = 2,
		.help = "what is different between two recordings",
		.text = "Compares two recordings of the same thing without addresses, times and process numbers, and says what is different "
			"in the second: mappings, memory types, results, the driver's callbacks, faults by kind. Exit 0: the same, 1: "
			"different, 2: not recordings, 4: what was lost leaves it open.",
	},
	[CMD_EXPORT] = {
		.name = "export", .files_name = "FILE.mmt", .files_min = 1, .files_max = 1,
		.help = "a recording for Perfetto, flame graphs, CSV",
		.text = "Writes a recording in the format that --format names, for other tools. Needs no privilege.",
	},
};

static const struct opt_row rows[] = {
	{ .letter = 'p', .name = "pid", .arg = "PID[,PID]", .type = OPT_PIDS, .off = AT(pids), .cmds = W | R,
	  .help = "only these processes and the children they start" },
	{ .letter = 't', .name = "tid", .arg = "TID[,TID]", .type = OPT_PIDS, .off = AT(tids), .cmds = W | R,
	  .help = "only these threads" },
	{ .letter = 'n', .name = "comm", .arg = "NAME", .type = OPT_STRINGS, .off = AT(comms), .cmds = W | R,
	  .help = "only processes of this name, 15 characters at most" },
	{ .letter = 'e', .name = "events", .arg = "EVENTS", .type = OPT_STRINGS, .off = AT(events), .cmds = T | R | C,
	  .help = "only these events or families, with commas between them, -fault drops one; 'list events' names them" },
	{ .letter = 'k', .name = "kind", .arg = "KINDS", .type = OPT_STRINGS, .off = AT(kinds), .cmds = T | R,
	  .help = "only these kinds of mappings: anon, file, shm, pfn, hugetlb; or of faults: cow, file-io, ..." },
	{ .letter = 'f', .name = "filter", .arg = "EXPR", .type = OPT_STRING, .off = AT(filter), .cmds = T | F | M | P | R | C,
	  .help = "only what EXPR is true of: 'kind == cow and lat > 50us', 'mapping.path ~ \"/dev/\"'; README.md has the language" },
	{ .letter = 'd', .name = "duration", .arg = "TIME", .type = OPT_DURATION, .off = AT(duration_ns), .cmds = W,
	  .help = "stop after this time: 10s, 500ms, a bare number is seconds" },
	{ .letter = 'x', .name = "failed", .arg = "ERRNO", .type = OPT_ERRNO, .off = AT(failed), .cmds = T | R,
	  .help = "only calls that failed, with ERRNO only those with this error" },
	{ .letter = 'L', .name = "slower", .arg = "TIME", .type = OPT_DURATION, .off = AT(slower_ns), .cmds = T | P | R,
	  .help = "only what took this time or longer: 100us, 5ms" },
	{ .letter = 'K', .name = "kernel-stack", .type = OPT_FLAG, .off = AT(kernel_stack), .cmds = T | P | R | C,
	  .help = "with every event the kernel functions that led to it; of faults the heaviest such stacks" },
	{ .letter = 'U', .name = "user-stack", .type = OPT_FLAG, .off = AT(user_stack), .cmds = T | P | R | C,
	  .help = "the same of the program's own functions, as far as they keep frame pointers (-fno-omit-frame-pointer); "
		  "others are left out" },
	{ .name = "cgroup", .arg = "DIR", .type = OPT_STRING, .off = AT(cgroup), .cmds = W,
	  .help = "only processes in this control group (a directory of cgroup2) or below it" },
	{ .letter = 'i', .name = "interval", .arg = "TIME", .type = OPT_DURATION, .off = AT(interval_ns), .cmds = P | R,
	  .help = "again after each such time, what came in it; the whole at the end" },
	{ .name = "by", .arg = "KEYS", .type = OPT_STRINGS, .off = AT(by), .cmds = P | R,
	  .help = "tell faults apart by kind, mapping, file, driver, comm, cpu, cluster, with commas between them; without it they are one" },
	{ .name = "split", .type = OPT_FLAG, .off = AT(split), .cmds = T | P | R,
	  .help = "where the time of faults went: lock, driver, off CPU, allocation, the rest" },
	{ .name = "slowest", .arg = "N", .type = OPT_U32, .off = AT(slowest), .cmds = P | R,
	  .help = "also the N slowest faults, one by one" },
	{ .name = "slo", .arg = "LIMITS", .type = OPT_STRINGS, .off = AT(slo), .cmds = P | R,
	  .help = "p99<50us, kind=cow:max<1ms, rate<1000, ...: exit 1 when one is missed, 4 when that cannot be said, "
		  "else the status of -- CMD; p50 p90 p99 p99.9 max mean count rate" },
	{ .name = "folded", .arg = "time|count", .bare = "time", .type = OPT_CHOICE, .words = folded, .off = AT(folded), .cmds = P | R,
	  .help = "one line per stack for a flame graph, weighed by time (ns) or count" },
	{ .name = "mem", .arg = "SIZE", .type = OPT_SIZE, .off = AT(total_bytes), .cmds = P | S,
	  .help = "kernel memory for totals at most" },
	{ .name = "verify", .type = OPT_FLAG, .off = AT(verify), .cmds = T | F | M,
	  .help = "compare what mmtrace knows of mappings with the kernel, at the end of each process and of the run; "
		  "the command is traced by ptrace meanwhile: strace or gdb in it fail" },
	{ .letter = 'j', .name = "json", .type = OPT_SET, .set = FORMAT_JSON, .off = AT(format), .cmds = ALL & ~C,
	  .help = "one JSON object per line on stdout" },
	{ .name = "format", .arg = "FORMAT", .type = OPT_CHOICE, .words = opt_formats, .off = AT(format), .cmds = T | R | E,
	  .def = "table", .help = "table, json, wire, csv; chrome: for Perfetto and Chrome's viewer; folded: stacks (of -K, -U) for a flame "
		  "graph, weighed by time, folded-count by count" },
	{ .letter = 'a', .name = "all", .type = OPT_FLAG, .off = AT(all), .cmds = F | R | X,
	  .help = "flow: also mappings of plain files and anonymous memory, which no driver has a hand in; diff: also what the two "
		  "kernels are known to do differently" },
	{ .name = "live", .type = OPT_FLAG, .off = AT(live), .cmds = M | R,
	  .help = "again every second, until stopped" },
	{ .name = "history", .type = OPT_FLAG, .off = AT(history), .cmds = M | R,
	  .help = "also what happened to each mapping, and those that are no more" },
	{ .name = "phys", .arg = "ADDRESS", .type = OPT_U64, .off = AT(phys), .cmds = M | R,
	  .help = "who maps the page at this physical address" },
	{ .name = "pfn", .arg = "PFN", .type = OPT_U64, .off = AT(pfn), .cmds = M | R,
	  .help = "who maps the page with this page frame number" },
	{ .letter = 'f', .name = "expect", .arg = "FILE", .type = OPT_STRING, .off = AT(expect), .cmds = A,
	  .help = "the expectations, one a line; - reads them from stdin" },
	{ .name = "tap", .type = OPT_FLAG, .off = AT(tap), .cmds = A, .help = "the verdicts as KTAP" },
	{ .name = "junit", .arg = "FILE", .type = OPT_STRING, .off = AT(junit), .cmds = A,
	  .help = "write them as JUnit XML there as well" },
	{ .name = "update", .type = OPT_FLAG, .off = AT(update), .cmds = A,
	  .help = "judge nothing: write FILE from what the run does, to be reviewed" },
	{ .name = "ascii", .type = OPT_FLAG, .off = AT(ascii), .cmds = F | P | R,
	  .help = "draw with plain characters" },
	{ .letter = 'o', .name = "output", .arg = "FILE", .type = OPT_STRING, .off = AT(output), .cmds = W | R | E,
	  .help = "write there instead of stdout; record: the recording (mmtrace.mmt)" },
	{ .name = "record", .arg = "FILE", .type = OPT_STRING, .off = AT(record), .cmds = V | A,
	  .help = "also keep the run in this file, for 'mmtrace report'" },
	{ .name = "flight", .arg = "SIZE", .type = OPT_SIZE, .off = AT(flight_bytes), .cmds = C,
	  .help = "keep the last SIZE bytes in memory, and write them on SIGUSR1, or when -f is true of an event" },
	{ .name = "compress", .arg = "WHEN", .type = OPT_CHOICE, .words = compress, .off = AT(compress), .cmds = W, .def = "auto",
	  .help = "recordings by zstd: always, never, or where there is a CPU to spare for it" },
	{ .name = "tier", .arg = "[HOOK=]TIER", .type = OPT_STRINGS, .off = AT(tiers), .cmds = W | D,
	  .help = "attach this hook, or every one, this way only; may be repeated" },
	{ .name = "buffer", .arg = "SIZE", .type = OPT_SIZE, .off = AT(buffer_bytes), .cmds = W, .def = "16M",
	  .help = "ring buffer between kernel and mmtrace; faults and stat: 4M, or none" },
	{ .name = "btf", .arg = "FILE", .type = OPT_STRING, .off = AT(btf), .cmds = W | D,
	  .help = "kernel type information, for a kernel without its own" },
	{ .name = "ready-fd", .arg = "FD", .type = OPT_FD, .off = AT(ready_fd), .cmds = W,
	  .help = "write one byte there when every hook is live" },
	{ .name = "color", .arg = "WHEN", .type = OPT_CHOICE, .words = colors, .off = AT(color), .cmds = ALL,
	  .def = "auto", .help = "auto, always or never; NO_COLOR is honoured by auto" },
	{ .letter = 'v', .name = "verbose", .type = OPT_FLAG, .off = AT(verbose), .cmds = ALL,
	  .help = "say more on stderr; with doctor: every hook" },
	{ .letter = 'q', .name = "quiet", .type = OPT_FLAG, .off = AT(quiet), .cmds = ALL,
	  .help = "warnings and errors only; -qq errors only" },
	{ .letter = 'V', .name = "version", .type = OPT_FLAG, .off = AT(version), .cmds = ALL, .alone = true,
	  .help = "print the version" },
	{ .letter = 'h', .name = "help", .type = OPT_FLAG, .off = AT(help), .cmds = ALL, .alone = true,
	  .help = "print this" },
};
// clang-format on

const struct opt_spec mmtrace_options = {
	.tool = "mmtrace",
	.summary = "Shows memory mapping on a running Linux machine: from the mmap call through the driver to the page "
		   "tables, the first faults and the last close.",
	.cmds = cmds,
	.n_cmds = MMT_COUNT(cmds),
	.rows = rows,
	.n_rows = MMT_COUNT(rows),
};
