/* The life of a pack's versions on the real kernel: moving what is open, going back, history, scenarios,
 * differences; refused where it should be; rebuilt the same. Drafts and proposals: test_draft.c. */
#include "town.h"

/* -- history */

static void remembers_what_was_in_force(void **state) {
  fq_kernel *k = county(NULL);
  deploy(k, &anna, "1", "one", ",\"note\":\"初版\"");
  deploy(k, &bert, "2", "two", "");
  done(k, &anna, "policy.rollback", "{}", "generation");
  fq_json *r = ask(k, &audit, "pack.history", "{}");
  assert_int_equal(rows(r), 3);
  is(row(r, 0), "act", "rolled_back");
  is(row(r, 0), "version", "1");
  is(row(r, 0), "actor", "anna");
  assert_int_equal(fq_json_int(row(r, 0), "from_generation", 0), 2);
  assert_int_equal(fq_json_int(row(r, 0), "to_generation", 0), 1);
  is(row(r, 1), "act", "deployed");
  is(row(r, 1), "actor", "bert");
  assert_int_equal(fq_json_int(row(r, 1), "from_generation", 0), 1);
  is(row(r, 2), "note", "初版");
  assert_int_equal(fq_json_int(row(r, 2), "from_generation", 0), 0);
  fq_json_free(r);
  r = ask(k, &audit, "pack.history", "{\"pack\":\"town\",\"limit\":2}");
  assert_int_equal(rows(r), 2);
  char next[60];
  snprintf(next, sizeof next, "{\"limit\":2,\"after\":%lld}", (long long)fq_json_int(r, "next", 0));
  fq_json_free(r);
  r = ask(k, &audit, "pack.history", next);
  assert_int_equal(rows(r), 1);
  is(row(r, 0), "version", "1");
  assert_null(fq_json_get(r, "next"));
  fq_json_free(r);
  r = ask(k, &audit, "pack.history", "{\"pack\":\"other\"}");
  assert_int_equal(rows(r), 0);
  fq_json_free(r);

  /* the files of each */
  r = ask(k, &audit, "pack.open", "{\"pack\":\"town\",\"generation\":2}");
  is(r, "version", "2");
  is(r, "actor", "bert");
  assert_non_null(strstr(fq_json_str(fq_json_get(r, "files"), "policies/p.lua"), "two"));
  fq_json_free(r);
  r = ask(k, &audit, "pack.open", "{\"pack\":\"town\"}");
  is(r, "version", "1");
  is(r, "actor", "anna");
  assert_int_equal(fq_json_int(r, "generation", 0), 3);
  assert_non_null(strstr(fq_json_str(fq_json_get(r, "files"), "policies/p.lua"), "one"));
  fq_json_free(r);
  refused(k, &audit, "pack.open", "{\"pack\":\"nothing\"}", "pack.unknown");
  refused(k, &audit, "pack.open", "{\"pack\":\"town\",\"generation\":9}", "pack.unknown_generation");
  refused(k, &desk, "pack.open", "{\"pack\":\"town\"}", "role");
  refused(k, &town, "pack.deploy", pack_of("town", "3", "three", ""), "scope");
  fq_kernel_close(k);
}

static void tells_a_policys_text(void **state) {
  fq_kernel *k = county(NULL);
  deploy(k, &anna, "1", "one", "");
  deploy(k, &anna, "2", "two", "");
  deploy(k, &anna, "3", "one", "");
  fq_json *list = ask(k, &desk, "policy.list", "{}");
  char p[120];
  snprintf(p, sizeof p, "{\"version\":\"%s\"}", fq_json_str(row(list, 0), "version"));
  fq_json_free(list);
  fq_json *r = ask(k, &desk, "policy.source", p);
  is(r, "policy", "town");
  is(r, "path", "policies/p.lua");
  assert_non_null(strstr(fq_json_str(r, "text"), "'one'"));
  const fq_json *pack = fq_json_first(fq_json_get(r, "packs"));
  char *gens = fq_json_print(fq_json_get(pack, "generations"));
  assert_string_equal(gens, "[1,3]");
  free(gens);
  fq_json_free(r);
  snprintf(p, sizeof p, "{\"version\":\"%064d\"}", 0);
  refused(k, &desk, "policy.source", p, "policy.unknown_version");
  fq_kernel_close(k);
}

static void goes_back_to_any_that_works(void **state) {
  fq_kernel *k = county(NULL);
  deploy(k, &anna, "1", "one", "");
  deploy(k, &anna, "2", "two", "");
  deploy(k, &anna, "3", "three", "");
  refused(k, &anna, "policy.rollback", "{\"to\":7}", "pack.unknown_generation");
  refused(k, &anna, "policy.rollback", "{\"to\":3}", "pack.same");
  refused(k, &anna, "policy.rollback", "{\"pack\":\"no\"}", "pack.unknown");
  begin(k, "a");
  assert_int_equal(done(k, &anna, "policy.rollback", "{\"to\":1}", "moved"), 1);
  says(k, "a", "one");
  /* what was withdrawn may be asked for by its number, and is then good again */
  assert_int_equal(done(k, &anna, "policy.rollback", "{\"to\":3}", "generation"), 5);
  begin(k, "b");
  says(k, "b", "three");
  says(k, "a", "three"); /* which going forward has withdrawn the one it was moved to */
  fq_kernel_close(k);
}

static int64_t deploy_with_setup(fq_kernel *k, const char *version, const char *word, const char *term) {
  char p[1000];
  snprintf(p, sizeof p,
           "{\"pack\":\"town\",\"files\":{\"pack.lua\":\"name='town' version='%s' policies={} "
           "setup={{'thing.set','setup/a.lua'}}\",\"setup/a.lua\":\"id='x' word='%s'\","
           "\"dictionaries/words.csv\":\"code,zh,en\\na,%s,a\\n\"}}",
           version, word, term);
  return done(k, &anna, "pack.deploy", p, "generation");
}

static void brings_back_the_whole_pack(void **state) {
  fq_kernel *k = county(NULL);
  char zh[96], en[96];
  deploy_with_setup(k, "1", "morning", "旧词");
  deploy_with_setup(k, "2", "evening", "新词");
  fq_json_free(ask(k, &bert, "policy.rollback", "{}"));
  fq_stmt *q =
      fq_sql(fq_kernel_db(k),
             "SELECT json_extract(s.data, '$.word'), s.actor, c.kind FROM journal s JOIN journal c ON "
             "c.seq = s.cause WHERE s.kind = 'thing.set' ORDER BY s.seq DESC LIMIT 1",
             "");
  assert_true(fq_row(q));
  assert_string_equal(fq_col_str(q, 0), "morning");
  assert_string_equal(fq_col_str(q, 1), "bert");
  assert_string_equal(fq_col_str(q, 2), "policy.rolled_back");
  fq_done(q);
  assert_true(fq_term(fq_kernel_db(k), "words", "a", zh, en));
  assert_string_equal(zh, "旧词");
  /* what it sets up is refused today: it comes back all the same, and says so */
  fq_kernel_close(k);
  k = county(NULL);
  deploy_with_setup(k, "1", "morning", "旧词");
  deploy_with_setup(k, "2", "evening", "新词");
  refusing = true;
  fq_json *r = ask(k, &bert, "policy.rollback", "{}");
  if (!r) fail_msg("%s", why.en);
  is(r, "version", "1");
  const fq_json *no = fq_json_first(fq_json_get(r, "setup_refused"));
  is(no, "method", "thing.set");
  is(no, "path", "setup/a.lua");
  is(no, "code", "thing.no_more");
  fq_json_free(r);
  refusing = false;
  fq_kernel_close(k);
}

/* -- what is open */

static int64_t open_under(fq_kernel *k, int64_t generation) {
  fq_json *r = ask(k, &audit, "policy.generations", "{}");
  int64_t n = -1;
  fq_json_each(g, fq_json_get(r, "rows")) if (fq_json_int(g, "generation", 0) == generation) n =
      fq_json_int(g, "open", -1);
  fq_json_free(r);
  return n;
}

static void moves_what_is_open(void **state) {
  fq_kernel *k = county(NULL);
  refused(k, &anna, "policy.move", "{\"note\":\"x\"}", "policy.none");
  begin(k, "early");
  deploy(k, &anna, "1", "one", "");
  begin(k, "a");
  begin(k, "b");
  begin(k, "over");
  done(k, NULL, "thing.end", "{\"id\":\"over\"}", "n");
  deploy(k, &anna, "2", "two", "");
  begin(k, "c");
  deploy(k, &anna, "3", "three", "");
  begin(k, "d");
  assert_int_equal(open_under(k, 1), 2);
  assert_int_equal(open_under(k, 2), 1);
  assert_int_equal(open_under(k, 3), 2); /* with the one older than all policies */
  says(k, "early", "three");
  refused(k, &anna, "policy.move", "{}", "params");
  refused(k, &anna, "policy.move", "{\"from\":9,\"note\":\"x\"}", "policy.unknown_generation");
  refused(k, &anna, "policy.move", "{\"from\":3,\"note\":\"x\"}", "policy.current_generation");
  refused(k, &desk, "policy.move", "{\"note\":\"x\"}", "role");
  assert_int_equal(done(k, &anna, "policy.move", "{\"from\":1,\"note\":\"新规更严\"}", "moved"), 2);
  refused(k, &anna, "policy.move", "{\"from\":1,\"note\":\"x\"}", "policy.moved_already");
  says(k, "a", "three");
  says(k, "c", "two");
  assert_int_equal(open_under(k, 1), 0);
  assert_int_equal(open_under(k, 3), 4);
  /* a later generation: those moved stay where they were moved to, until they are moved again */
  deploy(k, &anna, "4", "four", "");
  says(k, "b", "three");
  assert_int_equal(done(k, &anna, "policy.move", "{\"note\":\"全部\"}", "moved"), 4);
  for (const char *id = "abcd"; *id; id++)
    says(k, (char[]){*id, 0}, "four");
  int64_t head = fq_int(fq_kernel_db(k), 0, "SELECT max(seq) FROM journal", "");
  assert_int_equal(done(k, &anna, "policy.move", "{\"note\":\"再来\"}", "moved"), 0);
  assert_int_equal(head, fq_int(fq_kernel_db(k), 0, "SELECT max(seq) FROM journal", ""));
  /* deploying with what is open */
  fq_json *r = ask(k, &bert, "pack.deploy", pack_of("town", "5", "five", ",\"open\":\"move\""));
  if (!r) fail_msg("%s", why.en);
  assert_int_equal(fq_json_int(r, "moved", -1), 4);
  fq_json_free(r);
  says(k, "a", "five");
  assert_int_equal(open_under(k, 5), 5);
  r = ask(k, &audit, "pack.history", "{}");
  assert_int_equal(fq_json_int(row(r, 0), "moved", 0), 4);
  is(row(r, 1), "act", "moved");
  is(row(r, 1), "note", "全部");
  assert_int_equal(fq_json_int(row(r, 1), "moved", 0), 4);
  assert_int_equal(fq_json_int(row(r, 1), "generation", 0), 4);
  fq_json_free(r);
  /* pages of generations */
  r = ask(k, &audit, "policy.generations", "{\"limit\":2}");
  assert_int_equal(rows(r), 2);
  assert_int_equal(fq_json_int(row(r, 0), "generation", 0), 5);
  assert_int_equal(fq_json_int(r, "next", 0), 4);
  fq_json_free(r);
  r = ask(k, &audit, "policy.generations", "{\"limit\":2,\"after\":4}");
  assert_int_equal(fq_json_int(row(r, 0), "generation", 0), 3);
  assert_int_equal(fq_json_int(row(r, 0), "moved_to", 0), 4);
  fq_json_free(r);
  fq_kernel_close(k);
}

/* What a pack answers about a thing that changes. */
static void pack_says(fq_kernel *k, const char *id, const char *pack, const char *word) {
  char p[100], actor[FQ_ID_MAX];
  snprintf(p, sizeof p, "{\"id\":\"%s\"}", id);
  snprintf(actor, sizeof actor, "policy/%s", pack);
  done(k, NULL, "thing.change", p, "n");
  fq_stmt *q = fq_sql(fq_kernel_db(k),
                      "SELECT json_extract(data, '$.word') FROM journal WHERE subject = ? AND kind = "
                      "'thing.answered' AND actor = ? ORDER BY seq DESC LIMIT 1",
                      "ss", id, actor);
  assert_true(fq_row(q));
  assert_string_equal(fq_col_str(q, 0), word);
  fq_done(q);
}
static void two_say(fq_kernel *k, const char *id, const char *town_word, const char *other_word) {
  pack_says(k, id, "town", town_word);
  pack_says(k, id, "other", other_word);
}
static void deploy_other(fq_kernel *k, const char *version, const char *word) {
  done(k, &anna, "pack.deploy", pack_of("other", version, word, ""), "generation");
}

/* One pack goes back; the other stays what it is to each, old or young. */
static void goes_back_with_one_pack_only(void **state) {
  fq_kernel *k = county(NULL);
  deploy(k, &anna, "1", "one", "");
  deploy_other(k, "1", "uno");
  begin(k, "a"); /* 2 */
  deploy(k, &anna, "2", "two", "");
  begin(k, "b"); /* 3 */
  deploy_other(k, "2", "dos");
  begin(k, "c"); /* 4 */
  two_say(k, "b", "two", "uno");
  assert_int_equal(done(k, &anna, "policy.rollback", "{\"pack\":\"town\",\"to\":2}", "moved"), 2);
  two_say(k, "a", "one", "uno");
  two_say(k, "b", "one", "uno");
  two_say(k, "c", "one", "dos");
  fq_json *r = ask(k, &audit, "policy.generations", "{}");
  assert_int_equal(fq_json_int(row(r, 1), "moved_to", 0), 5); /* 4: nothing else differs */
  const fq_json *replaced = fq_json_first(fq_json_get(row(r, 2), "replaced"));
  assert_int_equal(fq_json_int(row(r, 2), "moved_to", 0), 0);
  is(replaced, "pack", "town");
  is(replaced, "version", "1");
  assert_int_equal(fq_json_int(replaced, "generation", 0), 5);
  fq_json_free(r);
  /* the decision names the copy that made it */
  r = ask(k, &audit, "policy.why", "{\"subject\":\"b\",\"limit\":200}");
  const fq_json *last = NULL;
  fq_json_each(w, fq_json_get(r, "rows")) if (!strcmp(fq_json_str(w, "policy"), "town")) last = w;
  assert_int_equal(fq_json_int(last, "generation", 0), 5);
  is(last, "pack_version", "1");
  assert_true(fq_json_bool(last, "identical", false));
  fq_json_free(r);
  /* ... and the other one, too: then nothing differs any more */
  done(k, &anna, "policy.rollback", "{\"pack\":\"other\",\"to\":2}", "moved"); /* 6 */
  two_say(k, "b", "one", "uno");
  two_say(k, "c", "one", "uno");
  assert_int_equal(open_under(k, 6), 2);
  /* what it went back to is itself gone back from */
  deploy(k, &anna, "3", "three", ""); /* 7 */
  begin(k, "d");
  deploy_other(k, "3", "tres");
  done(k, &anna, "policy.rollback", "{\"pack\":\"town\",\"to\":6}", "moved"); /* 9 */
  two_say(k, "d", "one", "uno");
  done(k, &anna, "policy.rollback", "{\"pack\":\"town\",\"to\":7}", "moved");
  two_say(k, "d", "three", "uno");
  /* moving takes all packs along */
  done(k, &anna, "policy.move", "{\"note\":\"都来\"}", "moved");
  for (const char *id = "abcd"; *id; id++)
    two_say(k, (char[]){*id, 0}, "three", "tres");
  fq_kernel_close(k);
}

/* -- scenarios that do not come true */

static int playing;
static void play(void *arg, fq_kernel *k, fq_json *candidate, fq_gate_done finish, void *to) {
  struct fq_error e = {0};
  static const char failed[] =
      "{\"played\":2,\"failed\":1,\"wrong\":[{\"file\":\"scenarios/1.lua\",\"line\":3,"
      "\"title\":\"夜间\",\"zh\":\"没有派单\",\"en\":\"nobody was sent\"}]}";
  static const char fine[] = "{\"played\":2,\"failed\":0,\"wrong\":[]}";
  const char *text = playing == 1 ? failed : fine;
  fq_json_free(candidate);
  if (playing == 2) /* somebody saves while the stories are played */
    done(k, &bert, "draft.save", "{\"pack\":\"town\",\"rev\":1,\"files\":{\"i18n/late.json\":null}}", "rev");
  finish(to, fq_json_parse(text, strlen(text), &e), &e);
}

static char *with_story(const char *version, const char *more) {
  static char text[1000];
  snprintf(text, sizeof text,
           "{\"pack\":\"town\",\"files\":{\"pack.lua\":\"name='town' version='%s' "
           "policies={}\",\"scenarios/1.lua\":\"-- a story\"}%s}",
           version, more);
  return text;
}

static void a_story_that_fails_keeps_a_pack_out(void **state) {
  char id[FQ_ID_MAX];
  fq_kernel *k = county(NULL);
  fq_policy_set_gate(k, play, NULL);
  playing = 1;
  refused(k, &anna, "pack.deploy", with_story("1", ""), "pack.scenarios");
  assert_string_equal(why.path, "scenarios/1.lua:3");
  assert_non_null(strstr(why.en, "夜间"));
  assert_non_null(strstr(why.zh, "没有派单"));
  refused(k, &anna, "pack.propose", with_story("1", ""), "pack.scenarios");
  refused(k, &anna, "pack.deploy", with_story("1", ",\"override\":\"急\""), "params");
  done(k, &anna, "pack.deploy", with_story("1", ",\"override\":\"今晚台风,明日补情景\""), "generation");
  fq_json *r = ask(k, &audit, "pack.history", "{}");
  const fq_json *o = fq_json_get(row(r, 0), "override");
  is(o, "reason", "今晚台风,明日补情景");
  assert_string_equal(fq_json_as_str(fq_json_first(fq_json_get(o, "failed"))), "夜间");
  assert_int_equal(fq_json_int(fq_json_get(row(r, 0), "tested"), "failed", 0), 1);
  fq_json_free(r);
  /* the proposal carries what was found to the one who approves */
  propose(k, &anna, with_story("2", ",\"override\":\"同上,仍有台风\""), id);
  r = ask(k, &audit, "pack.proposal", about(id, ""));
  is(fq_json_get(r, "override"), "reason", "同上,仍有台风");
  fq_json_free(r);
  done(k, &bert, "pack.approve", about(id, ""), "generation");
  r = ask(k, &audit, "pack.history", "{}");
  is(fq_json_get(row(r, 0), "override"), "reason", "同上,仍有台风");
  fq_json_free(r);
  /* nothing failed: there is nothing to override, and nothing is said of it */
  playing = 0;
  done(k, &anna, "pack.deploy", with_story("3", ",\"override\":\"以防万一吧\""), "generation");
  r = ask(k, &audit, "pack.history", "{}");
  assert_null(fq_json_get(row(r, 0), "override"));
  assert_int_equal(fq_json_int(fq_json_get(row(r, 0), "tested"), "played", 0), 2);
  fq_json_free(r);
  /* what was played is what is deployed */
  done(k, &anna, "draft.save", DRAFT("\"i18n/late.json\":\"{}\"", ""), "rev");
  playing = 2;
  assert_null(ask(k, &anna, "pack.deploy", "{\"pack\":\"town\",\"draft\":true}"));
  assert_string_equal(why.code, "pack.changed");
  /* what does not compile is said first, whatever its stories do, and nobody may override that */
  playing = 1;
  refused(
      k, &anna, "pack.deploy",
      "{\"pack\":\"town\",\"files\":{\"pack.lua\":\"name='town' version='4' policies={'policies/p.lua'}\","
      "\"policies/p.lua\":\"return policy {\",\"scenarios/1.lua\":\"\"},\"override\":\"无论如何也要\"}",
      "pack.invalid");
  fq_kernel_close(k);
}

/* -- differences */

static void shows_what_differs(void **state) {
  fq_kernel *k = county(NULL);
  deploy(k, &anna, "1", "one", "");
  refused(k, &anna, "pack.diff", "{\"pack\":\"town\"}", "draft.unknown");
  done(
      k, &anna, "draft.save",
      DRAFT(
          "\"policies/p.lua\":\"return policy { name = 'town', on = {\\n['thing.begun'] = function(e) return "
          "answer(e, 'uno') end,\\n['thing.ended'] = function(e) return answer(e, 'one') end } }\\n\","
          "\"i18n/zh.json\":\"{}\"",
          ""),
      "rev");
  fq_json *r = ask(k, &audit, "pack.diff", "{\"pack\":\"town\"}");
  if (!r) fail_msg("%s", why.en);
  is(fq_json_get(r, "from"), "label", "1");
  is(fq_json_get(r, "to"), "label", "draft");
  const fq_json *f = fq_json_first(fq_json_get(r, "files"));
  is(f, "path", "i18n/zh.json");
  is(f, "change", "added");
  f = fq_json_next(f);
  is(f, "change", "same");
  f = fq_json_next(f);
  is(f, "change", "changed");
  char *hunks = fq_json_print(fq_json_get(f, "hunks"));
  assert_string_equal(hunks,
                      "[{\"from\":1,\"to\":1,\"lines\":[[\"=\",\"return policy { name = 'town', on = {\"],"
                      "[\"-\",\"['thing.begun'] = function(e) return answer(e, 'one') end,\"],"
                      "[\"-\",\"['thing.changed'] = function(e) return answer(e, 'one') end } }\"],"
                      "[\"+\",\"['thing.begun'] = function(e) return answer(e, 'uno') end,\"],"
                      "[\"+\",\"['thing.ended'] = function(e) return answer(e, 'one') end } }\"]]}]");
  free(hunks);
  const fq_json *p = fq_json_first(fq_json_get(r, "policies"));
  char *text = fq_json_print(p);
  assert_string_equal(text, "{\"policy\":\"town\",\"path\":\"policies/p.lua\",\"change\":\"changed\",\"kinds_"
                            "added\":[\"thing.ended\"],\"kinds_removed\":[\"thing.changed\"]}");
  free(text);
  fq_json_free(r);
  /* a draft that does not compile is shown all the same */
  done(k, &anna, "draft.save", DRAFT("\"policies/p.lua\":\"return policy {\"", ",\"rev\":1"), "rev");
  r = ask(k, &audit, "pack.diff", "{\"pack\":\"town\",\"from\":1,\"draft\":true}");
  is(fq_json_first(fq_json_get(r, "policies")), "change", "broken");
  assert_int_equal(fq_json_int(fq_json_get(r, "to"), "findings", 0), 1);
  fq_json_free(r);
  deploy(k, &anna, "2", "two", "");
  r = ask(k, &audit, "pack.diff", "{\"pack\":\"town\",\"from\":1,\"to\":2}");
  is(fq_json_get(r, "to"), "version", "2");
  is(fq_json_first(fq_json_get(r, "policies")), "change", "changed");
  fq_json_free(r);
  r = ask(k, &audit, "pack.diff", "{\"pack\":\"fresh\",\"files\":{\"pack.lua\":\"name = 'fresh'\"}}");
  is(fq_json_first(fq_json_get(r, "files")), "change", "added");
  fq_json_free(r);
  refused(k, &audit, "pack.diff", "{\"pack\":\"town\",\"to\":1,\"draft\":true}", "params");
  refused(k, &audit, "pack.diff", "{\"pack\":\"town\",\"from\":8,\"to\":1}", "pack.unknown_generation");
  fq_kernel_close(k);
}

/* -- the tables again from the journal; and of a county older than they are */

static const char *const tables[] = {
    "SELECT json_group_array(json_array(n, at_ms, actor, act, generation, pack, version, digest, from_gen, "
    "detail)) FROM (SELECT * FROM policy_act ORDER BY n)",
    "SELECT json_group_array(json_array(origin, path, text)) FROM (SELECT * FROM policy_file ORDER BY "
    "origin, "
    "path)",
    "SELECT json_group_array(json_array(id, n, pack, version, digest, author, at_ms, note, open, force, "
    "base, "
    "draft, tested, override, state, settled_by, settled_ms, reason)) FROM (SELECT * FROM policy_proposal "
    "ORDER "
    "BY id)",
    "SELECT json_group_array(json_array(pack, rev, state, author, at_ms, from_gen, seen_gen)) FROM (SELECT * "
    "FROM draft ORDER BY pack)",
    "SELECT json_group_array(json_array(pack, path, text)) FROM (SELECT * FROM draft_file ORDER BY pack, "
    "path)",
    "SELECT json_group_array(json_array(gen, seq, at_ms, actor, moved_to)) FROM (SELECT * FROM "
    "policy_generation ORDER BY gen)",
    "SELECT json_group_array(json_array(gen, pack, as_of)) FROM (SELECT * FROM policy_pin ORDER BY gen, "
    "pack)",
    "SELECT json_group_array(json_array(pack, digest)) FROM (SELECT * FROM policy_withdrawn ORDER BY pack, "
    "digest)"};

static void rebuilds_the_same(void **state) {
  char dir[] = "/tmp/fq-deploy-XXXXXX", id[FQ_ID_MAX];
  assert_non_null(mkdtemp(dir));
  fq_kernel *k = county(dir);
  deploy(k, &anna, "1", "one", ",\"note\":\"一\"");
  begin(k, "a");
  done(k, &anna, "draft.save", DRAFT("\"policies/q.lua\":\"-- x\",\"policies/p.lua\":null", ""), "rev");
  deploy(k, &anna, "2", "two", "");
  propose(k, &anna, pack_of("town", "3", "three", ",\"open\":\"move\""), id);
  done(k, &bert, "pack.approve", about(id, ",\"note\":\"好\""), "generation");
  propose(k, &anna, pack_of("town", "4", "four", ""), id);
  done(k, &anna, "pack.withdraw", about(id, ""), "n");
  propose(k, &anna, pack_of("town", "5", "five", ""), id);
  done(k, &bert, "draft.save", "{\"pack\":\"other\",\"files\":{\"pack.lua\":\"--\"}}", "rev");
  done(k, &bert, "draft.discard", "{\"pack\":\"other\"}", "rev");
  deploy_other(k, "1", "uno");
  done(k, &anna, "policy.rollback", "{\"pack\":\"town\",\"to\":2}", "generation");
  begin(k, "b");
  deploy(k, &anna, "6", "six", "");
  done(k, &anna, "policy.move", "{\"note\":\"都来\"}", "moved");
  /* after a restart it is all there */
  fq_kernel_close(k);
  k = open_at(dir, NULL);
  says(k, "b", "six");
  struct fq_error e = {0};
  fq_kernel *fresh = open_at(dir, "again.db");
  char *path = fq_printf("%s/county.db", dir), *clean = fq_printf("rm -rf %s", dir);
  int64_t count;
  if (fq_kernel_rebuild(fresh, path, &count, &e)) fail_msg("%s", e.en);
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    fq_stmt *p = fq_sql(fq_kernel_db(k), tables[i], ""), *q = fq_sql(fq_kernel_db(fresh), tables[i], "");
    assert_true(fq_row(p) && fq_row(q));
    if (strlen(fq_col_str(p, 0)) < 3) fail_msg("table %zu is empty", i);
    assert_string_equal(fq_col_str(p, 0), fq_col_str(q, 0));
    fq_done(p);
    fq_done(q);
  }
  fq_kernel_close(fresh);
  fq_kernel_close(k);
  assert_int_equal(system(clean), 0);
  free(clean);
  free(path);
}

/* Its journal is all that an older county has of its deployments. */
static void takes_in_what_was_deployed_before(void **state) {
  char dir[] = "/tmp/fq-deploy-XXXXXX";
  assert_non_null(mkdtemp(dir));
  fq_kernel *k = county(dir);
  deploy(k, &anna, "1", "one", "");
  deploy(k, &anna, "2", "two", "");
  done(k, &anna, "policy.rollback", "{}", "generation");
  fq_json *before = ask(k, &audit, "pack.open", "{\"pack\":\"town\",\"generation\":2}");
  fq_kernel_close(k);
  char *sql = fq_printf("sqlite3 %s/county.db \"DROP TABLE policy_act; DROP TABLE policy_file; DROP TABLE "
                        "policy_proposal; DELETE FROM migration WHERE module = 'policy.life'\" 2>/dev/null",
                        dir);
  int code = system(sql);
  free(sql);
  char *clean = fq_printf("rm -rf %s", dir);
  if (!code) {
    k = open_at(dir, NULL);
    fq_json *now = ask(k, &audit, "pack.open", "{\"pack\":\"town\",\"generation\":2}");
    assert_true(fq_json_equal(before, now));
    fq_json_free(now);
    now = ask(k, &audit, "pack.history", "{}");
    assert_int_equal(rows(now), 3);
    is(row(now, 0), "act", "rolled_back");
    is(row(now, 0), "version", "1");
    assert_int_equal(fq_json_int(row(now, 0), "to_generation", 0), 1);
    is(row(now, 2), "actor", "anna");
    fq_json_free(now);
    fq_kernel_close(k);
  }
  fq_json_free(before);
  assert_int_equal(system(clean), 0);
  free(clean);
  if (code) skip(); /* no sqlite3 on this machine */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(remembers_what_was_in_force),
      TEST(tells_a_policys_text),
      TEST(goes_back_to_any_that_works),
      TEST(brings_back_the_whole_pack),
      TEST(moves_what_is_open),
      TEST(goes_back_with_one_pack_only),
      TEST(a_story_that_fails_keeps_a_pack_out),
      TEST(shows_what_differs),
      TEST(rebuilds_the_same),
      TEST(takes_in_what_was_deployed_before),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
