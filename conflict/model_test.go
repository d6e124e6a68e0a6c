package conflict

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Two to four writers, each behind a Transport of its own or a shared one, edit
// random members of one entity at random moments; some replies are lost after
// the write was done, and such a writer tries again with its old version. The
// judge follows the platform: each accepted PATCH may change only members that
// its writer set out to change, and what a writer was told to be done is there
// until a writer that meant to changes it.
func TestModelOfWriters(t *testing.T) {
	rounds := times(1_500, 100_000)
	seed := uint64(11)
	var total struct{ conflicts, replays, lost, applied, edits int64 }
	for round := range rounds {
		rng := rand.New(rand.NewPCG(seed, uint64(round)))
		synctest.Test(t, func(t *testing.T) {
			m := newModel(t, rng)
			m.run()
			if t.Failed() {
				t.Fatalf("seed %d, round %d:\n%s", seed, round, strings.Join(m.server.seen(), "\n"))
			}
			total.conflicts += m.conflicts
			total.replays += m.replays
			total.applied += m.applied
			total.lost += int64(m.lostReplies)
			total.edits += int64(m.edits)
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("seed %d, %d interleavings: %d edits, %d conflicts, %d replays, %d lost replies, %d found already applied; 0 fields lost",
		seed, rounds, total.edits, total.conflicts, total.replays, total.lost, total.applied)
	if total.conflicts < int64(rounds/4) || total.applied < int64(rounds/100) || total.lost < int64(rounds/20) {
		t.Error("the schedule is too tame to show anything")
	}
}

type model struct {
	t       *testing.T
	rng     *rand.Rand
	server  *entityServer
	clients []*Transport

	mu          sync.Mutex
	truth       map[string]string // member -> the value of the last accepted intention
	lostReplies int
	edits       int

	conflicts, replays, applied int64
}

var modelFields = []string{"a", "b", "c", "d", "e", "f"}

func newModel(t *testing.T, rng *rand.Rand) *model {
	m := &model{t: t, rng: rng, truth: map[string]string{}}
	m.server = newServer("/m", `{"a":"0","b":"0","c":"0","d":"0","e":"0","f":"0","n":{"x":"0","y":"0"}}`)
	for _, f := range modelFields {
		m.truth[f] = "0"
	}
	loss := rand.New(rand.NewPCG(rng.Uint64(), 1))
	var mu sync.Mutex
	m.server.lose = func(r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == "PATCH" && loss.IntN(8) == 0 {
			m.mu.Lock()
			m.lostReplies++
			m.mu.Unlock()
			return true
		}
		return false
	}
	m.server.fault = m.judge
	shared := rng.IntN(2) == 0
	for i := range 2 + rng.IntN(3) {
		if shared && i > 0 {
			m.clients = append(m.clients, m.clients[0])
			continue
		}
		layer, err := NewTransport(m.server, Config{})
		if err != nil {
			t.Fatal(err)
		}
		m.clients = append(m.clients, layer)
	}
	return m
}

// judge looks at every PATCH that the platform is about to accept: it may hold
// nothing but what its writer meant.
func (m *model) judge(_ http.ResponseWriter, r *http.Request) bool {
	if r.Method != "PATCH" || r.Header.Get("If-Match") != m.server.current("/m") {
		return false
	}
	var sent map[string]string
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		m.t.Errorf("the platform got no flat object: %v", err)
		return false
	}
	var meant map[string]string
	json.Unmarshal([]byte(r.Header.Get("X-Meant")), &meant)
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, value := range sent {
		if meant[name] != value {
			m.t.Errorf("writer meant %v, but %q was set to %q over %q", meant, name, value, m.truth[name])
		}
		m.truth[name] = value
	}
	return false
}

func (s *entityServer) current(path string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tag(path)
}

func (m *model) run() {
	var wg sync.WaitGroup
	for i, layer := range m.clients {
		rng := rand.New(rand.NewPCG(m.rng.Uint64(), uint64(i)))
		wg.Go(func() { m.writer(layer, i, rng) })
	}
	wg.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, want := range m.truth {
		if got := strings.Trim(m.server.field("/m", name), `"`); got != want {
			m.t.Errorf("%q is %q, the last accepted intention was %q", name, got, want)
		}
	}
	seen := map[*Transport]bool{}
	for _, layer := range m.clients {
		if !seen[layer] {
			seen[layer] = true
			st := layer.Stats()
			m.conflicts += st.Conflicts + st.KnownStale
			m.replays += st.Replays
			m.applied += st.AlreadyApplied
			layer.Close()
		}
	}
}

// writer reads, edits one to three members and writes the entity back whole, or
// only them, a few times. Everything it is told to be done must be done.
func (m *model) writer(layer *Transport, who int, rng *rand.Rand) {
	a := &app{m.t, &http.Client{Transport: layer}}
	for edit := range 2 {
		time.Sleep(time.Duration(rng.Int64N(int64(5 * time.Millisecond))))
		entity, tag := a.get("/m")
		time.Sleep(time.Duration(rng.Int64N(int64(5 * time.Millisecond))))
		meant := map[string]string{}
		for range 1 + rng.IntN(3) {
			meant[modelFields[rng.IntN(len(modelFields))]] = fmt.Sprintf("w%d.%d", who, edit)
		}
		var body any = meant
		if rng.IntN(3) > 0 {
			whole := map[string]any{}
			json.Unmarshal([]byte(entity), &whole)
			for k, v := range meant {
				whole[k] = v
			}
			body = whole
		}
		text, _ := json.Marshal(body)
		meantText, _ := json.Marshal(meant)
		m.mu.Lock()
		m.edits++
		m.mu.Unlock()
		for try := range 8 {
			r, err := a.do(request("PATCH", "/m", string(text), "If-Match", tag, "X-Meant", string(meantText)))
			if errors.Is(err, errLost) {
				time.Sleep(time.Duration(rng.Int64N(int64(5 * time.Millisecond))))
				continue // the app knows nothing and asks again
			}
			if err != nil || r.status != 204 {
				m.t.Errorf("writer %d, try %d: %d, %v, %+v", who, try, r.status, err, r.out)
			}
			break
		}
	}
}
