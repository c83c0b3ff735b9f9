# Needs Python 3.11+ and make; everything else is put into .venv.
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
ALL := tests rehearsal/tests
TESTS ?= $(ALL)
# Beside each other; each says what it did when it is through, where make knows how (4.0).
PAIR = $(MAKE) --no-print-directory --jobs 2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
QUICK = --quiet -m "not slow" -p no:xdist $(PYTEST_OPTIONS)
# The tests of the whole mostly wait, for hosts and for Slack.
WORKERS ?= 5
# Compiled once here: most of what a short run of the tests or of the program takes is loading its packages.
SYNC := $(BIN)/uv sync --locked --quiet --compile-bytecode

.DEFAULT_GOAL := help
.PHONY: help demo story pictures module unit unit-core unit-rest test test-unit test-whole deep chaos bench check lint kerberos foreign deploy clean

help: ## Say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

demo: .venv/rehearsal ## The bot, a local workspace and a farm of Windows hosts as a page in the browser
	@$(BIN)/logoff-bot rehearse --open

story: .venv/rehearsal ## Log alice off comp1, told step by step in the terminal
	$(BIN)/logoff-bot try '/logoff comp1 id=3 --sync --reason "frozen session"' --press 'Log off 1'

unit: .venv/dev ## The quick round: the unit tests that are not slow, in two processes
	@+$(PAIR) unit-core unit-rest

# Two runs beside each other: with workers, each would load and collect all that there is, and send each result over.
unit-core: .venv/dev
	@$(BIN)/pytest tests/unit/bot $(QUICK)

unit-rest: .venv/dev
	@$(BIN)/pytest tests/unit --ignore tests/unit/bot $(QUICK)

test: .venv/dev ## Run all tests and print what the unit tests cover of bot/ (one folder: make test TESTS=tests/e2e)
ifeq ($(TESTS),$(ALL))
	@+$(PAIR) test-whole test-unit
	PYTHONPATH=rehearsal/tests $(BIN)/python -m tests.chaos --seconds 60
else
	$(BIN)/pytest $(TESTS) $(PYTEST_OPTIONS)
endif

# The unit tests compute while the others, most of the time, wait: beside each other they take as long as the others.
# They get what the others leave, so none hangs before ten minutes, and say what they did when they are through.
test-unit: .venv/dev
	nice -n 5 $(BIN)/pytest tests/unit --cov --numprocesses 2 --timeout 600 $(PYTEST_OPTIONS)

# Their databases lie in memory where there is enough: on a disk, half of the time goes into waiting for it.
# `+` lets them say at once what they do: make holds no lines back of what may be another make.
test-whole: .venv/dev
	+@memory=$$(tests/memory_folder.sh); folder=$$(mktemp -d $${memory:+-p "$$memory"}); \
	trap 'rm -rf "$$folder"' EXIT; trap 'exit 1' INT TERM; \
	TMPDIR="$$folder" $(BIN)/pytest $(ALL) --ignore tests/unit --numprocesses $(WORKERS) --dist loadfile \
	    --no-loadscope-reorder $(PYTEST_OPTIONS)

deep: .venv/dev ## Try the properties, walks and races much harder; resumes (make deep DEEP="--seeds 7 --only 'press races'")
	$(BIN)/python -m tests.deep $(DEEP)

chaos: .venv/dev ## Break everything at random moments and count what must never happen (make chaos CHAOS="--seed 7 --seconds 60")
	PYTHONPATH=rehearsal/tests $(BIN)/python -m tests.chaos $(CHAOS)

bench: .venv/dev ## Time what it costs, beside a floor of the same run; an hour and more (make bench BENCH="--quick --check")
	PYTHONPATH=. $(BIN)/python bench $(BENCH)

lint: .venv/dev ## Style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: export HYPOTHESIS_PROFILE ?= ci
check: lint test ## All of it: what a change has to pass; properties try as hard as in .ci/run

kerberos: .venv/dev ## Add what the Kerberos tests need (a C compiler, libkrb5-dev; krb5-kdc to run them)
	$(SYNC) --inexact --extra postgres --extra reports --extra rehearsal --extra kerberos --group dev

foreign: .venv/dev ## Add Ansible, for the tests in which it speaks to the farm
	$(SYNC) --inexact --group foreign

deploy: .venv/dev ## Add what reads the files of deploy/: hadolint, and the schemas of Kubernetes
	$(SYNC) --inexact --group deploy

module: .venv/uv ## Build the PowerShell module of windows/ into build/module; needs mcs (on Windows: windows/LogoffBot/build.ps1)
	$(BIN)/python windows/build.py build/module

pictures: .venv/dev ## Take the pictures of docs/pictures/ anew; needs Chromium
	PYTHONPATH=rehearsal/tests:bench $(BIN)/python -m tests.browser.pictures

clean: ## Remove what was made here
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .deep.jsonl
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/uv:
	@echo "Making .venv ..."
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/rehearsal: .venv/uv uv.lock pyproject.toml rehearsal/pyproject.toml
	@echo "Installing what the rehearsal needs ..."
	$(SYNC) --inexact --extra rehearsal
	@touch $@

.venv/dev: .venv/uv uv.lock pyproject.toml rehearsal/pyproject.toml
	@echo "Installing what the tests need ..."
	$(SYNC) --inexact --extra postgres --extra reports --extra rehearsal --group dev
	@touch $@ .venv/rehearsal
