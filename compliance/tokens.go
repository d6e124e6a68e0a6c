package compliance

import "slices"

// tokenCalls are the last calls for a token under one credential.
type tokenCalls struct {
	auth uint64
	at   uint32
	n    uint16
}

// tokens judges calls for tokens of a machine: GT609. Users' sign-ins look the
// same but for the grant, and do not count.
func (l *look) tokens() {
	x, t, a := l.x, &l.k.cfg.Thresholds, &l.k.st.app
	if !x.machine || !x.ok() {
		return
	}
	i := slices.IndexFunc(a.tokens, func(c tokenCalls) bool { return c.auth == x.auth })
	if i < 0 {
		if len(a.tokens) == 16 {
			a.tokens = slices.Delete(a.tokens, 0, 1)
		}
		a.tokens = append(a.tokens, tokenCalls{auth: x.auth, at: x.sec()})
		i = len(a.tokens) - 1
	}
	c := &a.tokens[i]
	if x.sec()-c.at > 3600 {
		c.at, c.n = x.sec(), 0
	}
	if c.n++; int(c.n) > t.TokenCalls {
		l.raiseApp(gt609, alarm{sev: Warning, measured: float64(c.n), threshold: float64(t.TokenCalls), unit: "token calls of one credential in an hour", from: c.at, confidence: 1})
	}
}
