# run: the site with its demo data · test: everything but the slow second looks · bench: our pages against the bare driver
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.run-stamp
TEST_STAMP := $(VENV)/.test-stamp

.PHONY: run test slow lint style types bench virtualenv clean

run: $(RUN_STAMP)
	@$(BIN)/python -m app serve --demo

# Types and imports are read beside the tests, in what those leave of the machine, and told after them.
test: $(TEST_STAMP) style
	@nice $(MAKE) --no-print-directory types > $(VENV)/types.log 2>&1 & types=$$!; \
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not slow"; tests=$$?; \
	wait $$types || { cat $(VENV)/types.log; exit 1; }; exit $$tests

slow: $(TEST_STAMP)
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m slow

lint: style types

style: $(TEST_STAMP)
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .

types: $(TEST_STAMP)
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
