#!/bin/sh
# Usage: first_store.sh CMAKE BUILD EXAMPLE WORK
#
# Installs the build under WORK/prefix, builds EXAMPLE against that copy and nothing else, tests it and runs it there.
set -eu
cmake=$1 build=$2 example=$3 work=$4
umask 022  # the host loads no plugin that others may write
rm -rf "$work"
mkdir -p "$work"
log=$work/log
prefix=$work/prefix

fail() {
  echo "$1" >&2
  cat "$log" >&2
  exit 1
}

"$cmake" --install "$build" --prefix "$prefix" >"$log" 2>&1 || fail "the build does not install"
# The strip of binutils, which keeps notes: LLVM's does not.
"$cmake" -S "$example" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_STRIP="$(command -v strip)" >"$log" 2>&1 || fail "the example does not configure against an installed copy"
"$cmake" --build "$work/build" --parallel 2 >"$log" 2>&1 || fail "the example does not build against an installed copy"
"$cmake" --install "$work/build" --prefix "$prefix" --strip >"$log" 2>&1 || fail "the example does not install"

cd "$work"  # nothing is found by the working directory
tomada=$prefix/bin/tomada
"$tomada" plugins >"$log" 2>&1 || fail "tomada plugins fails"
grep -q '^first_store  *store  *0\.1\.0' "$log" || fail "tomada plugins does not list first_store"
"$tomada" describe first_store >"$log" 2>&1 || fail "tomada describe fails"
grep -q max_records "$log" || fail "tomada describe does not know the plugin's config"
"$tomada" describe first_store >"$work/described"
"$tomada" inspect "$prefix/lib/tomada/plugins/libfirst_store.so" >"$log" 2>&1 || fail "tomada inspect fails"
head -n "$(wc -l <"$work/described")" "$log" | cmp -s - "$work/described" || fail "tomada inspect does not know what describe tells"
"$prefix/bin/tomada-conformance" first_store --set max_records=10000 >"$log" 2>&1 ||
  fail "the example does not keep the promises of a store"
"$tomada" validate --config "$example/first_store.yaml" >"$log" 2>&1 || fail "the example's profile is not valid"

"$tomada" run --config "$example/first_store.yaml" >"$log" 2>&1 &
host=$!
trap 'kill -KILL $host 2>/dev/null || true' EXIT
tries=0
until grep -q 'host: ready' "$log"; do
  kill -0 $host 2>/dev/null || fail "the host ended before it was ready"
  tries=$((tries + 1))
  [ $tries -lt 600 ] || fail "the host is not ready after a minute"
  sleep 0.1
done
kill -TERM $host
wait $host || fail "the host did not stop well"
grep -q 'host: stopped' "$log" || fail "the host did not say that it stopped"
trap - EXIT
