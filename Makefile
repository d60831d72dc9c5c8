# cxreports: `make dashboard` shows it, `make test` proves it. Needs python3 >= 3.11 with venv, and make.

PORT ?= 8866
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# A stamp's name carries a checksum of what it was made from: set-up runs again when, and only when, that changed.
checksum = $(shell cat $(1) 2>/dev/null | cksum | cut -d' ' -f1)
RUN := $(VENV)/.run-$(call checksum,requirements.lock requirements-build.lock)
DEV := $(VENV)/.dev-$(call checksum,requirements-dev.lock)
BENCH := $(VENV)/.bench-$(call checksum,requirements-bench.lock)
PACKAGE := $(VENV)/.package-$(call checksum,pyproject.toml)
BROWSER := $(VENV)/.browser
POSTGRESQL := $(VENV)/.postgresql
SWITCH := $(VENV)/.switch

# Whoever has it set would have each of some hundred processes compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help dashboard setup test test-slow soak year siege fuzz-frames pictures bench bench-page bench-sessions bench-visits bench-live lint format types messages lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|' 2>/dev/null \
		|| grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST)

dashboard: setup ## set everything up, make the demo data, serve the dashboard on http://localhost:8866
	@echo "==> demo data (quick when it is there already)"
	@$(BIN)/cxreports demo
	@$(BIN)/cxreports serve --port $(PORT)

setup: $(RUN) $(PACKAGE) ## the virtual environment with cxreports in it
	@$(BIN)/python hatch_build.py
	@echo "==> cxreports is set up: $(BIN)/cxreports"

# Four at a time, for two processors: while one waits for a browser or a server, the others work.
test: setup $(DEV) $(BROWSER) $(POSTGRESQL) $(SWITCH) ## set up for testing, a browser, databases and a switch included, and run the tests; ARGS="-k load" chooses
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

test-slow: setup $(DEV) $(BROWSER) $(POSTGRESQL) $(SWITCH) ## the tests that show at length what shorter ones show
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow $(ARGS)

soak: setup $(DEV) ## ten minutes of a writer that loads a file every second beside twenty readers
	$(BIN)/python -m pytest -m soak $(ARGS)

year: setup $(DEV) $(POSTGRESQL) ## a year of reports in four zones by workers that are killed at random, each letter counted
	CXREPORTS_SIMULATED_DAYS=365 $(BIN)/python -m pytest -q tests/schedules/test_killed.py $(ARGS)

siege: setup $(DEV) ## ten minutes of one customer attacking while another loads pages
	$(BIN)/python benchmarks/siege.py $(ARGS)

fuzz-frames: setup $(DEV) ## 100,000 websocket frames that no honest page sends
	CXREPORTS_FUZZ_FRAMES=100000 $(BIN)/python -m pytest -q tests/web/attack/test_frames.py

pictures: setup $(DEV) $(BROWSER) ## every page in English, German and Arabic, both looks and widths, into artifacts/pages
	CXREPORTS_PICTURES_IN=en,de,ar $(BIN)/python -m pytest -q tests/web/test_every_page.py

bench: setup $(BENCH) ## measure against pandas, polars, DuckDB and chDB, and write benchmarks/RESULTS.md
	$(BIN)/python benchmarks/bench.py $(ARGS)

bench-page: setup $(DEV) $(BENCH) $(BROWSER) ## measure the dashboard in a browser beside stock Voilà, and write benchmarks/PAGE.md
	$(BIN)/python benchmarks/page.py $(ARGS)

bench-sessions: setup $(DEV) ## 300 open dashboards with loads and clicks, and write benchmarks/SESSIONS.md
	$(BIN)/python benchmarks/sessions.py $(ARGS)

bench-visits: setup $(DEV) ## 2,000 visits, what they leave behind, and write benchmarks/VISITS.md
	$(BIN)/python benchmarks/visits.py $(ARGS)

bench-live: setup $(DEV) ## 200 calls a second from a switch beside ten dashboards, and write benchmarks/LIVE.md
	$(BIN)/python benchmarks/live.py $(ARGS)

lint: setup $(DEV) ## ruff, the direction that imports run in, and prettier on scripts and styles
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/python hatch_build.py lint

format: $(DEV) ## let ruff and prettier mend what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python hatch_build.py format

types: setup $(DEV) ## mypy --strict, and tsc
	$(BIN)/mypy
	$(BIN)/python hatch_build.py types

messages: setup ## put the texts that people read into the languages' catalogues, to be translated there
	$(BIN)/python hatch_build.py messages

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" $(ARGS)
lock: $(DEV) ## write the requirements files anew, hashes and all; ARGS=--upgrade takes newer releases
	$(LOCK) --output-file requirements-dev.lock pyproject.toml --group dev
	$(LOCK) --output-file requirements.lock pyproject.toml --constraint requirements-dev.lock
	$(LOCK) --output-file requirements-build.lock --group build --constraint requirements-dev.lock
	$(LOCK) --output-file requirements-bench.lock --group bench --constraint requirements-dev.lock

clean: ## remove the virtual environment, bundles and caches; the data stays
	rm -rf $(VENV) dist cxreports/widgets/static cxreports/widgets/js/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache cxreports/locale/.built-from cxreports/locale/*/texts.json cxreports/locale/*/LC_MESSAGES/*.mo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "cxreports needs Python 3.11 or newer: install python3, or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "==> virtual environment $(VENV) ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3 has no venv: install it (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }

$(RUN): | $(BIN)/python
	@echo "==> packages that cxreports runs on (requirements.lock; a minute or two the first time)"
	@$(PIP) install --require-hashes -r requirements.lock -r requirements-build.lock
	@rm -f $(VENV)/.run-* && touch $@

$(PACKAGE): | $(RUN)
	@$(BIN)/python hatch_build.py
	@echo "==> cxreports itself"
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.package-* && touch $@

$(DEV): | $(RUN)
	@echo "==> packages for development (requirements-dev.lock)"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@rm -f $(VENV)/.dev-* && touch $@

$(BENCH): | $(RUN)
	@echo "==> what is measured beside cxreports (requirements-bench.lock)"
	@$(PIP) install --require-hashes -r requirements-bench.lock
	@rm -f $(VENV)/.bench-* && touch $@

# The one without windows comes first: it takes a third of the processor's time, and so the tests a third less.
# Playwright's own download comes last: distributions patch the system's browser, and some networks allow nothing else.
$(BROWSER): | $(DEV)
	@set -e; \
	windowless() { command -v chromium-headless-shell; }; \
	found() { command -v chromium || command -v chromium-browser || command -v google-chrome; }; \
	if [ "$$(id -u)" = 0 ]; then root=; elif sudo -n true 2>/dev/null; then root="sudo -n"; else root=false; fi; \
	if windowless >/dev/null; then echo "==> browser for the tests: $$(windowless)"; \
	elif [ "$$root" != false ] && command -v apt-get >/dev/null && grep -qi '^ID=debian' /etc/os-release \
		&& echo "==> browser for the tests: apt-get install chromium-headless-shell" \
		&& $$root apt-get -qq update && DEBIAN_FRONTEND=noninteractive $$root apt-get -qq -y --no-install-recommends install chromium-headless-shell fonts-liberation >/dev/null; then :; \
	elif found >/dev/null; then echo "==> browser for the tests: $$(found)"; \
	elif [ "$$root" != false ] && command -v dnf >/dev/null \
		&& echo "==> browser for the tests: dnf install chromium" && $$root dnf -q -y install chromium; then :; \
	else echo "==> browser for the tests: Playwright's Chromium"; $(BIN)/playwright install chromium; fi
	@touch $@

# The tests start a server of their own, in a temporary folder. Where none may be installed, what needs it is skipped.
$(POSTGRESQL): | $(DEV)
	@set -e; \
	found() { ls -d /usr/lib/postgresql/*/bin/pg_ctl 2>/dev/null || command -v pg_ctl; }; \
	if [ "$$(id -u)" = 0 ]; then root=; elif sudo -n true 2>/dev/null; then root="sudo -n"; else root=false; fi; \
	if found >/dev/null; then echo "==> PostgreSQL for the tests: $$(found | tail -n 1)"; \
	elif [ "$$root" != false ] && command -v apt-get >/dev/null \
		&& echo "==> PostgreSQL for the tests: apt-get install postgresql" \
		&& $$root apt-get -qq update && DEBIAN_FRONTEND=noninteractive $$root apt-get -qq -y --no-install-recommends install postgresql >/dev/null; then :; \
	elif [ "$$root" != false ] && command -v dnf >/dev/null \
		&& echo "==> PostgreSQL for the tests: dnf install postgresql-server" && $$root dnf -q -y install postgresql-server; then :; \
	fi; \
	if found >/dev/null; then touch $@; else echo "==> no PostgreSQL can be installed here: the tests on it are skipped"; fi

# The real Kamailio, sipp that calls it, and MariaDB's server without its service: tests on what is missing are skipped.
$(SWITCH): | $(DEV)
	@set -e; \
	found() { PATH="$$PATH:/usr/sbin"; command -v kamailio && command -v sipp && command -v mariadbd; }; \
	wanted="kamailio kamailio-sqlite-modules sip-tester mariadb-server-core"; \
	if [ "$$(id -u)" = 0 ]; then root=; elif sudo -n true 2>/dev/null; then root="sudo -n"; else root=false; fi; \
	if found >/dev/null; then echo "==> a switch for the tests: $$(found | tr '\n' ' ')"; \
	elif [ "$$root" != false ] && command -v apt-get >/dev/null \
		&& echo "==> a switch for the tests: apt-get install $$wanted" \
		&& $$root apt-get -qq update && DEBIAN_FRONTEND=noninteractive $$root apt-get -qq -y --no-install-recommends install $$wanted >/dev/null; then :; \
	fi; \
	if found >/dev/null; then touch $@; else echo "==> no Kamailio can be installed here: the tests on it are skipped"; fi
