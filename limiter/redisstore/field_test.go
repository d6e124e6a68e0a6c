package redisstore

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/goodtenant/goodtenant/limiter"
)

// stepper is one process's side of a Store, by hand.
type stepper struct {
	*Store
	b limiter.Batch
}

func newStepper(s *Store, client string, limits ...limiter.Limit) *stepper {
	return &stepper{s, limiter.Batch{Client: client, Limits: limits}}
}

func (s *stepper) ask(calls int, done ...limiter.Done) (limiter.Grants, error) {
	s.b.Seq++
	s.b.Asks, s.b.Done = nil, done
	if calls > 0 {
		s.b.Asks = []limiter.Ask{{Tenant: "canary-tenant@corp.test", Calls: calls, Cost: 1}}
	}
	g, err := s.Step(context.Background(), s.b)
	if err != nil {
		s.b.Seq--
	}
	return g, err
}

var exponent, wholeTime = regexp.MustCompile(`[0-9]e\+[0-9]`), regexp.MustCompile(`\b[0-9]{16}\b`)

// Numbers are whole wherever they are written, members are as many as leases, and
// a count that cannot be right is refused and reported, never begun anew.
func TestField43(t *testing.T) {
	s := common(t)
	rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket, Protocol: 2}) // scores as the server writes them
	defer rdb.Close()
	ctx := context.Background()
	name := app(t)
	settledState(t, rdb, name)
	monitored := monitor(t, s)
	limits := []limiter.Limit{limiter.PerWindow(100_000, time.Minute).EachTenant(), limiter.Concurrent(1000), limiter.PerDay(1_000_000)}
	var all []*stepper
	for range 4 {
		all = append(all, newStepper(open(t, rdb, name), "one", limits...))
	}
	held := 0
	for range 50 {
		for _, p := range all {
			g, err := p.ask(2)
			require.NoError(t, err)
			require.Len(t, g.Grants, 2)
			_, err = p.ask(0, limiter.Done{ID: g.Grants[0].ID, Free: true})
			require.NoError(t, err)
			held++
		}
	}
	prefix := "gt:{" + name + "}"
	seen := dump(t, rdb, prefix)
	require.EqualValues(t, held, rdb.ZCard(ctx, prefix+":f:a").Val(), "slots")
	require.EqualValues(t, held, rdb.ZCard(ctx, prefix+":o").Val(), "leases")
	traffic := monitored()
	if !strings.Contains(traffic, `"ZADD"`) || !wholeTime.MatchString(seen) || !wholeTime.MatchString(traffic) {
		t.Error("nothing was seen of the traffic, or no time in it")
	}
	for _, text := range []string{seen, traffic} {
		if at := exponent.FindStringIndex(text); at != nil {
			t.Errorf("not whole: ...%s...", text[max(0, at[0]-80):min(len(text), at[1]+20)])
		}
		if strings.Contains(text, "canary") || strings.Contains(text, "corp.test") {
			t.Error("the tenant can be read")
		}
	}
	for _, z := range rdb.ZRangeWithScores(ctx, prefix+":f:a", 0, -1).Val() {
		if z.Score != float64(int64(z.Score)) || z.Score < 1e15 {
			t.Errorf("a lease until %v", z.Score)
		}
	}

	day := prefix + ":d:a"
	for _, preset := range []string{"99999999999999", "9007199254740991", "9007199254740993", "1e15", "many"} {
		fields := rdb.HGetAll(ctx, day).Val()
		require.NotEmpty(t, fields)
		var field string
		for f := range fields {
			if f != "=" {
				field = f
			}
		}
		rdb.Del(ctx, day)
		rdb.HSet(ctx, day, field, preset)
		g, err := all[0].ask(1)
		require.Empty(t, g.Grants, preset)
		require.Equal(t, preset, rdb.HGet(ctx, day, field).Val(), "it was reset")
		switch preset {
		case "99999999999999", "9007199254740991":
			require.NoError(t, err)
			require.Len(t, g.Refused, 1)
			require.Equal(t, preset, fmt.Sprint(g.Day[0].Used))
		default:
			require.ErrorContains(t, err, day, preset)
			time.Sleep(70 * time.Millisecond) // the rest after a failed call
		}
	}
	rdb.Del(ctx, day)
	rdb.Set(ctx, day, "a string", 0)
	require.Eventually(t, func() bool {
		_, err := all[0].ask(1)
		return err != nil && strings.Contains(err.Error(), "of another type")
	}, 3*time.Second, 100*time.Millisecond)
}

// dump is all that an app has in the server, as text.
func dump(t *testing.T, rdb *redis.Client, prefix string) string {
	ctx := context.Background()
	var b strings.Builder
	keys := rdb.Keys(ctx, prefix+"*").Val()
	for _, key := range keys {
		if ttl := rdb.PTTL(ctx, key).Val(); ttl <= 0 {
			t.Errorf("%s has no end", key)
		}
		fmt.Fprintln(&b, key)
		switch rdb.Type(ctx, key).Val() {
		case "hash":
			fmt.Fprintln(&b, rdb.Do(ctx, "HGETALL", key).Val())
		case "zset":
			fmt.Fprintln(&b, rdb.Do(ctx, "ZRANGE", key, 0, -1, "WITHSCORES").String())
		case "string":
			fmt.Fprintln(&b, rdb.Get(ctx, key).Val())
		}
	}
	return b.String()
}

// monitor gives what the server has been told since.
func monitor(t *testing.T, s *server) func() string {
	c, err := net.Dial("unix", s.socket)
	require.NoError(t, err)
	fmt.Fprint(c, "MONITOR\r\n")
	r := bufio.NewReader(c)
	line, err := r.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "OK")
	var b bytes.Buffer
	done := make(chan struct{})
	go func() {
		io.Copy(&b, r)
		close(done)
	}()
	return func() string {
		time.Sleep(200 * time.Millisecond)
		c.Close()
		<-done
		text := b.String()
		for line := range strings.SplitSeq(text, "\n") { // the source of the script is no traffic
			if strings.Contains(line, `"eval"`) {
				text = strings.Replace(text, line, "", 1)
			}
		}
		return text
	}
}

// What is written in the package comment is enough; what is less is said by name.
func TestField46(t *testing.T) {
	s := own(t)
	admin := s.client(t)
	defer admin.Close()
	ctx := context.Background()
	line := func(user string) []any {
		args := []any{"ACL", "SETUSER", user, "on", ">pw", "resetchannels"}
		for w := range strings.FieldsSeq(Rights) {
			args = append(args, w)
		}
		return args
	}
	users := map[string][]any{
		"gt1":  {"ACL", "SETUSER", "gt1", "on", ">pw", "~gt:*", "+@scripting", "+get", "+set", "+incr", "+expire"},
		"gt2":  append(line("gt2"), "resetchannels"),
		"gt3":  {"ACL", "SETUSER", "gt3", "on", ">pw", "~other:*", "+@all"},
		"full": line("full"),
	}
	for user, args := range users {
		require.NoError(t, admin.Do(ctx, args...).Err(), user)
	}
	as := func(user string) (*redis.Client, *counting) {
		c := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket, Username: user, Password: "pw"})
		count := &counting{}
		c.AddHook(count)
		t.Cleanup(func() { c.Close() })
		return c, count
	}
	for user, want := range map[string]string{"gt1": "run HSET", "gt3": "use keys ~gt:{"} {
		rdb, count := as(user)
		var said lines
		st := open(t, rdb, app(t), WithLogger(said.logger()))
		_, err := st.Check(ctx)
		require.ErrorContains(t, err, want, user)
		_, err = newStepper(st, "one", limiter.PerSecond(20)).ask(1)
		require.ErrorContains(t, err, want, user)
		tr, err := limiter.NewTransport(&http.Transport{}, limiter.Config{Limits: limiter.Limits{limiter.PerSecond(20)}, Store: st})
		require.NoError(t, err)
		for range 20 { // the named mode, and no storm
			req, _ := http.NewRequest("GET", "http://never.test", nil)
			_, err := tr.RoundTrip(req)
			refused, ok := err.(*limiter.RefusedError)
			require.True(t, ok, "%v", err)
			require.Equal(t, limiter.StoreDown, refused.Reason)
			time.Sleep(100 * time.Millisecond)
		}
		tr.Close()
		if n := count.dials.Load(); n > 12 {
			t.Errorf("%s: %d dials", user, n)
		}
		require.Contains(t, said.String(), want)
	}
	admin.Do(ctx, "ACL", "LOG", "RESET")

	for user, mode := range map[string]string{"gt2": "polls", "full": "hears"} {
		p := newPlatform(t, 20, 5, 20*time.Millisecond)
		name := app(t)
		settledState(t, admin, name)
		all := fleet(t, 4, orders{URL: p.url, Redis: s.socket, App: name, User: user, Workers: 3, Strict: true})
		time.Sleep(6 * time.Second)
		n, refused, each, _ := p.between(time.Time{}, time.Now())
		for _, c := range all {
			if a := c.end(t); len(a.Errors) > 0 || a.Dials > 20 {
				t.Errorf("%s: %d dials, %v", user, a.Dials, a.Errors)
			}
		}
		t.Logf("%s %s: %d calls in 6 s, %d refused, %v", user, mode, n, refused, each)
		if refused > 0 || n < 40 || len(each) < 4 {
			t.Errorf("%s: %d calls, %d refused, %v", user, n, refused, each)
		}
		rdb, _ := as(user)
		var said lines
		st := open(t, rdb, name, WithLogger(said.logger()))
		r, err := st.Check(ctx)
		require.NoError(t, err)
		require.Equal(t, mode == "polls", len(r.Missing) > 0, "%+v", r)
		steps := int(span(10_000, 10_000))
		one := newStepper(st, "one", limiter.PerDay(1_000_000))
		for range steps {
			g, err := one.ask(1)
			require.NoError(t, err)
			require.Len(t, g.Grants, 1)
		}
		if mode == "polls" {
			require.Contains(t, said.String(), "may not subscribe")
			continue
		}
		require.NoError(t, st.SaveSnapshot(ctx, "a", []byte("x")))
		_, err = st.LoadSnapshots(ctx)
		require.NoError(t, err)
		_, err = st.Lock(ctx, "k", "me", time.Second)
		require.NoError(t, err)
		require.NoError(t, st.Save(ctx, "k", "me", []byte("note"), time.Minute, 0))
		for _, entry := range admin.Do(ctx, "ACL", "LOG").Val().([]any) {
			if text := fmt.Sprint(entry); strings.Contains(text, "full") {
				t.Errorf("ACL LOG after %d calls: %s", steps, text)
			}
		}
	}
}

// lines is a log.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }
