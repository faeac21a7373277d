# Everything goes through bootstrap.py, which makes .venv and keeps it up to date; Windows users call it directly.
PYTHON ?= python3
RUN := $(PYTHON) bootstrap.py
DEV := $(RUN) --with dev

.DEFAULT_GOAL := help
.PHONY: help demo portfolio test check format bench proof

help:  ## this list
	@grep -E '^[a-z]+: .*##' Makefile | sed -E 's/^([a-z]+): .*## /make \1\t/'

demo:  ## grade and time the shipped attention; installs the core alone, no torch
	@$(RUN) harness run attention --demo --budget 8
	@echo "        (after: . .venv/bin/activate)"

portfolio:  ## a portfolio from ten shipped solutions, graded and timed here: some five minutes
	@$(RUN) --with plots python examples/demo_portfolio.py

test:  ## every test; installs what the tests need, torch too
	@$(DEV) pytest -n 2 --dist loadgroup tests
	@$(DEV) tracker lint
	@$(DEV) harness lint --jobs 2
	@$(DEV) harness lint --backend torch --right-answers --seeds 1 --jobs 2

check:  ## format, lint and types, then make test
	@$(DEV) ruff format --check .
	@$(DEV) ruff check .
	@$(DEV) mypy
	@$(MAKE) --no-print-directory test

format:  ## put the code into the form that make check asks for
	@$(DEV) ruff check --fix .
	@$(DEV) ruff format .

bench:  ## start-up times, beside their targets
	@env -u PYTHONDONTWRITEBYTECODE $(DEV) pytest benchmarks -o python_files='bench_*.py' -o python_functions='bench_*' --benchmark-columns=median,iqr,min,max,rounds

proof:  ## the clock's promises, measured: some five hours; docs/measuring.md says what came of it
	@$(DEV) python benchmarks/proof.py same --repeats 100
	@$(DEV) python benchmarks/proof.py same --repeats 100 --neighbour
	@$(DEV) python benchmarks/proof.py slower --repeats 40
	@$(DEV) python benchmarks/proof.py slower --repeats 40 --neighbour
	@$(DEV) python benchmarks/proof.py tools --repeats 20
	@$(DEV) python benchmarks/proof.py cost
