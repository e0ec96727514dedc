#!/bin/sh
# Make the virtual environment of this project from the lock file, and check the system.
#
#   workflow/setup.sh FOLDER
#
# PYTHON: interpreter to use, else the first Python >= 3.11 found. TORCH=cpu takes PyTorch's
# CPU-only build from its own index; without it, pip's settings decide.
set -eu
venv=$1

fail() {
    echo "setup: $1" >&2
    exit 1
}

# PATH ends at a colon: the programs of the environment would not be found.
case $PWD/$venv in
*:*) fail "$PWD, $venv: a path with ':' is not allowed, move the folder" ;;
esac

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

python=""
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if new_enough "$candidate"; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || fail "needs Python 3.11 or newer; name one: make ... PYTHON=/path/to/python3"

# Debian ships venv apart from Python.
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    package=$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
        fail "Python's venv module is missing; install it: apt-get install $package"
    echo "setup: installing $package"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y "$package"
fi

case ${TORCH:-} in
"") ;;
cpu) export PIP_EXTRA_INDEX_URL="${PIP_EXTRA_INDEX_URL:-} https://download.pytorch.org/whl/cpu" ;;
*) fail "TORCH=$TORCH is not allowed, it may be cpu or empty" ;;
esac

"$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$venv"
echo "setup: installing the packages of requirements.lock into $venv"
"$venv/bin/pip" install --disable-pip-version-check -r requirements.lock
"$venv/bin/pip" install --quiet --disable-pip-version-check \
    --no-deps --no-build-isolation --editable .
"$venv/bin/python" -m smwm doctor --install
