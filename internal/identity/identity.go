// Package identity tells whose data a call touches: which tenant's, and under
// which credential. Every memory that outlives a call is keyed by it, so that
// two tenants or two principals never meet in one entry.
package identity

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"sync"

	"github.com/goodtenant/goodtenant/internal/endpoint"
)

// Keyer makes keys. Its funcs may be nil: no tenant, and the credential headers
// as the principal. Safe for concurrent use; use New.
type Keyer struct {
	tenant      func(*http.Request) string
	principal   func(*http.Request) string
	credentials []string

	secret [32]byte
	mu     sync.RWMutex
	memo   map[string][16]byte // credential -> fingerprint
}

// memoised bounds the remembered fingerprints; tokens change every hour.
const memoised = 1024

// New returns a Keyer with a secret of its own. credentials are canonical header
// names; none means Authorization and Cookie.
func New(tenant, principal func(*http.Request) string, credentials []string) *Keyer {
	if len(credentials) == 0 {
		credentials = []string{"Authorization", "Cookie"}
	}
	k := &Keyer{tenant: tenant, principal: principal, credentials: credentials, memo: map[string][16]byte{}}
	rand.Read(k.secret[:])
	return k
}

// Tenant is the tenant that req is for; "" is a tenant of its own.
func (k *Keyer) Tenant(req *http.Request) string {
	if k.tenant == nil {
		return ""
	}
	return k.tenant(req)
}

// Principal is a keyed fingerprint of who calls. known is false where no
// credential is in sight: then nothing may be shared or remembered.
func (k *Keyer) Principal(req *http.Request) (fp [16]byte, known bool) {
	if k.principal != nil {
		p := k.principal(req)
		return k.fingerprint(p), p != ""
	}
	var one string
	var all []byte
	for _, name := range k.credentials {
		for _, v := range req.Header[name] {
			switch {
			case v == "":
			case one == "" && all == nil:
				one = v
			default:
				if all == nil {
					all = AppendField(nil, one)
				}
				all = AppendField(all, v)
			}
		}
	}
	if all != nil {
		one = string(all)
	}
	return k.fingerprint(one), one != ""
}

func (k *Keyer) fingerprint(s string) (fp [16]byte) {
	if s == "" {
		return fp
	}
	k.mu.RLock()
	fp, ok := k.memo[s]
	k.mu.RUnlock()
	if ok {
		return fp
	}
	m := hmac.New(sha256.New, k.secret[:])
	m.Write([]byte(s))
	copy(fp[:], m.Sum(nil))
	k.mu.Lock()
	if len(k.memo) >= memoised {
		clear(k.memo)
	}
	k.memo[s] = fp
	k.mu.Unlock()
	return fp
}

// Append adds scheme, canonical host and port, tenant and principal to dst. known
// is Principal's.
func (k *Keyer) Append(dst []byte, req *http.Request) (key []byte, known bool) {
	dst = AppendField(dst, req.URL.Scheme)
	dst = AppendField(dst, endpoint.Host(req.URL))
	dst = AppendField(dst, k.Tenant(req))
	fp, known := k.Principal(req)
	return append(dst, fp[:]...), known
}

// Hash is a keyed hash of s, for what must not be kept in clear.
func (k *Keyer) Hash(s string) (h [16]byte) {
	m := hmac.New(sha256.New, k.secret[:])
	m.Write([]byte(s))
	copy(h[:], m.Sum(nil))
	return h
}

// AppendField adds s with its length before it: no two lists of fields give the
// same bytes, whatever the fields hold.
func AppendField(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}
