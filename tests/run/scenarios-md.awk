# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# kmod-demo/scenarios as a Markdown table: `make docs-scenarios`.

function words(from,    i, s, kv)
{
	s = ""
	for (i = from; i <= NF; i++) {
		split($i, kv, "=")
		if (kv[1] ~ /^(addr|len|ret|calls|origin|nested|dur_ns|size|huge|pfn|how)$/)
			continue
		s = s (s == "" ? "" : ", ") (kv[1] ~ /^(helper|func)$/ ? "`" kv[2] "`" : kv[1] ~ /^(kind|memtype|what|result)$/ ? kv[2] : kv[1] " " kv[2])
	}
	gsub(/\|/, " or ", s)
	return s
}

function flush()
{
	if (name == "" || name == "every")
		return
	run = run == "" ? every_run : run
	gsub(/\$kind/, kind, run)
	gsub(/\$ident/, ident, shows)
	printf "| `%s` | %s | `mmdemo-use %s` | %s |\n", name, text, run, shows
}

{ sub(/#.*/, "") }
/^[^ \t]/ {
	flush()
	name = $1
	kind = name
	sub(/:.*/, "", kind)
	ident = kind
	gsub(/-/, "_", ident)
	text = shows = run = ""
	next
}
$1 == "text" { sub(/^[ \t]*text[ \t]*/, ""); text = $0; next }
$1 == "run" { sub(/^[ \t]*run[ \t]*/, ""); if (name == "every") every_run = $0; else run = $0; next }
NF && $1 !~ /^demo$/ {
	only = ""
	if ($1 ~ /^\[/) {
		only = " (" substr($1, 2, length($1) - 2) ")"
		sub(/!/, "not ", only)
		$1 = ""
		$0 = $0
	}
	if ($1 == "demo" || $2 == "*")
		next
	said = words(3)
	inner = / nested=1/ ? "inside it " : ""
	line = inner "**" $1 "** × " $2 (said == "" ? "" : ": " said) only
	if (name == "every")
		every = every (every == "" ? "" : "<br>") line
	else
		shows = shows (shows == "" ? "" : "<br>") line
}
BEGIN { print "| Kind | How it maps | Run | What mmtrace shows |\n|---|---|---|---|" }
END {
	flush()
	gsub(/\$ident/, "KIND", every)
	printf "\nOf every kind, unless its own row says otherwise:<br>%s\n", every
}
