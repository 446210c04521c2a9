#!/bin/sh
exec "$(dirname "$0")/fault.sh" kill9.test.mjs
