#!/bin/sh
# with_python.sh PYTHON FOLDER TEST...: runs tests that need no torch with another Python, in a virtual environment of
# its own that has everything else. Only what could not be installed or fails makes this fail.
set -eu
cd "$(dirname "$0")/.."
python=$1 folder=$2
shift 2
if [ ! -e "$folder/.installed" ] || [ pyproject.toml -nt "$folder/.installed" ]; then
    "$python" -m venv "$folder"
    "$folder/bin/python" - <<'END' >"$folder/requirements.txt"
import tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
for line in project["dependencies"] + project["optional-dependencies"]["dev"]:
    if not line.startswith(("torch", "ruff", "mypy", "pre-commit")):
        print(line)
END
    "$folder/bin/python" -m pip install --quiet -c constraints.txt -r "$folder/requirements.txt" 2>"$folder/install.log" ||
        { cat "$folder/install.log" >&2; exit 1; }
    touch "$folder/.installed"
fi
echo "$("$folder/bin/python" --version), without torch: nothing that computes is run"
exec "$folder/bin/python" -m pytest -q "$@"
