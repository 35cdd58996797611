# Sourced by start.sh and test.sh: leaves in $PYTHON a Python of version 3.11 or newer, installing Debian's if none is there.
find_python() {
    for candidate in python3 python3.13 python3.12 python3.11 python; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            PYTHON=$candidate
            return 0
        fi
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

if ! find_python; then
    if command -v apt-get >/dev/null 2>&1; then
        as_root apt-get update -q >/dev/null &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3 python3-venv >/dev/null
    fi
    find_python || {
        echo "Negatoscope needs Python 3.11 or newer, and none was found" >&2
        exit 1
    }
fi
