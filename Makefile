# Tallystick. `make help` says what there is; every target can be run again, and none needs root.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

export GOTOOLCHAIN ?= local
export GOFLAGS := -mod=readonly -buildvcs=false

NETWORK ?= dev
LOANS ?= 200
TOOLS := $(CURDIR)/.tools/bin
NET := go run ./test-network
E2E := ./test-network/e2e/...

##@ The two that a newcomer runs
.PHONY: demo
demo: NETWORK = dev
demo: build up ## play real loans from proposal to the last payout (LOANS=200, at most 9857)
	@echo "== demo: $(LOANS) loans on the network dev"
	@go run ./gateway-app/demo --loans $(LOANS)

.PHONY: test
test: build try-fonts ## everything: vet, unit, property and contract tests, then end to end on a real network
	@echo "== vet"
	@go vet ./...
	@echo "== tests, a line for each package as it ends; two packages at a time"
	@packages=$$(go list ./...) && go test -p 2 -timeout 20m $$(echo "$$packages" | grep -v '/test-network/e2e')
	@echo "== end to end, on a real network of its own; its tests are named as they run"
	@go test -count=1 -timeout 20m -v $(E2E)

##@ The network
.PHONY: up
up: build try-fonts ## start the network (NETWORK=dev) with a gateway app a member, and say how to sign in
	@$(NET) up --name $(NETWORK)

.PHONY: down
down: ## stop the network, keep its ledgers
	@$(NET) down --name $(NETWORK)

.PHONY: reset
reset: ## stop the network and delete its ledgers and keys
	@$(NET) reset --name $(NETWORK)

.PHONY: status
status: ## show every node: running, ready, height
	@$(NET) status --name $(NETWORK)

.PHONY: logs
logs: ## print a node's log (NODE=name; `make status` names the nodes)
	@test -n "$(NODE)" || { echo "logs: say which node: make logs NODE=…; make status names them" >&2; exit 2; }
	@$(NET) logs --name $(NETWORK) $(NODE)

##@ Building and checking
.PHONY: preflight
preflight: ## check compiler, Go, ports and disk, each with its remedy
	@scripts/preflight.sh
	@$(NET) preflight --name $(NETWORK) $(PORTS)

.PHONY: build
build: preflight ## build Fabric's own programs into .tools/bin (once) and tally into bin/
	@echo "== build: Fabric's peer, orderer and CA (a few minutes the first time)"
	@$(NET) build
	@echo "== build: bin/tally"
	@go build -o bin/tally ./cli
	@echo "== build: the gateway app (some minutes the first time: it brings its database along)"
	@go build -o bin/gateway-app ./gateway-app

.PHONY: fonts
fonts: ## fetch the font for PDF reports into .tools/fonts with npm (once)
	@$(NET) fonts

# Without the font everything works but PDF: its tests are skipped, and the gateway app says so.
.PHONY: try-fonts
try-fonts:
	@$(NET) fonts || echo "no PDF reports until \`make fonts\` succeeds" >&2

.PHONY: bench
bench: NETWORK = bench
bench: PORTS = --base-port 27050
bench: build ## measure repayments a second against a plain contract, on a network of its own
	@echo "== bench: a network of its own, which goes when the bench ends"
	@trap '$(NET) reset --name bench >&2' EXIT; trap 'exit 130' INT TERM; \
	$(NET) reset --name bench && $(NET) up --name bench $(PORTS) --with-plain --without-gateways && \
	$(NET) status --name bench --json > .run/bench/nodes.json && \
	go run ./gateway-app/bench $(BENCH)

.PHONY: bench-reports
bench-reports: ## measure reports over a million loans in SQLite (some minutes)
	@echo "== bench-reports"
	@nice go test ./gateway-app/projection -run '^$$' -bench Reports -benchtime 5x -timeout 60m
	@nice go test ./gateway-app/submission -run '^$$' -bench Reports -benchtime 1x -timeout 60m

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## run the linters
	@echo "== lint"
	@$(TOOLS)/golangci-lint run ./...

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint ## format every Go file
	@$(TOOLS)/golangci-lint fmt ./...

.PHONY: vuln
vuln: $(TOOLS)/golangci-lint ## look for known vulnerabilities in what is used (asks the Go database)
	@$(TOOLS)/govulncheck ./...

.PHONY: cover
cover: ## say how much of core its own tests cover, package by package
	@go test -coverprofile=coverage.out ./core/...
	@go tool cover -func=coverage.out | tail -n 1

.PHONY: clean
clean: ## delete what was built, Fabric's programs too; networks stay (see reset)
	@rm -rf bin .tools coverage.out

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The linters are built once for each version that scripts/lint/go.mod names.
$(TOOLS)/golangci-lint: scripts/lint/go.mod scripts/lint/go.sum
	@echo "== build: the linters (a few minutes the first time)"
	@cd scripts/lint && GOBIN=$(TOOLS) go install tool
	@touch $@
