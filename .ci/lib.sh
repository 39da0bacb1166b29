# Sourced by the scripts beside it: how they speak, install system packages and make further environments.

say() {
    printf '==> %s\n' "$*" >&2
}

fail() {
    printf 'ERROR: %s\n' "$*" >&2
    exit 1
}

is_root() {
    [ "$(id -u)" = 0 ]
}

# install_packages NAME...: with apt-get as root; else says the command to run, and returns 1.
install_packages() {
    if ! command -v apt-get >/dev/null; then
        say "Please install: $* (no apt-get here)."
        return 1
    fi
    if ! is_root; then
        say "Please install as root: apt-get install $*"
        return 1
    fi
    say "Installing Debian packages: $*"
    if [ -z "${APT_UPDATED:-}" ]; then
        apt-get update -qq >&2 || return 1
        export APT_UPDATED=1
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >&2
}

# find_python 3.12: its path, from the PATH or from pyenv.
find_python() {
    local candidate
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
        if "$candidate" -c '' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

# make_environment PYTHON FOLDER REQUIREMENT...: as pip takes them; the second time it only compares a digest.
make_environment() {
    local python=$1 folder=$2 digest
    shift 2
    digest=$({ cat pyproject.toml; "$python" -V; printf '%s\n' "$@"; } | sha256sum | cut -d' ' -f1)
    [ "$(cat "$folder/.installed" 2>/dev/null)" = "$digest" ] && return 0
    say "Making $folder with $("$python" -V) ($python)."
    "$python" -m venv --clear "$folder" &&
        "$folder/bin/pip" --disable-pip-version-check install -qq --upgrade 'pip>=25.1' &&
        "$folder/bin/pip" --disable-pip-version-check install -qq "$@" &&
        printf '%s\n' "$digest" >"$folder/.installed"
}
