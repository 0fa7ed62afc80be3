# Two commands do everything: `make demo` to try it, `make test` to check it. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

demo: $(VENV)/runtime.done  ## run the service with a simulated group to chat in
	@$(BIN)/whinchat demo $(ARGS)

run: $(VENV)/runtime.done  ## run the service with whinchat.toml
	@$(BIN)/whinchat run $(ARGS)

linked: $(VENV)/linked.done  ## install what a linked device needs; part of it is under GPL-3.0 (docs/howto/whatsapp.md)

test: $(VENV)/dev.done lint browser train-libs  ## lint, types, contracts and the whole test suite with its coverage gate
	@scripts/test.sh

unit: $(VENV)/dev.done  ## the unit tests only: seconds, no sockets
	@. scripts/test_environment.sh; HYPOTHESIS_PROFILE=quick $(BIN)/python -m pytest -q -n auto tests/unit

lint: $(VENV)/dev.done  ## style, types, import rules, file length, lock files
	@scripts/lint.sh

fix: $(VENV)/dev.done  ## mend what the formatter and the linter can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/dev.done  ## every benchmark, one JSON line each (see benchmarks/README.md)
	@scripts/bench.sh

soak: $(VENV)/dev.done  ## seven days of messages and kills, with a line an hour (see benchmarks/README.md)
	@$(BIN)/python -m benchmarks.bench_soak --hours 168 --state var/soak.jsonl $(ARGS)

soak-money: $(VENV)/dev.done  ## 20,000 histories of payments, crashes and faults; stops when money is not safe
	@$(BIN)/python -m scripts.soak_money $(ARGS)

train: $(VENV)/dev.done train-libs  ## train the scanner's model from labelled links (ARGS=--tables measures everything)
	@$(BIN)/python -m scripts.train_model $(ARGS)

fuzz: $(VENV)/dev.done  ## mutate links for ten minutes and look for crashes and slow cases
	@$(BIN)/python -m scripts.fuzz_links --minutes 10 $(ARGS)

train-libs:
	@scripts/train_libs.sh

browser:
	@scripts/browser.sh

lock:  ## renew the locked requirements
	@scripts/lock.sh

clean:  ## remove what the targets above made
	rm -rf $(VENV) .cache build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	@scripts/venv.sh $(PYTHON) $(VENV)

$(VENV)/runtime.done: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@scripts/install.sh $(BIN) requirements/runtime.txt
	@touch $@

$(VENV)/linked.done: requirements/linked.txt $(VENV)/runtime.done
	@scripts/install.sh $(BIN) requirements/runtime.txt requirements/linked.txt
	@touch $@

$(VENV)/dev.done: requirements/dev.txt requirements/train.txt requirements/linked.txt requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@scripts/install.sh $(BIN) requirements/runtime.txt requirements/linked.txt requirements/train.txt requirements/dev.txt
	@touch $@ $(VENV)/runtime.done

.PHONY: help demo run linked test unit lint fix bench soak soak-money train fuzz train-libs browser lock clean
