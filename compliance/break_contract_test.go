package compliance_test

import (
	"net/http"
	"testing"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/rttest"
)

// TestContract holds each view, and both together, to what a RoundTripper promises,
// without the layers that stand between them in a client.
func TestContract(t *testing.T) {
	for name, wrap := range map[string]func(*compliance.Checker, http.RoundTripper) http.RoundTripper{
		"intent": func(k *compliance.Checker, base http.RoundTripper) http.RoundTripper { return k.Intent(base) },
		"wire":   func(k *compliance.Checker, base http.RoundTripper) http.RoundTripper { return k.Wire(base) },
		"both": func(k *compliance.Checker, base http.RoundTripper) http.RoundTripper {
			return k.Intent(k.Wire(base))
		},
	} {
		t.Run(name, func(t *testing.T) {
			rttest.Run(t, func(base http.RoundTripper) http.RoundTripper {
				k, err := compliance.New(compliance.Config{})
				if err != nil {
					t.Error(err)
					return base
				}
				return wrap(k, base)
			}, rttest.Options{Skip: map[string]string{"response/hostile-base": "a mirror hands an odd answer on as it is"}})
		})
	}
}
