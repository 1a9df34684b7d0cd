# Every target sets up what it needs, once: environments are redone only when their lock changes.
# PYTHON=… chooses the interpreter (3.11 or newer).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
CLIENTS := .venv-clients
NOVACLIENT9 := .venv-novaclient9
KEYSTONE := .venv-keystone
NOVA := .venv-nova
JUDGE := .venv-judge
REDFISH := .venv-redfish
BMCS := .venv-bmcs
PATHS := src tests tools benchmarks
# What tests and labs run of Debian's.
PACKAGES := binutils curl fence-agents haproxy ipmitool iproute2 iputils-ping libvirt-clients \
	libvirt-daemon libvirt-daemon-driver-qemu libvirt-daemon-system monitoring-plugins-basic \
	nftables nginx-light openssl prometheus prometheus-alertmanager prometheus-blackbox-exporter \
	qemu-system-x86 qemu-utils strace systemd
# Hundreds of processes start in the tests: none should compile all modules anew.
export PYTHONDONTWRITEBYTECODE :=
export HOSTDOWN_CLIENTS := $(CURDIR)/$(CLIENTS)/bin
export HOSTDOWN_NOVACLIENT9 := $(CURDIR)/$(NOVACLIENT9)/bin
export HOSTDOWN_KEYSTONE := $(CURDIR)/$(KEYSTONE)/bin
export HOSTDOWN_NOVA := $(CURDIR)/$(NOVA)/bin
export HOSTDOWN_JUDGE := $(CURDIR)/$(JUDGE)/bin
export HOSTDOWN_REDFISH := $(CURDIR)/$(REDFISH)/bin
export HOSTDOWN_BMCS := $(CURDIR)/$(BMCS)/bin

.PHONY: help
help: ## Show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: venv
venv: ## Set up .venv: the program, editable, with all it needs for work and tests
	@tools/venv .venv requirements.lock editable

.PHONY: clients
clients: venv
	@tools/debian-package curl
	@tools/venv $(CLIENTS) requirements-clients.lock

.PHONY: novaclient9
novaclient9:
	@tools/venv $(NOVACLIENT9) requirements-novaclient9.lock

.PHONY: keystone
keystone: ## Set up a Keystone that tests and judges can start (tools/keystone)
	@tools/venv $(KEYSTONE) requirements-keystone.lock

.PHONY: nova
nova: ## Set up a Nova that tests can start (tools/nova)
	@tools/venv $(NOVA) requirements-nova.lock

.PHONY: test-nova
test-nova: venv clients keystone nova ## What works beside a real Nova does (some minutes; root; needs MariaDB and RabbitMQ)
	HOSTDOWN_REQUIRE=nova $(BIN)/pytest -q -m nova tests/clouds

.PHONY: redfish
redfish:
	@tools/venv $(REDFISH) requirements-redfish.lock

.PHONY: bmcs
bmcs:
	@tools/venv $(BMCS) requirements-bmcs.lock

.PHONY: packages
packages:
	@tools/debian-package $(PACKAGES) || echo "Tests that need one of these are skipped, and say so."

.PHONY: envs
envs: ## Set up all that the tests need
	@$(MAKE) --jobs=3 packages clients novaclient9 keystone redfish bmcs

.PHONY: demo
demo: clients ## Run the main job before your eyes: a lab with real servers, or simulated hosts (two or three minutes)
	@$(BIN)/hostdown demo --openstack $(CLIENTS)/bin/openstack

.PHONY: lint
lint: venv ## Style, types and import rules
	$(BIN)/ruff check $(wildcard $(PATHS))
	$(BIN)/ruff format --check $(wildcard $(PATHS))
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: test
test: envs ## What must pass: lint, the domain with full branch coverage, all other tests but the long ones
	@$(MAKE) --jobs=2 --output-sync lint domain
	$(BIN)/pytest -q -m "not long and not nova" --ignore tests/domain --numprocesses 6 --dist worksteal
	@echo "Tests that take long were left out: make long runs them."

.PHONY: domain
domain: venv
	$(BIN)/coverage run -m pytest -q tests/domain
	$(BIN)/coverage report --fail-under=100 --skip-covered

.PHONY: long
long: envs ## The tests that take long, with 50 kills instead of 3 (some ten minutes)
	HOSTDOWN_KILLS=50 $(BIN)/pytest -q tests/processes/test_kills.py
	HOSTDOWN_SEEDS=1 $(BIN)/pytest -q tests/scenarios/test_races.py --numprocesses 2 --dist worksteal
	$(BIN)/pytest -q -m "long and not nova" --ignore tests/domain --numprocesses 3 --dist worksteal

.PHONY: races
races: venv ## Each race a hundred times, and a longer chaos, on simulated hosts (half an hour or more)
	HOSTDOWN_SEEDS=100 HOSTDOWN_CHAOS=30 HOSTDOWN_CHAOS_STEPS=200 $(BIN)/pytest -q tests/scenarios \
		--numprocesses 3 --dist worksteal

.PHONY: lab-races
lab-races: venv ## Each race that one machine can make five times, with real guests (some twelve minutes; root)
	HOSTDOWN_LAB_TIMES=5 $(BIN)/pytest -q -m long tests/lab/test_races.py

.PHONY: lab-fencing
lab-fencing: venv ## Each way in which hosts fail and are recovered five times, with real guests (an hour; root)
	HOSTDOWN_LAB_TIMES=5 $(BIN)/pytest -q -m long tests/lab/test_fencing_races.py

.PHONY: judge
judge: venv keystone ## Tempest and schemathesis judge a running server (some minutes; ONLY=… for one of them)
	@tools/venv $(JUDGE) requirements-judge.lock
	@$(BIN)/python -m tools.judge $(ONLY)

.PHONY: bench
bench: venv ## Measure: a table of figures beside their goals
	$(BIN)/python -m benchmarks

.PHONY: docs
docs: venv ## Write docs/reference anew from the tables in the program
	$(BIN)/python -m tools.reference

.PHONY: lock
lock: ## Resolve pyproject.toml anew into the lock files (needs Python 3.11)
	$(or $(PYTHON),python3.11) tools/lock.py
