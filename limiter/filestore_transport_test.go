package limiter_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/limiter"
)

// answering is a base that answers at once and counts.
type answering struct{ calls int }

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	a.calls++
	return &http.Response{StatusCode: http.StatusNoContent, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// A fixed day in the file begins once, also with a restart in the middle of it
// (field 01), and a rolling one gives nothing back within 24 h.
func TestField01ThroughAFile(t *testing.T) {
	for name, day := range map[string]limiter.Boundary{"fixed": {Zone: "UTC"}, "rolling": {}} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "day")
			synctest.Test(t, func(t *testing.T) {
				base := &answering{}
				open := func() *limiter.Transport {
					store, err := limiter.NewFileStore(path)
					if err != nil {
						t.Fatal(err)
					}
					tr, err := limiter.NewTransport(base, limiter.Config{Limits: limiter.Limits{limiter.PerDay(100)}, Day: day, Store: store})
					if err != nil {
						t.Fatal(err)
					}
					return tr
				}
				tr := open()
				start := time.Now().Truncate(24 * time.Hour).UTC()
				var refused *limiter.RefusedError
				calls := func(days, h, m, s, n int) int {
					time.Sleep(time.Until(start.AddDate(0, 0, days).Add(time.Duration(h*3600+m*60+s) * time.Second)))
					before := base.calls
					for range n {
						r, _ := http.NewRequest("GET", "http://platform.test/", nil)
						resp, err := tr.RoundTrip(r)
						if err == nil {
							resp.Body.Close()
						} else if !errors.As(err, &refused) || refused.Reason != limiter.QuotaSpent {
							t.Fatal(err)
						}
					}
					return base.calls - before
				}
				if n := calls(0, 10, 0, 0, 100); n != 100 {
					t.Errorf("%d of the first 100", n)
				}
				want := 100
				if name == "rolling" {
					want = 0
				}
				if n := calls(1, 0, 0, 5, 100); n != want {
					t.Errorf("%d of 100 early on the second day, want %d", n, want)
				}
				for i, at := range [][3]int{{0, 10, 0}, {5, 0, 0}, {9, 59, 59}, {10, 0, 1}, {23, 59, 59}} {
					if i == 1 {
						if err := tr.Close(); err != nil {
							t.Fatal(err)
						}
						tr = open()
					}
					if name == "rolling" && i > 2 {
						break
					}
					if n := calls(1, at[0], at[1], at[2], 1); n != 0 {
						t.Errorf("a call went at %v on the second day", at)
					}
					if edge := start.AddDate(0, 0, 2); name == "fixed" && !refused.RetryAt.Equal(edge) {
						t.Errorf("refused at %v until %v, want %v", at, refused.RetryAt, edge)
					}
				}
				if n := calls(2, 0, 0, 5, 1); n != 1 {
					t.Error("the third day did not begin")
				}
				if err := tr.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
