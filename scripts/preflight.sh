#!/bin/sh
# What must be there before any Go program can check the rest: git, a C compiler, and a Go at least
# as new as go.mod asks for. Everything else is checked by `test-network preflight`.
set -eu
cd "$(dirname "$0")/.."

missing() {
	echo "preflight: $1" >&2
	exit 1
}

command -v git >/dev/null || missing "git is missing: apt-get install git"
command -v "${CC:-cc}" >/dev/null || missing "the C compiler ${CC:-cc} is missing: apt-get install build-essential, and leave CC unset"
command -v go >/dev/null || missing "Go is missing: install it from go.dev/dl and put its bin folder on the PATH"

wanted=$(sed -n 's/^go //p' go.mod)
found=$(cd / && go env GOVERSION | sed 's/^go//; s/[^0-9.].*//')
oldest=$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)
if [ "$oldest" != "$wanted" ]; then
	missing "Go $found is too old, $wanted or newer is needed: install it from go.dev/dl"
fi
echo "preflight: git, $("${CC:-cc}" --version | head -n 1), Go $found"
