#!/bin/sh
# Rebuilds dist/graphiql from graphiql/, byte for byte the same wherever it runs.
#
#   build.sh [DIRECTORY]    write somewhere else, so that the result can be compared
#
# The build happens in a scratch copy: two at once do not meet, and packages that lie about in the
# working tree cannot get into the bundle.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$here/dist/graphiql}
mkdir -p "$(dirname "$target")"
target=$(cd "$(dirname "$target")" && pwd)/$(basename "$target")

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
cd "$here/graphiql"
cp -R .npmrc package.json package-lock.json vite.config.js pack.mjs index.html public src "$scratch"

cd "$scratch"
# Old peer ranges of the explorer plugin would be told at length; what is installed is in the lock file.
npm ci --no-audit --no-fund --loglevel error
npm run --silent build
npm run --silent pack -- "$target"
