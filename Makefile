# Two commands do everything on a fresh machine with Rust: `make demo` and `make test`.
CARGO ?= cargo
# Lines that `make demo` generates, and the file of yours that it may run on as well: make demo FILE=/var/log/apache2/access.log
# (Not LINES: terminals export that, as the rows of their window.)
DEMO_LINES ?= 200000
FILE ?=
# Crash images that `make sim` opens, and executions per fuzz target of `make fuzz`.
IMAGES ?= 100000
RUNS ?= 10000000
# Deaths of the server in `make kill`.
KILLS ?= 200
# Suites that `make test-clients` runs (all without any; `scripts/test-clients --list` names them), and minutes of its Streams application.
SUITES ?=
STREAMS_MINUTES ?= 2

.PHONY: help setup demo test check sim kill fuzz bench doc peers test-peers test-clients bench-peers

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: ## find and install what the build needs (compiler, cmake, libclang)
	@scripts/setup

demo: setup ## run the access-log pipeline on generated lines, and on FILE if given
	@DEMO_LINES="$(DEMO_LINES)" FILE="$(FILE)" CARGO="$(CARGO)" scripts/demo

test: setup ## all tests
	$(CARGO) test --workspace

check: setup ## formatting, lints, docs
	$(CARGO) fmt --all -- --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

sim: setup ## open IMAGES crash images of recorded storage traces
	@report=$$(mktemp); trap 'rm -f "$$report"' EXIT; \
	HEADWATER_SIM_IMAGES=$(IMAGES) $(CARGO) test -p headwater-log-storage --test crash -- --nocapture power_cut | tee "$$report"; \
	opened=$$(sed -n 's/.*\b\([0-9][0-9]*\) images of .*/\1/p' "$$report"); \
	if [ "$${opened:-0}" -lt "$(IMAGES)" ]; then echo "only $${opened:-0} of $(IMAGES) crash images were opened" >&2; exit 1; fi

kill: setup ## `kill -9` of the server KILLS times while clients work; what they saw is checked
	$(CARGO) build -p headwater-server
	HEADWATER_KILLS=$(KILLS) $(CARGO) test -p headwater-integration --test kill_server -- --nocapture

fuzz: setup ## run every fuzz target RUNS times (needs a nightly toolchain)
	@RUNS="$(RUNS)" CARGO="$(CARGO)" scripts/fuzz

bench: setup ## measure, and print what benches/RESULTS.md records
	@CARGO="$(CARGO)" scripts/bench

peers: ## get Apache Kafka 4.3.1 from Maven Central and start it on a free port (`scripts/peers stop` ends it)
	@scripts/peers

test-peers: setup ## the tests that need a real Apache Kafka (skipped without Java and Maven)
	@CARGO="$(CARGO)" scripts/test-peers

test-clients: setup ## other people's clients and their test suites against `headwater server`
	-@scripts/setup clients
	@CARGO="$(CARGO)" STREAMS_MINUTES="$(STREAMS_MINUTES)" scripts/test-clients $(SUITES)

bench-peers: setup ## measure Apache Kafka and `headwater server` in turn with the same Java client (QUICK=1: one short round)
	@CARGO="$(CARGO)" scripts/bench-peers

doc: setup ## build the API documentation
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps
