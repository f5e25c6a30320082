#!/usr/bin/env bash
# The host library's own tests, without Node: plain, with the portable wait, under AddressSanitizer with
# UndefinedBehaviorSanitizer, and under ThreadSanitizer. Arguments pick some of these: plain portable address thread.
set -euo pipefail
cd "$(dirname "$0")/.."

run() {
  local name=$1
  shift
  local dir=build/native-$name
  printf '\n== %s\n' "$name"
  cmake -S . -B "$dir" "$@" >/dev/null
  cmake --build "$dir" --parallel "$(nproc)" >/dev/null
  ctest --test-dir "$dir" --output-on-failure --timeout 120
}

[ $# -gt 0 ] || set -- plain portable address thread
for variant in "$@"; do
  case $variant in
    plain) run plain ;;
    portable) run portable -DRUMPUSER_PORTABLE_WAIT=ON ;;
    address) run address -DRUMPUSER_SANITIZE=address ;;
    thread) run thread -DRUMPUSER_SANITIZE=thread ;;
    *) echo "usage: $0 [plain|portable|address|thread]..." >&2; exit 64 ;;
  esac
done
