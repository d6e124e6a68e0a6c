package goodtenant

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/platformtest"
	"github.com/goodtenant/goodtenant/profile"
)

// Each warning comes once, names its remedy, and holds nothing personal; where
// there is no cause there is none.
func TestEachWarningIsSaidOnceWithItsRemedy(t *testing.T) {
	type shop struct {
		platform *platformtest.Server
		client   *http.Client
		get      func(header ...string) *http.Response
	}
	read := func(resp *http.Response) { io.Copy(io.Discard, resp.Body); resp.Body.Close() }
	cause := map[string]func(s shop){
		"": func(s shop) {
			for range 30 {
				read(s.get("Authorization", "Bearer secret"))
			}
		},
		"OnePrincipal": func(s shop) {
			for range 30 {
				read(s.get())
			}
		},
		"MaxIdleConnsPerHost": func(s shop) {
			for range 30 {
				read(s.get("Authorization", "Bearer secret"))
			}
		},
		"another client": func(s shop) {
			for range 3 {
				s.platform.Control(nil, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(429) })
				read(s.get("Authorization", "Bearer secret"))
				time.Sleep(2 * time.Minute)
			}
		},
		"close every body": func(s shop) {
			var open []*http.Response
			for range 5 {
				open = append(open, s.get("Authorization", "Bearer secret"))
			}
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() { read(s.get("Authorization", "Bearer secret")) })
			}
			time.Sleep(5 * time.Minute)
			for _, resp := range open {
				read(resp)
			}
			wg.Wait()
		},
	}
	for remedy, do := range cause {
		t.Run(remedy, func(t *testing.T) {
			var log bytes.Buffer
			synctest.Test(t, func(t *testing.T) {
				p := platformtest.NewServer(platformtest.Config{InMemory: true, Concurrent: -1, Rows: map[string]int{"contacts": 300}})
				defer p.Close()
				for range 8 {
					p.Control(platformtest.Is("GET", "/big"), func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 1<<20)) })
				}
				base := p.Client()
				if remedy != "MaxIdleConnsPerHost" {
					base.Transport.(*http.Transport).MaxIdleConnsPerHost = 100
				} else {
					base.Transport.(*http.Transport).MaxIdleConnsPerHost = 2
				}
				opts := []Option{WithGuidelines(profile.Reapit()), WithLogger(slog.New(slog.NewTextHandler(&log, nil))), WithoutLayer(Compliance)}
				c, err := Wrap(base, opts...)
				if err != nil {
					t.Fatal(err)
				}
				tr, _ := From(c)
				defer c.CloseIdleConnections()
				defer tr.Close()
				var n atomic.Int64
				do(shop{p, c, func(header ...string) *http.Response {
					req := mustRequest(fmt.Sprintf("http://platform.reapit.cloud/contacts/?pageSize=100&email=ann@example.com&pageNumber=%d", n.Add(1)))
					if remedy == "close every body" { // which small answers need not
						req = mustRequest("http://platform.reapit.cloud/big")
					}
					req.Header.Set("reapit-customer", "SBOX")
					for i := 0; i < len(header); i += 2 {
						req.Header.Set(header[i], header[i+1])
					}
					resp, err := c.Do(req)
					if err != nil {
						t.Error(err)
						return answer(0, req)
					}
					return resp
				}})
			})
			t.Log(log.String())
			lines := strings.Count(log.String(), "level=WARN")
			for _, secret := range []string{"secret", "ann@", "SBOX", "pageNumber"} {
				if strings.Contains(log.String(), secret) {
					t.Errorf("%s is in the log", secret)
				}
			}
			switch {
			case remedy == "" && lines > 0:
				t.Error("a warning without a cause")
			case remedy != "" && strings.Count(log.String(), remedy) == 0:
				t.Errorf("no warning names %q", remedy)
			case remedy != "" && remedy != "OnePrincipal" && lines != 1:
				t.Errorf("%d warnings", lines)
			}
		})
	}
}
