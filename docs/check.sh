#!/bin/sh
# Documentation that is true: the guides' blocks are run, the reference and the tables of states are what the server says, the
# man page is well formed and knows every command, the table of words has every view function. Against the server of this build directory.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
node=${NODE:-node}
command -v "$node" >/dev/null 2>&1 || { echo "node is not installed"; exit 77; }
export FENGQIAO="${FENGQIAO:-$PWD/fengqiao}" FENGQIAO_PLUGINS="${FENGQIAO_PLUGINS:-$PWD}"
export FENGQIAO_PACKS="${FENGQIAO_PACKS:-$top/scripts/packs}"
[ -x "$FENGQIAO" ] || { echo "no server at $FENGQIAO"; exit 77; }
status=0
wrong() { echo "$*"; status=1; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The reference. To renew it: see its first lines.
"$FENGQIAO" init --quiet --data "$tmp/data"
"$FENGQIAO" call --data "$tmp/data" rpc.discover >"$tmp/discover.json"
"$node" "$here/tools/reference.mjs" <"$tmp/discover.json" >"$tmp/reference.md"
if ! cmp -s "$tmp/reference.md" "$here/reference.md"; then
  diff "$here/reference.md" "$tmp/reference.md" | head -40 || true
  wrong "docs/reference.md: not what the server says; fengqiao call rpc.discover | node docs/tools/reference.mjs > docs/reference.md"
fi

# What may be written in a policy.
"$FENGQIAO" call --data "$tmp/data" policy.api >"$tmp/api.json"
"$node" "$here/tools/policy_api.mjs" <"$tmp/api.json" >"$tmp/policy-api.md"
cmp -s "$tmp/policy-api.md" "$here/policy-api.md" ||
  wrong "docs/policy-api.md: not what the server says; fengqiao call policy.api | node docs/tools/policy_api.mjs > docs/policy-api.md"

# The step tables, written and drawn.
"$FENGQIAO" call --data "$tmp/data" dispatch.states >"$tmp/states.json"
for as in md svg; do
  "$node" "$here/tools/states.mjs" $as <"$tmp/states.json" >"$tmp/states.$as"
  cmp -s "$tmp/states.$as" "$here/desk/states.$as" ||
    wrong "docs/desk/states.$as: not what the server says; fengqiao call dispatch.states | node docs/tools/states.mjs $as > docs/desk/states.$as"
done

# Blocks and links.
docs=
for f in README CONTRIBUTING CHANGELOG README.zh-CN; do docs="$docs $top/$f.md"; done
for f in architecture architecture.zh-CN policy-guide policy-guide.zh-CN plugin-guide plugin-guide.zh-CN policy-api protocol reference; do
  docs="$docs $here/$f.md"
done
for f in "$here"/conference/*.md "$here"/desk/*.md "$here"/workshop/*.md "$here"/pages/*.md; do
  [ -f "$f" ] && docs="$docs $f"
done
# shellcheck disable=SC2086
"$node" "$here/tools/doctest.mjs" $docs || status=1

# The same code in both languages.
blocks() { awk '/^```[a-z]+ [^ ]+$/ || /^```console$/ { on = 1 } on { print } /^```$/ { on = 0 }' "$1"; }
[ "$(blocks "$here/policy-guide.md")" = "$(blocks "$here/policy-guide.zh-CN.md")" ] ||
  wrong "the two policy guides show different code"

# What policies may ask.
for name in $(cat "$top"/plugins/*/part.c "$top"/plugins/*/*/part.c 2>/dev/null |
  sed -n '/fq_view_fn views/,/^ *{0}}/s/^ *{"\([a-z_]*\)", dp_view.*/\1/p'); do
  grep -q "^### .view\.$name(" "$here/policy-api.md" || wrong "policy-api.md does not know view.$name"
done

# Where to find what.
for file in "$top"/core/*/*.c; do
  grep -q "\b$(basename "$file")\b" "$here/architecture.md" || wrong "architecture.md does not mention $file"
done

# The man page.
for name in $("$FENGQIAO" --help | sed -n 's/^  \([a-z]*\)  *[^ ].* \/ .*/\1/p'); do
  grep -Eq "^\.(B|BI|BR) \"?$name\b" "$here/fengqiao.1" || wrong "fengqiao.1 does not know the command $name"
done
if command -v groff >/dev/null 2>&1 && groff -man -Tutf8 /dev/null >/dev/null 2>&1; then
  said=$(groff -man -ww -z -Tutf8 "$here/fengqiao.1" 2>&1 || true)
  [ -z "$said" ] || wrong "fengqiao.1: $said"
fi
exit $status
