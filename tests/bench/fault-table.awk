# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# fault-rows' lines of one kernel as a table against bars, and each in a form for machines:
# "bench KERNEL ROW fault program machine L state". Variables: kernel; rows_only: when not empty, rows may be missing. Files: bars, then the lines.
# Exit: 1 when a bar is missed, or a row that has one is void or was not had.

function value(key,    i, kv)
{
	for (i = 4; i <= NF; i++) {
		split($i, kv, "=")
		if (kv[1] == key)
			return kv[2]
	}
	return ""
}

function drift(a, b)
{
	return (a > b ? a - b : b - a) / b
}

FNR == NR {
	if ($1 !~ /^#/ && $2 == kernel)
		bar[$1] = $3
	next
}

$1 == "row" && $2 == "untraced" && $3 == "fault" {
	controls++
	base_thread[controls] = value("thread") + 0
	base_all[controls] = value("all") + 0
	next
}

($1 == "row" || $1 == "none") && $3 == "fault" {
	name[++rows] = $2
	before[rows] = controls
	if ($1 == "none") {
		why[rows] = $0
		sub(/^none [^ ]* fault /, "", why[rows])
		next
	}
	thread[rows] = value("thread") + 0
	all[rows] = value("all") + 0
	seen[rows] = value("seen")
	want[rows] = value("want")
	lost[rows] = value("lost") + 0
}

$1 == "time" {
	times[++ntimes] = $2
	took[ntimes] = $3 + 0
	unit[ntimes] = $4
}

$1 == "none" && $3 == "time" {
	times[++ntimes] = $2
	why_time[ntimes] = $0
	sub(/^none [^ ]* time /, "", why_time[ntimes])
}

# The median of those controls that are as the one before the row is
function base_of(a, i,    s, n, c, j)
{
	for (c = 1; c <= controls; c++) {
		if (drift(a[c], a[before[i]]) > 0.005)
			continue
		for (j = n++; j > 0 && s[j] > a[c]; j--)
			s[j + 1] = s[j]
		s[j + 1] = a[c]
	}
	return s[int((n + 1) / 2)]
}

# What is wrong with the row's figures, "" when nothing is
function spoilt(i,    c)
{
	c = before[i]
	if (why[i] != "")
		return "not had: " why[i]
	if (!c || c == controls)
		return "void: no control on both sides"
	if (drift(base_all[c], base_all[c + 1]) > 0.005)
		return sprintf("void: controls %.0f and %.0f", base_all[c], base_all[c + 1])
	return ""
}

# The bar of a row, in instructions; 0: it has none
function limit_of(row)
{
	if (!(row in bar))
		return 0
	return bar[row] ~ /L$/ ? bar[row] * L : bar[row] + 0
}

function words_of(i,    w)
{
	w = seen[i] == "" ? "" : "saw " seen[i] " of " want[i]
	return lost[i] ? w ", lost " lost[i] : w
}

function whole(i)
{
	return !lost[i] && (seen[i] == "" || seen[i] + 0 >= want[i] + 0)
}

function judge(i, machine,    most)
{
	most = limit_of(name[i])
	if (!most)
		return ""
	if (spoilt(i) == "" && machine <= most && whole(i))
		return "ok"
	bad = 1
	return "MISSED"
}

END {
	for (i = 1; i <= rows; i++)
		if (name[i] == "limit" && spoilt(i) == "")
			L = all[i] - base_of(base_all, i)
	printf "a page fault on %s, untraced: %.0f instructions%s\n\n", kernel, base_all[1],
		L ? sprintf("; L = %.0f", L) : ""
	printf "%-16s %9s %9s %6s %7s %-7s %s\n", "row", "program", "machine", "in L", "bar", "", "counted"
	for (i = 1; i <= rows; i++) {
		machine = all[i] - base_of(base_all, i)
		program = thread[i] - base_of(base_thread, i)
		verdict = judge(i, machine)
		s = spoilt(i)
		if (s == "")
			printf "%-16s %+9.0f %+9.0f %6s %7s %-7s %s\n", name[i], program, machine,
				L ? sprintf("%.2f", machine / L) : "-", bar[name[i]], verdict, words_of(i)
		else
			printf "%-16s %9s %9s %6s %7s %-7s %s\n", name[i], "-", "-", "-", bar[name[i]], verdict, s
		lines = lines sprintf("bench %s %s fault %.1f %.1f %.2f %s\n", kernel, name[i], s == "" ? program : 0,
			s == "" ? machine : 0, s == "" && L ? machine / L : 0, s == "" ? (verdict == "" ? "-" : verdict) : "void")
		had[name[i]] = 1
	}
	for (i = 1; i <= ntimes; i++) {
		most = times[i] in bar ? bar[times[i]] : ""
		verdict = most == "" ? "" : why_time[i] == "" && took[i] <= most + 0 ? "ok" : "MISSED"
		bad = bad || verdict == "MISSED"
		printf "%-16s %18s %14s %-7s %s\n", times[i], why_time[i] == "" ? took[i] " " unit[i] : "-", most, verdict,
			why_time[i] == "" ? "" : "void: " why_time[i]
		had[times[i]] = 1
	}
	for (row in bar)
		if (!(row in had) && rows_only == "") {
			print row ": not measured, bar " bar[row]
			bad = 1
		}
	printf "\n%s", lines
	exit bad
}
