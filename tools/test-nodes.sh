#!/usr/bin/env bash
# Runs the test suite, as it was built, on other Nodes: test-nodes.sh [MAJOR...], default 22 24 26. npm carries Node
# binaries as packages; they are fetched into a temporary folder, because each is larger than all else together.
set -euo pipefail
cd "$(dirname "$0")/.."

majors=("$@")
if [ ${#majors[@]} -eq 0 ]; then
  majors=(22 24 26)
fi
package="node-$(node -p 'process.platform + "-" + process.arch')"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

binaries=()
for major in "${majors[@]}"; do
  npm install --silent --no-save --prefix "$folder/$major" "$package@$major"
  binaries+=("$folder/$major/node_modules/$package/bin/node")
done

# RUMP_TEST_FILES: a pattern of those that are to be run, where not all are.
files=()
if [ -n "${RUMP_TEST_FILES:-}" ]; then
  files=("$RUMP_TEST_FILES")
fi
failed=()
for node in "${binaries[@]}"; do
  version=$("$node" --version)
  echo "== $version"
  # Child processes of the tests find the same Node first.
  PATH="$(dirname "$node"):$PATH" "$node" node_modules/ava/entrypoints/cli.mjs "${files[@]}" || failed+=("$version")
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "test-nodes: failed on ${failed[*]}" >&2
  exit 1
fi
