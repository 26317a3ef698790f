// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "match.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *read_whole(const char *path)
{
	FILE *f = fopen(path, "re");
	size_t len = 0, room = 1 << 16;
	char *text = malloc(room);

	if (!f || !text) {
		fprintf(stderr, "cannot read %s: %s\n", path, strerror(errno));
		exit(2);
	}
	for (size_t n; (n = fread(text + len, 1, room - len - 1, f)) > 0;) {
		len += n;
		if (len + 1 < room)
			continue;
		room *= 2;
		text = realloc(text, room);
		if (!text)
			exit(2);
	}
	fclose(f);
	text[len] = 0;
	return text;
}
