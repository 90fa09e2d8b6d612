# Sourced by the other scripts: `make_venv runtime` or `make_venv dev` gives "$PYTHON", the project's Python
# in .venv with the locked dependencies. It takes no time when nothing changed.
# Needs bash and a Python 3.11 or newer with venv; nothing else.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
VENV="$ROOT/.venv"
PYTHON="$VENV/bin/python"
STAMP="$VENV/suyuan-installed"

_fits() { # is "$1" a Python that will do? (A name on PATH may be a shim of a version that is not there.)
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

_find_python() {
    local candidate
    for candidate in ${SUYUAN_PYTHON:+"$SUYUAN_PYTHON"} python3.12 python3.11 python3.13 python3.14 python3 python; do
        if _fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    {
        echo "Suyuan needs Python 3.11 or newer with venv (Debian, Ubuntu: apt-get install python3 python3-venv)."
        echo "需要 Python 3.11 或更新版本及 venv 模块（Debian、Ubuntu：apt-get install python3 python3-venv）。"
        echo "If it is elsewhere, name it / 如安装在其他位置，请指定: SUYUAN_PYTHON=/path/to/python3 $0"
    } >&2
    return 1
}

_wanted() { # what an up-to-date .venv of kind "$1" was made from
    cat "$ROOT/requirements.lock" "$ROOT/requirements-dev.lock" "$ROOT/pyproject.toml" | "$PYTHON" -c \
        'import hashlib, sys; print(sys.version.split()[0], hashlib.sha256(sys.stdin.buffer.read()).hexdigest(), *sys.argv[1:])' "$ROOT"
}

_is_current() { # a .venv with the development tools also serves for running
    [ -x "$PYTHON" ] && [ -f "$STAMP" ] || return 1
    local wanted
    wanted="$(_wanted)" || return 1
    grep -qxF -e "$wanted dev" ${1:+-e "$wanted $1"} "$STAMP"
}

make_venv() { # kind: runtime or dev
    local kind="$1" lock="$ROOT/requirements.lock"
    _is_current "$kind" && return
    [ "$kind" = runtime ] || lock="$ROOT/requirements-$kind.lock"
    mkdir -p "$VENV"
    if command -v flock >/dev/null; then # two scripts started at once: one installs
        exec 9>"$VENV/.lock"
        flock 9
        if _is_current "$kind"; then
            exec 9>&-
            return
        fi
    fi
    echo "Installing the locked dependencies into .venv … (正在安装依赖)" >&2
    if ! _fits "$PYTHON"; then
        local found
        found="$(_find_python)" || exit 1
        rm -rf "$VENV/bin" "$VENV/lib" "$VENV/lib64" "$VENV/include" "$VENV/pyvenv.cfg"
        "$found" -m venv "$VENV"
    fi
    local pip=("$PYTHON" -m pip --disable-pip-version-check --no-input --quiet)
    "${pip[@]}" install --require-hashes --no-deps --requirement "$lock"
    # The build backend comes with the lock, so that nothing unpinned is fetched to install the project.
    "${pip[@]}" install --no-deps --no-build-isolation --editable "$ROOT"
    # Imported once now, the modules need not be compiled at the first start.
    "$PYTHON" -m compileall -q "$ROOT/service" "$ROOT/clients" >/dev/null || true
    printf '%s %s\n' "$(_wanted)" "$kind" >"$STAMP"
    if command -v flock >/dev/null; then exec 9>&-; fi
}
