# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# First file: what mmdemo-use printed. Second: events of mmtrace, NDJSON. Prints "ok WHAT@" or "not ok WHAT@: ...".
#
# By kind: every mmap is one call of the driver, one change, and (but for pages by fault) one install of all its pages;
# fork copies each mapping once and opens it; a hole in the middle splits a mapping, which opens twice (the kernel splits
# at both ends of the hole); in the end every mapping that was made or opened has been closed.

# value of name=... in a line of mmdemo-use
function used(name,    i)
{
	for (i = 2; i <= NF; i++)
		if (index($i, name "=") == 1)
			return substr($i, length(name) + 2)
	return ""
}

# value of "name":... in a line of JSON
function field(name,    at, rest)
{
	at = index($0, "\"" name "\":")
	if (!at)
		return ""
	rest = substr($0, at + length(name) + 3)
	if (substr(rest, 1, 1) == "\"") {
		rest = substr(rest, 2)
		return substr(rest, 1, index(rest, "\"") - 1)
	}
	match(rest, /[,}]/)
	return substr(rest, 1, RSTART - 1)
}

function compare(what, kind, want, got)
{
	if (want == got)
		printf "ok demo-%s-%s@\n", kind, what
	else
		printf "not ok demo-%s-%s@: expected %d, got %d\n", kind, what, want, got
}

FNR == 1 { file++ }

file == 1 {
	kind = used("kind")
	if ($1 == "skip")
		skipped[kind] = 1
	if (used("result") != "ok")
		next
	if ($1 == "mmap") {
		kinds[kind] = 1
		maps[kind]++
		pages[kind] += used("len") / page
		whole[kind, used("addr")] = used("len")
	} else if ($1 == "fork") {
		forks[kind]++
	} else if ($1 == "munmap") {
		unmaps[kind]++
		# from no mapping's beginning: the hole that splits one
		if (!((kind, used("addr")) in whole))
			splits[kind] += 2
	} else if ($1 == "read" || $1 == "write") {
		touched[kind] = 1
	}
	next
}

{
	event = field("event")
	if (event == "demo") {
		number = field("kind")
		demo[number, field("what")]++
		next
	}
	if (event == "mmap" || event == "munmap")
		next
	path = field("file")
	if (path == "" || path == "null")
		path = field("name")
	if (path !~ /^\/dev\/mmdemo\//)
		next
	kind = substr(path, 13)
	seen[kind, event]++
	if (event ~ /_map$/ && event != "vma_map" && field("nested") == 0) {
		sum[kind] += field("pages")
		installs[kind]++
		helper[kind] = field("helper")
		if (field("ret") != 0)
			refused[kind]++
	}
	if (event == "driver_mmap" && (field("ret") != 0 || field("func") !~ "^mmdemo:" || field("dur_ns") == "null"))
		untimed[kind]++
}

END {
	# kind, its number in the driver, the helper that installs; dma-buf is not here: its mappings are another file's
	n = split("file 1 -, device 2 remap_pfn_range, device-wc 12 remap_pfn_range, device-iomap 18 vm_iomap_memory, " \
		"dma-coherent 3 dma_mmap_attrs, dma-streaming 13 vm_map_pages, dma-nc 14 dma_mmap_attrs, " \
		"shared 4 remap_pfn_range", rows, ", ")
	for (i = 1; i <= n; i++) {
		split(rows[i], row, " ")
		kind = row[1]
		id = row[2]
		if (!(kind in kinds)) {
			printf "%s demo-%s@: mmdemo-use did not use it\n", (kind in skipped) ? "skip" : "not ok", kind
			continue
		}
		opens = forks[kind] + splits[kind]
		compare("driver_mmap", kind, maps[kind], seen[kind, "driver_mmap"] + 0)
		compare("driver_mmap-timed", kind, 0, untimed[kind] + 0)
		compare("vma_map", kind, maps[kind], seen[kind, "vma_map"] + 0)
		compare("vma_dup", kind, forks[kind] + 0, seen[kind, "vma_dup"] + 0)
		compare("driver_open", kind, opens, seen[kind, "driver_open"] + 0)
		compare("driver_close", kind, maps[kind] + opens, seen[kind, "driver_close"] + 0)
		# the driver's own word; it also tells of an open when it maps
		compare("own-open", kind, demo[id, "vma_open"] + 0, maps[kind] + seen[kind, "driver_open"])
		compare("own-close", kind, demo[id, "vma_close"] + 0, seen[kind, "driver_close"] + 0)
		if (row[3] == "-") {
			compare("install", kind, 0, installs[kind] + 0)
			compare("own-fault", kind, 1, demo[id, "fault"] >= seen[kind, "fault"] && seen[kind, "fault"] > 0)
			continue
		}
		compare("install", kind, maps[kind], installs[kind] + 0)
		compare("install-pages", kind, pages[kind], sum[kind] + 0)
		compare("install-helper-" helper[kind], kind, 1, helper[kind] == row[3])
		compare("install-refused", kind, 0, refused[kind] + 0)
	}
}
