package redisstore

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/goodtenant/goodtenant/limiter"
)

//go:embed script.lua
var source string

var script = redis.NewScript(source)

// call is one run of the script for one client; script.lua reads it in this order.
type call struct {
	client     string
	n          uint64
	epoch      int64
	seen       int64 // µs of the server
	ack        int64
	guard      time.Duration
	channel    string // "-": this process hears nothing
	publish    string
	calendar   string
	sig        string
	bye        bool
	limits     limiter.Limits
	asks       []want
	done       []settled
	holds      []hold
	counts     []count
	pauses     []pause
	at         time.Time        // when it was made
	day        limiter.Boundary // what calendar was made from
	reasserted bool             // it says all that is held
}

// want is demand of one tenant.
type want struct {
	tenant string // its hash
	calls  int
	cost   int
}

// settled is what has become of a grant.
type settled struct {
	id     uint64
	tenant string
	what   int
	at     time.Time // when it was counted
	delta  int       // more or fewer day units
	label  string    // where those are counted
}

// Bits of settled.what and hold.what.
const (
	counted = 1 // at the wire: its window entry has an end
	freed   = 2 // its slot is free
	unsent  = 4 // it was never used
)

// hold renews a grant, or says it anew after a loss.
type hold struct {
	id     uint64
	tenant string
	what   int // counted: the window entry is open; freed: the slot is held
}

// count is what this client has spent of a day, and when.
type count struct {
	scope string
	label string
	n     int
}

type pause struct {
	kind  limiter.Kind
	scope string
	span  time.Duration
}

var kindLetters = map[limiter.Kind]string{limiter.Rate: "r", limiter.Concurrency: "c", limiter.Day: "d"}

// args writes the call as the script's ARGV, now. The first is the server's time,
// which only tests set.
func (c *call) args(now time.Time) []any {
	a := make([]any, 0, 32+4*len(c.limits)+3*len(c.asks)+6*len(c.done)+3*len(c.holds))
	num := func(n int64) { a = append(a, strconv.FormatInt(n, 10)) }
	str := func(s ...string) {
		for _, s := range s {
			a = append(a, s)
		}
	}
	str("", c.client)
	num(int64(c.n))
	num(c.epoch)
	num(c.seen)
	num(c.ack)
	num(c.guard.Microseconds())
	bye := "0"
	if c.bye {
		bye = "1"
	}
	str(c.channel, c.publish, c.calendar, c.sig, bye)
	num(int64(len(c.limits)))
	for _, l := range c.limits {
		str(kindLetters[l.Kind], scopeLetter(l.Scope))
		num(l.Per.Microseconds())
		num(int64(l.Max))
	}
	num(int64(len(c.asks)))
	for _, w := range c.asks {
		str(w.tenant)
		num(int64(w.calls))
		num(int64(w.cost))
	}
	num(int64(len(c.done)))
	for _, d := range c.done {
		num(int64(d.id))
		str(d.tenant)
		num(int64(d.what))
		num(max(0, now.Sub(d.at).Microseconds()))
		num(int64(d.delta))
		str(d.label)
	}
	num(int64(len(c.holds)))
	for _, h := range c.holds {
		num(int64(h.id))
		str(h.tenant)
		num(int64(h.what))
	}
	num(int64(len(c.counts)))
	for _, n := range c.counts {
		str(n.scope, n.label)
		num(int64(n.n))
	}
	num(int64(len(c.pauses)))
	for _, p := range c.pauses {
		str(kindLetters[p.kind], p.scope)
		num(p.span.Microseconds())
	}
	return a
}

func scopeLetter(s limiter.Scope) string {
	if s == limiter.App {
		return "a"
	}
	return "t"
}

// signature tells sets of limits apart: a grant is pushed to those only who asked
// under the same.
func signature(limits limiter.Limits, day limiter.Boundary) string {
	var all []string
	for _, l := range limits {
		all = append(all, kindLetters[l.Kind]+scopeLetter(l.Scope)+strconv.FormatInt(l.Per.Microseconds(), 10)+"x"+strconv.Itoa(l.Max))
	}
	slices.Sort(all)
	return strings.Join(all, ",") + "@" + strings.ReplaceAll(fmt.Sprintf("%s-%02d%02d", day.Zone, day.Hour, day.Minute), " ", "_")
}

// reply is the script's answer.
type reply struct {
	now            int64
	epoch          int64
	lost           bool
	next           time.Duration // negative: nothing but an event
	index, members int
	crowd          int // others who wait
	deaf           bool
	mute           bool // it may not publish
	grants         []grant
	refused        []refused
	days           []dayCount
}

type grant struct {
	id     uint64
	tenant string // its hash
	cost   int
	in     time.Duration
	label  string
}

type refused struct {
	ask, limit int // limit -1: a pause
	retryAt    time.Time
}

type dayCount struct {
	limit, ask int
	used       int
	resets     time.Time
}

// fields reads the numbers and words of one line.
type fields struct {
	words []string
	err   error
}

func (f *fields) word() string {
	if len(f.words) == 0 {
		f.err = fmt.Errorf("an answer that ends too early")
		return ""
	}
	w := f.words[0]
	f.words = f.words[1:]
	return w
}

func (f *fields) num() int64 {
	w := f.word()
	n, err := strconv.ParseInt(w, 10, 64)
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("an answer with %q for a number", w)
	}
	return n
}

func (f *fields) grant() grant {
	return grant{id: uint64(f.num()), tenant: f.word(), cost: int(f.num()), in: time.Duration(f.num()) * time.Microsecond, label: f.word()}
}

// parse reads an answer.
func parse(text string) (r reply, err error) {
	for i, line := range strings.Split(text, "\n") {
		f := fields{words: strings.Fields(line)}
		switch kind := f.word(); {
		case i == 0 && kind == "o":
			r.now, r.epoch, r.lost = f.num(), f.num(), f.num() == 1
			r.next = time.Duration(f.num()) * time.Microsecond
			r.index, r.members, r.crowd = int(f.num()), int(f.num()), int(f.num())
			r.deaf, r.mute = f.num() == 1, f.num() == 1
		case i > 0 && kind == "g":
			r.grants = append(r.grants, f.grant())
		case i > 0 && kind == "f":
			r.refused = append(r.refused, refused{int(f.num()), int(f.num()), time.UnixMicro(f.num())})
		case i > 0 && kind == "d":
			d := dayCount{limit: int(f.num()), ask: int(f.num()), used: int(f.num())}
			if s := f.num(); s > 0 {
				d.resets = time.Unix(s, 0)
			}
			r.days = append(r.days, d)
		default:
			f.err = fmt.Errorf("an answer with the line %.40q", line)
		}
		if f.err != nil {
			return reply{}, f.err
		}
	}
	return r, nil
}
