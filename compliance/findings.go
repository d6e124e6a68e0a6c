package compliance

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// alarm is what a detector says when a rule is broken.
type alarm struct {
	sev                 Severity
	measured, threshold float64
	unit                string
	period              time.Duration
	rows                int     // of a run
	share               float64 // of the stream's rows
	from                uint32  // what was measured began; 0: now
	confidence          float64
	note                string // for the evidence
	once                uint64 // evidence of one thing is kept once
}

// findingKey is what findings are counted by.
type findingKey struct {
	rule                       ruleIndex
	tenant, stream, collection string
}

// open is a finding with what is needed to go on with it.
type open struct {
	Finding
	day  uint32   // of First told
	days int      // in a row
	seen []uint64 // once of the evidence
}

const (
	maxFindings = 1000
	maxEvidence = 20
)

// raise files an alarm about the exchange that is looked at.
func (l *look) raise(i ruleIndex, a alarm) {
	k := findingKey{i, l.x.tenant, "", ""}
	if rules[i].View != WireView {
		k.stream = l.x.stream
	}
	if l.x.route != nil && !rules[i].wholeTenant() {
		k.collection = l.x.route.collection
	}
	l.file(k, a)
}

// wholeTenant tells whether a rule is about all that a tenant is sent, whatever the
// collection.
func (r *rule) wholeTenant() bool {
	return r.Clause == load || r.ID == "GT401" || r.ID == "GT402"
}

// raiseApp files an alarm about the app as a whole.
func (l *look) raiseApp(i ruleIndex, a alarm) { l.file(findingKey{rule: i}, a) }

func (l *look) file(key findingKey, a alarm) {
	k, x, r := l.k, l.x, &rules[key.rule]
	if k.off[key.rule] {
		return
	}
	if (r.Clause == bulk || r.Clause == schedule) && l.k.sandbox(key.tenant) {
		a.sev = min(a.sev, Warning) // nobody's data
	}
	if r.Purpose && x.purpose != nil && l.inBounds(a.period) {
		a.sev = Note
	}
	now := x.sec()
	f := k.open[key]
	switch {
	case f == nil:
		if len(k.open) >= maxFindings && !k.dropFinding(a.sev, x.time()) {
			k.untold++
			return
		}
		f = k.newFinding(key, a, x)
		k.open[key] = f
		k.tell(f)
	case now/86_400 != f.day && now > f.day*86_400:
		if f.clearedAt(x.time()) {
			f.days, f.Severity = 0, a.sev
		}
		f.days++
		f.day, f.Count, f.First = now/86_400, 0, startOf(a, x)
		f.Evidence, f.seen = nil, nil
		if f.escalates(k) {
			a.sev = Error
		}
		f.Severity = max(a.sev, f.Severity)
		k.tell(f)
	case a.sev > f.Severity:
		f.Severity = a.sev
		k.tell(f)
	case l.merged && !x.time().After(f.Last):
		return // counted already
	}
	f.Count++
	if x.time().After(f.Last) {
		f.Last = x.time()
	}
	if a.sev >= f.Severity || a.unit == f.Unit && a.measured > f.Measured {
		f.Measured, f.Threshold, f.Unit, f.Period = a.measured, a.threshold, a.unit, max(a.period, f.Period)
		f.Rows, f.Share = max(a.rows, f.Rows), max(a.share, f.Share)
		f.Confidence = a.confidence
	}
	if f.Site == "" {
		f.Site = x.site
	}
	f.show(k, x, a)
}

// clearedAt tells whether nothing has kept the finding open until t.
func (f *Finding) clearedAt(t time.Time) bool { return t.After(f.Last.Add(ruleOf(f.Rule).lasts())) }

func (f *open) escalates(k *Checker) bool {
	r := ruleOf(f.Rule)
	return r.Escalates && f.Severity == Warning && f.days >= k.cfg.Thresholds.EscalateDays
}

func startOf(a alarm, x *exchange) time.Time {
	if a.from == 0 {
		return x.time()
	}
	return time.Unix(int64(a.from), 0).UTC()
}

func (k *Checker) newFinding(key findingKey, a alarm, x *exchange) *open {
	r := &rules[key.rule]
	f := &open{day: x.sec() / 86_400, days: 1, Finding: Finding{
		Rule: r.ID, Title: r.Title, Clause: r.Clause, Severity: a.sev, Confidence: a.confidence,
		Tenant: safeName(k.d().key, key.tenant), Stream: safeName(k.d().key, key.stream), Collection: key.collection, Site: x.site,
		First: startOf(a, x), Last: x.time(), Measured: a.measured, Threshold: a.threshold, Unit: a.unit, Period: a.period, Rows: a.rows, Share: a.share,
		Clears: r.Clears, Remedy: r.Remedy,
	}}
	if x.purpose != nil && r.Purpose {
		f.Purpose = x.purpose.Name
	}
	f.Fingerprint = fmt.Sprintf("%016x", mix(mix(k.d().key.sum(key.tenant), k.d().key.sum(key.stream)), mix(k.d().key.sum(r.ID), k.d().key.sum(key.collection))))
	return f
}

// show adds x to the evidence, while there is room.
func (f *open) show(k *Checker, x *exchange, a alarm) {
	if len(f.Evidence) >= maxEvidence || f.Count > maxEvidence && a.once == 0 {
		return
	}
	if a.once != 0 {
		if slices.Contains(f.seen, a.once) {
			return
		}
		f.seen = append(f.seen, a.once)
	}
	e := Evidence{Time: x.time(), Method: safeMethod(x.method), Template: x.route.template, Rows: x.rows(), Status: x.status, Site: x.site, Note: a.note}
	if x.rawURL != nil {
		e.Query = paramNames(x.rawURL.RawQuery)
	}
	if x.q.paged {
		e.Page = x.q.pageNo
	}
	if x.q.cursor {
		e.Note = strings.TrimSpace(fmt.Sprintf("cursor %04x %s", x.q.page&0xffff, e.Note))
	}
	if x.unclear {
		e.Note = strings.TrimSpace("tenant unclear " + e.Note)
	}
	f.Evidence = append(f.Evidence, e)
}

// dropFinding makes room for a finding of severity sev: the oldest of the mildest
// goes, if it is cleared or milder. Otherwise the new one has to wait: findings
// that push each other out would each be told again with every call.
func (k *Checker) dropFinding(sev Severity, now time.Time) bool {
	var worst findingKey
	var pick *open
	for key, f := range k.open {
		if pick == nil || f.Severity < pick.Severity || f.Severity == pick.Severity && f.Last.Before(pick.Last) {
			worst, pick = key, f
		}
	}
	if pick.Severity >= sev && !pick.clearedAt(now) {
		return false
	}
	delete(k.open, worst)
	return true
}

// tell queues a finding for its sinks, which are called without the lock.
func (k *Checker) tell(f *open) {
	k.news = append(k.news, f)
}

// text is the finding in one sentence.
func (f *Finding) text() string {
	s := fmt.Sprintf("%s: %s %s", f.Title, figure(f.Measured), f.Unit)
	if f.Threshold > 0 {
		s += fmt.Sprintf(" (threshold %s)", figure(f.Threshold))
	}
	if f.Period > 0 {
		s += fmt.Sprintf(", every %v", f.Period)
	}
	if f.Rows > 0 {
		s += fmt.Sprintf(", %d rows a run, %.0f %% of the stream's rows", f.Rows, 100*f.Share)
	}
	return s
}

func figure(v float64) string {
	switch {
	case v == float64(int64(v)):
		return fmt.Sprint(int64(v))
	case v < 1:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.1f", v)
}

func (f *open) copy(now time.Time) Finding {
	c := f.Finding
	c.Cleared = c.clearedAt(now)
	c.Message = c.text()
	c.Evidence = slices.Clone(f.Evidence)
	return c
}

// sorted gives all findings, worst first.
func (k *Checker) sorted() []Finding {
	all, now := make([]Finding, 0, len(k.open)), k.st.app.time()
	if k.live {
		now = time.Now()
	}
	for _, f := range k.open {
		all = append(all, f.copy(now))
	}
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Tenant, b.Tenant),
			strings.Compare(a.Stream, b.Stream), strings.Compare(a.Collection, b.Collection))
	})
	return all
}

// announce calls the sinks; a sink that panics harms nobody.
func (k *Checker) announce(ctx context.Context, news []Finding, gone []Eviction) {
	for _, f := range news {
		contain(func() {
			if k.cfg.Hooks.Finding != nil {
				k.cfg.Hooks.Finding(ctx, f)
			}
		})
		contain(func() {
			if k.cfg.OnFinding != nil {
				k.cfg.OnFinding(f)
			}
		})
		k.log(ctx, f)
	}
	for _, e := range gone {
		contain(func() {
			if k.cfg.Hooks.Evicted != nil {
				k.cfg.Hooks.Evicted(ctx, e)
			}
		})
	}
}

func contain(f func()) {
	defer func() { _ = recover() }()
	f()
}

// log writes a finding without the tenant and the stream: they may be personal.
func (k *Checker) log(ctx context.Context, f Finding) {
	if k.cfg.Logger == nil {
		return
	}
	level := slog.LevelInfo
	switch f.Severity {
	case Warning:
		level = slog.LevelWarn
	case Error:
		level = slog.LevelError
	}
	contain(func() {
		k.cfg.Logger.LogAttrs(ctx, level, "compliance: "+f.Message, slog.String("rule", f.Rule), slog.String("clause", f.Clause),
			slog.String("collection", f.Collection), slog.String("site", f.Site), slog.String("fingerprint", f.Fingerprint), slog.String("remedy", f.Remedy))
	})
}

// safeName is a tenant's or a stream's name as it may be shown: one that could be
// a person's address or a secret, or that is not plain text, as a hash.
func safeName(key hashKey, name string) string {
	if len(name) > 80 || strings.ContainsRune(name, '@') {
		return fmt.Sprintf("#%08x", uint32(key.sum(name)))
	}
	for i := range len(name) {
		if c := name[i]; c < ' ' || c > '~' || c == '<' || c == '>' || c == '"' || c == '=' {
			return fmt.Sprintf("#%08x", uint32(key.sum(name)))
		}
	}
	return name
}

func safeMethod(m string) string {
	if len(m) > 10 || strings.Trim(m, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
		return "OTHER"
	}
	return m
}
