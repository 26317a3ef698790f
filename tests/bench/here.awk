# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# here's lines, "NAME NS" with "alone NS" before and behind each, or "none NAME why", as a table.

$1 == "none" {
	if (!($2 in why))
		name[++rows] = $2
	why[$2] = $0
	sub(/^none [^ ]* /, "", why[$2])
	pending = ""
	next
}

$1 == "alone" {
	if (pending != "") {
		d = $2 > before ? $2 - before : before - $2
		if (d <= before * 0.05) {
			ratio[pending, ++kept[pending]] = took / ((before + $2) / 2)
			ns[pending, kept[pending]] = took
		} else {
			dropped[pending]++
		}
	}
	before = $2
	alone[++controls] = $2
	pending = ""
	next
}

{
	pending = $1
	took = $2
	if (!(pending in tried))
		name[++rows] = pending
	tried[pending]++
}

# Sorts a[key, 1..n] into s
function sorted(a, key, n,    i, j, x)
{
	for (i = 1; i <= n; i++) {
		x = key == "" ? a[i] : a[key, i]
		for (j = i - 1; j > 0 && s[j] > x; j--)
			s[j + 1] = s[j]
		s[j + 1] = x
	}
	return n
}

function middle(n)
{
	return n % 2 ? s[(n + 1) / 2] : (s[n / 2] + s[n / 2 + 1]) / 2
}

END {
	n = sorted(alone, "", controls)
	printf "a page fault on this machine, untraced: %.0f ns (middle half %.0f to %.0f); %d faults a round\n\n", middle(n),
		s[int((n + 3) / 4)], s[int((3 * n + 3) / 4)], faults
	printf "%-17s %9s %7s   %-15s %s\n", "row", "ns", "ratio", "middle half", "rounds kept"
	for (i = 1; i <= rows; i++) {
		r = name[i]
		n = kept[r] + 0
		if (r in why) {
			printf "%-17s %9s %7s   not had: %s\n", r, "-", "-", why[r]
			bad = 1
		} else if (n * 2 < tried[r]) {
			printf "%-17s %9s %7s   void: the job alone drifted in %d of %d rounds\n", r, "-", "-", dropped[r], tried[r]
			bad = 1
		} else {
			sorted(ns, r, n)
			took = middle(n)
			sorted(ratio, r, n)
			printf "%-17s %9.0f %7.2f   %-15s %d of %d\n", r, took, middle(n),
				sprintf("%.2f to %.2f", s[int((n + 3) / 4)], s[int((3 * n + 3) / 4)]), n, tried[r]
		}
	}
	exit bad
}
