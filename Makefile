# make test   every test, in a few minutes; installs what they need where it can
# make soak   the statistical figures at their full counts (about an hour)
# make bench  the paired benchmarks; they print ratios
# make lint   what .ci/run checks beside the tests
# MODULES are built and tested one by one; go.work joins them for development.
# bench holds the peers and stands apart: its tests compare times, so they are no
# part of make test; make bench runs them, make lint checks them.
MODULES := . examples
GO      ?= go

.PHONY: test soak bench lint needs fuzz

test: needs
	@for m in $(MODULES); do echo "== test $$m"; (cd $$m && $(GO) test -race -timeout 10m ./...) || exit 1; done
	@echo "== test . without the workspace"; GOWORK=off $(GO) test -timeout 5m .

soak: needs
	GOODTENANT_SOAK=1 $(GO) test -timeout 4h -count=1 ./...
	GOODTENANT_SOAK=1 $(GO) test -race -timeout 4h -count=1 ./limiter/... ./conflict ./dedupe

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
	@.ci/needs chromium prometheus
