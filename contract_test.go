package goodtenant_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/profile"
	"github.com/goodtenant/goodtenant/rttest"
)

// Every stack that the options can build keeps the contract of a RoundTripper,
// over HTTP/1.1 and HTTP/2: each layer alone, and every combination.
func TestContractOfEveryStack(t *testing.T) {
	const concurrent = 2
	layers := []struct {
		name   string
		option goodtenant.Option
	}{
		{"limiter", goodtenant.WithLimiter(limiter.Config{Limits: limiter.Limits{limiter.PerSecond(1000), limiter.Concurrent(concurrent).EachTenant()}})},
		{"conflict", goodtenant.WithConflict(conflict.Config{})},
		{"dedupe", goodtenant.WithDedupe(dedupe.Config{})},
		{"compliance", goodtenant.WithCompliance(compliance.Config{})},
	}
	for set := range 1 << len(layers) {
		var names []string
		opts := []goodtenant.Option{goodtenant.WithProfile(profile.Reapit().At()), goodtenant.WithPrincipal(goodtenant.OnePrincipal)}
		o := rttest.Options{NilBase: true}
		for i, l := range layers {
			if set&(1<<i) == 0 {
				continue
			}
			names = append(names, l.name)
			opts = append(opts, l.option)
			switch l.name {
			case "limiter":
				o.Retries, o.Limit = true, concurrent
			case "dedupe":
				o.Dedupes = true
			}
		}
		t.Run("with "+strings.Join(names, "+"), func(t *testing.T) {
			rttest.Run(t, func(base http.RoundTripper) http.RoundTripper {
				tr, err := goodtenant.New(base, opts...)
				if err != nil {
					t.Fatal(err)
				}
				return tr
			}, o)
		})
	}
}
