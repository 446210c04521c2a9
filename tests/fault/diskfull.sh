#!/bin/sh
exec "$(dirname "$0")/fault.sh" diskfull.test.mjs
