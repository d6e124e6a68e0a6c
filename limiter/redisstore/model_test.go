package redisstore

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/limiter"
)

// model is what script.lua does, once more and as plainly as can be: everything
// is a list, and is gone through from the start each time.
type model struct {
	epoch, last, id, turn, baton int64
	clients                      map[string]*modelClient
	windows                      []modelEntry // of rates
	slots                        []modelEntry
	open                         []modelEntry
	units                        map[string]map[dayUnit]int64 // by scope
	upto                         map[string]int64             // of the rolling sum, as it was counted last
	paces                        map[string]modelPace         // by scope and window
	lows                         map[string]modelLow
	pauses                       map[string]int64
	lost                         bool
	hears                        func(client string) bool

	messages []string
}

type modelClient struct {
	id         string
	n          uint64
	seen, turn int64
	channel    string
	sig        string
	asks       []want
	place      []int
	pushed     *modelGrant
	answer     reply
}

type modelGrant struct {
	grant
	start int64
}

type modelEntry struct {
	of     string // the count
	id     uint64
	who    string
	leaves int64
}

type dayUnit struct {
	label int64
	who   string
}

type modelPace struct{ next, credit, rested int64 }

type modelLow struct {
	max, until int64
	by         string
}

func newModel(hears func(string) bool) *model {
	return &model{epoch: 1, clients: map[string]*modelClient{}, units: map[string]map[dayUnit]int64{}, upto: map[string]int64{},
		paces: map[string]modelPace{}, lows: map[string]modelLow{}, pauses: map[string]int64{}, hears: hears}
}

const second = 1_000_000

func countOf(l limiter.Limit, tenant string) string {
	return fmt.Sprint(kindLetters[l.Kind], l.Per.Microseconds(), " ", scopeName(l, tenant))
}

func scopeName(l limiter.Limit, tenant string) string {
	if l.Scope == limiter.App {
		return "a"
	}
	return "t" + tenant
}

func entries(all []modelEntry, of string, now int64) (in []modelEntry) {
	for _, e := range all {
		if e.of == of && e.leaves > now {
			in = append(in, e)
		}
	}
	sort.Slice(in, func(i, j int) bool { return in[i].leaves < in[j].leaves })
	return in
}

func put(all []modelEntry, e modelEntry) []modelEntry {
	return append(drop(all, e.of, e.id), e)
}

func drop(all []modelEntry, of string, id uint64) []modelEntry {
	return slices.DeleteFunc(all, func(e modelEntry) bool { return e.of == of && e.id == id })
}

// step is one run at a time given.
func (m *model) step(k *call, now int64, wall time.Time) (reply, error) {
	m.messages = nil
	now = max(now, m.last)
	m.last = now
	old := m.clients[k.client]
	if old != nil && k.n == old.n {
		return old.answer, nil
	}
	if old != nil && k.n < old.n {
		return reply{}, fmt.Errorf("GTSTALE")
	}
	guard := k.guard.Microseconds()
	quiet := m.epoch + second + guard
	me := &modelClient{id: k.client, n: k.n, seen: now, channel: k.channel, sig: k.sig, asks: slices.Clone(k.asks)}
	for i := range me.asks {
		me.place = append(me.place, i)
	}
	deaf := false
	if old != nil {
		me.turn, me.pushed, deaf = old.turn, old.pushed, old.channel == "!"
	}
	if me.pushed != nil && int64(me.pushed.id) <= k.ack {
		me.pushed = nil
	}
	for i := range me.asks {
		if a := &me.asks[i]; me.pushed != nil && a.tenant == me.pushed.tenant && a.calls > 0 {
			a.calls--
			break
		}
	}
	waited := map[string]bool{}
	for _, c := range m.clients {
		for _, a := range c.asks {
			if now-c.seen < 30*second && a.calls > 0 {
				waited["a"], waited["t"+a.tenant] = true, true
			}
		}
	}
	m.clients[k.client] = me

	// What has ended and is held.
	lowest := func(l limiter.Limit, scope string) int64 {
		of := kindLetters[l.Kind] + fmt.Sprint(l.Per.Microseconds()) + " " + scope
		low, ok := m.lows[of]
		if ok && low.by != me.id && low.until > now && low.max < int64(l.Max) {
			return low.max
		}
		if !ok || low.max != int64(l.Max) || low.until < now+30*second {
			m.lows[of] = modelLow{int64(l.Max), now + 60*second, me.id}
		}
		return int64(l.Max)
	}
	gapOf := func(l limiter.Limit, most int64) int64 { return (l.Per.Microseconds()+guard)/most + 1 }
	paces := map[string]*modelPace{} // of this step; kept where something changes
	paceOf := func(l limiter.Limit, scope string, most int64) *modelPace {
		of := fmt.Sprint(l.Per, scope)
		if p := paces[of]; p != nil {
			return p
		}
		gap, burst := gapOf(l, most), min(5, most)
		p := &modelPace{0, burst, now}
		if kept, ok := m.paces[of]; ok {
			*p = kept
			p.credit = min(p.credit, burst)
			since := max(p.next, p.rested)
			if waited[scope] {
				p.rested = max(p.rested, now)
			} else if now > since {
				if n := (now - since) / gap; p.credit+n >= burst {
					p.credit, p.rested = burst, now
				} else {
					p.credit, p.rested = p.credit+n, since+n*gap
				}
			}
		}
		paces[of] = p
		return p
	}
	keepPace := func(l limiter.Limit, scope string) {
		of := fmt.Sprint(l.Per, scope)
		m.paces[of] = *paces[of]
	}
	spend := func(scope string, label int64, who string, n int64) {
		if m.units[scope] == nil {
			m.units[scope] = map[dayUnit]int64{}
		}
		u := dayUnit{label, who}
		m.units[scope][u] = max(0, m.units[scope][u]+n)
	}
	for _, d := range k.done {
		for _, l := range k.limits {
			of, scope := countOf(l, d.tenant), scopeName(l, d.tenant)
			switch l.Kind {
			case limiter.Rate:
				switch {
				case d.what&unsent != 0:
					was := len(entries(m.windows, of, now))
					m.windows = drop(m.windows, of, d.id)
					if len(entries(m.windows, of, now)) < was {
						most := lowest(l, scope)
						p := paceOf(l, scope, most)
						p.credit = min(min(5, most), p.credit+1)
						keepPace(l, scope)
					}
				case d.what&counted != 0:
					m.windows = drop(m.windows, of, d.id)
					if leaves := now - wall.Sub(d.at).Microseconds() + l.Per.Microseconds() + guard; leaves > now {
						m.windows = put(m.windows, modelEntry{of, d.id, me.id, leaves})
					}
				}
			case limiter.Concurrency:
				if d.what >= freed {
					m.slots = drop(m.slots, of, d.id)
				}
			case limiter.Day:
				if d.delta != 0 {
					label, _ := strconv.ParseInt(d.label, 10, 64)
					spend(scope, label, me.id, int64(d.delta))
				}
			}
		}
		if d.what >= freed {
			m.open = drop(m.open, "", d.id)
		}
	}
	for _, h := range k.holds {
		for _, l := range k.limits {
			of := countOf(l, h.tenant)
			if l.Kind == limiter.Rate && h.what&counted != 0 {
				m.windows = put(m.windows, modelEntry{of, h.id, me.id, now + 4*second + l.Per.Microseconds()})
			}
			if l.Kind == limiter.Concurrency && h.what&freed != 0 {
				m.slots = put(m.slots, modelEntry{of, h.id, me.id, now + 30*second})
			}
		}
		m.open = put(m.open, modelEntry{"", h.id, me.id, now + 30*second})
	}
	for _, p := range k.pauses {
		of := kindLetters[p.kind] + p.scope
		m.pauses[of] = max(m.pauses[of], now+p.span.Microseconds())
	}

	// What may start.
	used := func(scope string) (sum, upto int64) {
		first := int64(0)
		for u, n := range m.units[scope] {
			if float64(u.label+300+86460) > float64(now)/1e6 {
				sum += n
				if first == 0 || u.label < first {
					first = u.label
				}
			}
		}
		if first == 0 {
			first = now / second
		}
		return sum, first + 300 + 86460
	}
	readyAt := func(scope string) (at int64, blocked bool) {
		at = max(now, m.pauses["r"+scope])
		for _, l := range k.limits {
			if (scope == "a") != (l.Scope == limiter.App) {
				continue
			}
			of := kindLetters[l.Kind] + fmt.Sprint(l.Per.Microseconds()) + " " + scope
			switch l.Kind {
			case limiter.Rate:
				most := lowest(l, scope)
				if in := entries(m.windows, of, now); int64(len(in)) >= most {
					at = max(at, in[int64(len(in))-most].leaves)
				}
				if p := paceOf(l, scope, most); p.credit == 0 {
					at = max(at, p.next)
				}
				if m.lost {
					at = max(at, m.epoch+l.Per.Microseconds()+guard)
				}
			case limiter.Concurrency:
				if int64(len(entries(m.slots, of, now))) >= lowest(l, scope) {
					blocked = true
				}
			}
		}
		return at, blocked
	}
	spent := func(a want) (limit int, retry int64, is bool) {
		for i, l := range k.limits {
			if l.Kind != limiter.Day {
				continue
			}
			scope := scopeName(l, a.tenant)
			if until := m.pauses["d"+scope]; until > now {
				return i, until, true
			}
			most := lowest(l, scope)
			sum, _ := used(scope)
			if sum+int64(a.cost) <= most {
				continue
			}
			must := min(sum, sum+int64(a.cost)-most)
			var labels []int64
			for u := range m.units[scope] {
				labels = append(labels, u.label)
			}
			slices.Sort(labels)
			for _, label := range slices.Compact(labels) {
				for u, n := range m.units[scope] {
					if u.label == label && float64(label+300+86460) > float64(now)/1e6 {
						must -= n
					}
				}
				if must <= 0 && float64(label+300+86460) > float64(now)/1e6 {
					return i, (label + 300 + 86460) * second, true
				}
			}
			return i, (now/second + 300 + 86460) * second, true
		}
		for _, scope := range []string{"a", "t" + a.tenant} {
			if until := m.pauses["d"+scope]; until > now {
				return -1, until, true
			}
		}
		return 0, 0, false
	}
	label := now / second / 300 * 300
	take := func(a want, start int64, who string) grant {
		m.id++
		for _, l := range k.limits {
			of, scope := countOf(l, a.tenant), scopeName(l, a.tenant)
			switch l.Kind {
			case limiter.Rate:
				most := lowest(l, scope)
				p, gap := paceOf(l, scope, most), gapOf(l, most)
				if p.credit > 0 {
					p.credit--
					p.next = max(p.next, start+guard+gap)
				} else {
					p.next = max(p.next, start-2*gap) + gap
				}
				keepPace(l, scope)
				m.windows = put(m.windows, modelEntry{of, uint64(m.id), who, start + 4*second + l.Per.Microseconds()})
			case limiter.Concurrency:
				m.slots = put(m.slots, modelEntry{of, uint64(m.id), who, now + 30*second})
			case limiter.Day:
				spend(scope, label, who, int64(a.cost))
			}
		}
		m.open = put(m.open, modelEntry{"", uint64(m.id), who, now + 30*second})
		return grant{uint64(m.id), a.tenant, a.cost, 0, fmt.Sprint(label)}
	}
	var queue []*modelClient
	crowd := 0
	for _, c := range m.clients {
		fresh := now-c.seen < 30*second
		if (c == me || c.channel != "-" && c.channel != "!" && c.pushed == nil) && c.sig == me.sig && fresh && len(c.asks) > 0 {
			queue = append(queue, c)
		}
		if c != me && fresh && slices.ContainsFunc(c.asks, func(a want) bool { return a.calls > 0 }) {
			crowd++
		}
	}
	if me.channel == "-" {
		for _, c := range m.clients {
			if c != me && c.channel == "-" && c.sig == me.sig && now-c.seen < second && len(c.asks) > 0 && c.turn < me.turn && m.turn-c.turn > 20 {
				queue = nil
			}
		}
	}
	sort.Slice(queue, func(i, j int) bool {
		a, b := queue[i], queue[j]
		return a.turn < b.turn || a.turn == b.turn && a.id < b.id
	})
	ahead := int64(second)
	if crowd > 0 {
		ahead = second / 4
	}
	horizon := now + ahead
	tell := func(c *modelClient, text string) bool {
		if m.hears(c.id) {
			m.messages = append(m.messages, text)
			return true
		}
		for i := range m.windows {
			w := &m.windows[i]
			for _, l := range k.limits {
				for _, a := range c.asks {
					if l.Kind == limiter.Rate && w.of == countOf(l, a.tenant) && w.who == c.id {
						w.leaves = min(w.leaves, now+1_500_000+l.Per.Microseconds())
					}
				}
			}
		}
		c.channel, c.asks = "!", nil
		return false
	}
	r := reply{now: now, epoch: m.epoch, lost: now < quiet && m.lost, crowd: crowd, deaf: deaf}
	if me.pushed != nil {
		g := me.pushed.grant
		g.in = micros(max(0, me.pushed.start-now))
		r.grants = append(r.grants, g)
	}
	var soonest int64
	var waiting *modelClient
	serve := func(c *modelClient) (granted, stop bool) {
		for i := 0; i < len(c.asks); i++ {
			a := &c.asks[i]
			if a.calls == 0 {
				continue
			}
			if limit, retry, is := spent(*a); is {
				a.calls = 0
				if c == me {
					r.refused = append(r.refused, refused{me.place[i], limit, microTime(retry)})
				} else {
					tell(c, "w "+c.id)
				}
				continue
			}
			at, blocked := readyAt("a")
			if blocked {
				return false, true
			}
			app := at
			if at <= horizon {
				own, full := readyAt("t" + a.tenant)
				at = max(at, own)
				if full {
					continue
				}
				if at <= horizon {
					if c != me {
						g := grant{uint64(m.id + 1), a.tenant, a.cost, micros(at - now), fmt.Sprint(label)}
						if !tell(c, fmt.Sprintf("g %s %d %d %s %d %d %s", c.id, m.epoch, g.id, g.tenant, g.cost, at-now, g.label)) {
							return false, false
						}
						c.pushed = &modelGrant{g, at}
					}
					g := take(*a, at, c.id)
					g.in = micros(at - now)
					if c == me {
						r.grants = append(r.grants, g)
					}
					a.calls--
					moved := *a
					c.asks = append(slices.Delete(c.asks, i, i+1), moved)
					if c == me {
						place := me.place[i]
						me.place = append(slices.Delete(me.place, i, i+1), place)
					}
					return true, false
				}
			}
			if soonest == 0 || at < soonest {
				soonest, waiting = at, c
			}
			if app > horizon {
				return false, true
			}
		}
		return false, false
	}
	var ids []string
	for id := range m.clients {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		c := m.clients[id]
		if c != me && c.pushed != nil && c.sig == me.sig && c.channel != "!" {
			if silent := now - c.pushed.start; silent > second/2 && silent < 30*second && !tell(c, "w "+c.id) {
				c.pushed = nil
			}
		}
	}
	if now < quiet {
		soonest, waiting = quiet, me
	} else {
		left := 64
		for i := 0; i < len(queue) && left > 0; {
			c := queue[i]
			granted, stop := serve(c)
			if stop {
				break
			}
			if !granted {
				i++
				continue
			}
			left--
			m.turn++
			c.turn = m.turn
			queue = slices.Delete(queue, i, i+1)
			if c == me {
				queue = append(queue, c)
			}
		}
	}
	wants := 0
	for _, a := range me.asks {
		wants += a.calls
	}
	r.next = micros(-1)
	switch due := min(now+10*second, max(now+1000, soonest-ahead)); {
	case now < quiet:
		if wants > 0 {
			r.next = micros(quiet - now)
		}
	case soonest == 0 || me.channel != "-" && len(entries(m.open, "", now)) > 0:
	case me.channel == "-":
		if wants > 0 {
			r.next = micros(due - now)
		}
	case m.baton <= now || due < m.baton-50_000:
		holder := waiting
		if wants > 0 {
			holder = me
		}
		if holder == me {
			r.next = micros(due - now)
		} else {
			tell(holder, fmt.Sprintf("b %s %d", holder.id, due-now))
		}
		m.baton = due + 50_000
	}
	for _, id := range ids {
		if c := m.clients[id]; now-c.seen >= 90*second {
			delete(m.clients, id)
			continue
		}
		r.members++
		if id < me.id {
			r.index++
		}
	}
	for i, l := range k.limits {
		if l.Kind != limiter.Day {
			continue
		}
		said := map[string]bool{}
		for j, a := range k.asks {
			if scope := scopeName(l, a.tenant); !said[scope] {
				said[scope] = true
				sum, upto := used(scope)
				d := dayCount{limit: i, ask: j, used: int(sum)}
				if sum > 0 {
					d.resets = microTime(upto * second)
				}
				r.days = append(r.days, d)
			}
		}
	}
	me.answer = r
	return r, nil
}

func describeReply(r reply) string {
	var b strings.Builder
	fmt.Fprintf(&b, "now %d epoch %d lost %v next %d index %d members %d crowd %d deaf %v\n", r.now, r.epoch, r.lost, r.next.Microseconds(), r.index, r.members, r.crowd, r.deaf)
	for _, g := range r.grants {
		fmt.Fprintln(&b, "grant", g)
	}
	for _, f := range r.refused {
		fmt.Fprintln(&b, "refused", f.ask, f.limit, f.retryAt.UnixMicro())
	}
	for _, d := range r.days {
		fmt.Fprint(&b, "day ", d.limit, d.ask, " ", d.used, "\n")
	}
	return b.String()
}
