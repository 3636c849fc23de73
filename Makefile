# What a person and CI run, one verb per target. `make` alone prints the list.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO ?= go
# Given to mb and claudesim, which print it; a tag in a clone, dev in an unpacked archive.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# Pinned, so that a new release of the linter breaks no build. The first run compiles it (1 to 3 minutes), later runs do not.
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# The job of `make run`: 50 keywords x 26 towns. The speed multiplies the simulator's clock: at 20 the whole job takes
# well under a minute.
JOB := --catalog apps/mb/samples/harbor-plumbing.yaml --page-type keyword-service-area --lang en
SIMULATION := --simulate --simulate-speed 20 --store bolt:.marketbrewer/run.db

# The version comes from VERSION alone: stamping by the go command fails in a checkout owned by another user.
BUILD_FLAGS := -trimpath -buildvcs=false -ldflags '-X main.version=$(VERSION)'

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: mb ## Generate the 1,300 sample pages against a simulated Claude: no key, no cost, under a minute
	bin/mb generate $(JOB) $(SIMULATION)

.PHONY: run-claude
run-claude: mb ## Generate the sample pages with Claude: shows the forecast and asks (ANTHROPIC_API_KEY)
	@[ -n "$${ANTHROPIC_API_KEY:-}" ] || { echo 'run-claude: set ANTHROPIC_API_KEY first; make run needs no key' >&2; exit 2; }
	bin/mb forecast $(JOB)
	@read -r -p 'This spends real money. Type yes to go on: ' answer || true; \
		[ "$${answer:-}" = yes ] || { echo 'run-claude: nothing was generated' >&2; exit 1; }
	bin/mb generate $(JOB)

.PHONY: test
test: ## Run all tests: in memory, no service, no key
	$(GO) test ./...

.PHONY: race
race: ## Run all tests but attacks and long measurements under the race detector (needs a C compiler)
	$(GO) test -race -timeout 30m $$($(GO) list ./... | grep -v '/apps/internal/\(attack\|claudebench\)$$')

.PHONY: cover
cover: ## Measure coverage and hold it against coverage.yml
	$(GO) test -covermode=atomic -coverpkg=./... -coverprofile=cover.out ./...
	$(GO) run ./apps/internal/covergate -profile cover.out -config coverage.yml

.PHONY: sim
sim: ## Prove the engine: 10,000 seeds, every point of small worlds, planted bugs (4 minutes)
	$(GO) build -buildvcs=false -o bin/sim ./apps/sim
	bin/sim -all

.PHONY: sim-deep
sim-deep: ## Run 1,000,000 seeds and all pairs of faults; stopped, it goes on where it was (hours)
	$(GO) build -buildvcs=false -o bin/sim ./apps/sim
	bin/sim -deep .marketbrewer/sim-deep.json

.PHONY: attack
attack: ## Attack the API: the list of 56 cases, what was found since, and the matrix of routes, roles and businesses (1 minute)
	@mkdir -p bin; $(GO) test -c -o bin/attack.test ./apps/internal/attack
	cd apps/internal/attack && ../../../bin/attack.test -test.timeout 10m

# How long each fuzz target runs: make fuzz FUZZTIME=60s
FUZZTIME ?= 10s
# Which: the end of their names, as a regular expression.
FUZZ ?= [A-Za-z0-9_]*

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (10s) each: tokens, cursors, imports, prices, addresses, cleaning, records
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; \
	grep -rHoE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz($(FUZZ))\(' adapters apps core ports | tr -d '(' | sort | \
	while IFS=: read -r file target; do name=$${target#func }; \
		if $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")" </dev/null >"$$log" 2>&1; then \
			echo "fuzz: $$(dirname "$$file") $$name: 0 crashers, $$(grep -o 'execs: [0-9]*' "$$log" | tail -1)"; \
		else cat "$$log"; echo "fuzz: $$(dirname "$$file") $$name: FAILED"; exit 1; fi; \
	done

.PHONY: lint
lint: ## Check formatting, go vet and the linters of .golangci.yml
	@files=$$(find . -name '*.go' -not -path '*/node_modules/*' -not -path './.*' -print0 | \
		xargs -0 "$$($(GO) env GOROOT)/bin/gofmt" -l); \
		[ -z "$$files" ] || { printf 'not formatted, run make fmt:\n%s\n' "$$files" >&2; exit 1; }
	$(GO) vet -tags services ./...
	$(GO) run $(GOLANGCI_LINT) run

.PHONY: lint-template
lint-template: ## Check the deployment template with cfn-lint and cfn-guard (Python, npm)
	apps/deploy/lint/run

.PHONY: fmt
fmt: ## Format all Go files
	$(GO) fmt ./...

.PHONY: generate
generate: ## Make mocks, wiring and generated docs anew
	$(GO) generate ./...

.PHONY: verify
verify: ## Check that generated files, go.mod and go.sum are what the sources say
	.ci/unchanged $(MAKE) --no-print-directory generate
	$(GO) mod verify
	$(GO) mod tidy -diff

.PHONY: bench
bench: ## Print the benchmark lines: tasks per second, added latency, submit time, memory
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 30m ./core/engine ./apps/internal/claudebench | grep --line-buffered ^BENCH
	$(GO) test -run '^$$' -bench Guard ./adapters/guardmodel | grep --line-buffered ^BENCH

.PHONY: bench-claude
bench-claude: ## Measure Claude: a shared account, outages, batches, caching, forecasts (5 minutes)
	$(GO) test -count 1 -timeout 30m -v ./apps/internal/claudebench -claudebench.full | grep --line-buffered ^BENCH

# The suites of the AWS adapters, and of what is made of them, that need servers.
AWS_SUITES := ./adapters/dynamostore ./adapters/sqsqueue ./adapters/ssmsecrets ./apps/internal/lambdasim ./apps/mb

.PHONY: test-aws
test-aws: ## Run the AWS suites, and the functions end to end, on servers of this machine (Java, npm, Maven, Python; 6 minutes)
	apps/deploy/services/run up
	trap 'apps/deploy/services/run down' EXIT; . .marketbrewer/services/env; \
		$(GO) test -count 1 -timeout 20m -tags services $(AWS_SUITES) && \
		$(GO) test -count 1 -timeout 20m -tags services -run OnDynamoDB ./apps/internal/apitest -apitest.keys 40 && \
		$(GO) test -count 1 -timeout 20m -tags services -v ./apps/internal/awsbench

# Whose calls, and how many cases for each route.
ROLES ?= viewer,operator,admin
EXAMPLES ?= 200

.PHONY: contract
contract: mb ## Hold mb serve to its contract with schemathesis: ROLES=viewer,operator,admin EXAMPLES=200 (Python)
	apps/mb/contract/run.py bin/mb --roles $(ROLES) --examples $(EXAMPLES)

.PHONY: bench-api
bench-api: ## Measure mb serve: 500 requests a second with 100,000 pages in the store (4 minutes)
	$(GO) test -count 1 -timeout 30m -run '^$$' -bench BenchmarkAPI -benchtime 1x ./apps/internal/apitest | grep --line-buffered '^BENCH\|FAIL\|Error'

.PHONY: bench-aws
bench-aws: ## Measure what a page costs on AWS, cold starts and 100 workers at once (the servers of test-aws; 40 minutes)
	apps/deploy/services/run up
	trap 'apps/deploy/services/run down' EXIT; . .marketbrewer/services/env; \
		$(GO) test -count 1 -timeout 90m -tags services -v ./apps/internal/awsbench -awsbench.full | grep --line-buffered '^BENCH\|FAIL\|Error'
	$(GO) test -count 1 -run TestContention -v ./apps/internal/claudebench -claudebench.full | grep --line-buffered '^BENCH\|FAIL\|Error'

.PHONY: services-up
services-up: ## Install and start DynamoDB Local, ElasticMQ and moto for the AWS tests (Java, npm, Maven, Python)
	apps/deploy/services/run up

.PHONY: services-down
services-down: ## Stop them
	apps/deploy/services/run down

.PHONY: build
build: mb ## Build bin/mb and bin/claudesim
	$(GO) build $(BUILD_FLAGS) -o bin/claudesim ./apps/claudesim

# What Lambda runs on provided.al2023: an arm64 program named bootstrap in a zip file, and what it starts itself.
LAMBDAS := worker sweeper api
BESIDE_api := preview

.PHONY: package
package: ## Build the Lambda functions into bin/lambda, with a zip file of each (Python)
	@rm -rf bin/lambda; build() { GOOS=linux GOARCH=arm64 CGO_ENABLED=0 $(GO) build -tags lambda.norpc -trimpath -buildvcs=false \
			-ldflags '-s -w' -o "bin/lambda/$$1" "./apps/$$2"; }; \
	$(foreach name,$(LAMBDAS),build $(name)/bootstrap $(name) && $(foreach other,$(BESIDE_$(name)),build $(name)/$(other) $(other) &&) \
		(cd bin/lambda/$(name) && python3 -m zipfile -c ../$(name).zip *) &&) ls -l bin/lambda/*.zip

.PHONY: mb
mb:
	$(GO) build $(BUILD_FLAGS) -o bin/mb ./apps/mb

.PHONY: clean
clean: ## Remove what was built and measured; stores and pages (.marketbrewer, out) stay, they cost money
	rm -rf bin cover.out
