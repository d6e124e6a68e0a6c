package dedupe

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/goodtenant/goodtenant/internal/identity"
)

// note is what is remembered of a key.
type note struct {
	State noteState         `json:"s"`
	At    time.Time         `json:"t"`
	ID    string            `json:"i,omitempty"`
	URL   string            `json:"u,omitempty"`
	Marks map[string]string `json:"m,omitempty"` // keyed hashes of the identifying members, by name
}

type noteState uint8

const (
	noteNone    noteState = iota
	noteDoubt             // a create was sent, how it ended is not known
	noteCreated           // this app created it
	noteExists            // the platform says that it exists
)

// vault makes what may be remembered: keyed hashes of values, and notes that only
// those who hold the secret can read.
type vault struct {
	secret []byte
	seal   cipher.AEAD
}

func newVault(hashKey []byte) *vault {
	v := &vault{secret: append([]byte(nil), hashKey...)}
	if len(v.secret) == 0 {
		v.secret = make([]byte, sha256.Size)
		rand.Read(v.secret)
	}
	block, err := aes.NewCipher(v.sum("notes")) // 32 bytes: never an error
	if err == nil {
		v.seal, _ = cipher.NewGCMWithRandomNonce(block)
	}
	return v
}

func (v *vault) sum(fields ...string) []byte {
	m := hmac.New(sha256.New, v.secret)
	var b []byte
	for _, f := range fields {
		b = identity.AppendField(b[:0], f)
		m.Write(b)
	}
	return m.Sum(nil)
}

// hash is a keyed hash of fields, in hexadecimal.
func (v *vault) hash(fields ...string) string { return hex.EncodeToString(v.sum(fields...)[:20]) }

// close seals a note; nil stays nil.
func (v *vault) close(n *note, key string) []byte {
	if n == nil {
		return nil
	}
	b, err := json.Marshal(n)
	if err != nil {
		return nil
	}
	return v.seal.Seal(nil, nil, b, []byte(key))
}

// open reads a note. One that cannot be read was written with another secret or
// has been damaged: something was there, so it counts as a doubt.
func (v *vault) open(sealed []byte, key string) *note {
	if sealed == nil {
		return nil
	}
	b, err := v.seal.Open(nil, nil, sealed, []byte(key))
	n := new(note)
	if err != nil || json.Unmarshal(b, n) != nil {
		return &note{State: noteDoubt, At: time.Now()}
	}
	return n
}
