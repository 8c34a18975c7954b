#!/bin/sh
# Rebuilds dist/graphiql from graphiql/, byte for byte the same wherever it runs.
#
#   build.sh [DIRECTORY]    write somewhere else, so that the result can be compared
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$here/dist/graphiql}
mkdir -p "$(dirname "$target")"
target=$(cd "$(dirname "$target")" && pwd)/$(basename "$target")

cd "$here/graphiql"
npm ci --no-audit --no-fund
npm run --silent build
npm run --silent pack -- "$target"
