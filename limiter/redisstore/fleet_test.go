package redisstore

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/goodtenant/goodtenant/limiter"
)

// platform is a strict server: a sliding log of a second, and so many in flight,
// each counted as requests come; what is refused counts too.
type platform struct {
	*http.Server
	url     string
	service time.Duration
	rate    int
	slots   int

	mu       sync.Mutex
	log      []arrival
	inFlight int
}

type arrival struct {
	at      time.Time
	who     string
	refused bool
	why     string // it was refused
}

func newPlatform(t testing.TB, rate, slots int, service time.Duration) *platform {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &platform{url: "http://" + l.Addr().String(), rate: rate, slots: slots, service: service}
	p.Server = &http.Server{Handler: p}
	go p.Serve(l)
	t.Cleanup(func() { p.Close() })
	return p
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	a := arrival{at: time.Now(), who: r.Header.Get("Who")}
	inWindow := 0
	for _, b := range slices.Backward(p.log) {
		if a.at.Sub(b.at) >= time.Second {
			break
		}
		inWindow++
	}
	p.inFlight++
	a.refused = inWindow >= p.rate || p.inFlight > p.slots
	if a.refused {
		a.why = fmt.Sprintf("%d before it in its second, %d in flight", inWindow, p.inFlight)
		if inWindow >= p.rate {
			a.why += fmt.Sprintf(", %v too early", time.Second-a.at.Sub(p.log[len(p.log)-p.rate].at))
		}
	}
	p.log = append(p.log, a)
	p.mu.Unlock()
	if a.refused {
		w.WriteHeader(http.StatusTooManyRequests)
	} else {
		time.Sleep(p.service)
	}
	p.mu.Lock() // before the answer's end is seen there
	p.inFlight--
	p.mu.Unlock()
}

// between tells what came in a span: how much, how many were refused, the counts of
// each process, the longest pause.
func (p *platform) between(from, to time.Time) (n, refused int, each map[string]int, pause time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	each = map[string]int{}
	last := from
	for _, a := range p.log {
		if a.at.Before(from) || a.at.After(to) {
			continue
		}
		pause, last = max(pause, a.at.Sub(last)), a.at
		if n++; a.refused {
			refused++
		}
		each[a.who]++
	}
	return n, refused, each, max(pause, to.Sub(last))
}

// whys are the reasons of what was refused.
func (p *platform) whys() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]int{}
	for _, a := range p.log {
		if a.refused {
			all[a.why]++
		}
	}
	return all
}

// jain is Jain's index of fairness.
func jain(each map[string]int) float64 {
	sum, squares := 0., 0.
	for _, n := range each {
		sum += float64(n)
		squares += float64(n * n)
	}
	return sum * sum / squares / float64(len(each))
}

// orders are what a process of the fleet is to do.
type orders struct {
	Who, URL, Redis, App, User string
	Workers                    int
	Day                        int
	Strict                     bool // a bound that no delay on a busy machine breaks
	Outage                     limiter.Outage
}

// process is one of the fleet.
type process struct {
	*exec.Cmd
	out *bufio.Reader
	in  io.WriteCloser
}

// start runs this test binary as a process of the fleet.
func startProcess(t testing.TB, o orders) *process {
	t.Helper()
	b, err := json.Marshal(o)
	require.NoError(t, err)
	c := exec.Command(os.Args[0], "-test.run=^TestProcess$", "-test.count=1")
	c.Env = append(os.Environ(), "REDISSTORE_ORDERS="+string(b))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	in, err := c.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	p := &process{c, bufio.NewReader(out), in}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	line, err := p.out.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	return p
}

// end tells the process to end, and reads what it has to say.
func (p *process) end(t testing.TB) (said account) {
	t.Helper()
	p.in.Close()
	line, err := p.out.ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(line), &said))
	p.Wait()
	return said
}

// account is what a process has done.
type account struct {
	Calls, Refused429, Failed, Scripts, Dials int
	Errors                                    map[string]int
}

// counting counts script calls and dials.
type counting struct {
	scripts, dials atomic.Int64
}

func (c *counting) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c.dials.Add(1)
		return next(ctx, network, addr)
	}
}

func (c *counting) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() == "evalsha" || cmd.Name() == "eval" {
			c.scripts.Add(1)
		}
		return next(ctx, cmd)
	}
}

func (c *counting) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// TestProcess is not a test of its own: it is a process of the fleet. It calls the
// platform with some workers until its input ends.
func TestProcess(t *testing.T) {
	text := os.Getenv("REDISSTORE_ORDERS")
	if text == "" {
		return
	}
	var o orders
	require.NoError(t, json.Unmarshal([]byte(text), &o))
	network := "unix"
	if o.Redis[0] != '/' {
		network = "tcp"
	}
	rdb := redis.NewClient(&redis.Options{Network: network, Addr: o.Redis, Username: o.User, Password: map[bool]string{true: "pw"}[o.User != ""]})
	count := &counting{}
	rdb.AddHook(count)
	store, err := New(rdb, WithApp(o.App))
	require.NoError(t, err)
	limits := limiter.Limits{limiter.PerSecond(20), limiter.Concurrent(5)}
	if o.Day > 0 {
		limits = append(limits, limiter.PerDay(o.Day))
	}
	guarantee := limiter.Balanced
	if o.Strict {
		guarantee = limiter.Strict
	}
	tr, err := limiter.NewTransport(&http.Transport{MaxIdleConnsPerHost: 10}, limiter.Config{
		Limits: limits, Guarantee: guarantee, Store: store, Outage: o.Outage, Retry: limiter.Retry{Max: -1},
	})
	require.NoError(t, err)
	fmt.Println("ready")
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	var mu sync.Mutex
	said := account{Errors: map[string]int{}}
	var wg sync.WaitGroup
	for range o.Workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				req, _ := http.NewRequestWithContext(ctx, "GET", o.URL, nil)
				req.Header.Set("Who", o.Who)
				resp, err := tr.RoundTrip(req)
				mu.Lock()
				said.Calls++
				if err != nil {
					said.Failed++
					if ctx.Err() == nil && len(said.Errors) < 20 {
						said.Errors[err.Error()]++
					}
				} else if resp.StatusCode == http.StatusTooManyRequests {
					said.Refused429++
				}
				mu.Unlock()
				if err != nil {
					time.Sleep(20 * time.Millisecond)
					continue
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	said.Scripts, said.Dials = int(count.scripts.Load()), int(count.dials.Load())
	tr.Close()
	rdb.Close()
	json.NewEncoder(os.Stdout).Encode(said)
}

// fleet starts processes that share an app.
func fleet(t testing.TB, n int, o orders) (all []*process) {
	t.Helper()
	for i := range n {
		o.Who = strconv.Itoa(i)
		all = append(all, startProcess(t, o))
	}
	return all
}

// span is the length of a part of a fleet's run.
func span(short, soak time.Duration) time.Duration {
	if os.Getenv("GOODTENANT_SOAK") == "1" {
		return soak
	}
	return short
}

// atLeast is the part of a rate that is to be used: a point less where the figure
// is not taken on a quiet machine, over long.
func atLeast(part float64) float64 {
	if os.Getenv("GOODTENANT_SOAK") == "1" {
		return part
	}
	return part - 0.01
}

// stalls counts how often a goroutine that sleeps for a millisecond comes back more
// than ten later: Balanced promises nothing for delays of that length, and a machine
// that has other things to do makes them.
func stalls(ctx context.Context) func() int {
	n := make(chan int, 1)
	go func() {
		late := 0
		for ctx.Err() == nil {
			began := time.Now()
			time.Sleep(time.Millisecond)
			if time.Since(began) > 11*time.Millisecond {
				late++
			}
		}
		n <- late
	}()
	return func() int { return <-n }
}

// Eight processes use what one might, in equal parts, and nothing is refused: in
// Balanced while the machine does not stall, in Strict whatever it does.
func TestEightProcesses(t *testing.T) {
	for name, strict := range map[string]bool{"balanced": false, "strict": true} {
		t.Run(name, func(t *testing.T) { eightProcesses(t, strict) })
	}
}

func eightProcesses(t *testing.T, strict bool) {
	s := common(t)
	p := newPlatform(t, 20, 5, 60*time.Millisecond)
	ctx, stop := context.WithCancel(t.Context())
	stalled := stalls(ctx)
	all := fleet(t, 8, orders{URL: p.url, Redis: s.socket, App: app(t), Workers: 3, Strict: strict})
	time.Sleep(3 * time.Second)
	from := time.Now()
	time.Sleep(span(15*time.Second, 60*time.Second))
	to := time.Now()
	n, _, each, pause := p.between(from, to)
	scripts, calls := 0, 0
	for _, c := range all {
		a := c.end(t)
		scripts, calls = scripts+a.Scripts, calls+a.Calls-a.Failed
		if len(a.Errors) > 0 {
			t.Error(a.Errors)
		}
	}
	stop()
	late := stalled()
	_, refused, _, _ := p.between(time.Time{}, time.Now())
	use := float64(n) / (20 * to.Sub(from).Seconds())
	perCall := float64(scripts) / float64(calls)
	t.Logf("%.1f %% used, %d of %d refused, %.2f script calls a request, Jain %.4f %v, longest pause %v, %d stalls of the machine",
		100*use, refused, calls, perCall, jain(each), each, pause, late)
	want, excused := atLeast(0.99), late
	if strict { // a slot of the window is busy for the call's time too
		want, excused = 0.88, 0
	} else if late > 0 {
		want -= 0.03
	}
	if refused > excused || use < want || perCall > 1.25 || jain(each) < 0.99 || len(each) != 8 {
		t.Errorf("want 0 refused, %.0f %%, 1.25 and 0.99 of 8 processes; %v", 100*want, p.whys())
	}
}
