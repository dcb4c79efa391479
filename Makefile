# `make help` lists what there is. Each target makes the checkout ready by itself.

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest --durations=10 --durations-min=1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup venv lint unit test verify-measuring verify-planted verify-killed gate lab lab-down \
	bench-lab bench-probes bench-conformance lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' Makefile

setup: ## make this checkout ready: .venv, and the Debian packages that the lab needs (root)
	@deploy/bootstrap

venv: # .venv alone: no root needed
	@deploy/bootstrap --no-lab

lint: venv ## ruff, mypy --strict, the rules of who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: venv ## the selftests that need no lab
	$(PYTEST) selftests/unit selftests/measuring -m "not slow and not lab"

test: setup lint unit ## the whole quick tier: lint, unit, a lab brought up, broken and taken down (root)
	$(PYTEST) selftests/lab selftests/planted selftests/killed -m "not slow"

# The proof: what they see is kept under docs/evidence/. One that was cut off goes on where it was.
verify-measuring: setup ## known outages on stubs, a lab's own word: held against what was measured (root)
	HOLDFAST_EVIDENCE=1 $(PYTEST) selftests/measuring $(ARGS)

verify-planted: setup ## every planted defect turns red what it should, and nothing else does (root)
	HOLDFAST_EVIDENCE=1 $(PYTEST) selftests/planted/test_clean.py selftests/planted/test_planted.py $(ARGS)
	$(PYTEST) selftests/planted/test_single_master.py selftests/planted/test_external_etcd.py

verify-killed: setup ## runs that are killed or interrupted, and what heals them (root)
	HOLDFAST_EVIDENCE=1 $(PYTEST) selftests/killed $(ARGS)

# On a cluster of yours: make gate INVENTORY=clusters/staging.yaml. Without one, on a lab of its own.
gate: $(if $(INVENTORY),venv,setup) ## the gate before an upgrade: the checklist, then the faults; INVENTORY=… or a lab
	@INVENTORY='$(INVENTORY)' deploy/gate $(ARGS)

lab: setup ## bring the lab up (root)
	$(BIN)/holdfast lab up

lab-down: setup ## take the lab down (root)
	$(BIN)/holdfast lab down

bench-lab: setup ## measure the lab and write benchmarks/lab.md (root); ARGS="--runs 3 --cold 3"
	$(BIN)/python -m benchmarks.lab $(ARGS)

bench-probes: setup ## measure what all probes cost, write benchmarks/probes.md (root); ARGS="--runs 3"
	$(BIN)/python -m benchmarks.probes $(ARGS)

bench-conformance: setup ## measure the checklist and write benchmarks/conformance.md (root)
	$(BIN)/python -m benchmarks.conformance $(ARGS)

lock: venv ## pin all packages in requirements.lock; newest of all: make lock ARGS=--upgrade
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
		$(ARGS) pyproject.toml requirements.in --output-file requirements.lock
