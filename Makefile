PYTHON ?= python3
BIN := .venv/bin
PEERS := sip-tester baresip-core espeak-ng redis-server postgresql sox chromium fonts-noto-cjk postfix

.DEFAULT_GOAL := help
.PHONY: help run test check bench demo peers lock mutants

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv .venv

.venv/.run: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . 2>/dev/null \
	  || $(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.run
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

run: .venv/.run  ## the sample portfolio on the simulated town, with the console
	$(BIN)/ringfence sample

demo: .venv/.run  ## the main job, headless, in 30 seconds
	$(BIN)/ringfence demo --seconds 30

test: .venv/.dev peers  ## every test; a missing peer is said, and fails where CI=true
	$(BIN)/python -m pytest -rs -n 2 --dist loadscope

check: .venv/.dev  ## format, lint, types, import contracts, licences
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pip-licenses --partial-match --allow-only="$$(paste -sd';' .licences)" > /dev/null

bench: .venv/.dev  ## all benches, as ratios, into bench.json
	$(BIN)/ringfence bench all --json bench.json

mutants:  ## mutation testing of the rules: an hour of a core, not part of the checks
	[ -x .venv/mutants/bin/python ] || $(PYTHON) -m venv .venv/mutants
	.venv/mutants/bin/pip install --quiet --disable-pip-version-check -r tests/mutation/requirements.txt
	mkdir -p var/mutants/tests
	rm -rf var/mutants/compliance var/mutants/tests/*
	cp -r compliance var/mutants/
	cp -r tests/__init__.py tests/compliance tests/mutation var/mutants/tests/
	printf '[mutmut]\nsource_paths = compliance\n[tool:pytest]\nmarkers = peer\n' > var/mutants/setup.cfg
	cd var/mutants && nice -n 15 ../../.venv/mutants/bin/python -m tests.mutation.run

peers:  ## real SIP, mail, database and browser peers for the tests (as root, by apt)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  dpkg -s $(PEERS) >/dev/null 2>&1 || { apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PEERS) >/dev/null; } \
	  || [ "$(CI)" != true ]; \
	else echo "peers: not root or no apt; tests without their peer are skipped and named"; fi

lock: .venv/bin/python  ## pin every dependency anew
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --quiet --no-header --no-annotate \
	  --generate-hashes -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --quiet --no-header --no-annotate \
	  --generate-hashes --all-extras -c requirements.lock -o requirements-dev.lock pyproject.toml
