package platformtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// tokenLife is how long a token is good for.
const tokenLife = time.Hour

// tokens is the token service: a host of its own that no limit covers.
type tokens struct {
	host string

	mu     sync.Mutex
	issued map[string]time.Time // token -> its end
}

// serve answers a POST with a token that is good for an hour.
func (t *tokens) serve(x *exchange) {
	if x.r.Method != http.MethodPost {
		x.header().Set("Allow", http.MethodPost)
		x.fail(http.StatusMethodNotAllowed, "a token is asked for with POST")
		return
	}
	if x.r.URL.Path != "/token" && x.r.URL.Path != "/oauth2/token" {
		x.fail(http.StatusNotFound, "there is no such resource")
		return
	}
	now := time.Now()
	t.mu.Lock()
	if t.issued == nil {
		t.issued = map[string]time.Time{}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "token %d %d", x.s.cfg.Seed, len(t.issued)))
	token := hex.EncodeToString(sum[:16])
	t.issued[token] = now.Add(tokenLife)
	t.mu.Unlock()
	x.header().Set("Cache-Control", "no-store")
	x.json(http.StatusOK, map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(tokenLife / time.Second),
	})
}

// good tells whether the call carries a token that was issued here and has not
// run out.
func (t *tokens) good(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	t.mu.Lock()
	defer t.mu.Unlock()
	end, issued := t.issued[token]
	return ok && issued && time.Now().Before(end)
}
