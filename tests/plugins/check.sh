#!/bin/sh
# `fengqiao check` refuses each bad plugin with its file and the reason, in both languages, and exits with 1; all
# that is wrong is told in one run.
set -eu
program=$(pwd)/fengqiao
[ -x "$program" ] || exit 77
modules=$(pwd)/tests/plugins
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0

# check PLUGINS TEXT...: the output of a check with these plugins holds each of the texts
check() {
  printf 'server = { plugins = "%s" }\n' "$1" >"$tmp/fengqiao.lua"
  code=0
  "$program" check --data "$tmp" --plugins "$modules" >"$tmp/out" 2>&1 || code=$?
  if [ "$code" -ne 1 ]; then
    echo "check of $1: exit code $code, expected 1"
    cat "$tmp/out"
    status=1
  fi
  shift
  for text in "$@"; do
    grep -qF -- "$text" "$tmp/out" && continue
    echo "missing: $text, in:"
    cat "$tmp/out"
    status=1
  done
}

check abi_major 'abi_major.so' '主版本不同' 'the major differs'
check abi_minor 'abi_minor.so' '请升级服务器' 'upgrade the server'
check no_symbol 'no_symbol.so' '没有导出符号 fq_plugin' 'exports no symbol fq_plugin'
check undefined 'undefined.so' 'fq_no_such_function'
check kind_no_apply 'kind_no_apply.so' '没有 apply' 'has no apply'
check two_handlers 'two_handlers.so' '2 个处理函数' '2 handlers'
check same_name '自称 good' 'calls itself good'
check 'good no_handler goood' 'no_handler.so' 'has no handler' 'did you mean good?' 'fengqiao.lua:1: server.plugins:'
check 'good good' '重复' 'duplicate plugin name good'

# and the good ones are taken
printf 'server = { plugins = "good smaller" }\n' >"$tmp/fengqiao.lua"
if ! "$program" check --data "$tmp" --plugins "$modules" >"$tmp/out" 2>&1; then
  echo "the good ones are refused:"
  cat "$tmp/out"
  status=1
fi
exit $status
