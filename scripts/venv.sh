#!/bin/sh
# Makes .venv with the packages of requirements/NAME.txt:  sh scripts/venv.sh base|dev  (or: audit .venv-tools)
# Needs nothing but a Python >= 3.11 with venv; does nothing when all is in place already.
set -eu
name=$1
venv=${2:-.venv}
lock=requirements/$name.txt
stamp=$venv/installed-$name.txt

fail() {
    { echo && printf '%s\n' "$@"; } >&2
    exit 1
}

# Each candidate is run, not only looked up: version managers put shims on the path that name absent versions.
is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

find_python() {
    without_venv=
    for python in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        is_new_enough "$python" || continue
        if has_venv "$python"; then
            echo "$python"
            return
        fi
        without_venv=${without_venv:-$python}
    done
    if [ -n "$without_venv" ]; then
        version=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        fail "$without_venv is Python $version but cannot make virtual environments (no venv or ensurepip)." \
            "On Debian and Ubuntu:  apt-get install python$version-venv   (as root)"
    fi
    fail "Python 3.11 or newer is needed; tried: ${PYTHON:-python3, python3.13, python3.12, python3.11, python}." \
        "On Debian and Ubuntu:  apt-get install python3 python3-venv   (as root)" \
        "On Fedora:             dnf install python3.13   (as root)" \
        "On macOS:              brew install python@3.13" \
        "Or name one yourself:  PYTHON=/path/to/python3 make ..."
}

# A venv whose Python was removed or replaced cannot be mended, only made anew.
if ! { [ -x "$venv/bin/python" ] && is_new_enough "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
    python=$(find_python)
    echo "Making $venv with $("$python" --version)."
    rm -rf "$venv"
    "$python" -m venv "$venv" || fail "Making $venv with $python failed; the reason is above."
fi

# The dev lock holds every package of the base lock in the same version.
for installed in "$stamp" "$venv/installed-dev.txt"; do
    if cmp -s "requirements/$(basename "$installed" | sed 's/installed-//')" "$installed"; then
        exit 0
    fi
done

echo "Installing the packages of $lock."
rm -f "$venv"/installed-*.txt
# pip would keep its cache in the home directory, which is none of our business.
PIP_USER=0 PIP_CACHE_DIR="$PWD/$venv/pip-cache" "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" ||
    fail "Installing $lock failed; the reason is above. Once it is mended, run make again."
cp "$lock" "$stamp"
