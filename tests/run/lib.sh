# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Shared by the scripts that run in guests and on the host. Sets $tmp, $kernel; prints "ok", "not ok" and "skip" lines.

ALL_EVENTS=fault,call,vma_map,vma_unmap,vma_prot,vma_move,vma_dup,vma_grow,exec,exit,fork,remote,signal

ok()
{
	echo "ok $1@$kernel"
}

not_ok()
{
	what=$1
	shift
	echo "not ok $what@$kernel: $*"
}

skip()
{
	what=$1
	shift
	echo "skip $what@$kernel: $*"
}

# check NAME WHY COMMAND...: ok when the command is true
check()
{
	check_name=$1 check_why=$2
	shift 2
	if "$@"; then ok "$check_name"; else not_ok "$check_name" "$check_why"; fi
}

# start_command COMMAND OPTIONS...: mmtrace in the background, $trace its process. Returns when its hooks are live, or 1: it ended
start_command()
{
	rm -f "$tmp/ready"
	mkfifo "$tmp/ready"
	command=$1
	shift
	mmtrace "$command" --ready-fd 3 "$@" 3>"$tmp/ready" >"$tmp/trace.out" 2>"$tmp/trace.err" &
	trace=$!
	[ "$(head -c 1 <"$tmp/ready" | wc -c)" = 1 ]
}

start_trace()
{
	start_command trace "$@"
}

# wait_line FILE WORDS: until the file has such a line; a pipe would end with its first reader
wait_line()
{
	for _ in $(seq 1 600); do
		grep -q -e "$2" "$1" 2>/dev/null && return 0
		usleep 50000 2>/dev/null || sleep 0.05
	done
	return 1
}

# The kernel tells paths from its own root. In a chroot the workload's are shorter by the way there, which is found out from the
# one file whose name is known on both sides, and taken off the trace.
from_own_root()
{
	[ "$(stat -Lc %d:%i /proc/1/root/. 2>/dev/null)" != "$(stat -Lc %d:%i /)" ] || return 0
	way=$(mmtrace trace -q -j -e mmap -- cat /dev/null 2>/dev/null |
		sed -n 's|.*"file":"\(/[^"]*\)/etc/ld.so.cache".*|\1|p' | head -n 1)
	[ -z "$way" ] || sed -i "s|\"$way/|\"/|g" "$1"
}

# matched OPTIONS...: what match has to say. One that breaks off, or finds nothing to compare, would else pass in silence.
matched()
{
	from_own_root "$tmp/trace"
	match "$@" >"$tmp/matched" 2>"$tmp/match.err"
	totals=$(tail -n 1 "$tmp/matched")
	case $totals in
	*[1-9]*' passed, '* | *' passed, '*[1-9]*' failed'*) sed '$d' "$tmp/matched" ;;
	*)
		cat "$tmp/matched"
		not_ok "match($*)" "compared nothing: $(head -n 1 "$tmp/match.err")"
		;;
	esac
}

# unload_demo PART: detaching from the module's functions takes a moment
unload_demo()
{
	for _ in $(seq 1 300); do
		rmmod mmdemo 2>"$tmp/err" && break
		usleep 100000
	done
	check "$1-unloaded" "$(cat "$tmp/err")" sh -c '! grep -q ^mmdemo /proc/modules'
}
