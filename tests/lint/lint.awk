# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# The rules that need no other program. Input: one tracked file name per line.
# -v here=DIRECTORY of the data files. Output: file:line: message.

function finding(file, line, text) {
	printf "%s:%d: %s\n", file, line, text
}

# Shell pattern with * only, as an anchored regular expression.
function glob(p) {
	gsub(/[.+?^$(){}|\\]/, "\\\\&", p)
	gsub(/\[/, "\\[", p)
	gsub(/\*/, ".*", p)
	return "^" p "$"
}

function exempt(rule, file,    i) {
	for (i = 1; i <= n_exempt; i++)
		if (exempt_rule[i] == rule && file ~ exempt_glob[i])
			return 1
	return 0
}

function load(name,    path, line, n, w, i, got) {
	path = here "/" name
	while ((got = (getline line < path)) > 0) {
		if (line ~ /^#/ || line ~ /^[ \t]*$/)
			continue
		if (name == "words") {
			word[++n_words] = line
			continue
		}
		n = split(line, w, /[ \t]+/)
		if (name == "exempt") {
			for (i = 2; i <= n; i++) {
				exempt_rule[++n_exempt] = w[1]
				exempt_glob[n_exempt] = glob(w[i])
			}
		} else if (w[1] == "free") {
			for (i = 2; i <= n; i++)
				room_of[w[i]] = "free"
		} else {
			for (i = 3; i <= n; i++)
				if (w[1] == "room")
					room_of[w[i]] = w[2]
				else if (w[1] == "class") {
					class_name[++n_classes] = w[2]
					class_glob[n_classes] = glob(w[i])
				} else if (w[1] == "may")
					may[w[2], w[i]] = 1
				else if (w[1] == "never")
					never[w[2]] = never[w[2]] " " w[i]
				else
					finding(path, 0, "unknown row '" w[1] "'")
		}
	}
	if (got < 0)
		finding(path, 0, "cannot be read")
	close(path)
}

function find_room(file,    p, best) {
	best = ""
	for (p in room_of)
		if (index(file, p) == 1 && length(p) > length(best))
			best = p
	return best == "" ? "" : room_of[best]
}

# a/b/../c and a/./c
function tidy(path) {
	while (sub(/(^|\/)\.\//, "/", path) || sub(/[^\/]+\/\.\.\//, "", path))
		;
	sub(/^\//, "", path)
	return path
}

# Whose header is it: a room, a class, or "" when nobody's.
function owner(file, name, quoted,    dir, i, n, roots, path) {
	dir = file
	if (!sub(/\/[^\/]*$/, "", dir))
		dir = "."
	n = split((quoted ? dir : "include") "|src|include|include/mmtrace|include/mmtrace/wire|bpf|.", roots, "|")
	for (i = 1; i <= n; i++) {
		path = tidy(roots[i] "/" name)
		if (path in tracked)
			return find_room(path)
	}
	for (i = 1; i <= n_classes; i++)
		if (name ~ class_glob[i])
			return class_name[i]
	return quoted ? "" : "@libc"
}

function check_include(file, at, line, room,    name, quoted, who) {
	name = line
	sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
	quoted = name ~ /^"/
	if (!quoted && name !~ /^</)
		return # a macro names the file
	name = substr(name, 2)
	sub(/[">].*/, "", name)
	who = owner(file, name, quoted)
	if (who == "")
		finding(file, at, "no room has \"" name "\"")
	else if (who != room && !((room, who) in may))
		finding(file, at, room " may not include " name " (" who ")")
}

# The line without comments, strings and characters; in_comment lives across lines.
function code_of(line,    out, c) {
	out = ""
	while (line != "") {
		if (in_comment) {
			c = index(line, "*/")
			if (!c)
				return out
			in_comment = 0
			line = substr(line, c + 2)
		} else if (!match(line, /\/\*|\/\/|"|'/)) {
			return out line
		} else {
			c = substr(line, RSTART, RLENGTH)
			out = out substr(line, 1, RSTART - 1)
			line = substr(line, RSTART + RLENGTH)
			if (c == "//")
				return out
			if (c == "/*")
				in_comment = 1
			else if (c == "\"" ? match(line, /^([^"\\]|\\.)*"/) : match(line, /^([^'\\]|\\.)*'/)) {
				out = out c c
				line = substr(line, RLENGTH + 1)
			} else
				return out
		}
	}
	return out
}

function check_never(file, at, code, room,    n, w, i, text, pattern) {
	n = split(never[room], w, " ")
	for (i = 1; i <= n; i++) {
		text = w[i]
		pattern = text
		if (sub(/\($/, "", pattern))
			pattern = pattern "[ \t]*\\("
		else
			pattern = pattern "([^A-Za-z0-9_]|$)"
		if (code ~ "(^|[^A-Za-z0-9_])" pattern)
			finding(file, at, room " must not use " text (text ~ /\($/ ? ")" : ""))
	}
}

# Functions as clang-format leaves them: "{" and "}" alone in the first column.
function check_function(file, at, line,    limit, length_now) {
	if (line ~ /^[A-Za-z_].*\(/ && line !~ /;[ \t]*$/)
		header = line
	if (line ~ /^\{/) {
		start = at
		return
	}
	if (line !~ /^\}/ || !start)
		return
	limit = file ~ /^tests\// ? 100 : 70
	length_now = at - start + 1
	if (file == "src/main.c" && header ~ /[^A-Za-z0-9_]main\(/)
		limit = 59
	if (length_now > limit)
		finding(file, start, "function of " length_now " lines, at most " limit ": " header)
	start = 0
}

function check_words(file, at, line,    i) {
	for (i = 1; i <= n_words; i++)
		if (line ~ word[i])
			finding(file, at, "names the workplace: " word[i])
}

function check_file(file,    at, line, is_c, is_source, spdx, room, words_too, got) {
	is_c = file ~ /\.[ch]$/
	is_source = is_c || file ~ /\.(sh|awk|mk|py)$/ || file ~ /(^|\/)(Makefile|Kbuild)$/
	words_too = !exempt("words", file)
	room = exempt("rooms", file) ? "free" : find_room(file)
	if (is_c && room == "")
		finding(file, 1, "in no room (tests/lint/rooms)")
	in_comment = start = at = spdx = 0
	header = ""
	while ((got = (getline line < file)) > 0) {
		at++
		if (at == 1 && line ~ /^#!/)
			is_source = 1
		if (at <= 5 && line ~ /SPDX-License-Identifier: [A-Za-z]/)
			spdx = 1
		if (words_too)
			check_words(file, at, line)
		if (!is_c || room == "free" && exempt("length", file))
			continue
		check_function(file, at, line)
		if (room == "free" || room == "")
			continue
		if (line ~ /^[ \t]*#[ \t]*include/)
			check_include(file, at, line, room)
		else if (room in never)
			check_never(file, at, code_of(line), room)
	}
	close(file)
	if (got < 0)
		finding(file, 0, "cannot be read")
	if (at && !spdx && !exempt("spdx", file))
		finding(file, 1, "no SPDX-License-Identifier in the first 5 lines")
	if (is_source && at >= 500 && !exempt("length", file))
		finding(file, at, at " lines, a source file has fewer than 500")
}

BEGIN {
	load("rooms")
	load("words")
	load("exempt")
}

{
	tracked[$0] = 1
	order[++n_files] = $0
}

END {
	for (f = 1; f <= n_files; f++)
		check_file(order[f])
}
