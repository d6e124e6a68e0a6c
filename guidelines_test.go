package goodtenant_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/platformtest"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/goodtenant/goodtenant/profile"
)

// tenantApp is an app with the unchanged profile, over the platform in memory.
func tenantApp(t *testing.T, p *platformtest.Server, opts ...goodtenant.Option) *http.Client {
	t.Helper()
	c, err := goodtenant.Wrap(p.Client(), append([]goodtenant.Option{goodtenant.WithGuidelines(profile.Reapit())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	tr, _ := goodtenant.From(c)
	t.Cleanup(func() { tr.Close(); c.CloseIdleConnections() })
	return c
}

func call(p *platformtest.Server, c *http.Client, method, path, body string, header ...string) (*http.Response, string, error) {
	scheme, _, _ := strings.Cut(p.URL, "://")
	req := request(method, scheme+"://platform.reapit.cloud"+path, body)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if body == "" {
		req.Body, req.GetBody = nil, nil
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

// Every collection of people is checked before a create, as the guideline wants
// it, by a process that remembers nothing of the first create.
func TestEveryCollectionOfPeopleIsChecked(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := platformtest.NewServer(platformtest.Config{InMemory: true, HTTP2: h2, IndexLag: 5 * time.Second})
			defer p.Close()
			first := tenantApp(t, p)
			resp, _, err := call(p, first, "POST", "/contacts/", `{"forename":"Ann","surname":"O'Hara","email":"ann.o'hara+1@example.com","mobilePhone":"+44 7700 900123"}`)
			if err != nil || resp.StatusCode != 201 {
				t.Fatal(resp, err)
			}
			id := resp.Header.Get("Location")[strings.LastIndexByte(resp.Header.Get("Location"), '/')+1:]
			bodies := map[string]string{
				"/contacts/":   `{"forename":"Anne","surname":"OHara","email":" Ann.O'Hara+1@EXAMPLE.com "}`,
				"/companies/":  `{"name":"Acme Ltd","email":"office@acme.example","branch":"North"}`,
				"/landlords/":  fmt.Sprintf(`{"related":[{"associatedId":%q,"associatedType":"contact"}]}`, id),
				"/applicants/": fmt.Sprintf(`{"marketingMode":"buying","related":[{"associatedId":%q,"associatedType":"contact"}]}`, id),
				"/vendors/":    fmt.Sprintf(`{"related":[{"associatedId":%q,"associatedType":"contact"}]}`, id),
			}
			for path, body := range bodies {
				if path == "/contacts/" {
					continue
				}
				if resp, text, err := call(p, first, "POST", path, body); err != nil || resp.StatusCode != 201 {
					t.Errorf("%s: %v %v %s", path, resp, err, text)
				}
			}
			for path, body := range bodies { // at once: not yet searchable
				_, _, err := call(p, first, "POST", path, body)
				if _, ok := errors.AsType[*dedupe.DuplicateError](err); !ok {
					t.Errorf("%s at once: %v", path, err)
				}
			}
			time.Sleep(6 * time.Second)
			second := tenantApp(t, p)
			for path, body := range bodies {
				_, _, err := call(p, second, "POST", path, body)
				d, ok := errors.AsType[*dedupe.DuplicateError](err)
				if !ok || len(d.Existing) != 1 || d.Recent {
					t.Errorf("%s later: %v", path, err)
				} else if strings.Contains(err.Error(), "example.com") || strings.Contains(err.Error(), id) {
					t.Errorf("personal: %v", err)
				}
			}
			// Another customer's people are others.
			if resp, _, err := call(p, second, "POST", "/contacts/", bodies["/contacts/"], "reapit-customer", "OTHER"); err != nil || resp.StatusCode != 201 {
				t.Error(resp, err)
			}
			if v := p.Violations(); len(v) > 0 {
				t.Error(v)
			}
		})
	}
}

// Observe adds no call to a create, and Enforce with the lookup's own 429 waits
// for its turn in place of failing.
func TestCreatesUnderObserveAndThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := platformtest.NewServer(platformtest.Config{InMemory: true})
		defer p.Close()
		watched := tenantApp(t, p, goodtenant.WithDedupe(dedupe.Config{Mode: policy.Observe}))
		const ann = `{"forename":"Ann","surname":"Lee","email":"ann@example.com"}`
		if resp, _, err := call(p, watched, "POST", "/contacts/", ann); err != nil || resp.StatusCode != 201 {
			t.Error(resp, err)
		}
		if n := len(p.Requests()); n != 1 {
			t.Errorf("%d requests under Observe", n)
		}
		c := tenantApp(t, p)
		taken := p.Control(platformtest.Is("GET", "/contacts/"), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(429)
		})
		start := time.Now()
		_, _, err := call(p, c, "POST", "/contacts/", ann)
		if _, ok := errors.AsType[*dedupe.DuplicateError](err); !ok || !taken() || time.Since(start) < 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// A conflict whose replay is throttled, with one slot for each customer: the
// layers take turns, nobody waits for a slot that its own call holds.
func TestThrottledReplayWithOneSlot(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := platformtest.NewServer(platformtest.Config{InMemory: true, HTTP2: h2, Concurrent: 1})
			defer p.Close()
			c := tenantApp(t, p, goodtenant.WithLimiter(limiter.Config{Limits: limiter.Limits{limiter.PerSecond(20), limiter.Concurrent(1).EachTenant(), limiter.PerDay(250_000)}}))
			resp, _, err := call(p, c, "POST", "/contacts/", `{"forename":"Ann","surname":"Lee","email":"ann@example.com"}`)
			if err != nil {
				t.Fatal(err)
			}
			id := resp.Header.Get("Location")[strings.LastIndexByte(resp.Header.Get("Location"), '/')+1:]
			resp, entity, err := call(p, c, "GET", "/contacts/"+id, "")
			if err != nil {
				t.Fatal(err)
			}
			tag := resp.Header.Get("ETag")
			if err := p.Edit("SBOX", "contacts", id, map[string]any{"title": "Dr"}); err != nil {
				t.Fatal(err)
			}
			throttle := func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Retry-After", "2"); w.WriteHeader(429) }
			p.Control(platformtest.Is("GET", "/contacts/"+id), throttle)
			p.Control(func(r *http.Request) bool { return r.Method == "PATCH" && r.Header.Get("If-Match") != tag }, throttle)
			whole := strings.Replace(entity, `"Ann"`, `"Anne"`, 1)
			resp, text, err := call(p, c, "PATCH", "/contacts/"+id, whole, "If-Match", tag)
			if err != nil || resp.StatusCode != 204 {
				t.Errorf("%v %v %s", resp, err, text)
			}
			if _, entity, _ = call(p, c, "GET", "/contacts/"+id, ""); !strings.Contains(entity, `"Anne"`) || !strings.Contains(entity, `"Dr"`) {
				t.Error(entity)
			}
			for _, r := range p.Requests() {
				if r.Method == "PATCH" && r.Status != 429 && string(r.Body) != `{"forename":"Anne"}` {
					t.Errorf("sent %s", r.Body)
				}
			}
			for _, v := range p.Violations() {
				t.Error(v)
			}
		})
	}
}

// Every layer observing, an app's writes are on the wire what they are without
// the library.
func TestObserveKeepsWritesOnTheWire(t *testing.T) {
	wire := func(opts ...goodtenant.Option) (sent []byte) {
		synctest.Test(t, func(t *testing.T) {
			p := platformtest.NewServer(platformtest.Config{InMemory: true, Wire: true})
			defer p.Close()
			c := p.Client()
			if opts != nil {
				c = tenantApp(t, p, opts...)
			}
			big := strings.Repeat("x", 100<<10)
			for _, method := range []string{"POST", "PATCH", "PUT"} {
				for _, replayable := range []bool{true, false} {
					req := request(method, "http://platform.reapit.cloud/contacts/", `{"email":"ann@example.com","notes":"`+big+`"}`)
					if !replayable {
						req.GetBody = nil
					}
					if resp, err := c.Do(req); err != nil {
						t.Error(err)
					} else {
						io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
					}
				}
			}
			c.CloseIdleConnections()
			synctest.Wait()
			for _, b := range p.Wire() {
				sent = append(sent, b...)
			}
		})
		return sent
	}
	bare := wire()
	watched := wire(goodtenant.WithLimiter(limiter.Config{Mode: policy.Observe}), goodtenant.WithConflict(conflict.Config{Mode: policy.Observe}),
		goodtenant.WithDedupe(dedupe.Config{Mode: policy.Observe}), goodtenant.WithCompliance(compliance.Config{Mode: policy.Observe}))
	if string(bare) != string(watched) || len(bare) < 600<<10 {
		t.Errorf("%d bytes bare, %d observed", len(bare), len(watched))
	}
}

// setMember writes a contact back whole with one member changed, and begins anew
// where even the replays came too late: a crowd of other apps may do that.
func setMember(t *testing.T, p *platformtest.Server, c *http.Client, member, value string, header []string) {
	for range 10 {
		resp, entity, err := call(p, c, "GET", "/contacts/CON000001", "", header...)
		var m map[string]any
		if err != nil || resp.StatusCode != 200 || json.Unmarshal([]byte(entity), &m) != nil {
			t.Error(resp, err)
			return
		}
		m[member] = value
		whole, _ := json.Marshal(m)
		resp, text, err := call(p, c, "PATCH", "/contacts/CON000001", string(whole), append(slices.Clone(header), "If-Match", resp.Header.Get("ETag"))...)
		if err == nil && resp.StatusCode == 204 {
			return
		}
		if err != nil {
			t.Error(err)
			return
		}
		if out, _ := conflict.Details(resp); resp.StatusCode != 412 || out.Reason != conflict.Contended || out.Attempts != 5 {
			t.Errorf("%d %+v %s", resp.StatusCode, out, text)
			return
		}
	}
	t.Error("a write never came through")
}

// Three apps write whole entities, members of their own, to the same contact of two
// customers, and create the same people: no edit is lost, no person is there
// twice, no limit is broken, no write carries what it does not change.
func TestManyAppsOnOneCustomersData(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := platformtest.NewServer(platformtest.Config{InMemory: true, HTTP2: h2, IndexLag: 5 * time.Second, Rate: 60, Concurrent: 15,
				Up: func() time.Duration { return 3 * time.Millisecond }, Down: func() time.Duration { return 4 * time.Millisecond }})
			defer p.Close()
			members := []string{"title", "forename", "surname"}
			var wg sync.WaitGroup
			created := make([]atomic.Int64, 5)
			locks := dedupe.NewMemoryLocks()
			for _, member := range members {
				c := tenantApp(t, p, goodtenant.WithDedupe(dedupe.Config{Locks: locks, HashKey: []byte("0123456789abcdef")}))
				for worker := range 4 {
					tenant := []string{"SBOX", "OTHER"}[worker%2]
					header := []string{"reapit-customer", tenant, "Authorization", "Bearer app " + member}
					wg.Go(func() {
						for i := range 6 {
							setMember(t, p, c, member, fmt.Sprintf("%s-%d-%d", member, worker, i), header)
						}
						for i := range created {
							resp, text, err := call(p, c, "POST", "/contacts/", fmt.Sprintf(`{"surname":"S%d","email":"new%d@example.com"}`, i, i), header...)
							_, dup := errors.AsType[*dedupe.DuplicateError](err)
							switch {
							case err == nil && resp.StatusCode == 201:
								created[i].Add(1)
							case !dup:
								t.Errorf("%v %v %s", resp, err, text)
							}
						}
					})
				}
			}
			wg.Wait()
			for i := range created {
				if n := created[i].Load(); n != 2 {
					t.Errorf("person %d was created %d times, for two customers", i, n)
				}
			}
			for _, r := range p.Requests() {
				if r.Method == "PATCH" && strings.Count(string(r.Body), ":") != 1 {
					t.Errorf("sent %s", r.Body)
				}
			}
			for _, v := range p.Violations() {
				t.Error(v)
			}
			if s := p.Stats(); s.Refused > 0 {
				t.Errorf("%d calls refused", s.Refused)
			}
		})
	}
}
