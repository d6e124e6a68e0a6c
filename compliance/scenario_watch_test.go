package compliance_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/goodtenant/goodtenant/compliance"
)

// alarm is a finding at the call that led to it.
type alarm struct {
	compliance.Finding
	after int // calls fed before it, that one included
}

// watch feeds a scene to one checker and gives its alarms in order. The checker
// of an app that restarts is killed and made anew.
func (g *scene) watch(t testing.TB, m mode) []alarm { return g.watchBy(t, m, 1) }

// watchBy feeds a scene to replicas that share their snapshots, each call to one
// of them. They save and merge every ten minutes, ten times as seldom as they do
// by default: kills cost more, and sharing comes later.
func (g *scene) watchBy(t testing.TB, m mode, replicas int) []alarm {
	t.Helper()
	f := &fleet{t: t, checkers: make([]*compliance.Checker, replicas)}
	if replicas > 1 || g.evasive.restarts {
		f.shared = &sharedSnapshots{}
	}
	for r := range f.checkers {
		f.start(r)
	}
	defer f.stop()
	rng := seeded(uint64(len(g.calls)), "replicas")
	var saved, died time.Time
	for i := range g.calls {
		c := &g.calls[i]
		if f.shared != nil && c.at.Sub(saved) > 10*time.Minute {
			saved = c.at
			f.sync()
		}
		if g.evasive.restarts && c.at.Sub(died) > 5*time.Hour && rng.IntN(20) == 0 {
			died = c.at
			f.kill(0) // what came since the last save is lost
		}
		f.fed = i + 1
		f.checkers[rng.IntN(replicas)].Feed(c.event(m))
	}
	if f.shared != nil {
		f.sync()
	}
	return f.alarms
}

// fleet is the checkers of an app's processes.
type fleet struct {
	t        testing.TB
	checkers []*compliance.Checker
	shared   *sharedSnapshots
	alarms   []alarm
	fed      int
}

func (f *fleet) start(r int) {
	c := settings()
	c.SnapshotEvery = 1000 * time.Hour // the scene says when
	if f.shared != nil {
		c.Snapshots, c.Replica = f.shared, fmt.Sprint("replica-", r)
	}
	c.Hooks.Finding = func(_ context.Context, x compliance.Finding) { f.alarms = append(f.alarms, alarm{x, f.fed}) }
	k, err := compliance.New(c)
	require.NoError(f.t, err)
	f.checkers[r] = k
}

// kill ends a process that has no time to save.
func (f *fleet) kill(r int) {
	f.shared.deaf.Store(true)
	require.NoError(f.t, f.checkers[r].Close())
	f.shared.deaf.Store(false)
	f.start(r)
}

func (f *fleet) sync() {
	for _, k := range f.checkers {
		require.NoError(f.t, k.Sync(context.Background()))
	}
}

func (f *fleet) stop() {
	for _, k := range f.checkers {
		require.NoError(f.t, k.Close())
	}
}

// sharedSnapshots keeps each replica's newest snapshot in memory.
type sharedSnapshots struct {
	mu   sync.Mutex
	data map[string][]byte
	deaf atomic.Bool
}

func (s *sharedSnapshots) SaveSnapshot(_ context.Context, replica string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deaf.Load() {
		return nil
	}
	if s.data == nil {
		s.data = map[string][]byte{}
	}
	s.data[replica] = append([]byte(nil), data...)
	return nil
}

func (s *sharedSnapshots) LoadSnapshots(context.Context) (map[string][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.data), nil
}
