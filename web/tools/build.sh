#!/bin/sh
# Builds the pages: build.sh SRC OUT. Works on a copy in OUT, so that SRC may be read-only; does nothing when
# nothing has changed. OUT/dist is what a server serves.
set -eu
node=${NODE:-node} npm=${NPM:-npm}

list() {
  (cd "$src" && find . -type f ! -path './node_modules/*' ! -path './dist/*' ! -name '*~' ! -name '*.orig' ! -name '*.am' \
    ! -name '*.rej' | LC_ALL=C sort)
}
if [ "$1" = --list ]; then # build.sh --list SRC: the files that belong to the pages, for `make dist`
  src=$2
  list
  exit 0
fi

mkdir -p "$2"
src=$(cd "$1" && pwd) out=$(cd "$2" && pwd)
packages=$("$node" --version; cksum <"$src/package-lock.json")
if [ ! -d "$out/node_modules" ] || [ "$packages" != "$(cat "$out/packages.stamp" 2>/dev/null)" ]; then
  rm -f "$out/packages.stamp"
  for f in package.json package-lock.json .npmrc; do rm -f "$out/$f" && cat "$src/$f" >"$out/$f"; done
  (cd "$out" && "$npm" ci --prefer-offline --loglevel=error) || {
    echo "The packages of the pages could not be fetched; ./configure --disable-web builds without pages." >&2
    exit 1
  }
  echo "$packages" >"$out/packages.stamp"
fi

sources=$(cd "$src" && list | tr '\n' '\0' | xargs -0 cksum && cat "$out/packages.stamp")
[ "$sources" != "$(cat "$out/sources.stamp" 2>/dev/null)" ] || exit 0

rm -f "$out/sources.stamp"
for d in "$src"/*/; do # leftovers of files that are gone
  d=$(basename "$d")
  case $d in node_modules | dist) ;; *) rm -rf "${out:?}/$d" ;; esac
done
list | while read -r f; do
  mkdir -p "$out/$(dirname "$f")"
  rm -f "$out/$f"
  cat "$src/$f" >"$out/$f"
done
cd "$out"
export FQ_WEB_OUT=dist
"$node" tools/pages.mjs
"$node" tools/budget.mjs dist
find dist -type f \( -name '*.js' -o -name '*.css' -o -name '*.html' -o -name '*.svg' -o -name '*.json' -o -name '*.webmanifest' \) -exec gzip -9nkf {} +
echo "$sources" >sources.stamp
