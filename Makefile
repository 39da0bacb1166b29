# Everything a contributor runs. `make help` lists it.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test lint types coverage fuzz bench matrix messages services venv clean

help: ## List these commands
	@grep -hE '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

demo: ## Play a day of directories and logins against the example project (ONCE=1: exit at the end)
	@.ci/bootstrap demo
	@ONCE="$(ONCE)" $(BIN)/python -m example_project.demo

test: ## Lint, types, import contracts and the suite on every database that answers (REQUIRED=1: on all three)
	@.ci/bootstrap test
	@REQUIRED="$(REQUIRED)" .ci/suite

lint: ## Style and import contracts
	@.ci/bootstrap test
	@.ci/suite lint

types: ## mypy --strict
	@.ci/bootstrap test
	@.ci/suite types

coverage: ## The suite on SQLite with branch coverage, which must not fall below 97 %
	@.ci/bootstrap test
	@.ci/suite coverage

fuzz: ## Property tests with many more examples
	@.ci/bootstrap test
	@.ci/suite fuzz

bench: ## Measure the import of 100,000 people, and every admin page over 1,000,000 accounts (PostgreSQL)
	@.ci/bootstrap test
	@.ci/suite bench

matrix: ## The suite on SQLite under every Python and Django found here
	@.ci/bootstrap test
	@.ci/matrix

messages: ## Extract the texts of the pages into the catalogs of translations, and compile them
	@.ci/bootstrap test
	@.ci/messages

services: ## Start PostgreSQL, MariaDB and Redis where they do not answer
	@.ci/services

venv: ## Make the virtual environment
	@.ci/bootstrap test

clean: ## Remove what the commands above left behind, the virtual environments included
	rm -rf .venv .venv-* .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov build dist
	rm -f .coverage .coverage.* example_project/*.sqlite3 example_project/*.sqlite3-*
	rm -rf example_project/.cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
