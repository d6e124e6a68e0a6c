package compliance

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestUsersAreJudged: a label that says a person waits asks for more proof, and
// for no rule does it end the matter.
func TestUsersAreJudged(t *testing.T) {
	const hour = time.Hour
	runs := func(n int, every time.Duration, pages, rows, fresh int) func(*maker) {
		return func(m *maker) {
			for i := range n {
				m.at = day0.Add(time.Duration(i) * every)
				for p := range pages {
					e := listing(fmt.Sprintf("/documents/?active=true&pageSize=%d&pageNumber=%d", rows, p+1), i*fresh+p*rows, rows, 0)
					e.Initiator, e.Label, e.Stream = User, fmt.Sprint("user-", i%9), "search"
					m.add(time.Second, e)
				}
			}
		}
	}
	for _, c := range []struct {
		rule          string
		breaks, keeps func(*maker)
	}{
		{"GT204", runs(5, 7*24*hour, 4, 100, 400), runs(3, 7*24*hour, 4, 100, 400)},
		{"GT205", runs(200, 20*time.Minute, 1, 100, 100), runs(200, 20*time.Minute, 1, 100, 10)}, // a public site shows much the same
		{"GT602", func(m *maker) {
			for p := range 30 {
				e := listing(fmt.Sprintf("/documents/?pageSize=10&pageNumber=%d", p+1), p*10, 10, 900)
				e.Initiator = User
				m.add(time.Second, e)
			}
		}, runs(1, hour, 20, 10, 10)},
	} {
		for _, side := range []struct {
			make  func(*maker)
			fires bool
		}{{c.breaks, true}, {c.keeps, false}} {
			m := &maker{at: day0}
			side.make(m)
			_, fired := rulesOf(check(t, m.es, Config{}), Note)[c.rule]
			require.Equal(t, side.fires, fired, c.rule)
		}
	}
}
