/* search.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_SEARCH_H
#define FQ_PLUGIN_DISPATCH_SEARCH_H

#include "dispatch.h"
#include "search/bigrams.h"

/* A document of the index is a report (part 0 of its incident) or something that was added to it. Its number
 * is the incident's, then the part: documents of one incident stand together, newest incident last. */
enum { DP_DOC_BITS = 8, DP_DOC_PARTS = 1 << DP_DOC_BITS };
#define DP_DOC(n, part) ((int64_t)(n) << DP_DOC_BITS | (part))
#define DP_DOC_N(doc)   ((doc) >> DP_DOC_BITS)

/* A word of the index that is no text: "o:430525100201". The letter says what it is of. */
enum dp_mark {
  DP_MARK_ORG = 'o', /* a unit above the place (not the county: that is everywhere) */
  DP_MARK_REPORTER = 'u',
  DP_MARK_SENT = 'a',     /* a user who was sent */
  DP_MARK_TEAM = 't',     /* a unit or team that was sent, has it handed over, is asked to sign */
  DP_MARK_CATEGORY = 'c', /* the next are on the report's document alone */
  DP_MARK_LEVEL = 'l',
  DP_MARK_SOURCE = 's',
  DP_MARK_NEAR = 'n',     /* cell of a hundredth of a degree */
  DP_MARK_FAR = 'f',      /* ... of a tenth */
  DP_MARK_CARD = 'k',     /* supervised with this card */
  DP_MARK_BREACHED = 'b', /* a clock was breached: "b:1" */
};
int64_t dp_search_cell(double lon, double lat, double cells_a_degree);
#define DP_NEAR_CELLS 100.0
#define DP_FAR_CELLS  10.0

DP_APPLY(dp_apply_search_text); /* incident.reported and whatever adds words or marks to it */
DP_APPLY(dp_apply_indexed);
DP_COMMAND(dp_search_index);

DP_QUERY(dp_incident_search);
DP_COMMAND(dp_filter_save);
DP_COMMAND(dp_filter_remove);
DP_QUERY(dp_filter_list);
DP_APPLY(dp_apply_filter);
/* The query saved under that name: one's own, else one shared in one's unit. The caller frees; NULL: none. */
fq_json *dp_filter_named(fq_db *db, const struct fq_actor *a, const char *name);

#endif
