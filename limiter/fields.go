package limiter

import (
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

// advice is one limit that an answer's header fields speak of. Servers describe
// themselves loosely, so that it is used to lower what the configuration allows,
// never to raise it, and a remaining quota promises nothing.
type advice struct {
	kind      Kind
	scope     Scope         // Tenant only where the field says that the quota is partitioned
	max       int           // 0: not said
	per       time.Duration // the window, 0: not said
	remaining int           // -1: not said
	reset     time.Duration // until it is whole again, from the answer's arrival; -1: not said
}

// maxAdvice bounds what one answer can make us look at, and maxField one field.
const (
	maxAdvice = 16
	maxField  = 4 << 10
)

// advise appends what h says of limits to dst. Fields that are malformed count
// as absent. It allocates nothing where none of the fields is there.
func advise(h http.Header, now time.Time, dst []advice) []advice {
	if !speaksOfLimits(h) {
		return dst
	}
	first := len(dst)
	dst = structured(h, dst)
	for i := range families {
		dst = families[i].read(h, now, dst)
	}
	return dst[:min(len(dst), first+maxAdvice)]
}

// speaksOfLimits is the fast path: most answers have none of the fields.
func speaksOfLimits(h http.Header) bool {
	for name := range h {
		if (strings.HasPrefix(name, "R") || strings.HasPrefix(name, "X-")) &&
			(strings.Contains(name, "limit") || strings.Contains(name, "Limit")) {
			return true
		}
	}
	return false
}

// structured reads RateLimit-Policy and RateLimit as draft-ietf-httpapi-ratelimit-headers
// has them: lists of structured fields, in which the two are joined by their
// items' names and partition keys. The forms of its older versions are read too.
func structured(h http.Header, dst []advice) []advice {
	var known []quota
	for _, m := range listField(h["Ratelimit-Policy"]) {
		if q, ok := policyItem(m); ok && len(known) < maxAdvice {
			known = append(known, q)
		}
	}
	stated := listField(h["Ratelimit"])
	for i := range min(len(stated), maxAdvice) {
		q, ok := limitItem(stated[i])
		if !ok {
			continue
		}
		if j := slices.IndexFunc(known, q.same); j >= 0 {
			known[j].remaining, known[j].reset = q.remaining, q.reset
		} else {
			known = append(known, q)
		}
	}
	for _, q := range known {
		dst = append(dst, q.advice)
	}
	if stated == nil {
		dst = dictionary(h["Ratelimit"], dst)
	}
	return dst
}

// quota is an advice with what RateLimit and RateLimit-Policy are joined by.
type quota struct {
	name, key string
	advice
}

func (q quota) same(other quota) bool { return q.name == other.name && q.key == other.key }

// newQuota fills in what both fields have; pk says that the quota is a partition's.
func newQuota(name any, p *httpsfv.Params) quota {
	q := quota{name: fieldName(name), advice: advice{kind: Rate, remaining: -1, reset: -1}}
	if key, ok := p.Get("pk"); ok {
		q.key, q.scope = fieldName(key), Tenant
	}
	return q
}

// policyItem reads "name";q=100;w=60;qu=requests, or 100;w=60 as it was up to version 7.
func policyItem(m httpsfv.Member) (quota, bool) {
	name, p := itemOf(m)
	q := newQuota(name, p)
	q.max = intParam(p, "q")
	if n, ok := name.(int64); ok {
		q.max = capCount(n)
	}
	unit, _ := p.Get("qu")
	switch fieldName(unit) {
	case "concurrent-requests":
		q.kind = Concurrency
	case "", "requests":
		q.per = roundUp(max(0, float64(intParam(p, "w"))), time.Second)
		q.kind = kindOf(q.per)
	default: // bytes and what is yet to come are not counted here
		return q, false
	}
	return q, q.max > 0
}

// limitItem reads "name";r=50;t=30.
func limitItem(m httpsfv.Member) (quota, bool) {
	name, p := itemOf(m)
	q := newQuota(name, p)
	q.remaining = intParam(p, "r")
	if t := intParam(p, "t"); t >= 0 {
		q.reset = roundUp(float64(t), time.Second)
	}
	return q, q.name != "" && q.remaining >= 0
}

// dictionary reads RateLimit as it was in version 7: limit=100, remaining=50, reset=5.
func dictionary(lines []string, dst []advice) []advice {
	if fieldSize(lines) > maxField {
		return dst
	}
	d, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil {
		return dst
	}
	member := func(name string) int {
		m, _ := d.Get(name)
		v, _ := itemOf(m)
		if n, ok := v.(int64); ok && n >= 0 {
			return capCount(n)
		}
		return -1
	}
	a := advice{kind: Rate, max: max(0, member("limit")), remaining: member("remaining"), reset: -1}
	if t := member("reset"); t >= 0 {
		a.reset = roundUp(float64(t), time.Second)
	}
	if a.max == 0 && a.remaining < 0 {
		return dst
	}
	return append(dst, a)
}

// kindOf tells a day's budget from a rate by its window.
func kindOf(per time.Duration) Kind {
	if per >= dayLength {
		return Day
	}
	return Rate
}

// listField parses the lines of one field, nil where they are not a list.
func listField(lines []string) httpsfv.List {
	if fieldSize(lines) > maxField {
		return nil
	}
	l, err := httpsfv.UnmarshalList(lines)
	if err != nil {
		return nil
	}
	return l
}

func fieldSize(lines []string) (n int) {
	for _, l := range lines {
		n += len(l)
	}
	return n
}

// itemOf gives a member's value and parameters; inner lists have no value.
func itemOf(m httpsfv.Member) (value any, p *httpsfv.Params) {
	if it, ok := m.(httpsfv.Item); ok {
		return it.Value, it.Params
	}
	return nil, httpsfv.NewParams()
}

// intParam is a parameter that is an integer of 0 or more, else -1.
func intParam(p *httpsfv.Params, name string) int {
	v, _ := p.Get(name)
	if n, ok := v.(int64); ok && n >= 0 {
		return capCount(n)
	}
	return -1
}

func capCount(n int64) int { return int(min(n, math.MaxInt32)) }

// fieldName is a value that names something, else "".
func fieldName(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case httpsfv.Token:
		return string(v)
	case []byte:
		return string(v)
	}
	return ""
}

// family is a set of fields, one number each, that describe one limit.
type family struct {
	max, left, reset, millis string // canonical names; millis holds the window
	scope                    Scope
	per                      time.Duration // the window, where the names tell it
}

// families are the fields in use before there was a draft, and beside it. Those
// of one vendor are here where they name a quantity that has a place in advice;
// forms such as "used/max" are read by the profile that knows them.
var families = []family{
	{max: "Ratelimit-Limit", left: "Ratelimit-Remaining", reset: "Ratelimit-Reset"},
	{max: "X-Ratelimit-Limit", left: "X-Ratelimit-Remaining", reset: "X-Ratelimit-Reset"},
	{max: "X-Rate-Limit-Limit", left: "X-Rate-Limit-Remaining", reset: "X-Rate-Limit-Reset"},
	{max: "X-Ratelimit-Max", left: "X-Ratelimit-Remaining", millis: "X-Ratelimit-Interval-Milliseconds"},
	{max: "X-Ratelimit-Limit-Second", left: "X-Ratelimit-Remaining-Second", per: time.Second},
	{max: "X-Ratelimit-Limit-Minute", left: "X-Ratelimit-Remaining-Minute", per: time.Minute},
	{max: "X-Ratelimit-Limit-Hour", left: "X-Ratelimit-Remaining-Hour", per: time.Hour},
	{max: "X-Ratelimit-Limit-Day", left: "X-Ratelimit-Remaining-Day", per: dayLength},
	{max: "X-Ratelimit-Limit-Daily", left: "X-Ratelimit-Daily-Remaining", reset: "X-Ratelimit-Daily-Reset", per: dayLength},
	{max: "X-Hubspot-Ratelimit-Max", left: "X-Hubspot-Ratelimit-Remaining", millis: "X-Hubspot-Ratelimit-Interval-Milliseconds"},
	{max: "X-Hubspot-Ratelimit-Secondly", left: "X-Hubspot-Ratelimit-Secondly-Remaining", per: time.Second},
	{max: "X-Hubspot-Ratelimit-Daily", left: "X-Hubspot-Ratelimit-Daily-Remaining", per: dayLength},
	{left: "X-Minlimit-Remaining", per: time.Minute, scope: Tenant},
	{left: "X-Appminlimit-Remaining", per: time.Minute},
	{left: "X-Daylimit-Remaining", per: dayLength, scope: Tenant},
}

// read appends what the fields say, if anything.
func (f *family) read(h http.Header, now time.Time, dst []advice) []advice {
	a := advice{scope: f.scope, per: f.per, remaining: -1, reset: -1}
	if n, ok := numberField(h[f.max]); ok && n >= 1 {
		a.max = capCount(int64(n))
	}
	if n, ok := numberField(h[f.left]); ok {
		a.remaining = capCount(int64(max(n, 0)))
	}
	if n, ok := numberField(h[f.reset]); ok {
		a.reset = resetIn(n, h, now)
	}
	if n, ok := numberField(h[f.millis]); ok && n >= 1 {
		a.per = roundUp(n, time.Millisecond)
	}
	if a.max == 0 && (a.remaining < 0 || a.per == 0 && a.reset < 0) {
		return dst // nothing, or what is left of nobody knows what
	}
	a.kind = kindOf(a.per)
	return append(dst, a)
}

// numberField reads the first line: digits, with a sign or a fraction. RateLimit-Limit
// may go on with the policies (100, 100;w=60), which are not needed.
func numberField(lines []string) (float64, bool) {
	if len(lines) == 0 || len(lines[0]) > maxField {
		return 0, false
	}
	v, _, _ := strings.Cut(lines[0], ",")
	v = strings.Trim(v, " \t")
	v, negative := strings.CutPrefix(v, "-")
	whole, fraction, dotted := strings.Cut(v, ".")
	if !digits(whole) || dotted && !digits(fraction) {
		return 0, false
	}
	n, scale := 0.0, 1.0
	for _, c := range []byte(whole) {
		n = n*10 + float64(c-'0')
	}
	for _, c := range []byte(fraction) {
		scale /= 10
		n += scale * float64(c-'0')
	}
	if negative {
		n = -n
	}
	return min(n, math.MaxInt64/2), true
}

// resetIn reads a reset by its magnitude, for its name says nothing: seconds from
// now, or the Unix time in seconds or in milliseconds, on the server's clock.
func resetIn(n float64, h http.Header, now time.Time) time.Duration {
	unit := time.Second
	switch {
	case n > 1e12:
		unit = time.Millisecond
		n -= float64(serverTime(h, now).UnixMilli())
	case n > 1e9:
		n -= float64(serverTime(h, now).Unix())
	}
	return roundUp(max(n, 0), unit)
}

// roundUp is n units, rounded up, and forever where that is too long.
func roundUp(n float64, unit time.Duration) time.Duration {
	if d := math.Ceil(n * float64(unit)); d < float64(forever) {
		return time.Duration(d)
	}
	return forever
}
