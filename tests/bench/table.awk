# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# The guest's lines as a table, and each row in a form for machines: "bench KERNEL NAME KIND thread all extra state".

function value(key,    i, kv)
{
	for (i = 4; i <= NF; i++) {
		split($i, kv, "=")
		if (kv[1] == key)
			return kv[2]
	}
	return ""
}

function spoil(id, why)
{
	if (!(id in void))
		void[id] = why
}

$1 == "none" {
	id = $2 " " $3
	if (!(id in runs))
		order[++rows] = id
	runs[id]++
	$1 = $2 = $3 = ""
	sub(/^ +/, "")
	spoil(id, "could not run: " $0)
}

$1 == "row" {
	id = $2 " " $3
	kind[id] = $3
	if (!(id in runs))
		order[++rows] = id
	runs[id]++
	t = value("thread") + 0
	if (runs[id] == 1) {
		thread[id] = t
		all[id] = value("all") + 0
	} else {
		d = (t - thread[id]) / thread[id]
		if (d < 0)
			d = -d
		off[id] = d * 100
		if (d > 0.005)
			spoil(id, sprintf("runs differ by %.1f %%", d * 100))
	}
	if (value("lost") != "") {
		want = value("n") * value("rounds")
		if (value("lost") + 0)
			spoil(id, "lost " value("lost"))
		if (value($3 == "fault" ? "fault" : "mmap") + 0 < want)
			spoil(id, sprintf("saw %d of %d", value($3 == "fault" ? "fault" : "mmap"), want))
	} else if ($2 ~ /^traced/) {
		spoil(id, "no stream to count")
	}
}

END {
	printf "%-16s %-12s %12s %10s %7s %12s\n", "row", "for", "instructions", "extra", "ratio", "with reader"
	for (i = 1; i <= rows; i++) {
		id = order[i]
		split(id, w, " ")
		base = thread["untraced " w[2]]
		if (runs[id] < 2)
			spoil(id, "ran once")
		if (!(id in thread)) {
			printf "%-16s %-12s %12s   %s\n", w[1], w[2], "void", void[id]
		} else {
			printf "%-16s %-12s %12.0f %+10.0f %7.2f %12.0f%s\n", w[1], w[2], thread[id], thread[id] - base,
				base ? thread[id] / base : 0, all[id], (id in void) ? "   void: " void[id] : ""
		}
		lines = lines sprintf("bench %s %s %s %.1f %.1f %.1f %s\n", kernel, w[1], w[2], thread[id], all[id],
			thread[id] - base, (id in void) ? "void" : "ok")
	}
	printf "\n%s", lines
	for (i = split("untraced pair,traced pair,untraced map-1,traced-all map-1," \
		"untraced map-8192,traced-all map-8192", must, ","); i; i--)
		if (!(must[i] in runs) || (must[i] in void))
			bad = 1
	exit bad
}
