# run: the site with its demo data · test: everything but the slow second looks · bench: our pages against the bare driver
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.run-stamp
TEST_STAMP := $(VENV)/.test-stamp

.PHONY: run test slow lint bench virtualenv clean

run: $(RUN_STAMP)
	@$(BIN)/python -m app serve --demo

test: $(TEST_STAMP) lint
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not slow"

slow: $(TEST_STAMP)
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m slow

lint: $(TEST_STAMP)
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports > $(VENV)/imports.log || (cat $(VENV)/imports.log; exit 1)

bench: $(RUN_STAMP)
	@$(BIN)/python -m app bench

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@$(PYTHON) -m venv $(VENV) 2> /dev/null || $(MAKE) --no-print-directory virtualenv

# Debian's Python comes without ensurepip unless python3-venv is installed; virtualenv brings its own.
virtualenv:
	@rm -rf $(VENV) && $(PYTHON) -m pip install -q --disable-pip-version-check --target var/virtualenv virtualenv
	@PYTHONPATH=var/virtualenv $(PYTHON) -m virtualenv -q $(VENV)

$(RUN_STAMP): pyproject.toml | $(BIN)/python
	@$(BIN)/pip install -q --disable-pip-version-check -e '.[embedded,memory]'
	@touch $@

$(TEST_STAMP): pyproject.toml | $(BIN)/python
	@$(BIN)/pip install -q --disable-pip-version-check -e '.[embedded,memory,test]'
	@touch $@ $(RUN_STAMP)

clean:
	rm -rf $(VENV) var test-artefacts
