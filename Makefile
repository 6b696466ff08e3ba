# crimeharm: `make demo` runs the main job on the embedded sandbox, `make test` runs the tests.
# Needs Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

PROFILE ?= sandbox
DATA ?= data
MIRROR ?=
REFERENCE ?=
FORCES ?=
FROM ?=
TO ?=
MONTH ?=
DRY_RUN ?=
HARM_SCHEME ?=
LIVE_AREA ?=
CALLS_AGENCY ?=
RISK_MODELS ?=
CONFIG ?=

export CRIMEHARM_PROFILE = $(PROFILE)
export CRIMEHARM_DATA = $(abspath $(DATA))
export CRIMEHARM_MIRROR = $(if $(MIRROR),$(abspath $(MIRROR)))
export CRIMEHARM_REFERENCE = $(if $(REFERENCE),$(abspath $(REFERENCE)))
export CRIMEHARM_FORCES = $(FORCES)
export CRIMEHARM_FROM = $(FROM)
export CRIMEHARM_TO = $(TO)
export CRIMEHARM_HARM_SCHEME = $(HARM_SCHEME)
export CRIMEHARM_LIVE_AREA = $(LIVE_AREA)
export CRIMEHARM_CALLS_AGENCY = $(CALLS_AGENCY)
export CRIMEHARM_RISK_MODELS = $(RISK_MODELS)
export CRIMEHARM_CONFIG = $(if $(CONFIG),$(abspath $(CONFIG)))
export DAGSTER_HOME = $(CRIMEHARM_DATA)/dagster_home
export DBT_SEND_ANONYMOUS_USAGE_STATS = false
export GX_ANALYTICS_ENABLED = false

DBT_SOURCES := $(shell find dbt_project -path dbt_project/target -prune -o -type f \( -name '*.sql' -o -name '*.yml' -o -name '*.csv' -o -name '*.py' \) -print)
MANIFEST := dbt_project/target/manifest.json

.PHONY: help setup demo run refresh quarantine verify reproduce ui test test-real lint lint-python lint-types lint-sql format bench bench-national lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@touch $@

$(MANIFEST): $(VENV)/.installed $(DBT_SOURCES) $(wildcard orchestration/lineage/*.py)
	$(BIN)/python -m orchestration.setup

setup: $(MANIFEST) ## Create the virtual environment and parse the dbt project

demo: setup ## Run the main job on the embedded sandbox
	CRIMEHARM_PROFILE=sandbox $(BIN)/python -m orchestration.run

run: setup ## Run the main job: PROFILE= MIRROR= REFERENCE= FORCES= FROM= TO= DATA= HARM_SCHEME= LIVE_AREA= CALLS_AGENCY= RISK_MODELS= CONFIG=
	$(BIN)/python -m orchestration.run

refresh: export CRIMEHARM_FROM = $(or $(MONTH),$(FROM))
refresh: export CRIMEHARM_TO = $(or $(MONTH),$(TO))
refresh: setup ## Fetch what is missing or revised, publish if that changed: MONTH= FORCES= CONFIG= DATA= DRY_RUN=1
	$(BIN)/python -m orchestration.refresh $(if $(DRY_RUN),--dry-run)

quarantine: setup ## List rejected rows, or judge again after a fix: DATASET= MONTH= FORCE= RULE= DATA= RELEASE=1
	$(BIN)/python -m orchestration.quarantine $(if $(DATASET),--dataset $(DATASET)) $(if $(MONTH),--month $(MONTH)) \
	  $(if $(FORCE),--force $(FORCE)) $(if $(RULE),--rule $(RULE)) $(if $(RELEASE),release,list)

reproduce: setup ## Rebuild a release from its landed bytes and compare its tables: RELEASE=latest DATA=
	$(BIN)/python -m orchestration.reproduce $(or $(RELEASE),latest)

verify: setup ## Name what was altered in a release: RELEASE=latest SHA256=<of its manifest, as noted when published>
	$(BIN)/python -m orchestration.publishing verify $(CRIMEHARM_DATA)/published/$(or $(RELEASE),latest) $(if $(SHA256),--sha256 $(SHA256))

ui: setup ## Open the Dagster UI on http://127.0.0.1:3000: DATA= and what make run takes
	$(BIN)/python -m orchestration.setup --dagster-home
	$(BIN)/dagster dev -w workspace.yaml -h 127.0.0.1 -p 3000

# Nothing that a person has set may change what the tests see.
CLEAN_ENV := env -u CRIMEHARM_PROFILE -u CRIMEHARM_DATA -u CRIMEHARM_MIRROR -u CRIMEHARM_REFERENCE -u CRIMEHARM_FORCES \
  -u CRIMEHARM_FROM -u CRIMEHARM_TO -u CRIMEHARM_HARM_SCHEME -u CRIMEHARM_LIVE_AREA -u CRIMEHARM_CALLS_AGENCY \
  -u CRIMEHARM_RISK_MODELS -u CRIMEHARM_CONFIG -u DAGSTER_HOME

test: setup ## Run the tests
	$(CLEAN_ENV) $(BIN)/python -m pytest

test-real: setup ## Run the long tests: real files (CRIMEHARM_REAL_DATA) with the whole DAG on them, and a rebuild
	$(CLEAN_ENV) $(BIN)/python -m pytest tests/real tests/integration/test_reproduce.py -m "real or long"

lint: lint-python lint-types lint-sql ## Check style, types, SQL and the import rules

lint-python: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

lint-types: setup
	$(BIN)/mypy orchestration ml data_quality

lint-sql: setup
	$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests dbt_project/macros

format: setup ## Rewrite Python and SQL in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## Measure the demo by stage, then hotspots and spatial statistics
	$(BIN)/python -m orchestration.bench
	$(BIN)/python -m orchestration.bench_hotspots

bench-national: setup ## Measure 43 forces and 36 months, from landed CSV to marts: about an hour, 12 GB in TMPDIR
	$(BIN)/python -m orchestration.bench_national

lock: $(VENV)/.installed ## Resolve requirements.in into requirements.lock again (needs uv)
	uv pip compile requirements.in --generate-hashes --universal --python-version 3.11 --no-header --no-annotate \
	  --no-emit-index-url --output-file requirements.lock

clean: ## Remove the environment and dbt's artefacts; data stays
	rm -rf $(VENV) dbt_project/target dbt_project/logs
