#!/usr/bin/env bash
# Runs a client program in a server of its own: client-example.sh PROGRAM LIBRARY_PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
node dist/bundle/rump.js server -d --uid 0 --gid 0 --pid-file "$folder/pid" --log-file "$folder/log" \
  "unix://$folder/socket" >/dev/null
trap 'kill "$(cat "$folder/pid")"; rm -rf "$folder"' EXIT
RUMP_SERVER="unix://$folder/socket" LD_LIBRARY_PATH=$2 "$1"
