# Needs python3 (3.11 to 3.13, with venv) and make; everything else goes into .venv.
PYTHON ?= python3
BIN := .venv/bin

# The assignments whose quality gate `make audit`, and so `make test`, runs: all there are, if none is named.
ASSIGNMENTS ?= $(sort $(notdir $(wildcard source/*)))

.PHONY: venv demo site browser test lint notebooks check-notebooks audit check-proofs proof other-pythons bench clean

venv: .venv/.installed

# pip's warning about distributions in a read-only place is noise; everything else it says is shown.
.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else \
	    "python 3.11 to 3.13 is needed, this is %d.%d; name another: make PYTHON=python3.12" % sys.version_info[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing into .venv (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]' 2>.venv/install.log; status=$$?; \
	    grep -v 'Location .* is ignored' .venv/install.log >&2; exit $$status
	@touch $@

demo: venv
	@$(BIN)/python -m autograder.demo

notebooks: venv
	@$(BIN)/python -m autograder.authoring notebooks

check-notebooks: venv
	@$(BIN)/python -m autograder.authoring notebooks --check

# The pages of docs/, the commands and the docstrings as one small site in site/. A dead link fails it.
site: venv
	@$(BIN)/python -c 'import sphinx, myst_parser, furo' 2>/dev/null || \
	    $(BIN)/python -m pip install --quiet -c constraints.txt -e '.[docs]'
	@$(BIN)/sphinx-build -q -W --keep-going docs site
	@echo site/index.html

# JupyterLab, formgrader, report and feedback in the Chromium that is installed here; says so where there is none.
# SCREENSHOTS=docs/images make browser   writes the pictures of the documentation.
browser: venv
	@$(BIN)/python -c 'import playwright' 2>/dev/null || \
	    $(BIN)/python -m pip install --quiet -c constraints.txt -e '.[browser]'
	@$(BIN)/python -m pytest tests/browser -rs

lint: venv
	$(BIN)/ruff check .
	$(BIN)/mypy

# Each assignment's quality gate, what its ledger lacks; one at a time: make audit ASSIGNMENTS=ch05
audit: venv
	@failed=; for assignment in $(ASSIGNMENTS); do $(BIN)/autograder audit $$assignment || failed=1; done; test -z "$$failed"

# As CI does it: right solutions, untouched notebooks, and a sample of what the ledgers hold. `make audit` and
# `make proof` grade the misconceptions.
check-proofs: venv
	@failed=; for assignment in $(ASSIGNMENTS); do \
	    $(BIN)/autograder audit $$assignment --check --right --seeds 1 || failed=1; done; test -z "$$failed"

# pytest-xdist runs as many processes as there are cores; the tests of a file, which may build on each other, share one.
test: lint check-notebooks check-proofs
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

# Everything at 20 seeds: what the ledgers lack, so it can be killed and started again; then the other Pythons, a browser and the site.
proof: venv
	@failed=; for assignment in $(ASSIGNMENTS); do \
	    $(BIN)/autograder audit $$assignment --seeds 20 --hints || failed=1; done; test -z "$$failed"
	@$(MAKE) --no-print-directory other-pythons browser site

# What needs no torch (5 GB for each Python) under the other Pythons: system calls, gradebook, packaging.
WITHOUT_TORCH := tests/gradebook/test_markup.py tests/gradebook/test_database.py \
    tests/gradebook/test_page.py tests/jail/test_backends.py tests/jail/test_landlock.py tests/jail/test_scratch.py \
    tests/jail/test_seccomp.py tests/test_repository.py
other-pythons:
	@for version in 3.12 3.13; do \
	    python=$$(command -v python$$version || ls -d $$HOME/.pyenv/versions/$$version.*/bin/python 2>/dev/null | tail -n 1); \
	    if [ -z "$$python" ]; then echo "python $$version is not here: nothing was run with it"; continue; fi; \
	    tests/with_python.sh "$$python" ".venv-$$version" $(WITHOUT_TORCH) || exit 1; \
	done

# Ratios beside other graders and as a class grows; some pieces: make bench PIECES="workers edit" TURNS=1
PIECES ?=
TURNS ?= 3
bench: venv
	@$(BIN)/python -m bench $(PIECES) --turns $(TURNS)

clean:
	rm -rf .venv .venv-3.* demo
