# make test   every test, in a few minutes; installs what they need where it can
# make soak   the statistical figures at their full counts (about an hour)
# make bench  the paired benchmarks; they print ratios
# make lint   what .ci/run checks beside the tests
# MODULES are built and tested one by one; go.work joins them for development.
# bench holds the peers and stands apart: its tests compare times, so they are no
# part of make test; make bench runs them, make lint checks them.
MODULES := . examples limiter/redisstore
GO      ?= go

# FLEETS are the tests of limiter/redisstore that start up to eight processes and kill,
# stop and cut them off for minutes of real time: a part of make soak.
FLEETS := TestEightProcesses|TestKilledProcesses|TestStoppedProcess|TestFlushed|TestScriptAndConnectionsLost|TestServerRestarted|TestField48

.PHONY: test soak bench lint needs fuzz

test: needs
	@for m in $(MODULES); do echo "== test $$m"; \
	  case $$m in limiter/redisstore) how="-skip $(FLEETS)"; echo "   (fleets of processes: make soak)";; *) how=-race;; esac; \
	  (cd $$m && $(GO) test $$how -timeout 10m ./...) || exit 1; done
	@echo "== test . without the workspace"; GOWORK=off $(GO) test -timeout 5m .

soak: needs
	GOODTENANT_SOAK=1 $(GO) test -timeout 4h -count=1 ./...
	GOODTENANT_SOAK=1 $(GO) test -race -timeout 4h -count=1 ./limiter/... ./conflict ./dedupe
	cd limiter/redisstore && GOODTENANT_SOAK=1 $(GO) test -timeout 1h -count=1 ./...

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...
	cd bench && GOWORK=off $(GO) test -v -bench . -benchmem ./...

FUZZTIME ?= 30s
fuzz:
	@for p in $$($(GO) list ./...); do for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	  $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; done; done

lint:
	@.ci/lint $(MODULES) bench

needs:
	@.ci/needs chromium prometheus redis-server
