package dedupe

import (
	"log/slog"
	"net/http"
)

// The warnings, each said once in the life of a state.
const (
	warnCredential = iota
	warnLocks
	warnings
)

// warn says a warning with its remedy, once.
func (s *state) warn(which int, msg string, args ...any) {
	if s.cfg.Logger != nil && !s.warned[which].Swap(true) {
		s.cfg.Logger.Warn(msg, args...)
	}
}

// warnNoCredential is for a read that could be shared if it said whose it is.
func (s *state) warnNoCredential(req *http.Request) {
	if s.cfg.Logger == nil || s.warned[warnCredential].Load() {
		return
	}
	if s.cfg.Principal == nil && s.hasCredential(req) || s.cfg.Principal != nil && s.cfg.Principal(req) != "" {
		return
	}
	s.warn(warnCredential, "dedupe: no credential in sight, so no read is shared",
		slog.String("remedy", "put the transport that adds credentials above this one, "+
			"for oauth2 with context.WithValue(ctx, oauth2.HTTPClient, wrapped), "+
			"or say with WithPrincipal(OnePrincipal) that this client acts for one principal only"))
}
