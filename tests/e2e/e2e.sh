#!/bin/sh
# Browser tests against the server and the pages of this build directory; skipped (77) where there is no
# browser, no pages or no server.
here=$(cd "$(dirname "$0")" && pwd)
node=${NODE:-node}
export CHROMIUM="${CHROMIUM:-/usr/bin/chromium}"
export FQ_WEB_DIR="${FQ_WEB_DIR:-$PWD/build-web}"
export FQ_PAGES="${FQ_PAGES:-$FQ_WEB_DIR/dist}"
export FQ_SERVER_BIN="${FQ_SERVER_BIN:-$PWD/fengqiao}"
export FENGQIAO_PLUGINS="${FENGQIAO_PLUGINS:-$PWD}"
export FENGQIAO_PACKS="${FENGQIAO_PACKS:-$(cd "$here/../../scripts/packs" && pwd)}"
command -v "$node" >/dev/null 2>&1 || { echo "node is not installed"; exit 77; }
[ -x "$CHROMIUM" ] || { echo "no Chromium at $CHROMIUM"; exit 77; }
[ -d "$FQ_WEB_DIR/node_modules/playwright-core" ] || { echo "no pages were built ($FQ_WEB_DIR)"; exit 77; }
[ -x "$FQ_SERVER_BIN" ] || [ "$FQ_E2E_FAKE" = 1 ] || { echo "no server at $FQ_SERVER_BIN"; exit 77; }
# Two files at a time: each waits more than it works.
two=
"$node" --help | grep -q -e --test-concurrency && two=--test-concurrency=2
# shellcheck disable=SC2086
exec "$node" --test $two "$here"/*.test.mjs
