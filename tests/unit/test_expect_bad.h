/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Statements that the checker refuses, and what it says: file:line:column, the line, a caret. Part of test_expect_parse.c. */
// clang-format off
{ "expekt fault",
  "ci.expect:1:1: a statement begins with 'expect' or 'never', did you mean 'expect'?\n"
  "    expekt fault\n"
  "    ^~~~~~\n" },
{ "expect",
  "ci.expect:1:7: an event is needed here; 'mmtrace list events' names them\n"
  "    expect\n"
  "          ^\n" },
{ "expect fualt",
  "ci.expect:1:8: no event or object 'fualt', did you mean 'fault'?\n"
  "    expect fualt\n"
  "           ^~~~~\n" },
{ "expect faultt where kind == cow",
  "ci.expect:1:8: no event or object 'faultt', did you mean 'fault'?\n"
  "    expect faultt where kind == cow\n"
  "           ^~~~~~\n" },
{ "expect xyzzy",
  "ci.expect:1:8: no event or object 'xyzzy'; 'mmtrace list events' names them\n"
  "    expect xyzzy\n"
  "           ^~~~~\n" },
{ "never mappings",
  "ci.expect:1:7: no event or object 'mappings', did you mean 'mapping'?\n"
  "    never mappings\n"
  "          ^~~~~~~~\n" },
{ "expect driver_mmap where drivr == \"mmdemo\"",
  "ci.expect:1:26: no field 'drivr', did you mean 'driver'?\n"
  "    expect driver_mmap where drivr == \"mmdemo\"\n"
  "                             ^~~~~\n" },
{ "expect fault where kind == driver-pfm",
  "ci.expect:1:28: kind is never 'driver-pfm', but anon, zero-page, cow, file-hit, file-io, swap-in, shm, hugetlb, huge-page, userfaultfd, ..., did you mean 'driver-pfn'?\n"
  "    expect fault where kind == driver-pfm\n"
  "                               ^~~~~~~~~~\n" },
{ "expect fault where lat < 50",
  "ci.expect:1:26: lat is a time (50us, 5ms, 2s), and 50 is a number without unit\n"
  "    expect fault where lat < 50\n"
  "                             ^~\n" },
{ "expect fault where lat < 50q",
  "ci.expect:1:26: lat is a time (50us, 5ms, 2s), and 50q is none\n"
  "    expect fault where lat < 50q\n"
  "                             ^~~\n" },
{ "expect fault p99(lat) < 50",
  "ci.expect:1:25: lat is a time (50us, 5ms, 2s), and 50 is a number without unit\n"
  "    expect fault p99(lat) < 50\n"
  "                            ^~\n" },
{ "expect fault p99(lat) < 16K",
  "ci.expect:1:25: lat is a time (50us, 5ms, 2s), and 16K is a size\n"
  "    expect fault p99(lat) < 16K\n"
  "                            ^~~\n" },
{ "expect fault p99(latt) < 50us",
  "ci.expect:1:18: no field 'latt', did you mean 'lat'?\n"
  "    expect fault p99(latt) < 50us\n"
  "                     ^~~~\n" },
{ "expect fault p99(addr) < 5",
  "ci.expect:1:18: addr is no amount: only times, sizes and numbers can be compared so\n"
  "    expect fault p99(addr) < 5\n"
  "                     ^~~~\n" },
{ "expect fault p99(kind) < 5",
  "ci.expect:1:18: kind is no amount: only times, sizes and numbers can be compared so\n"
  "    expect fault p99(kind) < 5\n"
  "                     ^~~~\n" },
{ "expect fault p99(lat < 50us",
  "ci.expect:1:22: ')' is needed here\n"
  "    expect fault p99(lat < 50us\n"
  "                         ^\n" },
{ "expect fault p99(lat)",
  "ci.expect:1:22: a comparison is needed here: < 50us\n"
  "    expect fault p99(lat)\n"
  "                         ^\n" },
{ "expect fault p99(lat) <",
  "ci.expect:1:24: a value is needed here\n"
  "    expect fault p99(lat) <\n"
  "                           ^\n" },
{ "expect fault p100(lat) < 5us",
  "ci.expect:1:14: count, all, any, none, after, before, follows, within, by or a function like p99(lat) is needed here\n"
  "    expect fault p100(lat) < 5us\n"
  "                 ^~~~\n" },
{ "expect munmap sum(bytes) < 5us",
  "ci.expect:1:28: bytes is a size (4096, 16K, 2M), and 5us is a time\n"
  "    expect munmap sum(bytes) < 5us\n"
  "                               ^~~\n" },
{ "expect fault count",
  "ci.expect:1:19: count needs a comparison: count >= 1\n"
  "    expect fault count\n"
  "                      ^\n" },
{ "expect fault count >=",
  "ci.expect:1:22: a number is needed\n"
  "    expect fault count >=\n"
  "                         ^\n" },
{ "expect fault count >= many",
  "ci.expect:1:23: not a number (try 100 or 0x7f00)\n"
  "    expect fault count >= many\n"
  "                          ^~~~\n" },
{ "expect fault count = 3",
  "ci.expect:1:20: count needs a comparison: count >= 1\n"
  "    expect fault count = 3\n"
  "                       ^\n" },
{ "expect fault cuont >= 3",
  "ci.expect:1:14: count, all, any, none, after, before, follows, within, by or a function like p99(lat) is needed here, did you mean 'count'?\n"
  "    expect fault cuont >= 3\n"
  "                 ^~~~~\n" },
{ "expect fault count >= 1 count <= 3",
  "ci.expect:1:25: 'count' stands here already: one statement, one thing\n"
  "    expect fault count >= 1 count <= 3\n"
  "                            ^~~~~\n" },
{ "expect fault count >= 1 all pid == 3",
  "ci.expect:1:25: 'count' stands here already: one statement, one thing\n"
  "    expect fault count >= 1 all pid == 3\n"
  "                            ^~~\n" },
{ "never fault count == 3",
  "ci.expect:1:13: 'never' says how often: none; begin with 'expect'\n"
  "    never fault count == 3\n"
  "                ^~~~~\n" },
{ "never fault all pid == 3",
  "ci.expect:1:13: 'never' says how often: none; begin with 'expect'\n"
  "    never fault all pid == 3\n"
  "                ^~~\n" },
{ "expect fault where pid == 3 where tid == 4",
  "ci.expect:1:29: a second 'where'; join conditions by 'and'\n"
  "    expect fault where pid == 3 where tid == 4\n"
  "                                ^~~~~\n" },
{ "expect fault where pid == 3 and",
  "ci.expect:1:32: a field is missing\n"
  "    expect fault where pid == 3 and\n"
  "                                   ^\n" },
{ "expect fault where (pid == 3",
  "ci.expect:1:20: no ) for this (\n"
  "    expect fault where (pid == 3\n"
  "                       ^\n" },
{ "expect fault where pid == 3 within",
  "ci.expect:1:35: a time is needed, like 5s or 100us\n"
  "    expect fault where pid == 3 within\n"
  "                                      ^\n" },
{ "expect fault within 5",
  "ci.expect:1:21: a time needs its unit, like 5s or 100us\n"
  "    expect fault within 5\n"
  "                        ^\n" },
{ "expect fault within 0s",
  "ci.expect:1:21: a time is needed, like 5s or 100us\n"
  "    expect fault within 0s\n"
  "                        ^~\n" },
{ "expect fault within 5s within 6s",
  "ci.expect:1:24: a second 'within' in one statement\n"
  "    expect fault within 5s within 6s\n"
  "                           ^~~~~~\n" },
{ "expect fault after",
  "ci.expect:1:19: an event is needed here; 'mmtrace list events' names them\n"
  "    expect fault after\n"
  "                      ^\n" },
{ "expect fault after mlok",
  "ci.expect:1:20: no event 'mlok', did you mean 'mlock'?\n"
  "    expect fault after mlok\n"
  "                       ^~~~\n" },
{ "expect fault after mlock before munmap",
  "ci.expect:1:26: a second 'before' in one statement\n"
  "    expect fault after mlock before munmap\n"
  "                             ^~~~~~\n" },
{ "expect fault follows mlock after munmap",
  "ci.expect:1:28: 'follows' says what comes first; leave this out\n"
  "    expect fault follows mlock after munmap\n"
  "                               ^~~~~\n" },
{ "expect fault by tid",
  "ci.expect:1:14: 'by' goes with follows, after, before and sequence\n"
  "    expect fault by tid\n"
  "                 ^~\n" },
{ "expect fault by",
  "ci.expect:1:16: by what? a field, like mapping.id or tid, or 'run'\n"
  "    expect fault by\n"
  "                   ^\n" },
{ "expect fault after mlock by tidd",
  "ci.expect:1:29: no field 'tidd', did you mean 'tid'?\n"
  "    expect fault after mlock by tidd\n"
  "                                ^~~~\n" },
{ "expect driver_close follows driver_open by mapping.idd within 5s",
  "ci.expect:1:52: mapping has no field 'idd', did you mean 'id'?\n"
  "    expect driver_close follows driver_open by mapping.idd within 5s\n"
  "                                                       ^~~\n" },
{ "expect fault balanced",
  "ci.expect:1:14: only mappings are balanced: 'expect mapping balanced'\n"
  "    expect fault balanced\n"
  "                 ^~~~~~~~\n" },
{ "expect mapping after mmap",
  "ci.expect:1:16: 'after' is of events; mappings and processes are judged at the end\n"
  "    expect mapping after mmap\n"
  "                   ^~~~~\n" },
{ "expect mapping where drivr == \"mmdemo\" balanced",
  "ci.expect:1:22: no field 'drivr', did you mean 'driver'?\n"
  "    expect mapping where drivr == \"mmdemo\" balanced\n"
  "                         ^~~~~\n" },
{ "expect mapping where comm == \"a\" cout == 3",
  "ci.expect:1:34: count, all, any, none, balanced or a function like p99(bytes) is needed here, did you mean 'count'?\n"
  "    expect mapping where comm == \"a\" cout == 3\n"
  "                                     ^~~~\n" },
{ "expect process where comm = \"a\"",
  "ci.expect:1:27: write '=='\n"
  "    expect process where comm = \"a\"\n"
  "                              ^\n" },
{ "expect sequence mmap",
  "ci.expect:1:21: a sequence has two steps or more, with commas between them\n"
  "    expect sequence mmap\n"
  "                        ^\n" },
{ "expect sequence mmap, fault, ",
  "ci.expect:1:29: an event is needed here; 'mmtrace list events' names them\n"
  "    expect sequence mmap, fault, \n"
  "                                ^\n" },
{ "expect sequence mmap, mapping",
  "ci.expect:1:23: no event 'mapping'; 'mmtrace list events' names them\n"
  "    expect sequence mmap, mapping\n"
  "                          ^~~~~~~\n" },
{ "expect sequence mmap fault",
  "ci.expect:1:22: ',' and another step, by, within or all is needed here\n"
  "    expect sequence mmap fault\n"
  "                         ^~~~~\n" },
{ "never sequence mmap, fault all",
  "ci.expect:1:28: 'never' says how often: none; begin with 'expect'\n"
  "    never sequence mmap, fault all\n"
  "                               ^~~\n" },
{ "expect sequence mmap,mmap,mmap,mmap,mmap,mmap,mmap,mmap,mmap",
  "ci.expect:1:57: a sequence has at most 8 steps\n"
  "    expect sequence mmap,mmap,mmap,mmap,mmap,mmap,mmap,mmap,mmap\n"
  "                                                            ^~~~\n" },
{ "never exit == 1",
  "ci.expect:1:7: 'never' goes with events; say 'expect exit != ...'\n"
  "    never exit == 1\n"
  "          ^~~~\n" },
{ "expect exit == 256",
  "ci.expect:1:16: an exit status is 0 to 255, 128 and more for a signal\n"
  "    expect exit == 256\n"
  "                   ^~~\n" },
{ "expect exit == zero",
  "ci.expect:1:16: not a number (try 100 or 0x7f00)\n"
  "    expect exit == zero\n"
  "                   ^~~~\n" },
{ "expect exit == 0 within 5s",
  "ci.expect:1:18: this does not belong here\n"
  "    expect exit == 0 within 5s\n"
  "                     ^~~~~~\n" },
{ "expect signal where signal in (SIGBUS, SIGSEG)",
  "ci.expect:1:40: signal is never 'SIGSEG', but SIGBUS, SIGSEGV, did you mean 'SIGSEGV'?\n"
  "    expect signal where signal in (SIGBUS, SIGSEG)\n"
  "                                           ^~~~~~\n" },
{ "expect vma_map where flags has VM_PFNMAPP",
  "ci.expect:1:32: flags is never 'VM_PFNMAPP', but read, write, exec, shared, pfnmap, locked, io, dontcopy, dontexpand, account, hugetlb, ..., did you mean 'VM_PFNMAP'?\n"
  "    expect vma_map where flags has VM_PFNMAPP\n"
  "                                   ^~~~~~~~~~\n" },
{ "expect fault where comm == \"rt-loop",
  "ci.expect:1:28: this quote has no end\n"
  "    expect fault where comm == \"rt-loop\n"
  "                               ^\n" },
{ "expect fault where comm ~ \"(\" count == 1",
  "ci.expect:1:27: byte 1 of the pattern: no ) for this (\n"
  "    expect fault where comm ~ \"(\" count == 1\n"
  "                              ^~~\n" },
{ "expect fault, mmap",
  "ci.expect:1:13: count, all, any, none, after, before, follows, within, by or a function like p99(lat) is needed here\n"
  "    expect fault, mmap\n"
  "                ^\n" },
{ "expect fault_key",
  "ci.expect:1:8: no event or object 'fault_key'; 'mmtrace list events' names them\n"
  "    expect fault_key\n"
  "           ^~~~~~~~~\n" },
{ "never fault and mmap",
  "ci.expect:1:13: 'and' joins conditions of 'where' only; a second statement is a second line\n"
  "    never fault and mmap\n"
  "                ^~~\n" },
{ "expect fault after mlock follows munmap",
  "ci.expect:1:26: 'after' and 'before' say what comes first; leave 'follows' out\n"
  "    expect fault after mlock follows munmap\n"
  "                             ^~~~~~~\n" },
{ "never fault follows mlock",
  "ci.expect:1:13: say 'never ... after ...'\n"
  "    never fault follows mlock\n"
  "                ^~~~~~~\n" },
{ "  expect\tfault   where lat > 5us and\tknd == cow\t# comment",
  "ci.expect:1:38: no field 'knd', did you mean 'kind'?\n"
  "      expect\tfault   where lat > 5us and\tknd == cow\t# comment\n"
  "            \t                           \t^~~\n" },
{ "expect fault where comm == \"it's # no\" cuont >= 1",
  "ci.expect:1:40: count, all, any, none, after, before, follows, within, by or a function like p99(lat) is needed here, did you mean 'count'?\n"
  "    expect fault where comm == \"it's # no\" cuont >= 1\n"
  "                                           ^~~~~\n" },
{ "expect exit = 0",
  "ci.expect:1:13: write '=='\n"
  "    expect exit = 0\n"
  "                ^\n" },
{ "expect falt\r",
  "ci.expect:1:8: no event or object 'falt', did you mean 'fault'?\n"
  "    expect falt\n"
  "           ^~~~\n" },
	// clang-format on
