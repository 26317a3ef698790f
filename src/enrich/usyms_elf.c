// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "enrich/usyms_elf.h"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * elfutils would load a library at run time to fetch debug files from servers. A trace asks nobody in the network, and a static program
 * cannot load one: with these here the linker leaves that part out (libdwfl/debuginfod-client.c, 0.188).
 */
int __libdwfl_debuginfod_find_executable(Dwfl *d, const unsigned char *id, size_t n);
int __libdwfl_debuginfod_find_debuginfo(Dwfl *d, const unsigned char *id, size_t n);
void __libdwfl_debuginfod_end(void *client);

int __libdwfl_debuginfod_find_executable(Dwfl *d, const unsigned char *id, size_t n)
{
	(void)d, (void)id, (void)n;
	return -ENOSYS;
}

int __libdwfl_debuginfod_find_debuginfo(Dwfl *d, const unsigned char *id, size_t n)
{
	(void)d, (void)id, (void)n;
	return -ENOSYS;
}

void __libdwfl_debuginfod_end(void *client)
{
	(void)client;
}

static bool wanted(const char *name, const GElf_Sym *sym)
{
	unsigned type = GELF_ST_TYPE(sym->st_info);

	return name && *name && sym->st_shndx != SHN_UNDEF && sym->st_value &&
	       (type == STT_FUNC || type == STT_GNU_IFUNC);
}

/* Of several names for one function the one that programs use: mmap, not __mmap or mmap64. */
static int by_taste(const char *a, const char *b)
{
	size_t under_a = strspn(a, "_"), under_b = strspn(b, "_"), len_a = strlen(a), len_b = strlen(b);

	if (under_a != under_b)
		return under_a < under_b ? -1 : 1;
	if (len_a != len_b)
		return len_a < len_b ? -1 : 1;
	return strcmp(a, b);
}

static int by_addr(const void *x, const void *y, void *names)
{
	const struct usyms_sym *a = x, *b = y;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return by_taste((const char *)names + a->name, (const char *)names + b->name);
}

static void read_segs(struct usyms_table *t, Elf *elf)
{
	size_t n = 0;

	if (elf_getphdrnum(elf, &n))
		return;
	for (size_t i = 0; i < n && t->nsegs < USYMS_SEGS; i++) {
		GElf_Phdr ph;

		if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_LOAD && ph.p_flags & PF_X)
			t->seg[t->nsegs++] = (struct usyms_seg){ ph.p_offset, ph.p_filesz, ph.p_vaddr };
	}
}

/* How many there are, and the bytes of their names. */
static size_t measure(Dwfl_Module *mod, int n, size_t *bytes)
{
	size_t found = 0;

	for (int i = 0; i < n; i++) {
		GElf_Sym sym;
		GElf_Addr addr;
		const char *name = dwfl_module_getsym_info(mod, i, &sym, &addr, NULL, NULL, NULL);

		if (!wanted(name, &sym))
			continue;
		found++;
		*bytes += strlen(name) + 1;
	}
	return found;
}

static void read_syms(struct usyms_table *t, Dwfl_Module *mod, GElf_Addr bias)
{
	int n = dwfl_module_getsymtab(mod);
	size_t bytes = 0, found = n > 0 ? measure(mod, n, &bytes) : 0, at = 0;

	if (!found || bytes > UINT32_MAX)
		return;
	t->sym = calloc(found, sizeof(*t->sym));
	t->names = malloc(bytes);
	if (!t->sym || !t->names)
		return;
	t->bytes = found * sizeof(*t->sym) + bytes;
	for (int i = 0; i < n && t->n < found; i++) {
		GElf_Sym sym;
		GElf_Addr addr;
		const char *name = dwfl_module_getsym_info(mod, i, &sym, &addr, NULL, NULL, NULL);

		if (!wanted(name, &sym))
			continue;
		t->sym[t->n++] = (struct usyms_sym){
			.addr = addr - bias,
			.size = sym.st_size < UINT32_MAX ? (uint32_t)sym.st_size : UINT32_MAX,
			.name = (uint32_t)at,
		};
		strcpy(t->names + at, name);
		at += strlen(name) + 1;
	}
	qsort_r(t->sym, t->n, sizeof(*t->sym), by_addr, t->names);
	n = 0;
	for (size_t i = 0; i < t->n; i++)
		if (!n || t->sym[i].addr != t->sym[n - 1].addr)
			t->sym[n++] = t->sym[i];
		else if (!t->sym[n - 1].size)
			t->sym[n - 1].size = t->sym[i].size;
	t->n = (size_t)n;
}

void usyms_table_read(struct usyms_table *t, const char *path, int fd, char *debug_path)
{
	const Dwfl_Callbacks calls = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
		.debuginfo_path = debug_path ? &debug_path : NULL,
	};
	Dwfl *d = dwfl_begin(&calls);
	Dwfl_Module *mod;
	GElf_Addr bias;
	Elf *elf;

	memset(t, 0, sizeof(*t));
	if (!d) {
		close(fd);
		return;
	}
	dwfl_report_begin(d);
	mod = dwfl_report_offline(d, path, path, fd);
	if (!mod)
		close(fd);
	dwfl_report_end(d, NULL, NULL);
	elf = mod ? dwfl_module_getelf(mod, &bias) : NULL;
	if (elf) {
		GElf_Ehdr eh;

		t->machine = gelf_getehdr(elf, &eh) ? eh.e_machine : 0;
		read_segs(t, elf);
		read_syms(t, mod, bias);
	}
	dwfl_end(d);
}

void usyms_table_free(struct usyms_table *t)
{
	free(t->sym);
	free(t->names);
	memset(t, 0, sizeof(*t));
}

/* CALL rel32, and FF /2 in its lengths: Intel SDM, volume 2, "CALL". */
static bool is_call_x86(const unsigned char *end, size_t n)
{
	static const unsigned char lengths[] = { 2, 3, 4, 6, 7 };

	if (n >= 5 && end[-5] == 0xe8)
		return true;
	for (size_t i = 0; i < sizeof(lengths); i++)
		if (n >= lengths[i] && end[-lengths[i]] == 0xff && (end[1 - lengths[i]] & 0x38) == 0x10)
			return true;
	return false;
}

bool usyms_is_call(unsigned machine, const unsigned char *end, size_t n)
{
	uint32_t insn;

	if (machine == EM_X86_64 || machine == EM_386)
		return is_call_x86(end, n);
	if (machine != EM_AARCH64)
		return true;
	if (n < 4)
		return false;
	insn = (uint32_t)end[-4] | (uint32_t)end[-3] << 8 | (uint32_t)end[-2] << 16 | (uint32_t)end[-1] << 24;
	/* BL, BLR and BLRA*: Arm ARM, C6.2 */
	return (insn & 0xfc000000) == 0x94000000 || (insn & 0xfffffc1f) == 0xd63f0000 ||
	       (insn & 0xfefff800) == 0xd63f0800;
}

const char *usyms_table_at(const struct usyms_table *t, uint64_t off, uint64_t *into)
{
	const struct usyms_sym *s;
	size_t lo = 0, hi = t->n;
	uint64_t addr = 0;
	unsigned i;

	for (i = 0; i < t->nsegs && off - t->seg[i].off >= t->seg[i].size; i++)
		;
	if (i == t->nsegs)
		return NULL;
	addr = off - t->seg[i].off + t->seg[i].addr;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->sym[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	s = &t->sym[lo - 1];
	*into = addr - s->addr;
	return s->size && *into >= s->size ? NULL : t->names + s->name;
}
