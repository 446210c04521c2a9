#!/bin/sh
# One fault test under node, against the programs of this build directory: fault.sh NAME.test.mjs
set -eu
here=$(cd "$(dirname "$0")" && pwd)
node=${NODE:-node}
command -v "$node" >/dev/null 2>&1 || { echo "node is not installed"; exit 77; }
export FENGQIAO="${FENGQIAO:-$PWD/fengqiao}" FENGQIAO_PLUGINS="${FENGQIAO_PLUGINS:-$PWD}"
export FENGQIAO_LOAD="${FENGQIAO_LOAD:-$PWD/tools/load/fengqiao-load}"
export FENGQIAO_PACKS="${FENGQIAO_PACKS:-$(cd "$here/../../scripts/packs" && pwd)}"
export FENGQIAO_FAIL_IO="${FENGQIAO_FAIL_IO:-$PWD/tests/fault/.libs/fail_io.so}"
exec "$node" --test "$here/$1"
