package compliance_test

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// verdict is what one scene's alarms come to.
type verdict struct {
	found, late, right bool    // right: an alarm of the worst severity names a clause that is broken
	took               float64 // to the first alarm that counts, in the unit of the bound
	first              string  // rule of that alarm
	worst              string  // rule of the worst alarm, where its clause is not the broken one
}

// verdict judges the alarms of an app that breaks k's clause.
func (k *kind) verdict(g *scene, alarms []alarm) verdict {
	var v verdict
	var worst *alarm
	for i := range alarms {
		a := &alarms[i]
		if a.Rule == "GT703" {
			continue // true of every app that does not label
		}
		if worst == nil || a.Severity > worst.Severity {
			worst = a
		}
		if !k.names(a.Clause) {
			continue
		}
		if v.first == "" && a.Severity >= min(k.level, compliance.Warning) {
			v.first, v.took = a.Rule, k.within.measure(g, a.after) // a warning is in time, though it takes an error to count as found
			v.late = k.within.unit != "" && v.took > k.within.limit(g)
		}
		v.found = v.found || a.Severity >= k.level
	}
	if v.found {
		for _, a := range alarms {
			if a.Severity == worst.Severity && (k.names(a.Clause) || g.evasive.disguised && a.Clause == claims) {
				v.right = true
			}
		}
		if !v.right {
			v.worst = worst.Rule
		}
	}
	return v
}

// limit is the bound for this scene. Reading without repetition cannot be told
// from chance before some repeats are due: in a collection of N rows, about nine
// after the square root of 18 N reads, which is more than 5 % where N < 7,200;
// where nobody has told the size, after so many reads as people never make.
func (b bound) limit(g *scene) float64 {
	if b.unit != "share" {
		return b.most
	}
	n := float64(g.crawled(len(g.calls)))
	if !g.counted {
		return max(b.most, 1_000/n)
	}
	return max(b.most, 1.1*math.Sqrt(18/n))
}

// names tells whether a clause is one that k breaks.
func (k *kind) names(clause string) bool {
	return clause == k.clause || slices.Contains(k.also, clause)
}

// measure tells how much of the bound's unit had gone by after so many calls.
func (b bound) measure(g *scene, after int) float64 {
	var n float64
	for i := range g.calls[:after] {
		c := &g.calls[i]
		if !c.bad {
			continue
		}
		switch b.unit {
		case "rows", "share":
			n += float64(c.rows)
		case "calls":
			n++
		case "runs":
			n = float64(c.run)
		}
	}
	if b.unit == "share" {
		n /= float64(g.crawled(after))
	}
	return n
}

// crawled is the size of the largest collection that the first calls break the
// guidelines on.
func (g *scene) crawled(calls int) int {
	largest := 1
	for i := range g.calls[:calls] {
		if c := &g.calls[i]; c.bad {
			name, _, _ := strings.Cut(c.path[1:], "/")
			largest = max(largest, g.w.sets[name].n)
		}
	}
	return largest
}

// tally adds up verdicts.
type tally struct {
	scenes, found, late, right int
	took                       []float64
	missed                     map[string]int
	wrong                      map[string]int
}

func (t *tally) add(name string, v verdict) {
	t.scenes++
	if !v.found {
		count(&t.missed, name)
		return
	}
	t.found++
	t.took = append(t.took, v.took)
	if v.late {
		t.late++
	}
	if v.right {
		t.right++
	} else {
		count(&t.wrong, name+" "+v.worst)
	}
}

func (t *tally) merge(u *tally) {
	t.scenes, t.found, t.late, t.right = t.scenes+u.scenes, t.found+u.found, t.late+u.late, t.right+u.right
	t.took = append(t.took, u.took...)
	for k, n := range u.missed {
		addTo(&t.missed, k, n)
	}
	for k, n := range u.wrong {
		addTo(&t.wrong, k, n)
	}
}

func count(m *map[string]int, key string) { addTo(m, key, 1) }

func addTo(m *map[string]int, key string, n int) {
	if *m == nil {
		*m = map[string]int{}
	}
	(*m)[key] += n
}

func (t *tally) recall() float64     { return share(t.found, t.scenes) }
func (t *tally) rightShare() float64 { return share(t.right, t.found) }
func (t *tally) inTime() float64     { return share(t.found-t.late, t.found) }

func share(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// clean is what alarms come to on apps that break nothing.
type clean struct {
	days, errors, warnings int
	rules                  map[string]int // "kind GT101" of the errors, in app-days
	soft                   map[string]int // of the warnings
}

func (c *clean) add(name string, g *scene, alarms []alarm) {
	c.days += g.days
	bad := map[string]bool{}
	for _, a := range alarms {
		date := g.calls[a.after-1].at.Format(time.DateOnly)
		if a.Severity == compliance.Error && !bad["e"+date+a.Rule] {
			bad["e"+date+a.Rule] = true
			count(&c.rules, name+" "+a.Rule)
			if !bad["e"+date] {
				bad["e"+date] = true
				c.errors++
			}
		}
		if a.Severity == compliance.Warning && !bad["w"+date+a.Rule] {
			bad["w"+date+a.Rule] = true
			count(&c.soft, name+" "+a.Rule)
			if !bad["w"+date] {
				bad["w"+date] = true
				c.warnings++
			}
		}
	}
}

func (c *clean) merge(d *clean) {
	c.days, c.errors, c.warnings = c.days+d.days, c.errors+d.errors, c.warnings+d.warnings
	for k, n := range d.rules {
		addTo(&c.rules, k, n)
	}
	for k, n := range d.soft {
		addTo(&c.soft, k, n)
	}
}

func (c *clean) share() float64 { return float64(c.errors) / float64(max(1, c.days)) }

// score is one half of the kinds, scored in one mode.
type score struct {
	clean    clean
	declared clean // apps that are clean by their declaration, where they did not declare
	plain    map[string]*tally
	evasive  map[string]*tally
	perKind  map[string]*tally
}

func newScore() *score {
	return &score{plain: map[string]*tally{}, evasive: map[string]*tally{}, perKind: map[string]*tally{}}
}

func into(m map[string]*tally, key string) *tally {
	if m[key] == nil {
		m[key] = &tally{}
	}
	return m[key]
}

func (s *score) merge(o *score) {
	s.clean.merge(&o.clean)
	s.declared.merge(&o.declared)
	for _, p := range [...][2]map[string]*tally{{s.plain, o.plain}, {s.evasive, o.evasive}, {s.perKind, o.perKind}} {
		for k, t := range p[1] {
			into(p[0], k).merge(t)
		}
	}
}

// job is one scene to play and score.
type job struct {
	k       *kind
	seed    uint64
	evasive bool
}

// scoreAll plays every job and scores it in each mode, two at a time.
func scoreAll(t testing.TB, jobs []job) [len(modes)]*score {
	t.Helper()
	var total [len(modes)]*score
	for m := range total {
		total[m] = newScore()
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := make(chan job)
	for range 2 {
		wg.Go(func() {
			for j := range next {
				part := j.score(t)
				mu.Lock()
				for m := range part {
					total[m].merge(part[m])
				}
				mu.Unlock()
			}
		})
	}
	for _, j := range jobs {
		next <- j
	}
	close(next)
	wg.Wait()
	return total
}

func (j job) score(t testing.TB) [len(modes)]*score {
	g := j.k.play(j.seed, j.evasive)
	var out [len(modes)]*score
	for m := range out {
		s := newScore()
		out[m] = s
		if j.k.tagged && mode(m) != tags {
			continue
		}
		alarms := g.watch(t, mode(m))
		switch {
		case j.k.clause == "" && j.k.declared && mode(m) != tags:
			s.declared.add(j.k.name, g, alarms)
		case j.k.clause == "":
			s.clean.add(j.k.name, g, alarms)
		default:
			v := j.k.verdict(g, alarms)
			name, side := j.k.name, s.plain
			if j.evasive {
				name, side = name+", evasive", s.evasive
			}
			into(side, j.k.clause).add(name, v)
			what := name
			if j.evasive {
				what += " by " + g.evasive.String()
			}
			into(s.perKind, name).add(what, v)
		}
	}
	return out
}

func sum(m map[string]*tally) *tally {
	var t tally
	for _, u := range m {
		t.merge(u)
	}
	return &t
}

// table prints a score of each mode.
func table(title string, scores [len(modes)]*score) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", title)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "labels\tclean app-days\twith an error\tshare\twith a warning\trecall, plain\tevasive\tright clause\tin time")
	for m, s := range scores {
		p, e := sum(s.plain), sum(s.evasive)
		var all tally
		all.merge(p)
		all.merge(e)
		fmt.Fprintf(w, "%v\t%d\t%d\t%.4f %%\t%d\t%.2f %% of %d\t%.2f %% of %d\t%.2f %%\t%.2f %%\n", mode(m), s.clean.days, s.clean.errors,
			100*s.clean.share(), s.clean.warnings, 100*p.recall(), p.scenes, 100*e.recall(), e.scenes, 100*all.rightShare(), 100*p.inTime())
	}
	fmt.Fprintln(w, "\nclause\tlabels\tplain\tevasive\tright clause\tin time (plain)")
	for _, clause := range []string{bulk, schedule, load, limits, create, update, realTime, efficiency, claims, api} {
		for m, s := range scores {
			p, e := s.plain[clause], s.evasive[clause]
			if p == nil {
				continue
			}
			var all tally
			all.merge(p)
			evasive := "-"
			if e != nil {
				all.merge(e)
				evasive = fmt.Sprintf("%.1f %% of %d", 100*e.recall(), e.scenes)
			}
			fmt.Fprintf(w, "%s\t%v\t%.1f %% of %d\t%s\t%.1f %%\t%.1f %%\n", clause, mode(m), 100*p.recall(), p.scenes, evasive, 100*all.rightShare(), 100*p.inTime())
		}
	}
	fmt.Fprintln(w, "\ntime to detect, plain\tlabels\tmedian\tlongest\tpromised")
	for i := range breakers {
		k := &breakers[i]
		for m, s := range scores {
			if t := s.perKind[k.name]; t != nil && t.found > 0 && k.within.unit != "" {
				sort.Float64s(t.took)
				fmt.Fprintf(w, "%s\t%v\t%.3g\t%.3g\t%g %s\n", k.name, mode(m), t.took[len(t.took)/2], t.took[len(t.took)-1], k.within.most, k.within.unit)
			}
		}
	}
	w.Flush()
	for m, s := range scores {
		list(&b, mode(m), "errors on clean apps", s.clean.rules)
		list(&b, mode(m), "warnings on clean apps", s.clean.soft)
		list(&b, mode(m), "undeclared feeds", s.declared.rules)
		var missed, wrong tally
		for name, t := range s.perKind {
			for k, n := range t.missed {
				addTo(&missed.missed, fmt.Sprintf("%s (of %d)", k, t.scenes), n)
			}
			for k, n := range t.wrong {
				addTo(&wrong.wrong, k, n)
			}
			if t.late > 0 {
				addTo(&wrong.missed, fmt.Sprintf("%s (of %d)", name, t.found), t.late)
			}
		}
		list(&b, mode(m), "missed", missed.missed)
		list(&b, mode(m), "wrong clause", wrong.wrong)
		list(&b, mode(m), "late", wrong.missed)
	}
	return b.String()
}

func list(b *strings.Builder, m mode, what string, of map[string]int) {
	if len(of) == 0 {
		return
	}
	keys := make([]string, 0, len(of))
	for k := range of {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y string) int {
		if of[x] != of[y] {
			return of[y] - of[x]
		}
		return strings.Compare(x, y)
	})
	fmt.Fprintf(b, "%v: %s:", m, what)
	for _, k := range keys {
		fmt.Fprintf(b, " [%s x%d]", k, of[k])
	}
	b.WriteByte('\n')
}
