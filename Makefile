# Everything that a developer does here. Everything it makes lives in git-ignored folders: target/ .local/ .hark/ .hark-test/ dist/
PYTHON ?= python3
HARK := $(PYTHON) infra/local/hark.py
STATE ?= .hark

.DEFAULT_GOAL := help
.PHONY: help up down clean load logs watch test lint fmt openapi fuzz soak quality train bench deploy

help: ## what there is to make
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

# ---- Running it ----

up: ## build, start and deploy the local stack; Ctrl-C stops it, its data stays   [RELEASE=1] [STATE=dir]
	@$(HARK) up --state $(STATE)

down: ## stop a stack that was started with `hark.py up --detach`
	@$(HARK) down --state $(STATE)

clean: ## stop the local stack and forget its data
	@$(HARK) clean --state $(STATE)

load: ## push conversations, one JSON object a line, and wait for their analysis   FILE=x.jsonl
	@test -n "$(FILE)" || { echo "make load FILE=conversations.jsonl" >&2; exit 2; }
	@$(HARK) load --state $(STATE) "$(FILE)"

logs: ## what the functions logged   [FN=analysis]
	@$(HARK) logs --state $(STATE) $(FN)

watch: ## serve all routes at http://127.0.0.1:9000, rebuilt on every change, on the local stack's data
	@tools=$$($(HARK) tools watch) && \
	  $(HARK) run --state $(STATE) -- env PATH="$$tools:$$PATH" cargo lambda watch --invoke-address 127.0.0.1 --invoke-port 9000

# ---- Checking it ----

test: ## all that CI runs: format, lints, documentation, template, every test on a stack of its own
	@command -v cargo-nextest >/dev/null || { echo "cargo-nextest is missing: cargo install cargo-nextest --locked" >&2; exit 1; }
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items
	$(MAKE) --no-print-directory lint-template
	$(HARK) clean --state .hark-test
	$(HARK) run --state .hark-test --with-tests $(TEST_PARAMETERS) -- cargo nextest run --workspace

# Redelivery within seconds, so that tests of crashes and of poison need no patience.
TEST_PARAMETERS := --param AnalysisTimeout=10 --param AnalysisVisibilityTimeout=10

lint: lint-template ## clippy and the template's linters
	cargo clippy --workspace --all-targets -- -D warnings

.PHONY: lint-template
lint-template:
	tools=$$($(HARK) tools lint) && $$tools/cfn-lint infra/template.yaml && \
	  SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 $$tools/sam validate --lint --template infra/template.yaml

fmt: ## format the code
	cargo fmt --all

openapi: ## write the API document that the code describes
	cargo run -p integration --bin openapi

fuzz: ## fuzz HTML, quotes, sentences and intake with the analysis, ten minutes each   [SECONDS=600]
	tests/fuzz/run.sh $(or $(SECONDS),600)

soak: ## compare every report with its brute-force twin on many more random histories   [CASES=10000]
	HARK_SOAK=$(or $(CASES),10000) cargo nextest run -p domain -E 'test(random_histories)'

quality: ## measure the engine against labelled data   DATA=folder
	cargo run --release -p quality --bin quality -- $(DATA)

train: ## train the engine's models   DATA=folder
	cargo run --release -p quality --bin train -- $(DATA)

# Each function is built by itself, as it ships, and started beside a hello-world function; the stores are a stack of its own.
BENCH = $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)/bench
bench: ## print size, start-up, throughput and cost against a hello-world function   [DATA=conversations.jsonl] [ONLY=part,part]
	@for function in hello $$(sed -n 's|.*CodeUri: \.\./dist/\(.*\)/$$|\1|p' infra/template.yaml); do \
	  cargo build --release -p $$function && mkdir -p $(BENCH)/$$function && \
	  cp $(BENCH)/../release/$$function $(BENCH)/$$function/bootstrap && \
	  (cd $(BENCH)/$$function && $(PYTHON) -m zipfile -c ../$$function.zip bootstrap) || exit 1; done
	cargo build --release -p bench
	$(HARK) clean --state $(BENCH)/stack
	HARK_BOOTSTRAPS=$(BENCH) $(HARK) run --state $(BENCH)/stack -- $(BENCH)/../release/bench $(BENCH) \
	  $(if $(DATA),--data $(DATA)) $(if $(ONLY),--only $(ONLY))

# ---- Deploying it ----

deploy: ## build for arm64, deploy infra/template.yaml with sam, make the first tenant (infra/README.md)
	@$(HARK) deploy
