#!/bin/sh
# A real coturn, configured as docs/conference/install.md says, takes the credentials that pages are given, refuses
# forged and expired ones, and relays to no address inside the house.
set -eu
program=$(pwd)/tests/unit/test_conference_turn
guide=${srcdir:-.}/docs/conference/install.md
[ -x "$program" ] || { echo "no $program"; exit 77; }
for tool in turnserver turnutils_uclient; do
  command -v $tool >/dev/null 2>&1 || { echo "SKIPPED: $tool is not installed (apt-get install coturn)"; exit 77; }
done
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$tmp"' EXIT
secret=a-secret-of-this-test
port=$((30000 + $$ % 20000))

# start WITHOUT: the guide's configuration, once, on the loopback, lines that match WITHOUT left out
start() {
  # shellcheck disable=SC2016
  { sed -n '/^```coturn$/,/^```$/p' "$guide" | awk '/^```coturn$/ { n++; next } n == 1' | sed '/^```$/d' |
      sed "s|^static-auth-secret=.*|static-auth-secret=$secret|" | grep -Ev "^(external-ip|listening-|relay-ip|cert|pkey|min-port|max-port)|$1"
    printf '%s\n' "listening-ip=127.0.0.1" "listening-port=$port" "relay-ip=127.0.0.1" "no-tls" "no-dtls" \
      "min-port=$((port + 1))" "max-port=$((port + 99))" "pidfile=$tmp/pid" "userdb=$tmp/db" "log-file=stdout" simple-log verbose
  } >"$tmp/turnserver.conf"
  # shellcheck disable=SC2086
  turnserver -c "$tmp/turnserver.conf" $2 >"$tmp/log" 2>&1 &
  server=$!
  tries=0
  until grep -q "IPv4. UDP listener opened" "$tmp/log"; do
    tries=$((tries + 1))
    if [ $tries -gt 200 ] || ! kill -0 "$server" 2>/dev/null; then
      cat "$tmp/log"
      exit 1
    fi
    sleep 0.05
  done
}
stop() {
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=
}
wrong() {
  echo "$*"
  tail -20 "$tmp/out"
  exit 1
}
# try USERNAME CREDENTIAL OPTIONS...
try() {
  user=$1 word=$2
  shift 2
  timeout 60 turnutils_uclient -v -c -n 1 -m 1 -l 100 -u "$user" -w "$word" -p "$port" "$@" 127.0.0.1 >"$tmp/out" 2>&1
}
now=$(date +%s)
"$program" $secret turn:127.0.0.1 v12 zhang "${now}000" >"$tmp/good"
"$program" $secret turn:127.0.0.1 v12 zhang "$((now - 50000))000" >"$tmp/expired"
"$program" another-secret turn:127.0.0.1 v12 zhang "${now}000" >"$tmp/forged"

start nothing-at-all ""
for which in forged expired; do
  # shellcheck disable=SC2046
  if try $(cat "$tmp/$which") -y; then wrong "$which credentials were taken"; fi
  grep -q "allocate response received: success" "$tmp/out" && wrong "$which credentials got a relay"
  grep -q "Cannot complete Allocation" "$tmp/out" || wrong "$which credentials: not the answer expected"
done
for peer in 127.0.0.1 10.1.2.3 172.16.0.9 192.168.7.7 169.254.169.254; do
  # shellcheck disable=SC2046
  try $(cat "$tmp/good") -e "$peer" || true
  grep -q "success" "$tmp/out" || wrong "the credentials got no relay"
  grep -Eqi "403|forbidden" "$tmp/out" || wrong "a relay to $peer was not refused"
done
stop

# The same server, were it allowed to reach itself: what one sends arrives at the other.
start '^denied-peer-ip=(0\.|127\.)' --allow-loopback-peers
# shellcheck disable=SC2046
try $(cat "$tmp/good") -y || wrong "no data went through the relay"
grep -q "Total lost packets 0" "$tmp/out" || wrong "packets were lost on the loopback"
stop
