/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "iomem.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Hexadecimal digits and what stands behind them; *at moves on behind that. */
static bool number(const char **at, const char *behind, __u64 *out)
{
	size_t digits = strspn(*at, "0123456789abcdef");

	if (!digits || digits > 16 || strncmp(*at + digits, behind, strlen(behind)))
		return false;
	*out = strtoull(*at, NULL, 16);
	*at += digits + strlen(behind);
	return true;
}

/* "  10000000-100fffff : 0000:00:02.0", two blanks a level: r_show(), kernel/resource.c, 6.1 */
bool iomem_line(const char *line, struct buf *items)
{
	size_t blanks = strspn(line, " "), len, size;
	struct mmt_iomem r = { .type = MMT_ITEM_IOMEM, .depth = (uint32_t)blanks / 2 };
	const char *at = line + blanks;

	if (!number(&at, "-", &r.start) || !number(&at, " : ", &r.end))
		return false;
	r.end++;
	if (r.end <= r.start || r.end == 1)
		return false;
	len = strcspn(at, "\n");
	if (len >= MMT_NAME_MAX)
		len = MMT_NAME_MAX - 1;
	size = (sizeof(r) + len + 1 + 7) & ~7UL;
	r.size = (uint16_t)size;
	buf_put(items, &r, sizeof(r));
	buf_put(items, at, len);
	for (len += sizeof(r); len < size; len++)
		buf_putc(items, '\0');
	return items->err == 0;
}

unsigned iomem_read(const char *path, struct buf *items)
{
	FILE *f = fopen(path, "re");
	size_t size = 0;
	char *line = NULL;
	unsigned n = 0;

	while (f && getline(&line, &size, f) > 0)
		n += iomem_line(line, items);
	free(line);
	if (f)
		fclose(f);
	return n;
}

const struct mmt_iomem *iomem_next(const struct buf *items, size_t *at)
{
	const struct mmt_iomem *r = NULL;

	if (*at < items->len) {
		r = (const void *)(items->data + *at);
		*at += r->size;
	}
	return r;
}

/* dev_name() of a PCI function (pci_setup_device(), drivers/pci/probe.c, 6.1), of a node with registers (of_device_make_bus_id(),
 * drivers/of/device.c, later of/platform.c) */
bool iomem_is_device(const struct mmt_iomem *r)
{
	size_t hex = strspn(r->text, "0123456789abcdef");

	return hex >= 4 && (r->text[hex] == '.' || r->text[hex] == ':') && isalnum((unsigned char)r->text[hex + 1]);
}
