# One verb a line; `make` alone lists them. Needs python3 (>= 3.11) with venv, git and make; everything else is installed here.
.PHONY: help run test test-long bench fuzz lint docs lock clean
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

CATALOG := src/clearance/catalog/catalog.msgpack

run: .venv/run $(CATALOG) ## scan this machine with the shipped example directive
	@$(BIN)/clearance scan; code=$$?; [ $$code -eq 1 ] || [ $$code -eq 4 ] || exit $$code

test: .venv/test $(CATALOG) lint ## the quick suite: no root, no downloads but the locked packages
	$(PYTEST) -m "not long" -q -n 2

test-long: .venv/test $(CATALOG) ## real tools from npm and PyPI, browsers, root
	$(PYTEST) -m long -q

bench: .venv/test $(CATALOG) ## speed, as ratios against a peer or a limit measured in the same run (make bench ONLY=start)
	$(BIN)/python -m tests.bench $(ONLY)

SECONDS ?= 60
fuzz: .venv/test $(CATALOG) ## hostile bytes for every parser of foreign files (make fuzz SECONDS=600)
	$(BIN)/python -m tests.fuzz.fuzz_probes $(SECONDS)
	$(BIN)/python -m tests.fuzz.fuzz_identity $(SECONDS)
	$(BIN)/python -m tests.fuzz.fuzz_directive $(SECONDS)

lint: .venv/test ## style, types, import contracts, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .

docs: .venv/test ## write the parts of the pages that are made from the program
	$(BIN)/python -m tests.docs.generated

lock: ## make requirements/*.lock again (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --group build -o requirements/run.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --group build --group test -o requirements/test.lock

clean: ## remove what was made here
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(CATALOG): .venv/run $(wildcard src/clearance/catalog/tools/*.yaml) src/clearance/catalog/shared.yaml
	$(BIN)/python -m clearance.catalog
	@touch $@

.venv/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Clearance needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/run: .venv/python requirements/run.lock pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test: .venv/run requirements/test.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/test.lock
	@touch $@
