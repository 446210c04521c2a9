/* Filling an empty county from a pack's tables: units, accounts, officers. */
#ifndef FQ_MAIN_COUNTY_H
#define FQ_MAIN_COUNTY_H

#include "main/local.h"

/* Both read CSV files and complain with path:line. `done` counts. */
enum fq_status fq_county_units(struct local *l, const char *path, int64_t *done, struct fq_error *e);
/* `password` NULL: accounts without one. The same hash serves all: it is meant for demonstrations. Officers
 * get their skills and, with `on_duty`, begin their shift. */
enum fq_status fq_county_users(struct local *l, const char *path, const char *password, bool on_duty,
                               int64_t *done, struct fq_error *e);
/* A GeoJSON file becomes the county's map: it is laid among the attachments, as an upload would be. `areas`
 * may be NULL. */
enum fq_status fq_county_map(struct local *l, const struct common *c, const char *path, int64_t *areas,
                             struct fq_error *e);

/* Patrol plans from a JSON list; nothing when the county has some already, or no plugin for them. */
enum fq_status fq_county_patrols(struct local *l, const char *path, struct fq_error *e);

#endif
