package goodtenant

import (
	"time"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
)

// Snapshot is the state of every layer at one moment, as the status page shows
// it. The part of a layer that is off is zero. It marshals to JSON.
type Snapshot struct {
	At       time.Time              `json:"at"`
	Profile  string                 `json:"profile,omitempty"`
	Modes    map[string]policy.Mode `json:"modes"` // of the layers that are on, by name
	Limiter  limiter.Snapshot       `json:"limiter"`
	Conflict conflict.Stats         `json:"conflict"`
	Dedupe   dedupe.Stats           `json:"dedupe"`
	Findings []compliance.Finding   `json:"findings"`

	LastHour Activity   `json:"last_hour"`
	Recent   []Activity `json:"recent"` // the last ten minutes in steps of 10 s, the newest last
}

// Snapshot tells the state now. No lock is held over anything of the app's; it
// may be called from hooks.
func (t *Transport) Snapshot() Snapshot {
	s := Snapshot{At: time.Now(), Modes: map[string]policy.Mode{}}
	if t.cfg.profile != nil {
		s.Profile = t.cfg.profile.Name
	}
	s.LastHour, s.Recent = t.history.read(s.At)
	for l := Limiter; l.valid(); l++ {
		if m, on := t.Mode(l); on {
			s.Modes[l.String()] = m
		}
	}
	if t.limiter != nil {
		s.Limiter = t.limiter.Snapshot()
	}
	if t.conflict != nil {
		s.Conflict = t.conflict.Stats()
	}
	if t.dedupe != nil {
		s.Dedupe = t.dedupe.Stats()
	}
	if t.checker != nil {
		s.Findings = t.checker.Findings()
	}
	return s
}
