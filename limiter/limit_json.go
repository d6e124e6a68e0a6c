package limiter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/goodtenant/goodtenant/internal/enum"
)

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return enum.Marshal("limiter.Kind", kindNames[:], k) }

// UnmarshalText reads a name; another word is an error that shows it.
func (k *Kind) UnmarshalText(b []byte) error {
	return enum.Parse("limiter.Kind", kindNames[:], k, b)
}

// MarshalText writes the scope's name.
func (s Scope) MarshalText() ([]byte, error) { return enum.Marshal("limiter.Scope", scopeNames[:], s) }

// UnmarshalText reads a name; another word is an error that shows it.
func (s *Scope) UnmarshalText(b []byte) error {
	return enum.Parse("limiter.Scope", scopeNames[:], s, b)
}

// limitJSON is a Limit as it is written: {"kind":"rate","max":20,"per":"1s"}.
type limitJSON struct {
	Name  string `json:"name,omitempty"`
	Kind  Kind   `json:"kind"`
	Max   int    `json:"max"`
	Per   string `json:"per,omitempty"`
	Scope Scope  `json:"scope"`
}

// MarshalJSON writes the window as a duration string such as "1s".
func (l Limit) MarshalJSON() ([]byte, error) {
	j := limitJSON{Name: l.Name, Kind: l.Kind, Max: l.Max, Scope: l.Scope}
	if l.Per != 0 {
		j.Per = l.Per.String()
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes; an unknown member is an error.
// It does not judge the numbers: Limits.Validate does.
func (l *Limit) UnmarshalJSON(b []byte) error {
	var j limitJSON
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return fmt.Errorf("limiter: Limit: %w", err)
	}
	*l = Limit{Name: j.Name, Kind: j.Kind, Max: j.Max, Scope: j.Scope}
	if j.Per != "" {
		per, err := time.ParseDuration(j.Per)
		if err != nil {
			return fmt.Errorf("limiter: Limit.Per: %w", err)
		}
		l.Per = per
	}
	return nil
}
