package compliance_test

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"time"
)

// The scenario files hold a generator of app-days: what apps of many kinds,
// good and bad, do to a platform from day to day, told as the calls a platform
// would see. It knows the usage guidelines and the platform's wire format; it
// knows nothing of the rules, their thresholds or their state. Every stream is a
// function of its seed.

// firstDay is a Monday, and the last Sunday of its month moves the clocks.
var firstDay = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// world is one customer's data on the platform: collections of rows with their
// versions, in sizes drawn for this customer.
type world struct {
	rng    *rand.Rand
	tenant string
	header http.Header // of a call without conditions; shared, never changed
	plain  http.Header // of a list answer; shared, never changed
	sets   map[string]*set
}

// set is one collection. Rows are numbered 0..n-1; the first part of them is
// what the agency works on now, and most reads and changes go there.
type set struct {
	name     string
	offices  []string
	n        int
	active   int
	versions map[int]int
}

// size bounds of the collections of a small to a large agency.
var collections = map[string][2]int{
	"contacts":       {4_000, 60_000},
	"applicants":     {1_500, 20_000},
	"properties":     {2_000, 20_000},
	"landlords":      {800, 6_000},
	"appointments":   {5_000, 50_000},
	"enquiries":      {2_000, 30_000},
	"tenancies":      {800, 8_000},
	"transactions":   {10_000, 120_000},
	"tasks":          {2_000, 30_000},
	"offers":         {1_000, 8_000},
	"journalEntries": {20_000, 200_000},
	"documents":      {5_000, 60_000},
	"propertyImages": {10_000, 100_000},
	"negotiators":    {10, 90},
	"offices":        {1, 14},
	"departments":    {2, 6},
	"areas":          {20, 300},
}

func newWorld(rng *rand.Rand, tenant string) *world {
	w := &world{
		rng:    rng,
		tenant: tenant,
		sets:   map[string]*set{},
		plain:  http.Header{"Content-Type": {"application/json"}},
		header: http.Header{
			"Api-Version":     {"2020-01-31"},
			"Authorization":   {"Bearer machine"},
			"Reapit-Customer": {tenant},
		},
	}
	scale := rng.Float64() // one agency is large or small in everything
	names := make([]string, 0, len(collections))
	for name := range collections {
		names = append(names, name)
	}
	sort.Strings(names)
	offices := make([]string, 1+rng.IntN(5))
	for i := range offices {
		offices[i] = string([]byte{letter(rng), letter(rng), letter(rng)})
	}
	for _, name := range names {
		low, high := float64(collections[name][0]), float64(collections[name][1])
		at := math.Min(1, math.Max(0, scale+rng.NormFloat64()*0.1))
		n := int(low * math.Pow(high/low, at))
		w.sets[name] = &set{
			name: name, offices: offices, n: n,
			active:   max(1, int(float64(n)*(0.04+0.1*rng.Float64()))),
			versions: map[int]int{},
		}
	}
	return w
}

func letter(rng *rand.Rand) byte { return byte('A' + rng.IntN(26)) }

// id is the platform's form: office, year, running number.
func (s *set) id(row int) string {
	office := s.offices[row%len(s.offices)]
	b := make([]byte, 0, 12)
	b = append(b, office...)
	b = strconv.AppendInt(b, int64(24-row*9/max(1, s.n)), 10)
	k := row / len(s.offices)
	for _, unit := range [...]int{10000, 1000, 100, 10, 1} {
		b = append(b, byte('0'+k/unit%10))
	}
	return string(b)
}

// pick draws a row as people and their work do: mostly from what is active,
// and there the newest most.
func (s *set) pick(rng *rand.Rand) int {
	if rng.Float64() < 0.85 {
		return int(float64(s.active) * rng.Float64() * rng.Float64())
	}
	return rng.IntN(s.n)
}

// query is a filtered list: its rows in the order the platform gives them.
type query struct {
	set    *set
	filter string // encoded parameters, without paging
	total  int
	at     func(i int) int
	claims int // the total that the answer states, where a routine reads only the first of more rows
	nested int // related rows embedded in each
}

// all is the collection without a filter, newest first.
func (s *set) all() query {
	return query{set: s, total: s.n, at: func(i int) int { return i }}
}

// where is a filter that matches about total rows, spread over the collection;
// equal filters match equal rows.
func (s *set) where(filter string, total int) query {
	h := fnv.New64a()
	h.Write([]byte(s.name + "?" + filter))
	start, stride := h.Sum64(), s.stride(h.Sum64())
	total = min(total, s.n)
	return query{set: s, filter: filter, total: total, at: func(i int) int {
		return int((start%uint64(s.n) + uint64(i)*stride) % uint64(s.n))
	}}
}

// stride is a step that visits every row of the set before it comes back.
func (s *set) stride(seed uint64) uint64 {
	n := uint64(s.n)
	k := 1 + seed%max(1, n-1)
	for gcd(k, n) != 1 {
		k++
	}
	return k
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// slice is the part'th of parts pieces of the collection, without overlap.
func (s *set) slice(filter string, part, parts int) query {
	total := (s.n - part + parts - 1) / parts
	return query{set: s, filter: filter, total: total, at: func(i int) int { return i*parts + part }}
}

// these is a list of given rows.
func (s *set) these(filter string, rows []int) query {
	return query{set: s, filter: filter, total: len(rows), at: func(i int) int { return rows[i] }}
}

// listBody renders one page the way the platform does, with rows cut down to
// what identifies them and their version.
func listBody(q query, page, size int) (body []byte, rows []int) {
	first := (page - 1) * size
	b := append(make([]byte, 0, 96+size*64), `{"_embedded":[`...)
	for i := first; i < min(first+size, q.total); i++ {
		row := q.at(i)
		rows = append(rows, row)
		if i > first {
			b = append(b, ',')
		}
		b = append(b, `{"id":"`...)
		b = append(b, q.set.id(row)...)
		b = append(b, `","modified":"2026-02-27T10:11:12Z","_eTag":`...)
		b = strconv.AppendQuote(b, q.set.tag(row))
		if q.nested > 0 {
			b = append(b, `,"_embedded":{"related":[`...)
			for k := range q.nested {
				if k > 0 {
					b = append(b, ',')
				}
				b = append(b, `{"id":"E`...)
				b = strconv.AppendInt(b, int64(row*32+k), 10)
				b = append(b, `"}`...)
			}
			b = append(b, `]}`...)
		}
		b = append(b, '}')
	}
	b = append(b, `],"pageNumber":`...)
	b = strconv.AppendInt(b, int64(page), 10)
	b = append(b, `,"pageSize":`...)
	b = strconv.AppendInt(b, int64(size), 10)
	b = append(b, `,"pageCount":`...)
	b = strconv.AppendInt(b, int64(len(rows)), 10)
	b = append(b, `,"totalPageCount":`...)
	stated := max(q.total, q.claims)
	b = strconv.AppendInt(b, int64((stated+size-1)/size), 10)
	b = append(b, `,"totalCount":`...)
	b = strconv.AppendInt(b, int64(stated), 10)
	return append(b, '}'), rows
}

// tag is the entity's version, quotes included.
func (s *set) tag(row int) string {
	b := make([]byte, 0, 16)
	b = append(b, '"')
	b = strconv.AppendUint(b, uint64(row)*2654435761, 36)
	b = append(b, '-')
	b = strconv.AppendInt(b, int64(s.versions[row]), 10)
	return string(append(b, '"'))
}

// fields of an entity: what a whole-entity write sends back.
func (s *set) fields(row int) [][2]string {
	v := strconv.Itoa(s.versions[row])
	k := strconv.Itoa(row)
	return [][2]string{
		{"forename", `"F` + k + `"`}, {"surname", `"S` + k + `"`}, {"title", `"Mx"`},
		{"active", "true"}, {"source", `"web"`}, {"officeIds", `["` + s.offices[0] + `"]`},
		{"price", strconv.Itoa(100_000 + row%900*1000)}, {"notes", `"note ` + v + `"`},
		{"negotiatorId", `"N` + strconv.Itoa(row%37) + `"`}, {"town", `"T` + strconv.Itoa(row%53) + `"`},
	}
}

func (s *set) entityBody(row int) []byte {
	b := []byte(`{"id":"` + s.id(row) + `","created":"2025-06-01T09:00:00Z","modified":"2026-02-27T10:11:12Z"`)
	for _, f := range s.fields(row) {
		b = append(b, `,"`+f[0]+`":`+f[1]...)
	}
	b = append(b, `,"_eTag":`...)
	b = strconv.AppendQuote(b, s.tag(row))
	return append(b, '}')
}

// change is one entity changed by somebody at a time.
type change struct {
	at  time.Time
	row int
}

// changes is what the agency's people change in a collection from start on:
// perDay on a weekday, within their hours, a tenth of that at weekends.
func (s *set) changes(rng *rand.Rand, start time.Time, days int, perDay float64) []change {
	var out []change
	for d := range days {
		date := start.Add(time.Duration(d) * day)
		mean := perDay
		if wd := date.Weekday(); wd == time.Saturday || wd == time.Sunday {
			mean /= 10
		}
		for range poisson(rng, mean) {
			out = append(out, change{date.Add(officeHour(rng)), s.pick(rng)})
		}
	}
	slices.SortFunc(out, func(a, b change) int { return a.at.Compare(b.at) })
	return out
}

// between gives the rows changed in [from, to), each once.
func between(all []change, from, to time.Time) []int {
	i := sort.Search(len(all), func(i int) bool { return !all[i].at.Before(from) })
	seen := map[int]bool{}
	var rows []int
	for ; i < len(all) && all[i].at.Before(to); i++ {
		if !seen[all[i].row] {
			seen[all[i].row] = true
			rows = append(rows, all[i].row)
		}
	}
	return rows
}

// officeHour is a time of day as offices work: two humps, 8 to 18.
func officeHour(rng *rand.Rand) time.Duration {
	h := 10.4 + 1.1*rng.NormFloat64()
	if rng.Float64() < 0.5 {
		h = 15.2 + 1.3*rng.NormFloat64()
	}
	return time.Duration(math.Min(18.4, math.Max(7.6, h)) * float64(time.Hour))
}

// anyHour is a time of day as the public works: few at night, most in the evening.
func anyHour(rng *rand.Rand) time.Duration {
	for {
		h := rng.Float64() * 24
		weight := 0.12 + 0.44*(1-math.Cos((h-4)/24*2*math.Pi))
		if rng.Float64() < weight {
			return time.Duration(h * float64(time.Hour))
		}
	}
}

func poisson(rng *rand.Rand, mean float64) int {
	if mean > 50 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*rng.NormFloat64())))
	}
	n, p, limit := 0, 1.0, math.Exp(-mean)
	for p *= rng.Float64(); p > limit; p *= rng.Float64() {
		n++
	}
	return n
}

// about is a duration drawn around a median; spread 0 is the median itself.
func about(rng *rand.Rand, median time.Duration, spread float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(spread*rng.NormFloat64()))
}
