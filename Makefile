# One verb a line; `make` alone lists them. Needs python3 (>= 3.11) with venv, git and make; everything else is installed here.
.PHONY: help run test test-long coverage mutate bench fuzz lint docs lock clean
PYTHON ?= python3
BIN := .venv/bin

# What the tools remember between runs: here, or in one's home where somebody else (root, once) has it here.
CACHE := $(shell mkdir -p .cache 2>/dev/null; test -w .cache && echo .cache || echo $${XDG_CACHE_HOME:-$$HOME/.cache}/clearance-make)
export RUFF_CACHE_DIR := $(CACHE)/ruff
export MYPY_CACHE_DIR := $(CACHE)/mypy
export HYPOTHESIS_STORAGE_DIRECTORY := $(CACHE)/hypothesis
export COVERAGE_FILE := $(CACHE)/coverage
PYTEST := $(BIN)/python -m pytest -o cache_dir=$(CACHE)/pytest

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

CATALOG := src/clearance/catalog/catalog.msgpack

run: .venv/run $(CATALOG) ## scan this machine with the shipped example directive
	@$(BIN)/clearance scan; code=$$?; [ $$code -eq 1 ] || [ $$code -eq 4 ] || exit $$code

test: .venv/test $(CATALOG) lint ## the quick suite: no root, no downloads but the locked packages
	$(PYTEST) -m "not long" -q -n 2

test-long: .venv/test $(CATALOG) coverage ## real tools from npm and PyPI, browsers, root; coverage
	$(PYTEST) -m long -q

coverage: .venv/test $(CATALOG) ## every line and branch of model, catalog and judge is run by their own tests
	@mkdir -p $(CACHE)
	$(BIN)/python -m coverage run -m pytest -o cache_dir=$(CACHE)/pytest -m "not long" -q tests/model tests/catalog tests/judge
	$(BIN)/python -m coverage report

mutate: .venv/mutate $(CATALOG) ## change the judge in every small way, and see that its tests notice (minutes)
	$(BIN)/python -m tests.mutation

bench: .venv/test $(CATALOG) ## speed, as ratios against a peer or a limit measured in the same run (make bench ONLY=start)
	$(BIN)/python -m tests.bench $(ONLY)

SECONDS ?= 60
fuzz: .venv/test $(CATALOG) ## hostile bytes for every parser of foreign files (make fuzz SECONDS=600)
	$(BIN)/python -m tests.fuzz.fuzz_probes $(SECONDS)
	$(BIN)/python -m tests.fuzz.fuzz_identity $(SECONDS)
	$(BIN)/python -m tests.fuzz.fuzz_directive $(SECONDS)
	$(BIN)/python -m tests.fuzz.fuzz_ledger $(SECONDS)
	$(BIN)/python -m tests.fuzz.fuzz_network $(SECONDS)

lint: .venv/test ## style, types, import contracts, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .

docs: .venv/test ## write the parts of the pages that are made from the program
	$(BIN)/python -m tests.docs.generated

COMPILE := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock: ## make requirements/*.lock again (needs uv)
	$(COMPILE) pyproject.toml --group build -o requirements/run.lock
	$(COMPILE) pyproject.toml --group build --group test -o requirements/test.lock
	$(COMPILE) pyproject.toml --group build --group test --group mutate -o requirements/mutate.lock

clean: ## remove what was made here
	rm -rf .venv .cache build dist mutants .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

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

.venv/mutate: .venv/test requirements/mutate.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/mutate.lock
	@touch $@
