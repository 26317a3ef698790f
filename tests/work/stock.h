/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Parts of stock: the mappings of drivers that every kernel has. */
#ifndef TESTS_WORK_STOCK_H
#define TESTS_WORK_STOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stock {
	const char *kind;
	/* 0: done, or said why it cannot be done here; 1: something failed that should not */
	int (*use)(const struct stock *s);
};

extern const struct stock stock_devices[]; /* ended by one without a kind */
extern const struct stock stock_kernel[];

/* The one edu device: its sysfs directory and its BAR 0. */
struct stock_bar {
	char dir[128];
	uint64_t phys;
	size_t len;
};
bool stock_find_bar(struct stock_bar *bar);

struct stock_map {
	int fd;
	size_t len;
	off_t off;
	int prot;
	bool touch; /* load one byte of each page */
	const char *path;
	uint64_t phys; /* of the first page, 0: not known to this program */
};

/* Maps, touches if asked to, unmaps, a line for each. Returns as use() does. */
int stock_map(const struct stock *s, const struct stock_map *m);
/* What is missing and errno; returns 0. */
int stock_skip(const struct stock *s, const char *what);
int stock_failed(const struct stock *s, const char *what);
size_t stock_page(void);

#endif
