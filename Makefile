.DEFAULT_GOAL := help
.PHONY: help run setup test test-fast lint format bench bench-load chaos faults fuzz audit lock base dev

# Whatever the calling shell has activated or set for another project has no say in this one.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH DJANGO_SETTINGS_MODULE

BIN := .venv/bin
PACKAGES := accounts questions exams ciip_site
# Settings as in production, so that the deployment checks judge those; nothing is connected to.
PRODUCTION := SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') HTTPS=true DEBUG=false \
	DATABASE_URL=postgres://ciip@localhost/ciip REDIS_URL=redis://localhost ALLOWED_HOSTS=ciip.example.org
# For checks that need no data: an empty embedded installation of their own.
SCRATCH := VAR_DIR=$(CURDIR)/.venv/var DATABASE_URL= REDIS_URL=

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 17

run: base ## start the site at http://127.0.0.1:8000 (PORT=8001 make run for another port)
	@$(BIN)/python manage.py serve

setup: dev ## install everything that run, test and lint need into .venv

test: dev ## all tests: SQLite, PostgreSQL, a Celery worker on Redis, Chromium (ARGS="-k word" goes to pytest)
	@$(BIN)/python scripts/run_tests.py all $(ARGS)

test-fast: dev ## unit and view tests on SQLite only (ARGS="-k word" goes to pytest)
	@$(BIN)/python scripts/run_tests.py sqlite $(ARGS)

lint: dev ## style, types, import directions, templates, missing and unsafe migrations, deployment checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(SCRATCH) $(BIN)/mypy $(PACKAGES) tests benchmarks scripts gunicorn.conf.py
	$(BIN)/lint-imports
	find templates -name '*.html' -exec $(BIN)/djade --target-version 5.2 --check {} +
	$(SCRATCH) $(BIN)/python manage.py makemigrations --check --dry-run
	$(SCRATCH) $(BIN)/python scripts/check_migrations.py
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

format: dev ## rewrite Python and templates in the house's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	find templates -name '*.html' -exec $(BIN)/djade --target-version 5.2 {} +

bench: dev ## measure the figures of README's speed table, and the exam room in Chromium
	@$(BIN)/python benchmarks/run.py $(ARGS)
	@$(BIN)/python benchmarks/room_speed.py

bench-load: dev ## many candidates at once over HTTP, beside the floor (ARGS="--embedded" for SQLite)
	@$(BIN)/python benchmarks/load/run.py $(ARGS)

chaos: dev ## one sitting in Chromium under faults, checked for lost answers (ARGS="--seed 2")
	@$(BIN)/python benchmarks/chaos.py $(ARGS)

faults: dev ## a hundred sittings while every service is killed, frozen, flushed and filled up
	@$(BIN)/python benchmarks/faults/run.py $(ARGS)

fuzz: dev ## nonsense at every address, as everybody; no answer may be a 500 (ARGS="--requests 2000 --seed 3")
	@$(BIN)/python benchmarks/fuzz.py $(ARGS)

audit: ## published flaws of the locked packages; needs a network (ARGS="--service osv" asks elsewhere)
	@sh scripts/venv.sh audit .venv-tools || { echo "Not audited: pip-audit is not installed, no advisory was read." >&2; exit 2; }
	@.venv-tools/bin/python scripts/audit.py $(ARGS)

# The second lock is held to the versions of the first: one .venv serves both.
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --quiet
lock: dev ## resolve the dependencies of pyproject.toml anew (ARGS=--upgrade for the newest)
	$(COMPILE) $(ARGS) pyproject.toml -o requirements/base.txt
	$(COMPILE) $(ARGS) --constraint requirements/base.txt pyproject.toml --group dev -o requirements/dev.txt
	$(COMPILE) $(ARGS) --group audit -o requirements/audit.txt

base dev:
	@sh scripts/venv.sh $@
