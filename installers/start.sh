#!/bin/sh
# Install what is missing and open the viewer, on the bundled sample disc unless paths are given.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/python.sh"
exec "$PYTHON" "$here/prepare.py" start "$@"
