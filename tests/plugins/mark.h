/*
 * How a test sees which callbacks of a loaded module ran: the test program may define test_mark(); in the
 * server it is absent and nothing happens.
 */
#ifndef TESTS_PLUGINS_MARK_H
#define TESTS_PLUGINS_MARK_H

__attribute__((weak, visibility("default"))) void test_mark(const char *what);

static inline void mark(const char *what) {
  if (test_mark) test_mark(what);
}

#endif
