#!/bin/sh
# Every code block of the plugin guide that names a file ("```c plugins/skel/skel.c") occurs in that file as it
# stands, and both languages show the same blocks.
set -eu
cd "${srcdir:-.}"

# Prints guide:line for each block that is not found in its file; counts blocks on the last line.
check() {
  awk -v guide="$1" '
    function load(name,   line, text) {
      if (name in files) return
      text = "\n"
      while ((getline line < name) > 0) text = text line "\n"
      close(name)
      files[name] = text
    }
    /^```[a-z]+ [^ ]+$/ { name = $2; from = FNR; block = "\n"; load(name); next }
    /^```/ && name != "" {
      count++
      if (block == "\n" || !index(files[name], block)) printf "%s:%d: not in %s\n", guide, from, name
      name = ""; next
    }
    name != "" { block = block $0 "\n" }
    END { print "blocks " count + 0 }' "$1"
}

blocks() {
  awk '/^```[a-z]+ [^ ]+$/ { on = 1 } on { print } /^```$/ { on = 0 }' "$1"
}

status=0
for guide in docs/plugin-guide.md docs/plugin-guide.zh-CN.md; do
  found=$(check "$guide")
  bad=$(echo "$found" | grep -v '^blocks' || true)
  if [ -n "$bad" ]; then
    echo "$bad"
    status=1
  fi
  if [ "$(echo "$found" | sed -n 's/^blocks //p')" -lt 10 ]; then
    echo "$guide: hardly any code block names its file"
    status=1
  fi
done
if [ "$(blocks docs/plugin-guide.md)" != "$(blocks docs/plugin-guide.zh-CN.md)" ]; then
  echo "the two guides show different code"
  status=1
fi
exit $status
