#!/bin/sh
# The tests over the real socket, against the server of this build directory. They run from a copy, so that the
# source tree may be read-only and holds no node_modules.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
node=${NODE:-node} npm=${NPM:-npm}
command -v "$node" >/dev/null 2>&1 || { echo "node is not installed"; exit 77; }
export FENGQIAO="${FENGQIAO:-$PWD/fengqiao}" FENGQIAO_PLUGINS="${FENGQIAO_PLUGINS:-$PWD}"
export FENGQIAO_PACKS="${FENGQIAO_PACKS:-$(cd "$here/../../scripts/packs" && pwd)}"
copy=$PWD/build-integration
mkdir -p "$copy"
rm -rf "$copy"/*.mjs "$copy/acts"
cp -R "$here"/../shapes.mjs "$here"/../totp.mjs "$here"/../tools/*.mjs "$here"/*.mjs "$here/acts" "$here"/*.table.txt "$here"/package.json "$here"/package-lock.json "$copy"
chmod -R u+w "$copy"
cd "$copy"
if ! cmp -s package-lock.json node_modules/.stamp; then
  "$npm" ci --no-audit --no-fund --silent || exit 1
  cp package-lock.json node_modules/.stamp
fi
# shellcheck disable=SC2046
exec "$node" --test $(ls ./*.test.mjs)
