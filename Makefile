# Everything a person needs, in one word each. `make help` lists it.

# The first Python on the path that is new enough, or the one that you name: make PY=python3.12 demo
PY ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
ifeq ($(PY),)
PY := python3
endif
BIN := .venv/bin
WORKERS ?= auto
DEMO := $(if $(CITY),--city $(CITY)) $(if $(DATA),--data $(DATA)) $(if $(filter 0,$(SERVE)),--no-serve)

.PHONY: help demo test test-long check bench setup fix docs clean browser lock

help: ## list these words
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 18

demo: ## make the demo city, play one business day, prove it and serve it (SERVE=0: only the summary)
	@$(PY) tools/set_up.py
	@$(BIN)/curbstop demo $(DEMO)

test: ## run the whole test suite on a PostgreSQL of its own (COVERAGE=1: hold it to the floor)
	@$(PY) tools/set_up.py test
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup $(if $(COVERAGE),--cov --cov-report=term); code=$$?; CURBSTOP_ENV=test $(BIN)/curbstop db stop >/dev/null; exit $$code

test-long: ## the same with the full counts of the trust promises
	@CURBSTOP_LONG=1 $(MAKE) --no-print-directory test

check: ## hold the code to the rules of the house
	@$(PY) tools/set_up.py test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n0 tests/house
	CURBSTOP_ENV=test $(BIN)/python -W ignore::RuntimeWarning -m curbstop manage makemigrations --check --dry-run
	$(PY) tools/lock.py --check

bench: ## measure, each figure beside its baseline (FULL=1 for the full sizes)
	@$(PY) tools/set_up.py test
	@$(BIN)/curbstop bench all $(if $(FULL),--full)

setup: ## make .venv with everything, for working on the code
	@$(PY) tools/set_up.py test

fix: ## repair what ruff can repair
	@$(PY) tools/set_up.py test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: ## write docs/commands.md and follow every link (the pictures: tools/screenshots.py, with a demo running)
	@$(PY) tools/set_up.py test
	$(BIN)/python tools/docs.py

clean: ## stop the servers and remove what was made: the environment, the demo's data, caches
	-@$(BIN)/curbstop db remove --yes 2>/dev/null
	-@CURBSTOP_ENV=test $(BIN)/curbstop db remove --yes 2>/dev/null
	rm -rf .venv var build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
	rm -rf src/curbstop/foundation/web/static/vendor
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

browser: ## install Debian's Chromium for the browser tests
	@tools/browser.sh

lock: ## resolve the dependencies anew into the hashed locks
	$(PY) tools/lock.py
