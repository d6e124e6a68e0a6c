package redisstore

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// dnsName is what a name, or a service address, does: new connections go where it
// points, and those that stand stay.
type dnsName struct {
	net.Listener
	mu     sync.Mutex
	target string
	dials  []time.Time
}

func newName(t *testing.T, target string) *dnsName {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	d := &dnsName{Listener: l, target: target}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			d.mu.Lock()
			to := d.target
			d.dials = append(d.dials, time.Now())
			d.mu.Unlock()
			go func() {
				defer in.Close()
				out, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				defer out.Close()
				go func() { io.Copy(out, in); out.Close() }()
				io.Copy(in, out)
			}()
		}
	}()
	return d
}

func (d *dnsName) move(target string) {
	d.mu.Lock()
	d.target = target
	d.mu.Unlock()
}

func (d *dnsName) dialled(from, to time.Time) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, at := range d.dials {
		if at.After(from) && at.Before(to) {
			n++
		}
	}
	return n
}

// follow makes one server the replica of another and waits until it has all.
func follow(t *testing.T, s, master *server) {
	t.Helper()
	c := s.client(t)
	defer c.Close()
	host, port, _ := net.SplitHostPort(master.addr)
	require.NoError(t, c.SlaveOf(context.Background(), host, port).Err())
	require.Eventually(t, func() bool {
		return strings.Contains(c.Info(context.Background(), "replication").Val(), "master_link_status:up")
	}, 20*time.Second, 20*time.Millisecond)
}

// The master is demoted and its connections stay; later its name points at the new
// one, which may have been behind when it was promoted. There is no storm, all are
// back soon, and neither a window nor the day has gone over.
func TestField48(t *testing.T) {
	for name, c := range map[string]struct {
		behind time.Duration
		day    int
	}{"in step": {0, 0}, "behind": {300 * time.Millisecond, 0}, "behind, and a day": {300 * time.Millisecond, 150}} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			first, second := own(t, "--repl-diskless-sync-delay", "0"), own(t, "--repl-diskless-sync-delay", "0")
			follow(t, second, first)
			store := newName(t, first.addr)
			p := newPlatform(t, 20, 5, 60*time.Millisecond)
			all := fleet(t, 4, orders{URL: p.url, Redis: store.Addr().String(), App: app(t), Workers: 3, Strict: true, Day: c.day})
			time.Sleep(4 * time.Second)

			rdb := second.client(t)
			defer rdb.Close()
			require.NoError(t, rdb.SlaveOf(ctx, "NO", "ONE").Err())
			time.Sleep(c.behind) // the old one goes on: this is lost
			demoted := time.Now()
			follow(t, first, second)
			time.Sleep(span(4*time.Second, 15*time.Second))
			moved := time.Now()
			store.move(second.addr)
			meanwhile := store.dialled(demoted.Add(time.Second), moved)
			time.Sleep(8 * time.Second)

			before, _, _, _ := p.between(time.Time{}, demoted)
			back, _, _, _ := p.between(moved.Add(5*time.Second), time.Now())
			n, refused, each, _ := p.between(time.Time{}, time.Now())
			perSecond := float64(meanwhile) / moved.Sub(demoted.Add(time.Second)).Seconds() / 4
			t.Logf("%d calls before, %d in the 3 s after the name had moved 5 s ago; %d in all, %d refused, %v; %.1f dials a second and replica meanwhile",
				before, back, n, refused, each, perSecond)
			if refused > 0 || before < 40 {
				t.Errorf("%d of %d calls were refused: %v", refused, n, p.whys())
			}
			if perSecond > 5 {
				t.Errorf("%.1f dials a second of one replica", perSecond)
			}
			switch {
			case c.day == 0 && back < 40:
				t.Errorf("%d calls in 3 s, 5 s after the name has moved", back)
			case c.day > 0 && (n > c.day || n < c.day-25):
				t.Errorf("%d calls of a day of %d", n, c.day)
			}
			for _, process := range all {
				a := process.end(t)
				if len(a.Errors) == 0 {
					t.Error("no call of it failed: it did not notice")
				}
				if t.Failed() {
					t.Log(a.Errors)
				}
			}
		})
	}
}
