#!/bin/sh
# The layers of the house, held by a check: which file may include what.
#   core/   base <- loop <- store <- kernel <- policy <- workshop <- plugin <- main: a directory includes itself and those above it
#   plugins/<name>/   fengqiao.h and its own folder
#   a third-party header has one home
# usage: layers.sh [ROOT]; without ROOT it first proves on a made-up tree that it finds violations.
set -eu

# Prints file:line: message for each violation under $1.
check() (
  cd "$1"
  find core plugins tools -name '*.[ch]' 2>/dev/null | sort | while read -r file; do
    awk -v file="$file" '
      function rank(dir) { return index(" base loop store kernel policy workshop plugin main ", " " dir " ") }
      function bad(why) { printf "%s:%d: %s\n", file, FNR, why }
      # home: where a third-party header may be included, as a regular expression; "" for no third party
      function home(h) {
        if (h ~ /^(cjson\/)?cJSON\.h$/) return "^core/base/json(_pool|_print)?\\.c$"
        if (h ~ /^sqlite3(ext)?\.h$/) return "^core/store/"
        if (h ~ /^(event2\/|event\.h$|evutil\.h$)/) return "^core/(loop/|main/control\\.c$)"
        if (h ~ /^(lua5\.4\/)?(lua|lauxlib|lualib|luaconf)\.h$/) return "^core/policy/"
        if (h ~ /^(libwebsockets|lws_config)\.h$/ || h ~ /^libwebsockets\// || h ~ /^uv\.h$/)
          return "^(plugins/(terminal/|conference/janus/socket\\.c$)|tools/load/)"
        if (h ~ /^openssl\//) return "^core/base/"
        if (h ~ /^cmocka\.h$/) return "^tests/"
        return ""
      }
      !/^[ \t]*#[ \t]*include[ \t]*[<"]/ { next }
      {
        quoted = $0 ~ /include[ \t]*"/
        h = $0; sub(/^[^<"]*[<"]/, "", h); sub(/[>"].*$/, "", h)
        split(file, part, "/")
        if (home(h) != "" && file !~ home(h)) bad("<" h "> is at home elsewhere: " home(h))
        if (!quoted || h == "fengqiao.h" || h == "config.h") next
        if (h ~ /(^|\/)\.\.\//) { bad("\"" h "\": no way up out of a folder"); next }
        if (part[1] == "core") {
          if (split(h, to, "/") < 2 || part[2] == "include") next # a file beside it
          if (!rank(to[1])) bad("\"" h "\": " to[1] " is no layer of core")
          else if (rank(to[1]) > rank(part[2])) bad("\"" h "\": core/" part[2] " is below " to[1])
        } else if (part[1] == "plugins") {
          if (index(h, part[1] "/" part[2] "/") == 1) next # generated into its own folder
          own = part[1] "/" part[2] "/" h
          dir = file; sub(/[^\/]*$/, "", dir)
          if ((getline line < own) < 0 && (getline line < (dir h)) < 0)
            bad("\"" h "\": a plugin includes fengqiao.h and its own folder alone")
          close(own); close(dir h)
        }
      }' "$file"
  done
)

if [ $# -eq 0 ]; then
  tmp=$(mktemp -d)
  trap 'rm -rf "$tmp"' EXIT
  mkdir -p "$tmp/core/base" "$tmp/core/store" "$tmp/core/main" "$tmp/plugins/one" "$tmp/plugins/two"
  : >"$tmp/plugins/one/one.h"
  printf '#include "store/db.h"\n#include <cjson/cJSON.h>\n#include <stdio.h>\n' >"$tmp/core/base/a.c"
  printf '#include "base/json.h"\n#include <sqlite3.h>\n#include "db.h"\n#include "attic/x.h"\n' >"$tmp/core/store/b.c"
  printf '#include "kernel/kernel.h"\n#include <event2/event.h>\n' >"$tmp/core/main/control.c"
  printf '#include <fengqiao.h>\n#include "one.h"\n#include "base/json.h"\n' >"$tmp/plugins/one/c.c"
  printf '/* x */\n#include "../one/one.h"\n# include <lua.h>\n#include "one.h"\n#include "plugins/two/made.inc"\n' >"$tmp/plugins/two/d.c"
  found=$(check "$tmp" | cut -d: -f1,2 | tr '\n' ' ')
  expected='core/base/a.c:1 core/base/a.c:2 core/store/b.c:4 plugins/one/c.c:3 plugins/two/d.c:2 plugins/two/d.c:3 plugins/two/d.c:4 '
  if [ "$found" != "$expected" ]; then
    echo "the check itself is wrong:"
    echo "  expected $expected"
    echo "  found    $found"
    exit 1
  fi
fi

violations=$(check "${1:-${srcdir:-.}}")
[ -z "$violations" ] && exit 0
echo "$violations"
exit 1
