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

function complain(text)
{
	wrong++
	print "demo: " text >"/dev/stderr"
}

# ---- what must be there ----------------------------------------------------------------------------------------------

# In the parts named: words for people, and a pattern for "EVENT DETAIL", in which KIND stands for the part's name.
function require(kinds, words, pattern)
{
	nneeds++
	need_kinds[nneeds] = kinds
	need_words[nneeds] = words
	need_pattern[nneeds] = pattern
}

function requirements(    time, path, pfns)
{
	time = "[0-9.]+(ns|us|ms|s)( |$)"
	path = "/dev/mmdemo/KIND @"
	pfns = " [0-9]+ pages 0x.* pfn 0x[0-9a-f]+-0x[0-9a-f]+"
	require("all", "the mmap call", "^mmap .* = 0x.*" path)
	require("all", "the driver's mmap function with its time", "^driver_mmap mmdemo:mmdemo_KIND_mmap .*" time)
	require("file", "a first fault with its latency", "^fault 0x.* driver-page .*" time)
	require("device shared", "the PFNs that were mapped", "^pfn_map remap_pfn_range" pfns)
	require("dma", "the pages of the DMA buffer", "^dma_map dma_mmap_attrs" pfns)
	require("all", "fork's copy of the mapping", "^vma_dup 0x.*" path)
	require("all", "the driver's open, called by fork", "^driver_open mmdemo:mmdemo_KIND_vm_open .*" time)
	require("all", "the munmap call", "^munmap 0x.* = 0 .*" path)
	require("all", "the driver's close", "^driver_close mmdemo:mmdemo_KIND_vm_close .*" time)
	if (release !~ /16k/)
		require("device", "the PFNs of the card's registers", " pfn " pfn(bar_from) "-" pfn(bar_to) "( |$)")
}

function check(kind, line,    i, pattern)
{
	for (i = 1; i <= nneeds; i++) {
		pattern = need_pattern[i]
		gsub("KIND", kind, pattern)
		if (line ~ pattern)
			met[kind, i] = 1
	}
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
	say(paint("2", sprintf("\n%10s %6s %-12s %s", "TIME", "PID", "EVENT", "DETAIL")))
}

function latency(detail,    n, unit)
{
	match(detail, /[0-9.]+(ns|us|ms|s) /)
	n = substr(detail, RSTART, RLENGTH - 1)
	unit = n
	sub(/[0-9.]+/, "", unit)
	return n * (unit == "ns" ? 0.001 : unit == "us" ? 1 : unit == "ms" ? 1000 : 1000000)
}

# Faults of a row are alike: two are shown, the others counted.
function row_end()
{
	if (row > 2)
		say(sprintf("%30s %s", "", paint("2", sprintf("... %d more like these, %.0fus to %.0fus", row - 2, fastest, slowest))))
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
	say(sprintf("%10s %6s %s %s", time, pid, paint("1", sprintf("%-12s", event)), detail))
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
	detail = line
	sub(/^ *[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +/, "", detail)
	if (!belongs(f[4], detail))
		return 0
	seen[f[4]]++
	check(kind, f[4] " " detail)
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
		exit 1
	}
	missing(kind)
	own_words(kind)
}

function hex(text)
{
	sub(/^0x0+/, "0x", text)
	return text
}

function pfn(address)
{
	return substr(address, 1, length(address) - 3)
}

BEGIN {
	split(bar, res, " ")
	bar_from = hex(res[1])
	bar_to = hex(res[2])
	requirements()
	print "\n" paint("1", "The kernel: Linux " release " for ARM64, with the driver mmdemo; emulated, so times are long.")
	print "In each part the program mmdemo-use maps a device file of the driver, works with the memory, forks a"
	print "child that does so too, and both unmap. Only lines about these mappings are shown. A line comes when"
	say("its event is over: what a call caused stands above the call.")

	part("file", "1. file: memory that comes page by page",
		"The driver's mmap only promises. A page comes at its first touch, by a page fault that the driver answers.")
	part("device", "2. device: the registers of a PCI card, at physical " bar_from "-" bar_to,
		"The driver maps them at once, by page frame number (a PFN is the address / 4096). No fault follows.")
	part("dma", "3. dma: a buffer that a device reads and writes by itself",
		"Where it lies is known to the kernel's DMA layer, so the driver has that map it.")
	part("shared", "4. shared: one kernel buffer, seen by all who open it",
		"The driver counts its mappings in open and close, so as not to free it under the child's feet.")
	calls = agree("mmap", "mmap calls") ", " agree("munmap", "munmap calls") ", " agree("fork", "forks")
	calls = calls " and " agree("fault", "first touches")
	if (!wrong)
		say("\nAll was there: " calls ", as many as the program itself counted.")
	exit wrong ? 1 : 0
}
