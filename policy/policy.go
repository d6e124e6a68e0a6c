// Package policy holds the two switches that every layer's configuration has:
// whether a default-on behaviour is on ([Switch]), and whether the layer acts or
// only says what it would have done ([Mode]).
package policy

import "github.com/goodtenant/goodtenant/internal/enum"

// Mode says whether a layer acts. The zero value is Enforce.
type Mode uint8

const (
	// Enforce: the layer delays, changes, answers or refuses calls.
	Enforce Mode = iota
	// Observe: the layer counts what Enforce would have done, sends no call of
	// its own, and changes, delays and refuses none. It is the way into a
	// running app.
	Observe
)

var modes = [...]string{"enforce", "observe"}

// Valid reports whether m is a mode; every constructor and SetMode refuse others.
func (m Mode) Valid() bool { return int(m) < len(modes) }

// String gives the mode's name in lower case.
func (m Mode) String() string { return enum.String("policy.Mode", modes[:], m) }

// MarshalText writes the name; an unknown mode is an error.
func (m Mode) MarshalText() ([]byte, error) { return enum.Marshal("policy.Mode", modes[:], m) }

// UnmarshalText reads a name; anything else is an error that shows it.
func (m *Mode) UnmarshalText(b []byte) error { return enum.Parse("policy.Mode", modes[:], m, b) }

// Switch turns a behaviour on or off where the default may be either: the zero
// value ByProfile takes the profile's word, then the documented default.
type Switch uint8

const (
	// ByProfile leaves the choice to the profile, then to the default.
	ByProfile Switch = iota
	// On switches the behaviour on whatever the profile says.
	On
	// Off switches the behaviour off whatever the profile says.
	Off
)

var switches = [...]string{"by-profile", "on", "off"}

// Valid reports whether s is one of the three.
func (s Switch) Valid() bool { return int(s) < len(switches) }

// Enabled tells what s means where the profile or default says byDefault.
func (s Switch) Enabled(byDefault bool) bool {
	return s == On || s == ByProfile && byDefault
}

// String gives the switch's name in lower case.
func (s Switch) String() string { return enum.String("policy.Switch", switches[:], s) }

// MarshalText writes the name; an unknown switch is an error.
func (s Switch) MarshalText() ([]byte, error) { return enum.Marshal("policy.Switch", switches[:], s) }

// UnmarshalText reads a name; anything else is an error that shows it.
func (s *Switch) UnmarshalText(b []byte) error {
	return enum.Parse("policy.Switch", switches[:], s, b)
}
