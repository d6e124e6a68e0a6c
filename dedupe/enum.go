package dedupe

import (
	"github.com/goodtenant/goodtenant/internal/enum"
)

// Policy is what to do with a create whose entity exists, or that cannot be
// checked. The zero value is the documented default of its field.
type Policy uint8

const (
	// Refuse sends nothing and returns *DuplicateError or *CheckError.
	Refuse Policy = iota + 1
	// UseExisting sends nothing and answers 201 with the existing entity's
	// Location; Existing tells such an answer from a real one. Where more than
	// one entity matches, or none is known by URL, it refuses.
	UseExisting
	// Report sends the create, counts it and calls the hook.
	Report
)

var policyNames = [...]string{"default", "refuse", "use-existing", "report"}

// String gives the policy's name.
func (p Policy) String() string { return enum.String("dedupe.Policy", policyNames[:], p) }

// MarshalText writes the name; an unknown policy is an error.
func (p Policy) MarshalText() ([]byte, error) {
	return enum.Marshal("dedupe.Policy", policyNames[:], p)
}

// UnmarshalText reads a name; anything else is an error that shows it.
func (p *Policy) UnmarshalText(b []byte) error {
	return enum.Parse("dedupe.Policy", policyNames[:], p, b)
}

// Failure says whether creates go out that could not be checked.
type Failure uint8

const (
	// FailClosed refuses them with *CheckError. The zero value.
	FailClosed Failure = iota
	// FailOpen sends them, counted in Stats.Unchecked.
	FailOpen
)

var failureNames = [...]string{"fail-closed", "fail-open"}

// String gives the name.
func (f Failure) String() string { return enum.String("dedupe.Failure", failureNames[:], f) }

// MarshalText writes the name; an unknown value is an error.
func (f Failure) MarshalText() ([]byte, error) {
	return enum.Marshal("dedupe.Failure", failureNames[:], f)
}

// UnmarshalText reads a name; anything else is an error that shows it.
func (f *Failure) UnmarshalText(b []byte) error {
	return enum.Parse("dedupe.Failure", failureNames[:], f, b)
}

// Kind says how a key's values are normalised.
type Kind uint8

const (
	// Text: one Unicode form (NFC), without case, runs of white space as one.
	Text Kind = iota + 1
	// EmailAddress: the domain without case and in one IDNA form; see Email.
	EmailAddress
	// PhoneNumber: digits, international prefix and trunk zero; see
	// Config.Country.
	PhoneNumber
	// PersonName: as Text; the values of From are joined.
	PersonName
)

var kindNames = [...]string{"none", "text", "email", "phone", "name"}

// String gives the kind's name.
func (k Kind) String() string { return enum.String("dedupe.Kind", kindNames[:], k) }

// MarshalText writes the name; an unknown kind is an error.
func (k Kind) MarshalText() ([]byte, error) { return enum.Marshal("dedupe.Kind", kindNames[:], k) }

// UnmarshalText reads a name; anything else is an error that shows it.
func (k *Kind) UnmarshalText(b []byte) error { return enum.Parse("dedupe.Kind", kindNames[:], k, b) }
