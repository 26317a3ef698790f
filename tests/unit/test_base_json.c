// LINK: base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mmtrace/base.h>

static void test_strings(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "\xff", "\\ufffd" },
		{ "a\x80z", "a\\ufffdz" },
		{ "\xc0\xaf", "\\ufffd\\ufffd" },			/* overlong '/' */
		{ "\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd" },		/* overlong '/' */
		{ "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" },		/* a surrogate */
		{ "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" }, /* past U+10FFFF */
		{ "\xe2\x82", "\\ufffd\\ufffd" },			/* cut short */
		{ "\xe2\x82z", "\\ufffd\\ufffdz" },
		{ "\xf0\x9f\x98\"", "\\ufffd\\ufffd\\ufffd\\\"" },
		{ "", "" },
		{ "a\"b\\c", "a\\\"b\\\\c" },
		{ "\b\f\n\r\t", "\\b\\f\\n\\r\\t" },
		{ "\x01\x1f\x7f", "\\u0001\\u001f\\u007f" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf" },
	};
	struct buf b = { 0 };
	struct json j;

	(void)state;
	json_init(&j, &b);
	for (size_t i = 0; i < MMT_COUNT(cases); i++) {
		char want[64];

		snprintf(want, sizeof(want), "\"%s\"\n", cases[i].want);
		buf_reset(&b);
		json_str(&j, NULL, cases[i].in);
		assert_int_equal(json_line(&j), 0);
		assert_string_equal(buf_str(&b), want);
	}
	buf_reset(&b);
	json_strn(&j, NULL, "a\0b", 3);
	assert_int_equal(json_line(&j), 0);
	assert_string_equal(buf_str(&b), "\"a\\u0000b\"\n");
	buf_free(&b);
}

enum step { OBJ, ARR, END, KEYED, BARE, STOP };

static void play(struct json *j, const enum step *s)
{
	for (; *s != STOP; s++) {
		bool in_obj = j->depth && j->open[j->depth - 1] == '{';
		const char *key = in_obj ? "k" : NULL;

		switch (*s) {
		case OBJ:
			json_obj(j, key);
			break;
		case ARR:
			json_arr(j, key);
			break;
		case END:
			json_end(j);
			break;
		case KEYED:
			json_u64(j, "k", 1);
			break;
		default:
			json_u64(j, NULL, 1);
		}
	}
}

static void test_misuse(void **state)
{
	static const enum step cases[][5] = {
		{ STOP },		   /* an empty line is no JSON text */
		{ END, STOP },		   /* nothing open */
		{ OBJ, STOP },		   /* left open */
		{ OBJ, END, END, STOP },   /* one too many */
		{ OBJ, BARE, END, STOP },  /* no key in an object */
		{ ARR, KEYED, END, STOP }, /* a key in an array */
		{ KEYED, STOP },	   /* a key at the top */
		{ BARE, BARE, STOP },	   /* two values at the top */
		{ OBJ, END, ARR, END, STOP },
	};
	struct buf b = { 0 };
	struct json j;

	(void)state;
	json_init(&j, &b);
	for (size_t i = 0; i < MMT_COUNT(cases); i++) {
		play(&j, cases[i]);
		assert_int_equal(json_line(&j), -EINVAL);
		/* The next line starts clean. */
		buf_reset(&b);
		json_u64(&j, NULL, 1);
		assert_int_equal(json_line(&j), 0);
		assert_string_equal(buf_str(&b), "1\n");
	}
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		json_arr(&j, NULL);
	assert_int_equal(j.err, 0);
	json_obj(&j, NULL);
	assert_int_equal(j.err, -EINVAL);
	assert_int_equal(json_line(&j), -EINVAL);
	buf_free(&b);
}

static void test_buffer_error(void **state)
{
	struct buf b = { .max = 5 };
	struct json j;

	(void)state;
	json_init(&j, &b);
	json_str(&j, NULL, "too long");
	assert_int_equal(json_line(&j), -ENOSPC);
	buf_free(&b);
}

static void test_document(void **state)
{
	struct buf b = { 0 };
	struct json j;

	(void)state;
	json_init(&j, &b);
	json_obj(&j, NULL);
	json_u64(&j, "big", UINT64_MAX);
	json_i64(&j, "small", INT64_MIN);
	json_i64(&j, "zero", 0);
	json_hex(&j, "null", 0);
	json_hex(&j, "addr", 0xffff800012345000);
	json_arr(&j, "list");
	json_u64(&j, NULL, 1);
	json_obj(&j, NULL);
	json_end(&j);
	json_arr(&j, NULL);
	json_end(&j);
	json_bool(&j, NULL, true);
	json_bool(&j, NULL, false);
	json_end(&j);
	json_null(&j, "none");
	json_str(&j, "nostr", NULL);
	json_str(&j, "a\"b", "c");
	json_end(&j);
	assert_int_equal(json_line(&j), 0);
	assert_string_equal(buf_str(&b),
			    "{\"big\":18446744073709551615,\"small\":-9223372036854775808,\"zero\":0,\"null\":\"0x0\","
			    "\"addr\":\"0xffff800012345000\",\"list\":[1,{},[],true,false],"
			    "\"none\":null,\"nostr\":null,\"a\\\"b\":\"c\"}\n");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_buffer_error),
		cmocka_unit_test(test_document),
	};

	return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}
