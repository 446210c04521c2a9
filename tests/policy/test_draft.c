/* Packs being written and proposed, on the real kernel: drafts that meet, odd files, limits, two pairs of
 * eyes. */
#include "town.h"

/* -- drafts */

static void two_write_one_draft(void **state) {
  fq_kernel *k = county(NULL);
  deploy(k, &anna, "1", "one", "");
  assert_int_equal(done(k, &anna, "draft.save", DRAFT("\"policies/q.lua\":\"-- 甲\"", ""), "rev"), 1);
  refused(k, &bert, "draft.save", DRAFT("\"policies/q.lua\":\"-- 乙\"", ""), "draft.exists");
  assert_int_equal(done(k, &bert, "draft.save", DRAFT("\"policies/q.lua\":\"-- 乙\"", ",\"rev\":1"), "rev"),
                   2);
  refused(k, &anna, "draft.save", DRAFT("\"policies/q.lua\":\"-- 又甲\"", ",\"rev\":1"), "draft.stale");
  assert_int_equal(why.status, FQ_E_CONFLICT);
  assert_int_equal(why.rev, 2);
  assert_non_null(strstr(why.en, "bert"));
  assert_non_null(strstr(why.en, "2026-"));
  assert_non_null(strstr(why.zh, "bert"));
  fq_json *r = ask(k, &audit, "draft.open", "{\"pack\":\"town\"}");
  const fq_json *files = fq_json_get(r, "files");
  assert_int_equal(fq_json_size(files), 3);
  is(files, "policies/q.lua", "-- 乙");
  is(r, "author", "bert");
  assert_int_equal(fq_json_int(r, "from", 0), 1);
  assert_null(fq_json_get(r, "problems"));
  fq_json_free(r);

  /* only what changes is in the journal; nothing changed is no entry */
  assert_int_equal(done(k, &anna, "draft.save",
                        DRAFT("\"policies/q.lua\":\"-- 乙\",\"policies/r.lua\":\"-- 新\"", ",\"rev\":2"),
                        "rev"),
                   3);
  fq_stmt *q = fq_sql(fq_kernel_db(k),
                      "SELECT json_extract(data, '$.files') FROM journal WHERE kind = 'draft.saved' ORDER BY "
                      "seq DESC LIMIT 1",
                      "");
  assert_true(fq_row(q));
  assert_string_equal(fq_col_str(q, 0), "{\"policies/r.lua\":\"-- 新\"}");
  fq_done(q);
  int64_t head = fq_int(fq_kernel_db(k), 0, "SELECT max(seq) FROM journal", "");
  assert_int_equal(done(k, &anna, "draft.save", DRAFT("\"policies/r.lua\":\"-- 新\"", ",\"rev\":3"), "rev"),
                   3);
  assert_int_equal(head, fq_int(fq_kernel_db(k), 0, "SELECT max(seq) FROM journal", ""));
  assert_int_equal(done(k, &anna, "draft.save", DRAFT("\"policies/r.lua\":null", ",\"rev\":3"), "rev"), 4);
  refused(k, &anna, "draft.save", DRAFT("\"policies/r.lua\":null", ",\"rev\":4"), "draft.no_file");

  r = ask(k, &audit, "draft.list", "{}");
  assert_int_equal(rows(r), 1);
  is(row(r, 0), "version", "1");
  is(row(r, 0), "zh", "包");
  char *changed = fq_json_print(fq_json_get(row(r, 0), "changed"));
  assert_string_equal(changed, "[\"policies/q.lua\"]");
  free(changed);
  fq_json_free(r);

  /* over: who comes late is told by whom; numbers go on, so that no old one fits */
  refused(k, &anna, "draft.discard", "{\"pack\":\"town\",\"rev\":2}", "draft.stale");
  done(k, &bert, "draft.discard", "{\"pack\":\"town\",\"rev\":4}", "rev");
  refused(k, &anna, "draft.save", DRAFT("\"policies/q.lua\":\"x\"", ",\"rev\":4"), "draft.gone");
  assert_non_null(strstr(why.en, "discarded by bert"));
  refused(k, &anna, "draft.open", "{\"pack\":\"town\"}", "draft.gone");
  refused(k, &anna, "draft.open", "{\"pack\":\"none\"}", "draft.unknown");
  assert_int_equal(done(k, &anna, "draft.save", DRAFT("\"policies/q.lua\":\"y\"", ""), "rev"), 5);
  refused(k, &town, "draft.save", DRAFT("\"policies/q.lua\":\"z\"", ",\"rev\":5"), "scope");
  refused(k, &audit, "draft.save", DRAFT("\"policies/q.lua\":\"z\"", ",\"rev\":5"), "role");
  fq_kernel_close(k);
}

static void takes_no_odd_file(void **state) {
  fq_kernel *k = county(NULL);
  static const char *const paths[] = {"../x",
                                      "policies/../../etc",
                                      "policies/../../etc.lua",
                                      "/etc/passwd",
                                      "/policies/a.lua",
                                      "policies/a/b.lua",
                                      "policies/.lua",
                                      "policies/.hidden.lua",
                                      "policies/",
                                      "",
                                      "a.lua",
                                      "pack.lua/x.lua",
                                      "policies/a.csv",
                                      "policies\\\\a.lua",
                                      "policies/a\\u0001.lua",
                                      "policies/a\\nb.lua",
                                      "policies/c:d.lua",
                                      "Policies/a.lua",
                                      "policies/a.lua ",
                                      "dictionaries/x.json"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    char p[300];
    snprintf(p, sizeof p, DRAFT("\"%s\":\"text\"", ""), paths[i]);
    refused(k, &anna, "draft.save", p, "draft.file");
    assert_non_null(strstr(why.path, "files."));
    snprintf(p, sizeof p,
             "{\"pack\":\"town\",\"files\":{\"pack.lua\":\"name='town' version='1' policies={}\",\"%s\":"
             "\"text\"}}",
             paths[i]);
    refused(k, &anna, "pack.deploy", p, "pack.invalid");
  }
  refused(k, &anna, "draft.save", DRAFT("\"policies/a.lua\":\"1\",\"policies/A.lua\":\"2\"", ""),
          "draft.file");
  assert_non_null(strstr(why.en, "capitals"));
  refused(k, &anna, "draft.save", DRAFT("\"policies/a.lua\":\"\\u0007\"", ""), "draft.file");
  assert_non_null(strstr(why.en, "no text"));
  refused(k, &anna, "draft.save", DRAFT("\"policies/a.lua\":7", ""), "params");
  refused(k, &anna, "draft.save", "{\"pack\":\"town\",\"files\":[]}", "params");
  refused(k, &anna, "draft.save",
          "{\"pack\":\"a23456789012345678901234567890123456789012345678x\",\"files\":{}}", "params");
  refused(k, &anna, "draft.save", DRAFT("", ",\"from\":\"active\""), "pack.unknown_generation");
  refused(k, &anna, "draft.save", DRAFT("", ",\"from\":\"3\""), "pack.unknown_generation");
  refused(k, &anna, "draft.save", DRAFT("", ",\"from\":\"3x\""), "params");
  assert_int_equal(done(k, &anna, "draft.save",
                        DRAFT("\"policies/夜间 值守.lua\":\"-- 可以\",\"dictionaries/类别.csv\":\"code,zh\"",
                              ",\"from\":\"new\""),
                        "rev"),
                   1);
  fq_kernel_close(k);
}

static void keeps_its_limits(void **state) {
  fq_kernel *k = county(NULL);
  struct fq_buf b = {0};
  char *mega = fq_alloc((1u << 20) + 2);
  memset(mega, 'x', (1u << 20) + 1);
  fq_buf_fmt(&b, DRAFT("\"i18n/a.json\":\"%s\"", ""), mega);
  refused(k, &anna, "draft.save", b.data, "draft.file");
  assert_non_null(strstr(why.en, "1 MiB"));
  mega[1u << 20] = '\0'; /* as large as it may be; eight of them are a pack */
  int64_t rev = 0;
  for (int i = 0; i < 9; i++) {
    b.len = 0;
    fq_buf_fmt(&b, DRAFT("\"i18n/a%d.json\":\"%s\"", ",\"rev\":%d"), i, mega, (int)rev);
    if (!i) {
      b.len = 0;
      fq_buf_fmt(&b, DRAFT("\"i18n/a%d.json\":\"%s\"", ""), i, mega);
    }
    if (i < 8)
      rev = done(k, &anna, "draft.save", b.data, "rev");
    else
      refused(k, &anna, "draft.save", b.data, "draft.file");
  }
  assert_non_null(strstr(why.en, "8 MiB"));
  free(mega);
  b.len = 0;
  fq_buf_str(&b, "{\"pack\":\"many\",\"files\":{");
  for (int i = 0; i < 201; i++)
    fq_buf_fmt(&b, "%s\"policies/%d.lua\":\"\"", i ? "," : "", i);
  fq_buf_str(&b, "}}");
  refused(k, &anna, "draft.save", b.data, "draft.file");
  assert_non_null(strstr(why.en, "200"));
  fq_buf_free(&b);
  fq_kernel_close(k);
}

static void a_draft_is_not_deployed_over_another(void **state) {
  fq_kernel *k = county(NULL);
  deploy(k, &anna, "1", "one", "");
  done(k, &anna, "draft.save",
       DRAFT("\"pack.lua\":\"name='town' version='2' policies={'policies/p.lua'}\"", ""), "rev");
  deploy(k, &bert, "1.5", "half", "");
  fq_json *r = ask(k, &anna, "draft.open", "{\"pack\":\"town\"}");
  const fq_json *problem = fq_json_first(fq_json_get(r, "problems"));
  is(problem, "code", "draft.outdated");
  assert_non_null(strstr(fq_json_str(problem, "en"), "bert"));
  fq_json_free(r);
  refused(k, &anna, "pack.deploy", "{\"pack\":\"town\",\"draft\":true}", "draft.outdated");
  refused(k, &anna, "pack.propose", "{\"pack\":\"town\",\"draft\":true}", "draft.outdated");
  /* beginning anew from what is active: pack.lua was changed by both and has to be settled */
  refused(k, &anna, "draft.save", DRAFT("", ",\"rev\":1,\"from\":\"active\""), "draft.both_changed");
  assert_non_null(strstr(why.en, "pack.lua"));
  fq_json *check = ask(k, &anna, "pack.check", "{\"pack\":\"town\",\"draft\":true}");
  assert_true(check && fq_json_bool(check, "ok", false));
  fq_json_free(check);
  done(k, &anna, "draft.save",
       DRAFT("\"pack.lua\":\"name='town' version='2.0' policies={'policies/p.lua'}\"",
             ",\"rev\":1,\"from\":\"active\""),
       "rev");
  assert_int_equal(done(k, &anna, "pack.deploy", "{\"pack\":\"town\",\"draft\":true}", "generation"), 3);
  begin(k, "a");
  says(k, "a", "half"); /* bert's policy is still there */
  refused(k, &bert, "draft.open", "{\"pack\":\"town\"}", "draft.gone");
  assert_non_null(strstr(why.en, "deployed by anna"));
  /* an old generation as the beginning, with open eyes */
  done(k, &bert, "draft.save", DRAFT("", ",\"from\":\"1\""), "rev");
  r = ask(k, &bert, "draft.open", "{\"pack\":\"town\"}");
  assert_non_null(strstr(fq_json_str(fq_json_get(r, "files"), "policies/p.lua"), "'one'"));
  assert_null(fq_json_get(r, "problems"));
  fq_json_free(r);
  done(k, &bert, "pack.deploy", "{\"pack\":\"town\",\"draft\":true}", "generation");
  begin(k, "b");
  says(k, "b", "one");
  refused(k, &bert, "pack.deploy", "{\"pack\":\"town\",\"draft\":true}", "draft.gone");
  refused(k, &bert, "pack.deploy", "{\"pack\":\"town\",\"draft\":true,\"files\":{}}", "params");
  refused(k, &bert, "pack.deploy", "{\"pack\":\"town\"}", "params");
  fq_kernel_close(k);
}

/* A file that the draft removes and somebody else has changed: it is settled by saying so once more. */
static void a_removal_meets_a_change(void **state) {
  fq_kernel *k = county(NULL);
  deploy(k, &anna, "1", "one", "");
  done(k, &anna, "draft.save",
       DRAFT("\"policies/p.lua\":null,\"pack.lua\":\"name='town' version='2' policies={}\"", ""), "rev");
  deploy(k, &bert, "1", "uno", "");
  refused(k, &anna, "draft.save", DRAFT("", ",\"rev\":1,\"from\":\"active\""), "draft.both_changed");
  assert_non_null(strstr(why.en, "policies/p.lua"));
  done(k, &anna, "draft.save", DRAFT("\"policies/p.lua\":null", ",\"rev\":1,\"from\":\"active\""), "rev");
  fq_json *r = ask(k, &anna, "draft.open", "{\"pack\":\"town\"}");
  assert_int_equal(fq_json_size(fq_json_get(r, "files")), 1);
  assert_null(fq_json_get(r, "problems"));
  fq_json_free(r);
  fq_kernel_close(k);
}

/* -- two pairs of eyes */

static void wants_two_pairs_of_eyes(void **state) {
  char id[FQ_ID_MAX], other[FQ_ID_MAX];
  four_eyes = true;
  fq_kernel *k = county(NULL);
  refused(k, &anna, "pack.deploy", pack_of("town", "1", "one", ""), "pack.four_eyes");
  refused(k, NULL, "pack.deploy", pack_of("town", "1", "one", ""), "pack.four_eyes");
  refused(k, &anna, "policy.move", "{\"note\":\"x\"}", "pack.four_eyes");
  propose(k, &anna, pack_of("town", "1", "one", ",\"note\":\"夜间放宽\""), id);
  begin(k, "a"); /* a proposal decides nothing */
  assert_int_equal(fq_int(fq_kernel_db(k), 0, "SELECT count(*) FROM policy_generation", ""), 0);
  fq_json *r = ask(k, &audit, "pack.proposals", "{}");
  assert_int_equal(rows(r), 1);
  is(row(r, 0), "author", "anna");
  is(row(r, 0), "note", "夜间放宽");
  is(row(r, 0), "open", "keep");
  assert_false(fq_json_bool(row(r, 0), "stale", true));
  char digest[65];
  fq_copy(digest, sizeof digest, fq_json_str(row(r, 0), "digest"));
  fq_json_free(r);
  r = ask(k, &audit, "pack.proposal", about(id, ""));
  assert_int_equal(fq_json_size(fq_json_get(r, "files")), 2);
  fq_json_free(r);

  refused(k, &anna, "pack.approve", about(id, ""), "pack.own_proposal");
  refused(k, NULL, "pack.approve", about(id, ""), "pack.named_approver");
  refused(k, &town, "pack.approve", about(id, ""), "scope");
  refused(k, &audit, "pack.approve", about(id, ""), "role");
  refused(k, &bert, "pack.approve", about("p999", ""), "pack.unknown_proposal");
  r = ask(k, &bert, "pack.approve", about(id, ",\"note\":\"同意\""));
  if (!r) fail_msg("%s", why.en);
  is(r, "digest", digest);
  fq_json_free(r);
  r = ask(k, &audit, "pack.history", "{}");
  is(row(r, 0), "actor", "anna");
  is(row(r, 0), "approved_by", "bert");
  is(row(r, 0), "digest", digest);
  is(row(r, 0), "note", "夜间放宽");
  fq_json_free(r);
  refused(k, &bert, "pack.approve", about(id, ""), "pack.settled_proposal");
  assert_non_null(strstr(why.en, "approved"));

  /* rejected, withdrawn, outdated by another */
  propose(k, &anna, pack_of("town", "2", "two", ""), id);
  propose(k, &bert, pack_of("town", "3", "three", ",\"open\":\"move\""), other);
  refused(k, &bert, "pack.withdraw", about(id, ""), "pack.not_yours");
  refused(k, &bert, "pack.reject", about(id, ""), "params");
  done(k, &anna, "pack.approve", about(other, ""), "generation");
  r = ask(k, &audit, "pack.proposals", "{}");
  assert_int_equal(rows(r), 1);
  assert_true(fq_json_bool(row(r, 0), "stale", false));
  fq_json_free(r);
  refused(k, &bert, "pack.approve", about(id, ""), "pack.stale_proposal");
  done(k, &bert, "pack.reject", about(id, ",\"reason\":\"已过时\""), "n");
  r = ask(k, &audit, "pack.proposal", about(id, ""));
  is(r, "state", "rejected");
  is(r, "settled_by", "bert");
  is(r, "reason", "已过时");
  fq_json_free(r);
  propose(k, &anna, pack_of("town", "4", "four", ""), id);
  done(k, &anna, "pack.withdraw", about(id, ""), "n");
  refused(k, &bert, "pack.reject", about(id, ",\"reason\":\"晚了\""), "pack.settled_proposal");
  refused(k, &anna, "pack.propose", pack_of("town", "3", "three", ""), "pack.same");
  refused(k, &anna, "pack.propose",
          pack_of("other", "1", "x' .. nothing.at.all .. '", ",\"digest\":\"short\""), "params");
  char wrong[100];
  snprintf(wrong, sizeof wrong, ",\"digest\":\"%064d\"", 0);
  refused(k, &anna, "pack.propose", pack_of("town", "5", "five", wrong), "pack.digest");
  /* going back needs nobody else */
  done(k, &anna, "policy.rollback", "{}", "generation");
  fq_kernel_close(k);
}

static void approves_what_was_proposed_from_a_draft(void **state) {
  char id[FQ_ID_MAX];
  fq_kernel *k = county(NULL); /* without the option it works as well */
  deploy(k, &anna, "1", "one", "");
  const char *two = DRAFT("\"pack.lua\":\"name='town' version='2' policies={'policies/p.lua'}\"", "");
  done(k, &anna, "draft.save", two, "rev");
  propose(k, &anna, "{\"pack\":\"town\",\"draft\":true}", id);
  /* she goes on writing: what is approved is what was proposed, and the draft lives on */
  done(k, &anna, "draft.save", DRAFT("\"policies/z.lua\":\"half a thought\"", ",\"rev\":1"), "rev");
  done(k, &bert, "pack.approve", about(id, ""), "generation");
  fq_json *r = ask(k, &anna, "pack.open", "{\"pack\":\"town\"}");
  is(r, "version", "2");
  assert_int_equal(fq_json_size(fq_json_get(r, "files")), 2);
  fq_json_free(r);
  assert_int_equal(done(k, &anna, "draft.open", "{\"pack\":\"town\"}", "rev"), 2);
  done(k, &anna, "draft.save", DRAFT("\"policies/z.lua\":null", ",\"rev\":2"), "rev");
  done(k, &anna, "draft.discard", "{\"pack\":\"town\"}", "rev");
  /* untouched since, it ends with the approval */
  assert_int_equal(done(k, &anna, "draft.save",
                        DRAFT("\"pack.lua\":\"name='town' version='3' policies={'policies/p.lua'}\"", ""),
                        "rev"),
                   4);
  propose(k, &anna, "{\"pack\":\"town\",\"draft\":true}", id);
  done(k, &bert, "pack.approve", about(id, ""), "generation");
  refused(k, &anna, "draft.open", "{\"pack\":\"town\"}", "draft.gone");
  fq_kernel_close(k);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(two_write_one_draft),
      TEST(takes_no_odd_file),
      TEST(keeps_its_limits),
      TEST(a_draft_is_not_deployed_over_another),
      TEST(a_removal_meets_a_change),
      TEST(wants_two_pairs_of_eyes),
      TEST(approves_what_was_proposed_from_a_draft),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
