#!/bin/sh
# Runs the checks of the Dongkou pack under node; without node they are reported as skipped (77).
node=${NODE:-node}
command -v "$node" >/dev/null 2>&1 || { echo "node is not installed"; exit 77; }
exec "$node" --test "$(dirname "$0")/county.test.mjs"
