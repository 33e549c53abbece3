# The two commands that matter: `make run` and `make test`. Each installs what it needs (with apt, as root) or says
# what is missing.

SHELL := /bin/bash
.DEFAULT_GOAL := help
CARGO ?= cargo
LAB := tests/lab/vm/lab
LAB_USER := life kill moved:: clones grown layouts broken gone:: lost_volume thinned partitions administrator
LAB_FAULTS := lost_volume thinned stages partitions administrator canaries soak
BUILD_PACKAGES := gcc libc6-dev
TEST_PACKAGES := openssh-client openssh-server procps python3 python3-venv sqlite3

export SQLX_OFFLINE := true
# Scenarios wait most of their time: for peers that are away, for pauses between tries.
export RUST_TEST_THREADS ?= 4

.PHONY: help
help: ## Explain the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: deps
deps: ## Install what building and testing needs
	@tests/deps $(BUILD_PACKAGES) $(TEST_PACKAGES)

.PHONY: build
build: ## Build the two binaries
	@tests/deps $(BUILD_PACKAGES)
	$(CARGO) build --release --locked

.PHONY: run
run: build ## Serve on simulated peers, with a cluster and a volume to look at
	@tests/run-demo

.PHONY: check
check: ## Format and lint
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings

.PHONY: lab-deps
lab-deps:
	@$(LAB) deps

.PHONY: test
test: deps lab-deps check ## All simulated scenarios, and the lab's life cycle and kills
	$(CARGO) test --locked
	$(MAKE) --no-print-directory test-lab

.PHONY: test-lab
test-lab: ## The life cycle and the kills on three real peers
	$(LAB) deps
	$(LAB) up
	$(CARGO) test --locked --test lab --no-run
	$(LAB) exec $(CARGO) test --locked --offline --test lab -- --ignored --test-threads=1 --nocapture alone life kill

.PHONY: test-lab-user
test-lab-user: ## The lab's scenarios, by a user who may do what packaging/sudoers lists
	$(LAB) deps
	$(LAB) up
	$(CARGO) test --locked --test lab --no-run
	MORTAR_LAB_USER=mortar $(LAB) exec $(CARGO) test --locked --offline --test lab -- --ignored --test-threads=1 --nocapture $(LAB_USER)

.PHONY: clients-deps
clients-deps:
	@command -v npm >/dev/null || tests/deps nodejs npm

.PHONY: test-clients
test-clients: deps clients-deps ## Generated clients in all languages, and schemathesis
	$(CARGO) test --locked --test it -- --include-ignored clients::

# What may go wrong on real peers, in half an hour: power cuts, partitions, lost and busy bricks, strings for shells, faults.
.PHONY: test-lab-faults
test-lab-faults: ## The lab's scenarios of what goes wrong, and its soak: make test-lab-faults SOAK_SEED=1
	$(LAB) deps
	$(LAB) up
	$(CARGO) test --locked --test lab --no-run
	$(LAB) exec $(CARGO) test --locked --offline --test lab -- --ignored --test-threads=1 --nocapture $(LAB_FAULTS)

SECONDS_OF_FUZZING ?= 600

.PHONY: fuzz-import
fuzz-import: ## Mutated databases and exports of heketi's, for ten minutes each: make fuzz-import SECONDS_OF_FUZZING=60
	HEKETI_DB_SECONDS=$(SECONDS_OF_FUZZING) $(CARGO) test --locked --test it -- --ignored --nocapture soak

.PHONY: test-all
test-all: test test-clients ## Everything. What is on the lab is there as root or as another user
	@# Beside each other: where the lab waits, for glusterd or a boot, the other half goes on. It gives way otherwise.
	$(MAKE) --no-print-directory -j2 test-simulated-rest test-lab-rest
	@# It measures, and wants the machine for itself.
	$(MAKE) --no-print-directory dead-hosts
	@# What is known of faults in dependencies is asked of a network: `make deny`.
	$(MAKE) --no-print-directory deny DENY="bans licenses sources"

.PHONY: test-simulated-rest
test-simulated-rest:
	nice -n 19 $(CARGO) test --locked --test it -- --ignored --nocapture sweep:: schedules::
	KILLS=500 nice -n 19 $(CARGO) test --locked --test it -- --nocapture durability::a_server_that_is_killed
	nice -n 19 $(MAKE) --no-print-directory fuzz-import

.PHONY: test-lab-rest
test-lab-rest: test-lab-user
	$(LAB) exec $(CARGO) test --locked --offline --test lab -- --ignored --test-threads=1 --nocapture power examin moved_in stalls blocks stages canaries soak

.PHONY: sweep
sweep: deps ## Every command of every change with every fault, and of every undo. The last line counts cases, leaks, false answers
	@mkdir -p target; set -o pipefail; \
	$(CARGO) test --locked --test it -- --include-ignored --nocapture sweep:: 2>&1 | tee target/sweep.log; ended=$$?; \
	grep '^total:' target/sweep.log | tail -n 1; exit $$ended

.PHONY: dead-hosts
dead-hosts: deps ## Hosts that hang or fall silent: noticed, left alone, cleaned up; and how fast others are meanwhile. As root
	@tests/deps iproute2
	$(CARGO) test --locked --test it -- --include-ignored --nocapture --test-threads=1 dead_hosts::

DENY ?= advisories bans licenses sources

.PHONY: deny
deny: ## Known faults, licences, sources of all dependencies: without a network, make deny DENY="bans licenses sources"
	@$(CARGO) deny --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-deny
	$(CARGO) deny --locked check $(DENY)

.PHONY: random
random: deps ## Random schedules: make random RANDOM_SEED=1 RANDOM_SECONDS=600
	$(CARGO) test --locked --test it -- --include-ignored --nocapture schedules::whatever_else schedules::schedules

.PHONY: soak
soak: deps ## Two thousand changes by sixteen clients, with faults: make soak SOAK_SEED=1
	$(CARGO) test --locked --test it -- --include-ignored --nocapture schedules::two_thousand

.PHONY: fuzz
fuzz: deps ## Damaged input wherever something is read: make fuzz FUZZ_SECONDS=600 FUZZ_SEED=1
	$(CARGO) test --locked --test it -- --nocapture fuzz::

.PHONY: bench
bench: deps ## Speed and memory, as ratios
	$(CARGO) build --release --locked
	$(CARGO) bench --locked --bench simulated
	$(LAB) deps && $(LAB) up
	$(CARGO) bench --locked --bench lab --no-run
	$(LAB) exec $(CARGO) bench --locked --offline --bench lab

.PHONY: lab-up
lab-up: ## Start three real peers
	$(LAB) deps && $(LAB) up

.PHONY: lab-down
lab-down: ## Stop them
	$(LAB) down

.PHONY: lab-reset
lab-reset: ## Put them back into their clean state
	$(LAB) reset

.PHONY: lab-ssh
lab-ssh: ## Open a shell on one: make lab-ssh PEER=1
	$(LAB) ssh $(PEER)

.PHONY: man
man: ## Write manual pages and shell completions of the client to target/man and target/completions
	$(CARGO) run --quiet --locked --bin mortar -- man target/man
	mkdir -p target/completions
	for shell in bash zsh fish; do $(CARGO) run --quiet --locked --bin mortar -- completion $$shell > target/completions/mortar.$$shell; done

.PHONY: prepare
prepare: deps ## After a change to a query or a migration: write .sqlx anew
	rm -f target/prepare.db && mkdir -p target
	for file in migrations/*.sql; do sqlite3 target/prepare.db < $$file; done
	SQLX_OFFLINE=false DATABASE_URL=sqlite:$(CURDIR)/target/prepare.db $(CARGO) sqlx prepare

SWAGGER_UI := src/http/docs/swagger-ui

.PHONY: swagger-ui
swagger-ui: ## Another version of the page at /docs: make swagger-ui VERSION=5.35.0
	$(if $(VERSION),,$(error say which: make swagger-ui VERSION=5.35.0))
	rm -rf target/swagger-ui && mkdir -p target/swagger-ui
	cd target/swagger-ui && npm pack --silent swagger-ui-dist@$(VERSION) && tar xzf *.tgz
	for file in swagger-ui-bundle.js swagger-ui.css; do gzip -9nc target/swagger-ui/package/$$file > $(SWAGGER_UI)/$$file.gz; done
	cd target/swagger-ui/package && cp favicon-32x32.png LICENSE NOTICE swagger-ui-bundle.js.LICENSE.txt $(CURDIR)/$(SWAGGER_UI)
	sed -i -E 's/[0-9]+\.[0-9]+\.[0-9]+/$(VERSION)/g' $(SWAGGER_UI)/README.md

.PHONY: openapi
openapi: ## After a change to a route or a type: write openapi/openapi.json anew
	$(CARGO) run --quiet --locked --bin mortard -- openapi > openapi/openapi.json.new
	mv openapi/openapi.json.new openapi/openapi.json
