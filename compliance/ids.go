package compliance

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/goodtenant/goodtenant/internal/route"
)

// entityOf is the fingerprint of one entity: of its id and its collection. It is
// never 0, and its low bits are free, since samples thin by them.
func entityOf(r *routeInfo, id uint64) uint64 { return mix(r.hash, id) | 1<<63 }

// pathIDs hashes the segments that stand where the template has parameters, from
// the last to the first.
func (d *digester) pathIDs(x *exchange, path string) {
	r := x.route
	for i := len(r.params) - 1; i >= r.firstParam; i-- {
		var seg string
		if path, seg = route.LastSegment(path); !r.params[i] {
			continue
		}
		id := d.key.sum(seg)
		if x.path = mix(x.path, id); i == len(r.params)-1 {
			x.entity, x.lastID = entityOf(r, id), seg
		}
	}
	if !r.entity {
		x.parent = x.path
	}
}

// numberedID is an id with a number at its end, such as "OXF000123".
type numberedID struct {
	prefix        uint64
	number        uint64 // shifted by the key
	before, after uint64 // the entities one below and one above
}

// numbered takes x's id apart; ok is false where it has no number.
func (d *digester) numbered(x *exchange) (n numberedID, ok bool) {
	id := x.lastID
	i := len(id)
	for i > 0 && id[i-1] >= '0' && id[i-1] <= '9' {
		i--
	}
	if i == len(id) || len(id)-i > 15 || len(id) > 40 {
		return n, false
	}
	v, err := strconv.ParseUint(id[i:], 10, 64)
	if err != nil {
		return n, false
	}
	n.prefix, n.number = d.key.sum(id[:i]), v+d.key.k0>>2
	var buf [64]byte
	n.after = entityOf(x.route, d.key.sumBytes(numbered(buf[:0], id[:i], v+1, len(id)-i)))
	if v > 0 {
		n.before = entityOf(x.route, d.key.sumBytes(numbered(buf[:0], id[:i], v-1, len(id)-i)))
	}
	return n, true
}

func numbered(buf []byte, prefix string, n uint64, width int) []byte {
	var digits [20]byte
	d := strconv.AppendUint(digits[:0], n, 10)
	buf = append(buf, prefix...)
	for range width - len(d) {
		buf = append(buf, '0')
	}
	return append(buf, d...)
}

// locate is the entity that a Location header names.
func (d *digester) locate(location string) uint64 {
	u, err := url.Parse(location)
	if err != nil {
		return 0
	}
	y := exchange{route: d.routeOf(http.MethodGet, u.Path)}
	d.pathIDs(&y, u.Path)
	return y.entity
}
