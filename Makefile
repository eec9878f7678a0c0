# Two commands on a fresh machine: `make demo` and `make test`. Each does its own set-up.
.DEFAULT_GOAL := help
.PHONY: help demo test check format bench model clean

VENV ?= .venv
# The first that runs and is new enough; a name on PATH alone proves neither.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
SHARED ?= ../shared

help: ## Show what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.agent ## Run the agent on drawn scenes and show its messages (ARGS="--forever", "--broker mqtt://...")
	@$(BIN)/vastra-agent demo $(ARGS)

test: $(VENV)/.dev ## Run all tests
	@.ci/need mosquitto mosquitto-clients chromium chromium-driver python3-gi gir1.2-gst-rtsp-server-1.0 \
		gstreamer1.0-plugins-base gstreamer1.0-plugins-good
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev ## Format, lint, types, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Let the tools mend what they can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## Measure the agent against the bare interpreter, and its model on other runtimes
	@$(BIN)/vastra-agent bench $(ARGS)
	@if [ -d $(SHARED)/data/other_sites ]; then \
		$(BIN)/vastra-export bench agent/models/*.tflite --photos $(SHARED)/data/other_sites --plot .cache/runtimes.png; \
	else echo "other runtimes: needs photos at $(SHARED)/data/other_sites" >&2; fi

model: $(VENV)/.dev ## Train and export the bundled model anew from $(SHARED) (three hours on two cores, resumable)
	[ -d .cache/drawn ] || $(BIN)/vastra-agent draw --out .cache/drawn --count 60 --seed 1
	[ -d runs/vgg16 ] || $(BIN)/vastra-train fit $(SHARED)/data/train .cache/drawn --test $(SHARED)/data/other_sites \
		--weights $(SHARED)/weights/vgg16_imagenet_notop.npz --out runs/vgg16
	[ -d runs/slim ] || $(BIN)/vastra-train slim runs/vgg16 $(SHARED)/data/train .cache/drawn \
		--test $(SHARED)/data/other_sites --out runs/slim
	$(BIN)/vastra-export convert runs/slim --calibrate $(SHARED)/data/train --test $(SHARED)/data/other_sites \
		--out agent/models/vastra-slim.tflite

clean: ## Remove the virtual environment and all caches
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "needs Python 3.11 or newer: apt-get install python3" >&2; exit 4; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || .ci/need python3-venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/.agent: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.agent
