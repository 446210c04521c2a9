/*
 * Options: the typed table of a plugin (struct fq_option) against what the configuration says. Fills the
 * plugin's struct, collects every mistake, and renders the tables as reference and sample.
 * Knows nothing of Lua: the configuration arrives as JSON with a way to ask for line numbers.
 * Kernel thread, before init; no state of its own.
 */
#ifndef FQ_PLUGIN_OPTIONS_H
#define FQ_PLUGIN_OPTIONS_H

#include "fengqiao.h"
#include "plugin/problem.h"

#include <stdio.h>

/* Where the values come from. `line` gives the line of a key path ("terminal.max_frame"), 0 when it
 * does not know; NULL when there is no file. */
struct fq_option_source {
  const char *file;
  int (*line)(void *ctx, const char *path);
  void *ctx;
};

/* Fills `self` with the defaults, then with `values` (the configuration's member for this plugin, or
 * NULL). Gives the number of problems added; an option with a problem keeps its default. The value of a
 * secret option appears in no message. `table` may be NULL: a plugin without options, where every
 * configured name is a mistake. `source` may be NULL. */
size_t fq_options_parse(const struct fq_option *table, const char *plugin, const fq_json *values,
                        const struct fq_option_source *source, void *self, struct fq_problem_list *problems);

/* The same for a plugin that is running, on the kernel thread: reloadable options that changed are stored,
 * others that changed go to `waiting`, one problem each: they wait for a restart. With any mistake nothing is
 * stored. Gives the number of mistakes. */
size_t fq_options_reload(const struct fq_option *table, const char *plugin, const fq_json *values,
                         const struct fq_option_source *source, void *self, size_t self_bytes,
                         struct fq_problem_list *problems, struct fq_problem_list *waiting);

/* Members of the whole configuration that nobody reads: a mistyped section is a mistake, too. */
size_t fq_options_sections(const fq_json *config, const char *const *known, size_t count,
                           const struct fq_option_source *source, struct fq_problem_list *problems);

/* Is the table itself well formed (names, types, room in the struct, default within bounds)? The error
 * says which option and what is wrong. */
enum fq_status fq_options_check(const struct fq_option *table, size_t self_bytes, struct fq_error *e);

/* One value as one would write it: "90 s", "64 KiB", "7 d". False, with nothing changed, when the text is
 * no such value. */
bool fq_duration_parse(const char *text, int64_t *ms);
bool fq_size_parse(const char *text, int64_t *bytes);
void fq_duration_format(int64_t ms, char *out, size_t cap);
void fq_size_format(int64_t bytes, char *out, size_t cap);

/* What is expected of a value, in both languages: type, bounds, an example. */
void fq_option_expect(const struct fq_option *o, char *zh, size_t zh_cap, char *en, size_t en_cap);

/* The reference of one section: plain text for a terminal, Markdown for docs/, and the section of a
 * sample configuration with everything commented out. */
void fq_options_text(FILE *out, const char *plugin, const struct fq_option *table);
void fq_options_markdown(FILE *out, const char *plugin, const char *title, const struct fq_option *table);
void fq_options_sample(FILE *out, const char *plugin, const struct fq_option *table);

#endif
