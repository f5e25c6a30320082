#!/usr/bin/env bash
# The host library's own tests, without Node: plain, with the portable wait, under AddressSanitizer with
# UndefinedBehaviorSanitizer, and under ThreadSanitizer; and the C client library, as it is installed. Arguments pick
# some of these: plain portable address thread client.
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

# Built, installed, and found by pkg-config; test/sysproxy/client_library.test.ts runs what it can do.
client() {
  local prefix
  prefix=$(mktemp -d)
  printf '\n== client\n'
  [ -f dist/client/rump_syscalls.c ] || npm run --silent build:ts
  cmake -S native/client -B build/native-client -DCMAKE_INSTALL_LIBDIR=lib >/dev/null
  cmake --build build/native-client --parallel "$(nproc)" >/dev/null
  cmake --install build/native-client --prefix "$prefix" >/dev/null
  local flags="-I$prefix/include -L$prefix/lib -lrumpclient"
  if command -v pkg-config >/dev/null; then
    flags=$(PKG_CONFIG_PATH="$prefix/lib/pkgconfig" pkg-config --cflags --libs rumpclient)
  fi
  # shellcheck disable=SC2086
  cc -std=c99 -Wall -Wextra -pedantic -Werror examples/client.c $flags -o "$prefix/shared"
  cc -Wall -Wextra -Werror examples/client.c -I"$prefix/include" "$prefix/lib/librumpclient.a" -pthread \
    -o "$prefix/static"
  bash tools/client-example.sh "$prefix/shared" "$prefix/lib"
  bash tools/client-example.sh "$prefix/static" ''
  rm -rf "$prefix"
}

[ $# -gt 0 ] || set -- plain portable address thread client
for variant in "$@"; do
  case $variant in
    plain) run plain ;;
    portable) run portable -DRUMPUSER_PORTABLE_WAIT=ON ;;
    address) run address -DRUMPUSER_SANITIZE=address ;;
    thread) run thread -DRUMPUSER_SANITIZE=thread ;;
    client) client ;;
    *) echo "usage: $0 [plain|portable|address|thread|client]..." >&2; exit 64 ;;
  esac
done
