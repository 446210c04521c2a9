#!/bin/sh
exec "$(dirname "$0")/fault.sh" backup.test.mjs
