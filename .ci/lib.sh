# Sourced by the scripts beside it: how they speak and how they install system packages.

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
