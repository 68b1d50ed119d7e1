# Stockroom. `make run` serves it, `make test` tests it, `make help` lists the rest.
# Each target builds the virtual environment that it needs first; none wants a service, a .env or root,
# unless it says so.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8000
ARGS ?=

# The first Python that is new enough and not too new; `make run PYTHON=/path/to/python3.12` names another.
IN_RANGE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	if "$$python" -c '$(IN_RANGE)' >/dev/null 2>&1; then command -v "$$python"; break; fi; done)

PIP_INSTALL := python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes
PIP_INSTALL_PEER := $(filter-out --require-hashes,$(PIP_INSTALL))
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
CLIENTS_VENV := .venv-clients
CLIENTS := $(CLIENTS_VENV)/.installed
BENCH_VENV := .venv-bench
BENCH := $(BENCH_VENV)/harness/.installed
BENCH_PEERS := $(patsubst bench/peers/%/requirements.txt,$(BENCH_VENV)/%/.installed,$(wildcard bench/peers/*/requirements.txt))
BENCH_NODE := bench/peers/fastify/node_modules/.installed

# A virtual environment at $(1), unless a whole one is there already. One that broke off half-way can be a link to the
# Python of the machine, into which pip would then install.
IS_VENV := import sys, pip; sys.exit(sys.prefix == sys.base_prefix)
define venv
	@if ! $(1)/bin/python -c '$(IS_VENV)' >/dev/null 2>&1; then \
		if ! "$(PYTHON)" -c '$(IN_RANGE)' >/dev/null 2>&1; then \
			echo "Stockroom needs Python 3.11, 3.12 or 3.13, and found none: $(or $(PYTHON),python3) is" \
				"$$($(or $(PYTHON),python3) --version 2>/dev/null || echo missing)." \
				"Install one, or name it: make PYTHON=/path/to/python3.13" >&2; exit 1; \
		fi; \
		if ! "$(PYTHON)" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
			echo "$(PYTHON) cannot make virtual environments: install its venv package" \
				"(Debian, Ubuntu: apt-get install python3-venv)." >&2; exit 1; \
		fi; \
		echo "Making $(1) with $$("$(PYTHON)" --version) ..."; \
		"$(PYTHON)" -m venv --clear $(1); \
	fi
endef

# `make test` is the embedded default, whatever the shell has exported for other work.
EMBEDDED := env -u DATABASE_URL -u POSTGRES_HOST -u POSTGRES_DB -u POSTGRES_USER -u REDIS_URL -u REDIS_HOST
SERVICES_DATABASE_URL ?= postgres://postgres@127.0.0.1:5432/stockroom
SERVICES_REDIS_URL ?= redis://127.0.0.1:6379/15

# Secrets that live as long as one command, to check the production settings with.
THROWAWAY_PRODUCTION = env ENVIRONMENT=production ALLOWED_HOSTS=api.example.com \
	SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	FRONTEND_URL=https://shop.example.com EMAIL_URL=smtp://127.0.0.1 \
	DATABASE_URL=postgres://127.0.0.1/stockroom REDIS_URL=redis://127.0.0.1

# Production on this machine: its own settings and hashed static files, over plain HTTP, on the database and with the
# secret of `make run`, unless DATABASE_URL and the others name their own.
SERVE_PRODUCTION = env ENVIRONMENT=production SECURE_SSL_REDIRECT=false HOST=127.0.0.1 PORT=$(PORT) \
	ALLOWED_HOSTS="$${ALLOWED_HOSTS:-localhost,127.0.0.1}" FRONTEND_URL="$${FRONTEND_URL:-http://localhost:3000}" \
	SECRET_KEY="$${SECRET_KEY:-$$($(PY) -c '$(LOCAL_SECRET)')}" TASKS="$${TASKS:-inline}"
LOCAL_SECRET := from config import env, secret_key; print(secret_key.shared_secret_key(env.LOCAL_DIR / "secret_key"))
COLLECTED := staticfiles/.collected
GRANIAN := granian --interface wsgi --http 1 --no-ws --blocking-threads $(or $(WEB_THREADS),2) \
	--respawn-failed-workers --workers-kill-timeout 25

define SERVE
echo; echo "  Docs   http://127.0.0.1:$(PORT)/docs, also /redoc and /scalar"; \
echo "  API    http://127.0.0.1:$(PORT)/api/v1/"; echo "  Admin  http://127.0.0.1:$(PORT)/admin/"; \
echo "  Health http://127.0.0.1:$(PORT)/health"; echo; \
exec $(PY) manage.py runserver 127.0.0.1:$(PORT)
endef

.PHONY: help run dev setup migrate migrations seed shell schema variables static check fix test test-services test-browser \
	test-clients lock clean serve serve-granian bench bench-quick bench-gate bench-setup

help: ## List these targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUNTIME) ## Serve with demo data and hot reload on http://127.0.0.1:8000 (PORT=8080: on another port)
	@$(PY) manage.py migrate --verbosity 0
	@$(PY) manage.py seed
	@$(SERVE)

dev: $(RUNTIME) ## The same without the demo data: migrate, then serve what is there
	@$(PY) manage.py migrate --verbosity 0
	@$(SERVE)

serve: $(RUNTIME) $(COLLECTED) ## Serve in production mode by gunicorn on http://127.0.0.1:8000 (SQLite, or DATABASE_URL)
	@$(SERVE_PRODUCTION) $(PY) manage.py migrate --verbosity 0
	@exec $(SERVE_PRODUCTION) $(VENV)/bin/gunicorn

serve-granian: $(DEV) $(COLLECTED) ## The same by granian instead
	@$(SERVE_PRODUCTION) $(PY) manage.py migrate --verbosity 0
	@exec $(SERVE_PRODUCTION) $(VENV)/bin/$(GRANIAN) --host 127.0.0.1 --port $(PORT) \
		--workers "$${WEB_CONCURRENCY:-$$($(PY) -c 'from config.serving.machine import cpus; print(cpus())')}" config.wsgi:application

setup: $(DEV) ## Build .venv with what the service runs on and what tests it

migrate: $(RUNTIME) ## Apply the migrations
	@$(PY) manage.py migrate

migrations: $(RUNTIME) ## Write the migrations that changed models need
	@$(PY) manage.py makemigrations $(ARGS)

seed: $(RUNTIME) ## Add the demo data (again: only what is missing; ARGS="--items 100000" for a catalogue to measure with)
	@$(PY) manage.py seed $(ARGS)

shell: $(RUNTIME) ## A Python prompt with the models imported
	@$(PY) manage.py shell

schema: $(RUNTIME) ## Write openapi.yaml from the code
	@$(EMBEDDED) $(PY) manage.py spectacular --validate --fail-on-warn --file openapi.yaml

variables: $(RUNTIME) ## Write the names and defaults of the variables into docs/configuration.md
	@$(PY) -m config.variables

static: $(RUNTIME) ## Collect, hash and compress the static files for gunicorn; once a version, it takes a while
	@$(THROWAWAY_PRODUCTION) $(PY) manage.py collectstatic --noinput --clear

test: $(DEV) ## Run the suite on SQLite, on every core (ARGS="-k todos" for a part)
	@$(EMBEDDED) $(PY) -m pytest -n auto $(ARGS)

test-services: $(DEV) ## Run the suite on the PostgreSQL and Redis at 127.0.0.1; fails without them
	@DATABASE_URL=$(SERVICES_DATABASE_URL) REDIS_URL=$(SERVICES_REDIS_URL) $(PY) -m pytest -n auto $(ARGS)

test-browser: $(DEV) ## Drive Debian's Chromium through the docs, the browsable API and the admin; fails without it
	@$(EMBEDDED) $(PY) -m pytest -m browser config/tests/browser $(ARGS)

test-clients: $(CLIENTS) ## Generate a Python and a TypeScript client from openapi.yaml and type-check both
	@.ci/clients $(CLIENTS_VENV)

check: $(DEV) ## Lint, types, layers, migrations, deployment settings and schema; changes nothing
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy .
	@$(PY) $(VENV)/bin/lint-imports
	@$(PY) -m config.variables --check
	@$(EMBEDDED) $(PY) manage.py makemigrations --check --dry-run
	@$(THROWAWAY_PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING
	@mkdir -p .local
	@$(EMBEDDED) $(PY) manage.py spectacular --validate --fail-on-warn --file .local/openapi.yaml
	@diff -u openapi.yaml .local/openapi.yaml || { echo "openapi.yaml is out of date: make schema" >&2; exit 1; }

fix: $(DEV) ## Format, and mend what the linter can mend
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

lock: $(DEV) ## Pin the requirements anew, with hashes, for Python 3.11 to 3.13 (ARGS=--upgrade for newer ones)
	@for name in requirements requirements-dev requirements-clients; do \
		$(PY) -m uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
			--output-file $$name.txt $$name.in $(ARGS); \
	done

bench: bench-setup ## Measure against the peers, two hours long (ARGS="--systems ours-granian f2 --rounds 2"; docs/speed.md)
	@$(BENCH_VENV)/harness/bin/python -m bench $(ARGS)

bench-quick: bench-setup ## The four main workloads only, in under four minutes
	@$(BENCH_VENV)/harness/bin/python -m bench --quick $(ARGS)

bench-gate: $(BENCH) ## Hold the last whole run to its bounds (ARGS=quick: the last quick one)
	@$(BENCH_VENV)/harness/bin/python -m bench --gate $(or $(ARGS),latest)

bench-setup: $(BENCH) $(BENCH_PEERS) $(BENCH_NODE) ## Install the peers, each in an environment of its own

clean: ## Remove the virtual environments, caches, static files, the local database and the local secret
	@rm -rf $(VENV) $(CLIENTS_VENV) $(BENCH_VENV) bench/peers/fastify/node_modules .local staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Again when a package or one of our own files has changed.
$(COLLECTED): requirements.txt $(shell find common -path '*/static/*' -type f) | $(RUNTIME)
	@echo "Collecting the static files ..."
	@$(THROWAWAY_PRODUCTION) $(PY) manage.py collectstatic --noinput --clear --verbosity 0
	@touch $@

$(RUNTIME): requirements.txt
	$(call venv,$(VENV))
	@echo "Installing what the service runs on ..."
	@$(VENV)/bin/$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@echo "Installing what tests and checks it ..."
	@$(VENV)/bin/$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

$(CLIENTS): requirements-clients.txt
	$(call venv,$(CLIENTS_VENV))
	@echo "Installing the client generator ..."
	@$(CLIENTS_VENV)/bin/$(PIP_INSTALL) -r requirements-clients.txt
	@touch $@

$(BENCH): requirements.txt bench/requirements.txt
	$(call venv,$(BENCH_VENV)/harness)
	@echo "Installing what measures ..."
	@$(BENCH_VENV)/harness/bin/$(PIP_INSTALL) -r requirements.txt
	@$(BENCH_VENV)/harness/bin/$(PIP_INSTALL_PEER) -r bench/requirements.txt
	@touch $@

$(BENCH_PEERS): $(BENCH_VENV)/%/.installed: bench/peers/%/requirements.txt
	$(call venv,$(BENCH_VENV)/$*)
	@echo "Installing the peer $* ..."
	@$(BENCH_VENV)/$*/bin/$(PIP_INSTALL_PEER) -r $<
	@touch $@

$(BENCH_NODE): bench/peers/fastify/package-lock.json
	@echo "Installing the peer fastify ..."
	@npm ci --prefix bench/peers/fastify --silent --no-audit --no-fund
	@touch $@
