#!/bin/sh
# Types and unit tests of the pages, in the build directory's copy (build-web, made by build.sh).
set -eu
node=${NODE:-node}
cd build-web
"$node" node_modules/vue-tsc/bin/vue-tsc.js --noEmit
exec "$node" node_modules/vitest/vitest.mjs run
