# Everything a person types. `make demo` and `make test` are all a newcomer needs.
SHELL := /bin/bash
# The environment's Python has its own library, whatever a site's modules say.
unexport PYTHONHOME
CORES ?= all
# The speed benchmarks; the longer studies of tests/bench run by hand, e.g. make bench BENCH="coverage effect".
BENCH ?= radiomics networks selection
BIN := .venv/bin
SNAKEMAKE := $(BIN)/snakemake --workflow-profile workflow/profiles/default --cores $(CORES)

.PHONY: help install install-dev demo test test-quick lint format bench schema wheels clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 20

install: ## create .venv from the lock
	@envs/install.sh

install-dev:
	@envs/install.sh dev

demo: install ## run the whole chain on the embedded synthetic cohort and print where the report is
	@$(SNAKEMAKE)
	@echo "report: $$PWD/results/report/report.html"

test: install-dev ## run every test
	@$(BIN)/python -m pytest

test-quick: install-dev ## run the fast tests of every package: while working, not to decide
	@$(BIN)/python -m pytest tests/unit tests/property -m "not slow" -q

lint: install-dev ## formatting, linting, types, contracts of imports, generated files in step
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell src workflow tests README.md CHANGELOG.md CONTRIBUTING.md
	$(BIN)/python envs/write_envs.py --check
	$(BIN)/livermets schema --check

format: install-dev ## format the code in place
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

schema: install ## regenerate the configuration's JSON schema and the conda environments
	$(BIN)/livermets schema
	$(BIN)/python envs/write_envs.py

bench: install-dev ## ours beside the alternatives, interleaved in one run, as ratios
	@for name in $(BENCH); do echo "== $$name"; $(BIN)/python tests/bench/bench_$$name.py || exit 1; done

wheels: ## fetch every package into wheels/, for machines without internet
	@envs/install.sh wheels

clean: ## remove the environment (results stay)
	rm -rf .venv
