# Two commands: `make run` (install, generate a small world, run to a release) and `make test`.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := .venv
SPARK_VENV := .venv-spark
BIN := $(VENV)/bin
P4DP := $(BIN)/p4dp
# Two workers; what shares a costly fixture stays together (tests/conftest.py).
PYTEST := $(BIN)/python -m pytest tests --ignore=tests/spark -n 2 --no-loadscope-reorder
WORLD ?= demo
PROFILE ?= small
SEED ?= 1

export P4DP_HOME ?= $(CURDIR)/data
export P4DP_KEYS ?= $(CURDIR)/keys
export DBT_PROFILES_DIR ?= $(CURDIR)/dbt_project
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup setup-dev setup-spark lock run test test-fast test-spark check bench ui dashboard docs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

# uv installs from the hashed locks; it is itself pinned by hash and fetched by pip once.
$(BIN)/uv: requirements/bootstrap.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	touch $@

$(VENV)/.main: requirements/main.lock pyproject.toml $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/main.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.main
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.lock
	touch $@

$(SPARK_VENV)/.spark: requirements/spark.lock $(BIN)/uv
	test -x $(SPARK_VENV)/bin/python || $(PYTHON) -m venv $(SPARK_VENV)
	$(BIN)/uv pip install --quiet --python $(SPARK_VENV)/bin/python --require-hashes -r requirements/spark.lock
	touch $@

setup: $(VENV)/.main ## install what the product needs into .venv

setup-dev: $(VENV)/.dev ## … and what development and tests need

setup-spark: $(SPARK_VENV)/.spark ## the second engine's own environment

lock: $(BIN)/uv ## compile the hashed locks anew
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --python-version 3.11 -o requirements/dev.lock --quiet
	$(BIN)/uv pip compile pyproject.toml --generate-hashes --no-emit-index-url --python-version 3.11 -c requirements/dev.lock -o requirements/main.lock --quiet
	$(BIN)/uv pip compile requirements/spark.in --generate-hashes --no-emit-index-url --python-version 3.11 -o requirements/spark.lock --quiet
	$(BIN)/uv pip compile requirements/bootstrap.in --generate-hashes --no-emit-index-url --python-version 3.11 -o requirements/bootstrap.lock --quiet

run: setup ## install, generate a small synthetic world, run the whole line to a release
	test -d $(WORLD)/inbox || $(P4DP) synth --out $(WORLD) --profile $(PROFILE) --seed $(SEED)
	$(P4DP) receive $(WORLD)/inbox --copy
	$(P4DP) run
	$(P4DP) status

test: setup-dev ## every test but Spark's
	$(PYTEST)

test-fast: setup-dev ## the tests that build no warehouse (under two minutes)
	$(PYTEST) -m "not slow and not browser"

test-spark: setup-dev setup-spark ## both engines build the same marts (needs Java 17)
	command -v java >/dev/null || { echo "make test-spark needs Java 17 (Debian: apt-get install openjdk-17-jre-headless)"; exit 1; }
	$(SPARK_VENV)/bin/python -m pytest tests/spark -p no:cacheprovider

# Lint, documentation and compilation open a warehouse: they get a throw-away home.
check: setup-dev ## format, types, import rules, SQL, YAML, generated files, project rules
	export P4DP_HOME="$$(mktemp -d)" DBT_TARGET_PATH="$$(mktemp -d)"
	$(BIN)/python -m tools.check

bench: setup-dev ## measure; resumable; writes benchmarks/results and docs/benchmarks.md
	$(BIN)/python -m benchmarks

ui: setup ## the Dagster UI and daemon
	$(P4DP) ui

dashboard: setup ## the released aggregates as a page
	$(P4DP) dashboard

docs: setup-dev ## build the documentation site, dbt docs included, into site/
	$(BIN)/python -m tools.docs

clean: ## remove what runs and builds leave (never data/ nor keys/)
	rm -rf target build site logs .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +
