package compliance

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// query is what a list request asks for, with everything that changes from page
// to page or from run to run taken out of shape and filter.
type query struct {
	shape     uint64 // names of the parameters, whatever their order
	filter    uint64 // names and values, without page, watermark and ids
	params    int
	filters   int    // parameters that leave rows out
	page      uint64 // hash or number of the page; 1 for the first
	pageNo    int    // as shown in evidence
	size      int
	paged     bool // a page parameter is there
	cursor    bool
	watermark int64 // unix seconds; 0: none
	until     int64 // of a span of time without a beginning; 0: none
	zoneless  bool
	ids       []uint64 // hashes of ids asked for
	embeds    int
	match     uint64  // hash of the normalised value of a uniqueness check
	terms     [4]term // the first filters
}

// term is one filter: what it adds to the filters' hash, and the hash of its value.
type term struct{ part, value uint64 }

type paramRole uint8

const (
	roleFilter paramRole = iota
	rolePage
	roleOffset
	roleCursor
	roleSize
	roleID
	roleWatermark
	roleUntil
	roleEmbed
	roleIgnore
)

// params knows the platform's parameter names, in any case: who is asked for
// PageNumber mostly serves pageNumber.
type params struct {
	known [256][]param // each at its place
	size  int
	key   hashKey
}

// param is what a parameter's name tells.
type param struct {
	name  string
	role  paramRole
	match bool   // it takes part in uniqueness checks
	hash  uint64 // of the name
}

// place is where a name is kept if it is known: with the few of its length and of
// its first and last letter.
func place(name string) uint8 {
	if name == "" {
		return 0
	}
	first, last := name[0]|0x20, name[len(name)-1]|0x20
	return uint8(len(name))*31 + first*7 + last
}

func newParams(p *Platform, key hashKey) *params {
	ps := &params{size: p.PageSize, key: key}
	for _, g := range []struct {
		role  paramRole
		names []string
	}{
		{roleIgnore, p.IgnoreParams}, {roleEmbed, p.EmbedParams}, {roleUntil, p.UntilParams}, {roleWatermark, p.WatermarkParams},
		{roleSize, p.SizeParams}, {roleCursor, p.CursorParams}, {roleOffset, p.OffsetParams}, {rolePage, p.PageParams}, {roleID, p.IDParams},
	} {
		for _, n := range g.names {
			ps.know(param{name: n, role: g.role, hash: key.sum(n)})
		}
	}
	matches := slices.Clone(p.MatchParams)
	for _, c := range p.Collections {
		matches = append(matches, c.Lookups...)
	}
	for _, n := range matches {
		if p := ps.find(n); p != nil {
			p.match = true
		} else {
			ps.know(param{name: n, match: true, hash: key.sum(n)})
		}
	}
	return ps
}

func (ps *params) know(p param) {
	if old := ps.find(p.name); old != nil {
		*old = p
		return
	}
	at := place(p.name)
	ps.known[at] = append(ps.known[at], p)
}

// find gives what a name tells; nil: it is unknown, and a filter's.
func (ps *params) find(name string) *param {
	few := ps.known[place(name)]
	for i := range few {
		if few[i].name == name {
			return &few[i]
		}
	}
	for i := range few {
		if strings.EqualFold(few[i].name, name) {
			return &few[i]
		}
	}
	return nil
}

// parse reads raw into q, of which only ids' memory has been used before. Shape and filter do not depend
// on the order of the parameters: they are sums.
func (ps *params) parse(raw string, q *query) {
	q.page, q.pageNo, q.size = 1, 1, ps.size
	offset, span, times, terms := -1, uint64(0), 0, 0
	for raw != "" {
		var pair string
		if pair, raw = cutByte(raw, '&'); pair == "" {
			continue
		}
		name, value := cutByte(pair, '=')
		q.params++
		p := ps.find(name)
		if p == nil {
			plain := unescape(name)
			if plain != name {
				p = ps.find(plain)
			}
			if p == nil {
				p = &param{hash: ps.key.sum(plain)}
			}
		}
		role, nameHash := p.role, p.hash
		if role == roleIgnore {
			continue
		}
		value = unescape(value)
		if role == roleFilter || role == roleWatermark || role == roleUntil || role == roleID {
			q.filters++
		}
		if role != roleID {
			q.shape += nameHash
		} else if len(q.ids) == 0 {
			q.shape += nameHash
		}
		switch role {
		case rolePage:
			q.paged = true
			if n, err := strconv.Atoi(value); err == nil && n >= 0 {
				q.page, q.pageNo = uint64(n), n
			} else {
				q.page, q.pageNo, q.cursor = ps.key.sum(value), 0, true
			}
		case roleOffset:
			if n, err := strconv.Atoi(value); err == nil && n >= 0 {
				q.paged, offset = true, n
			} else if _, zoneless, ok := parseTime(value); ok { // the start of a span of time
				q.filters++
				q.zoneless = q.zoneless || zoneless
				span, times = span+mix(nameHash, ps.key.sum(value)), times+1
			}
		case roleCursor:
			q.paged, q.cursor, q.page, q.pageNo = true, true, ps.key.sum(value), 0
		case roleSize:
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				q.size = n
			}
		case roleID:
			for value != "" && len(q.ids) < maxRows {
				var one string
				if one, value = cutByte(value, ','); one != "" {
					q.ids = append(q.ids, ps.key.sum(one))
				}
			}
		case roleWatermark:
			if at, zoneless, ok := parseTime(value); ok {
				q.watermark = at
				q.zoneless = q.zoneless || zoneless
				times++
			}
		case roleUntil:
			if at, zoneless, ok := parseTime(value); ok {
				q.until = at
				q.zoneless = q.zoneless || zoneless
				span, times = span+mix(nameHash, ps.key.sum(value)), times+1
			} else {
				q.filter += mix(nameHash, ps.key.sum(value))
			}
		case roleEmbed:
			if value != "" {
				q.embeds += 1 + strings.Count(value, ",")
			}
		default:
			hash := ps.key.sum(value)
			one := mix(nameHash, hash)
			switch at, zoneless, isTime := parseTime(value); {
			case !isTime, at%86_400 == 0 && !zoneless: // a day is a part of a collection
				q.filter += one
				if terms < len(q.terms) {
					q.terms[terms] = term{one, hash}
					terms++
				}
			default:
				q.zoneless = q.zoneless || zoneless
				span, times = span+one, times+1
			}
			if p.match && value != "" {
				q.match = ps.key.sum(identifying(value))
			}
		}
	}
	if times > 1 {
		q.filter, q.until = q.filter+span, 0 // a span of time with both its ends is a slice
	}
	if offset >= 0 {
		q.pageNo = offset/max(q.size, 1) + 1
		q.page = uint64(q.pageNo)
	}
}

// cutByte is strings.Cut for one byte, and faster.
func cutByte(s string, c byte) (before, after string) {
	if i := strings.IndexByte(s, c); i >= 0 {
		return s[:i], s[i+1:]
	}
	return s, ""
}

// identifying brings the two kinds of values that identify a person to one
// spelling: an address to lower case, a number to its last nine digits.
func identifying(v string) string {
	v = strings.TrimSpace(v)
	if strings.IndexByte(v, '@') >= 0 {
		return strings.ToLower(v)
	}
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case strings.ContainsRune(" +-()./", r):
			return -1
		}
		return 'x'
	}, v)
	if len(digits) >= 7 && !strings.Contains(digits, "x") {
		return digits[max(0, len(digits)-9):]
	}
	return strings.ToLower(v)
}

func unescape(s string) string {
	for i := range len(s) { // most are short
		if s[i] != '%' && s[i] != '+' {
			continue
		}
		if u, err := url.QueryUnescape(s); err == nil {
			return u
		}
		return s
	}
	return s
}

// parseTime reads RFC 3339, with or without its zone, a plain date, and unix
// seconds or milliseconds.
func parseTime(s string) (unix int64, zoneless, ok bool) {
	if len(s) < 10 || len(s) > 40 || s[0] < '0' || s[0] > '9' {
		return 0, false, false
	}
	if s[4] != '-' {
		n, err := strconv.ParseInt(s, 10, 64)
		switch {
		case err != nil:
			return 0, false, false
		case n > 1e8 && n < 1e10:
			return n, false, true
		case n > 1e11 && n < 1e13:
			return n / 1000, false, true
		}
		return 0, false, false
	}
	// A "+" in a query is a space once it is unescaped.
	if len(s) > 19 && s[len(s)-6] == ' ' {
		s = s[:len(s)-6] + "+" + s[len(s)-5:]
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.Unix(), false, true
	}
	if t, err := time.Parse("2006-01-02T15:04:05", s); err == nil {
		return t.Unix(), true, true
	}
	if t, err := time.Parse("2006-01-02", s[:min(len(s), 10)]); err == nil && len(s) == 10 {
		return t.Unix(), false, true
	}
	return 0, false, false
}

// paramNames lists the names in raw, sorted, each once, for evidence. Only names
// that look like names are shown; a lone word is a value.
func paramNames(raw string) string {
	var names []string
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, _, named := strings.Cut(pair, "=")
		name = unescape(name)
		if !named || name == "" || len(name) > 32 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$[].-") != "" {
			name = "_"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 16 {
		names = append(names[:16], "...")
	}
	return strings.Clone(strings.Join(names, "&")) // or one name would keep all of raw
}
