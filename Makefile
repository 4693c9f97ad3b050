# Every target sets itself up: a bare machine with Python 3.11 or later is enough.
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python

.PHONY: help run test quick faults bench check format lock docs postman clients
help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

run: ## start everything (the same as ./bootstrap.sh)
	./bootstrap.sh

.venv/dev: requirements.lock requirements-dev.lock requirements-embedded.txt
	./bootstrap.sh --install-only --dev
	@touch $@

test: .venv/dev ## run the tests against real servers
	$(PYTHON) -m pytest -n 2 $(ARGS)

quick: .venv/dev ## the tests that need no processes of their own, in about a minute
	$(PYTHON) -m pytest -n 2 -m "not slow" $(ARGS)

faults: .venv/dev ## kill, freeze and restart everything under load; no ticket may be lost (ARGS="--tickets 1000")
	$(PYTHON) -m support.tests.faults $(ARGS)

.venv/bench: .venv/dev benchmarks/requirements.txt
	.venv/bin/uv pip install --quiet --python $(PYTHON) -r benchmarks/requirements.txt \
	    || $(PYTHON) -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@

bench: .venv/bench ## how fast it is, beside peers made otherwise (ARGS="--movies 1000 --seconds 2"; ARGS=--help)
	$(PYTHON) -m netflix.embedded $(PYTHON) -m benchmarks $(ARGS)

check: .venv/dev ## lint, types, import fences, missing migrations
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(PYTHON) -m netflix.embedded .venv/bin/mypy .

postman: ## run the Postman collection against a running stack (URL, PASSWORD)
	npx --yes newman@6.2.2 run postman/netflix-backend.postman_collection.json --color off \
	    --env-var baseUrl=$(or $(URL),http://localhost:8000) \
	    --env-var password=$(or $(PASSWORD),$(shell cat $(or $(DATA_DIR),var)/secrets/admin_password))

clients: .venv/dev ## make clients of a running stack's schema, and call every operation through one (URL, PASSWORD)
	$(PYTHON) -m netflix.tests.clients $(or $(URL),http://localhost:8000) \
	    --password=$(or $(PASSWORD),$(shell cat $(or $(DATA_DIR),var)/secrets/admin_password)) \
	    --mails $(or $(DATA_DIR),var)/log/worker.log

docs: .venv/dev ## make the examples of the schema, and docs/api.md, anew
	WRITE_DOCS=1 $(PYTHON) -m pytest -q netflix/tests/test_examples.py

format: .venv/dev ## put the code in shape
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

lock: ## pin the whole dependency tree anew, with hashes
	uv pip compile -q --universal --python-version 3.11 --generate-hashes requirements.txt -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes requirements-s3.txt -o requirements-s3.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes requirements-dev.txt -o requirements-dev.lock
