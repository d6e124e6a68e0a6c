package compliance

import (
	"errors"
	"time"
)

// GateError refuses a call: a rule of [Config.Gate] has an open finding of
// severity error for the call's tenant, stream and collection. No request was
// sent. It is returned bare; find it with errors.AsType[*GateError].
type GateError struct {
	Rule, Clause string
	Tenant       string // not part of the text
	Stream       string // not part of the text
	Remedy       string
	Until        time.Time // when the finding is cleared if nothing else happens
}

// Error names the rule and the remedy.
func (e *GateError) Error() string {
	return "compliance: refused by rule " + e.Rule + " (" + e.Clause + "): " + e.Remedy
}

// ErrClosed is the error of a Checker used for more than reading after Close.
var ErrClosed = errors.New("compliance: checker is closed")
