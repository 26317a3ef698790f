# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# demo-story.awk - runs mmdemo-use kind by kind, shows mmtrace's lines about it as they come, checks that none is missing
#
# Variables: lines (pipe that mmtrace writes to), tmp (a directory), color (empty: none), bar (first line of the edu
# card's PCI resources), release (of the kernel). Written for busybox awk.
#
# A part is over when the line of its process's end has come: every line before it has been shown by then. So headings
# and lines, which go through one stream, cannot mix, and nobody sleeps.

function paint(code, text)
{
	return color == "" ? text : "\033[" code "m" text "\033[0m"
}

function say(text)
{
	print text
	fflush()
}

# Said at the end, where it is seen.
function complain(text)
{
	wrong++
	complaints = complaints "demo: " text "\n"
}

function verdict()
{
	printf "%s", complaints >"/dev/stderr"
	exit wrong ? 1 : 0
}

# ---- what must be there ----------------------------------------------------------------------------------------------

# In the parts named: words for people, the event, and patterns that its detail must match, all of them, in any order.
# KIND stands for the part's name, IDENT for the same in C.
function require(kinds, words, event, p1, p2, p3)
{
	nneeds++
	need_kinds[nneeds] = kinds
	need_words[nneeds] = words
	need_event[nneeds] = event
	need[nneeds, 1] = p1
	need[nneeds, 2] = p2
	need[nneeds, 3] = p3
}

function requirements(    time, path, addr, range)
{
	time = "(^| )[0-9.]+(ns|us|ms|s)( |$)"
	path = "/dev/mmdemo/KIND( |$)"
	addr = "(^| )0x[0-9a-f]+( |$)"
	range = "(^| )0x[0-9a-f]+-0x[0-9a-f]+( |$)"
	require("all", "the mmap call and its result", "mmap", path, "= 0x[0-9a-f]+( |$)", time)
	require("all", "the driver's mmap function and its time", "driver_mmap", "mmdemo:mmdemo_IDENT_mmap( |$)", "= 0( |$)", time)
	require("file", "a first fault and its latency", "fault", addr, " driver-page( |$)", time)
	require("device shared", "what was mapped, with its physical range", "pfn_map", addr, range)
	require("dma-coherent", "the DMA buffer, with its physical range", "dma_map", addr, range)
	require("all", "fork's copy of the mapping", "vma_dup", addr, path)
	require("all", "the driver's open, called by fork", "driver_open", "mmdemo:mmdemo_IDENT_vm_open( |$)", time)
	require("all", "the munmap call and its result", "munmap", path, "= 0( |$)", time)
	require("all", "the driver's close and its time", "driver_close", "mmdemo:mmdemo_IDENT_vm_close( |$)", time)
	require("device", "exactly the card's registers", "pfn_map", " " bar_from "-" bar_to "( |$)")
}

function matches(i, kind, detail,    n, pattern, ident)
{
	ident = kind
	gsub("-", "_", ident)
	for (n = 1; n <= 3; n++) {
		pattern = need[i, n]
		gsub("KIND", kind, pattern)
		gsub("IDENT", ident, pattern)
		if (detail !~ pattern)
			return 0
	}
	return 1
}

function check(kind, event, detail,    i)
{
	for (i = 1; i <= nneeds; i++)
		if (event == need_event[i] && matches(i, kind, detail))
			met[kind, i] = 1
}

function missing(kind,    i)
{
	for (i = 1; i <= nneeds; i++)
		if ((need_kinds[i] == "all" || index(need_kinds[i], kind)) && !((kind, i) in met))
			complain("no line for " kind ": " need_words[i])
}

# What the program says it did: one line per call; pages it touched for the first time (not those after the child's end).
function own_words(kind,    line, f, name, waited)
{
	name = tmp "/" kind
	while ((getline line <name) > 0) {
		split(line, f)
		did[f[1]]++
		waited = waited || f[1] == "wait"
		if (kind == "file" && !waited && match(line, / pages=[0-9]+/))
			did["fault"] += substr(line, RSTART + 7, RLENGTH - 7)
		if (line ~ /result=wrong|^mmdemo-use:|^skip /)
			complain("mmdemo-use " kind ": " line)
	}
	close(name)
	if (!waited)
		complain("mmdemo-use " kind " did not finish")
}

function agree(event, words)
{
	if (seen[event] != did[event])
		complain("mmdemo-use tells of " did[event] + 0 " " words ", mmtrace showed " seen[event] + 0)
	return did[event] " " words
}

# ---- what is shown ---------------------------------------------------------------------------------------------------

function heading(title, text)
{
	printf "\n%s\n%s\n", paint("1", title), text
	say("\n" paint("2", sprintf("%8s %5s %-12s %s", "TIME", "PID", "EVENT", "DETAIL")))
}

function latency(detail,    n, unit)
{
	match(detail, /[0-9.]+(ns|us|ms|s) /)
	n = substr(detail, RSTART, RLENGTH - 1)
	unit = n
	sub(/[0-9.]+/, "", unit)
	return n * (unit == "ns" ? 0.001 : unit == "us" ? 1 : unit == "ms" ? 1000 : 1000000)
}

function micros(us)
{
	return us < 99.95 ? sprintf("%.1fus", us) : sprintf("%.0fus", us)
}

# Faults of a row are alike: two are shown, the others counted.
function row_end()
{
	if (row > 2)
		say(sprintf("%27s %s", "", paint("2", sprintf("... and %d more, %s to %s", row - 2, micros(fastest), micros(slowest)))))
	row = 0
}

function in_row(detail,    us)
{
	if (++row <= 2)
		return 0
	us = latency(detail)
	if (row == 3 || us < fastest)
		fastest = us
	if (row == 3 || us > slowest)
		slowest = us
	return 1
}

function show(time, pid, event, detail)
{
	if (event == "fault" && pid == row_pid) {
		if (in_row(detail))
			return
	} else {
		row_end()
		if (event == "fault")
			in_row(detail)
		row_pid = event == "fault" ? pid : ""
	}
	say(sprintf("%8s %5s %s %s", time, pid, paint("1", sprintf("%-12s", event)), detail))
}

# The program's own memory is not the story.
function belongs(event, detail)
{
	return event ~ /^(pfn_map|page_map|dma_map|fork)$/ || detail ~ /\/dev\/mmdemo\/|mmdemo:/
}

# One line of the trace; 1 when it is the end of the part's process.
function take(kind, pid, line,    f, detail)
{
	split(line, f)
	if (f[1] == "TIME")
		return 0
	if (f[4] == "exit")
		return f[3] == pid
	# The event is padded to 12; the detail may begin with blanks of its own.
	match(line, /^ *[^ ]+ +[^ ]+ +[^ ]+ /)
	detail = substr(line, RLENGTH + 14)
	if (!belongs(f[4], detail))
		return 0
	seen[f[4]]++
	check(kind, f[4], detail)
	show(f[1], f[3], f[4], detail)
	return 0
}

function part(kind, title, text,    command, pid, line, over)
{
	heading(title, text)
	command = "mmdemo-use " kind " --fork >" tmp "/" kind " 2>&1 & echo $!"
	command | getline pid
	close(command)
	while (!over && (getline line <lines) > 0)
		over = take(kind, pid, line)
	row_end()
	if (!over) {
		complain("the trace ended before part '" kind "' did")
		verdict()
	}
	missing(kind)
	own_words(kind)
}

function hex(text)
{
	sub(/^0x0+/, "0x", text)
	return text
}

BEGIN {
	split(bar, res, " ")
	bar_from = hex(res[1])
	bar_to = hex(res[2])
	requirements()
	# A driver's fault function without map_pages wants mmap_lock: vmf_can_call_fault(), mm/memory.c, since 6.6.
	text = "mmap only promises. Each page comes at its first touch, by a page fault that the driver answers."
	if (release !~ /^(5|6\.[0-5])\./)
		text = text "\n2 tries: the kernel starts with the mapping's own lock, but calls a driver only under mmap_lock."
	part("file", "1. file: memory that comes page by page", text)
	part("device", "2. device: the registers of a PCI card, at physical " bar_from "-" bar_to,
		"The driver maps them all at once, with remap_pfn_range: no page fault will follow.")
	part("dma-coherent", "3. dma-coherent: a buffer that a device reads and writes by itself",
		"Only the kernel's DMA layer knows where it lies, so that maps it, by dma_mmap_coherent.")
	part("shared", "4. shared: one kernel buffer, seen by all who open it",
		"The driver counts the mappings in open and close, so that none outlives the buffer.")
	calls = agree("mmap", "mmap calls") ", " agree("munmap", "munmap calls") ", " agree("fork", "forks")
	calls = calls " and " agree("fault", "first touches")
	if (!wrong)
		say("\n" paint("1", "All was there: " calls ",") "\nas many as the program itself counted.")
	verdict()
}
