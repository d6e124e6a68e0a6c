package status

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"

	"github.com/goodtenant/goodtenant"
)

//go:embed page.html
var pageHTML string

//go:embed style.css
var styleCSS string

// Option changes what [Handler] shows.
type Option func(*handler)

// ShowTenants shows tenants by the names that the app gives them, and findings with
// the stream and the collection they are about. Without it, names are a digest and
// those are left out.
func ShowTenants() Option { return func(h *handler) { h.mask.show = true } }

// Refresh says after how many seconds the page comes anew. The default is 2;
// below 1, it does not.
func Refresh(seconds int) Option { return func(h *handler) { h.refresh = max(0, seconds) } }

// handler serves one Transport.
type handler struct {
	state   func() goodtenant.Snapshot
	mask    mask
	refresh int
	page    *template.Template
	policy  string // Content-Security-Policy
}

// Handler serves t's state: the page, or with ?format=json the same Snapshot that
// t.Snapshot gives, with the same names hidden. It answers GET and HEAD only. A nil
// t panics.
func Handler(t *goodtenant.Transport, opts ...Option) http.Handler {
	if t == nil {
		panic("status: Handler: the Transport is nil")
	}
	return newHandler(t.Snapshot, t.Routes(), opts...)
}

func newHandler(state func() goodtenant.Snapshot, routes []string, opts ...Option) *handler {
	h := &handler{
		state:   state,
		mask:    mask{known: collectionsOf(routes)},
		refresh: 2,
		page:    template.Must(template.New("page").Parse(pageHTML)),
	}
	// crypto/rand.Read never fails.
	rand.Read(h.mask.key[:])
	for _, o := range opts {
		if o != nil {
			o(h)
		}
	}
	sum := sha256.Sum256([]byte(styleCSS))
	h.policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return h
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", h.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	var (
		b    []byte
		err  error
		kind string
	)
	switch format := r.URL.Query().Get("format"); format {
	case "", "html":
		kind = "text/html; charset=utf-8"
		b, err = h.html()
	case "json":
		kind = "application/json"
		b, err = json.MarshalIndent(h.mask.snapshot(h.state()), "", "  ")
	default:
		http.Error(w, "format is html or json", http.StatusBadRequest)
		return
	}
	if err != nil {
		http.Error(w, "the state cannot be shown", http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", kind)
	header.Set("Content-Length", strconv.Itoa(len(b)))
	if r.Method == http.MethodGet {
		w.Write(b)
	}
}

func (h *handler) html() ([]byte, error) {
	v := newView(h.mask.snapshot(h.state()))
	v.Refresh, v.Style, v.Hashed = h.refresh, template.CSS(styleCSS), !h.mask.show
	var b bytes.Buffer
	err := h.page.Execute(&b, v)
	return b.Bytes(), err
}
