#!/bin/sh
# Install what is missing and run lint, types, layers and tests, without a screen. Arguments go to pytest.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/python.sh"
exec "$PYTHON" "$here/prepare.py" test "$@"
