/* list.c - task.mine: what somebody has to do. Reader threads; one consistent snapshot. */
#include "task/task.h"

/* The actor's open tasks, each with what a phone shows of its incident. */
enum fq_status dp_task_mine(struct fq_query *q) {
  const struct fq_actor *a = q->actor;
  int64_t keys[500]; /* nobody works on more; a unit's desk sees its newest */
  size_t count = 0;
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT n FROM task WHERE to_user = ?1 AND ended_ms IS NULL"
             " UNION SELECT n FROM task WHERE to_unit = ?2 AND ended_ms IS NULL"
             " UNION SELECT n FROM task WHERE to_team = ?3 AND ended_ms IS NULL ORDER BY 1 DESC LIMIT 500",
             "sss", a->name, dp_sits_at(a), dp_team_of(a));
  while (fq_row(s))
    if (count < 500) keys[count++] = fq_col_int(s, 0);
  fq_json *rows = fq_json_array();
  for (size_t x = 0; x < count; x++) {
    fq_json *t = dp_task_json(q->db, keys[x]);
    fq_json *i = dp_incident_json(q->db, dp_id_n(fq_json_str(t, "incident"), 'i'), DP_WITH_TEXT);
    static const char *const members[] = {"number", "category", "level", "place", "where", "address", "text"};
    for (size_t k = 0; k < sizeof members / sizeof *members; k++)
      dp_set_opt(t, members[k], i, members[k]);
    dp_set_opt(t, "incident_title", i, "title");
    dp_set_opt(t, "incident_state", i, "state");
    fq_json_free(i);
    fq_json_push(rows, t);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
