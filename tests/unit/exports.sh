#!/bin/sh
# Every function fengqiao.h promises to plugins is exported by the executable; nothing that is missing there
# can be found out later than here.
set -eu
header=${srcdir:-.}/core/include/fengqiao.h
program=${FENGQIAO:-./fengqiao}
if [ -x "$(dirname "$program")/.libs/$(basename "$program")" ]; then
  program=$(dirname "$program")/.libs/$(basename "$program") # libtool keeps the real one there
fi
if [ ! -x "$program" ]; then
  echo "no executable at $program"
  exit 77
fi
promised=$(sed -n 's/^FQ_API .*[ *]\(fq_[a-z0-9_]*\)(.*/\1/p' "$header" | sort -u)
count=$(echo "$promised" | wc -l)
if [ "$count" -lt 50 ] || [ "$count" -ne "$(grep -c '^FQ_API' "$header")" ]; then
  echo "fengqiao.h is no longer read right: $count names for $(grep -c '^FQ_API' "$header") declarations"
  exit 1
fi
exported=$(nm -D --defined-only "$program" | sed 's/.* //; s/@.*//' | sort -u)
missing=$(echo "$promised" | while read -r name; do
  echo "$exported" | grep -qx "$name" || echo "  $name"
done)
[ -z "$missing" ] && exit 0
echo "declared FQ_API in fengqiao.h, not exported by $program:"
echo "$missing"
exit 1
