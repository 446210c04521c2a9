/*
 * choose.c - what carries a conference, and why, in words for those who sit in it. A call stays where it is
 * as long as it can: people who leave make no reason to move. Kernel thread.
 */
#include <stdio.h>
#include <string.h>

#include "media/media.h"

#define MESH_CANNOT "mute floor record camera monitor"
#define WITH_PHONE  3 /* pages that send their picture thrice are too much for a phone's line */

/* What the pages cannot do for one another. False: nothing of it is asked. */
static bool needs(struct cf_self *s, const struct md_facts *f, char zh[200], char en[200]) {
  bool hidden = false, phone = false;
  int64_t people = 0;
  for (size_t k = 0; k < f->count; k++) {
    hidden |= f->members[k].hidden;
    phone |= f->members[k].phone;
    people += !f->members[k].hidden;
  }
  const char *z = NULL, *e = NULL;
  if (f->expected > s->mesh_most)
    z = "人数超过直连的上限", e = "more people than a direct call carries";
  else if (phone && people > WITH_PHONE)
    z = "有手机参加且超过三人", e = "a phone is in it, with more than three people";
  else if (f->recording)
    z = "要录制", e = "it is recorded";
  else if (f->silenced)
    z = "要强制静音", e = "somebody is muted by the chair";
  else if (f->floor)
    z = "有人在用对讲", e = "somebody has asked for the floor";
  else if (hidden)
    z = "需要经媒体服务器传送", e = "it needs the media server"; /* everybody reads this: not why */
  if (!z) return false;
  snprintf(zh, 200, "%s", z);
  snprintf(en, 200, "%s", e);
  return true;
}

static struct md_choice mesh(struct cf_self *s, bool may_move, const char *zh, const char *en) {
  struct md_choice c = {.backend = s->media->mesh, .cap = may_move ? 0 : s->mesh_most};
  c.cannot = may_move ? "" : MESH_CANNOT;
  snprintf(c.zh, sizeof c.zh, "%s", zh);
  snprintf(c.en, sizeof c.en, "%s", en);
  return c;
}

static struct md_choice janus(struct cf_self *s, const char *zh, const char *en) {
  struct md_choice c = {.backend = s->media->janus, .cannot = ""};
  snprintf(c.zh, sizeof c.zh, "%s", zh);
  snprintf(c.en, sizeof c.en, "%s", en);
  return c;
}

struct md_choice md_choose(struct cf_self *s, const struct md_facts *f, const struct cf_backend *now,
                           bool fell) {
  char zh[200] = "没有媒体服务器", en[200] = "there is no media server", why_zh[200], why_en[200];
  const struct cf_backend *far = s->media->janus;
  if (!strcmp(s->backend, "mesh"))
    return mesh(s, false, "按设置,画面在各终端之间直接传送", "as configured: from page to page");
  bool there = far->ready(s, zh, en), only = !strcmp(s->backend, "janus");
  if (!now && !strcmp(f->backend, far->name)) now = far; /* the server was started anew */
  bool was = now == far, needed = needs(s, f, why_zh, why_en);
  if (!there && was && s->media->grace) /* it may be back in a moment, and it remakes its rooms itself */
    return janus(s, "媒体服务器正在恢复", "the media server is coming back");
  if (there && only) return janus(s, "按设置,经媒体服务器", "as configured: through the media server");
  if (there && needed) return janus(s, why_zh, why_en);
  fell |= f->degraded;
  if (there && (was || fell)) return janus(s, "已在媒体服务器上", "it is on the media server already");
  if (there) return mesh(s, true, "人少，各终端之间直接传送", "few people: from page to page");
  struct md_choice c = mesh(s, false, zh, en);
  c.degraded = only || was || fell;
  return c;
}
