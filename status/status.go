// Package status shows a goodtenant Transport's state as a live page.
package status

import (
	"net/http"

	"github.com/goodtenant/goodtenant"
)

// Handler serves t's state.
func Handler(t *goodtenant.Transport) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotImplemented) })
}
