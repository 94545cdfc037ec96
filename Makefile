# The lab's few commands. Everything is set up in .venv and var, and nowhere else.
#
#   make up       set up what is missing and run the lab
#   make test     set up what the tests need and run them all
#   make check    format, lint, types, architecture, known vulnerabilities
#   make audit    known vulnerabilities alone; STRICT=1 fails where nobody can be asked
#   make bench    speed against stock JupyterHub, side by side
#   make image-gpu  build and verify the image for GPUs: gigabytes, and no part of make test
#   make messages  what the pages say, for their translators: docs/translating.md
#   make clean    remove what the other commands made; var/ and students' homes stay

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
export UV_PYTHON_DOWNLOADS := never
# Compiled once, and not in each of the hundreds of programs that tests start, whatever is usual here.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: up install test check audit bench clean lock image-gpu image-locks messages

up: install
	@$(BIN)/crepre up --init

install: $(VENV)/.hub

test: $(VENV)/.test
	@$(BIN)/python -m tests.machine
	@$(BIN)/python -m $(if $(ARGS),pytest $(ARGS),tests.machine.halves)

check: $(VENV)/.check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/hadolint --config images/hadolint.yaml images/*/Dockerfile
	$(BIN)/shellcheck images/steps/debian images/steps/python images/steps/seat images/steps/shell.sh \
		images/course-cpu/mscore3 images/guard/guard.sh
	$(BIN)/python -m pytest -q tests/unit
	$(BIN)/python -m audit

audit: $(VENV)/.check
	@$(BIN)/python -m audit $(if $(STRICT),--strict) $(ARGS)

bench: $(VENV)/.test
	@$(BIN)/python -m tests.machine
	@$(BIN)/python -m bench $(ARGS)

image-gpu: install
	$(BIN)/crepre image build course-gpu
	$(BIN)/crepre image verify course-gpu

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Fresh locks, for whoever changes pyproject.toml; the versions move only then.
LOCK = $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
lock: $(VENV)/.hub
	$(LOCK) pyproject.toml -o requirements/hub.txt
	$(LOCK) pyproject.toml --group test -c requirements/hub.txt -o requirements/test.txt
	$(LOCK) pyproject.toml --group test --group check -c requirements/test.txt -o requirements/check.txt

# Fresh locks of the images, after a change of a requirements.in; UPGRADE=--upgrade for newer versions.
# What two images share has one version: that of course-cpu.
IMAGE_LOCK = $(UV) pip compile -q --generate-hashes --no-config $(UPGRADE) \
	--custom-compile-command 'make image-locks'
image-locks: $(VENV)/.uv
	cd images/course-cpu && ../../$(IMAGE_LOCK) --universal --python-version 3.11 \
		--excludes excludes.txt --override overrides.txt -o lock.txt requirements.in
	cd images/minimal && ../../$(IMAGE_LOCK) --universal --python-version 3.11 \
		--excludes excludes.txt -c ../course-cpu/lock.txt -o lock.txt requirements.in
	cd images/course-gpu && ../../$(IMAGE_LOCK) --universal --python-version 3.11 \
		--excludes excludes.txt --override overrides.txt -c ../course-cpu/lock.txt \
		-o lock.txt requirements.in ../course-cpu/requirements.in
	cp requirements/uv.txt images/steps/uv.txt

# The catalogues, after a change of what the pages say.
LOCALE := src/crepre_hub/locale
EXTRACT := -q extract -F pyproject.toml -k say -k say_number:1,2 -k refused:3 --no-location --sort-output src
messages: $(VENV)/.check
	@$(BIN)/pybabel $(EXTRACT) -o $(VENV)/crepre.pot
	@$(BIN)/pybabel -q update -D crepre -d $(LOCALE) -i $(VENV)/crepre.pot --width 100 \
		--no-fuzzy-matching --omit-header --ignore-obsolete --ignore-pot-creation-date

$(VENV)/.uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) or sys.exit(f"crepre-hub needs Python 3.11, 3.12 or 3.13; $(PYTHON) is {v[0]}.{v[1]}. Name another one: make up PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

define sync
	@echo "Installing what $(1) needs ..."
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python requirements/$(1).txt requirements/uv.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e .
	@rm -f $(VENV)/.hub $(VENV)/.test $(VENV)/.check
	@touch $(2)
endef

$(VENV)/.hub: $(VENV)/.uv requirements/hub.txt pyproject.toml
	$(call sync,hub,$(VENV)/.hub)

$(VENV)/.test: $(VENV)/.uv requirements/test.txt pyproject.toml
	$(call sync,test,$(VENV)/.test $(VENV)/.hub)

$(VENV)/.check: $(VENV)/.uv requirements/check.txt pyproject.toml
	$(call sync,check,$(VENV)/.check $(VENV)/.test $(VENV)/.hub)
