package compliance

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (rs *replicas) lookup(r int, at time.Duration, mail string) {
	rs.all[r].Feed(Event{Time: day0.Add(at), Status: 200, Tenant: "ABC", URL: "https://api.example.test/contacts/?email=" + url.QueryEscape(mail), Answer: &Answer{}})
}

func (rs *replicas) create(r int, at time.Duration, mail string) {
	rs.all[r].Feed(Event{Time: day0.Add(at), Method: "POST", Status: 201, Tenant: "ABC", URL: "https://api.example.test/contacts/", RequestBody: fmt.Appendf(nil, `{"email":%q}`, mail)})
}

func (rs *replicas) unchecked() Finding { return rs.found()["GT501"] }

// TestReplicasCheckAndCreate: who has looked up and who creates may be two
// processes.
func TestReplicasCheckAndCreate(t *testing.T) {
	const mail = "ann@example.test"
	one := newReplicas(t, 1, Config{})
	one.sync()
	one.create(0, 0, mail)
	require.Equal(t, Warning, one.unchecked().Severity, "nobody else: at once")

	for _, c := range []struct {
		name  string
		do    func(rs *replicas)
		found bool
	}{
		{"looked up elsewhere before", func(rs *replicas) {
			rs.lookup(1, 0, mail)
			rs.create(0, time.Second, mail)
		}, false},
		{"looked up elsewhere, known already", func(rs *replicas) {
			rs.lookup(1, 0, mail)
			rs.sync()
			rs.create(0, 14*time.Minute, mail)
		}, false},
		{"looked up too long ago", func(rs *replicas) {
			rs.lookup(1, 0, mail)
			rs.create(0, 16*time.Minute, mail)
		}, true},
		{"looked up for somebody else", func(rs *replicas) {
			rs.lookup(1, 0, "bob@example.test")
			rs.create(0, time.Second, mail)
		}, true},
		{"looked up afterwards", func(rs *replicas) {
			rs.create(0, 0, mail)
			rs.lookup(1, 3*time.Second, mail)
		}, true},
		{"never looked up", func(rs *replicas) { rs.create(0, 0, mail) }, true},
	} {
		rs := newReplicas(t, 3, Config{})
		rs.sync()
		c.do(rs)
		require.Empty(t, rs.unchecked().Rule, "%s: not before the others have told what they know", c.name)
		rs.sync()
		rs.sync()
		require.Equal(t, c.found, rs.unchecked().Rule != "", c.name)
		if c.found {
			require.Equal(t, "contacts", rs.unchecked().Collection)
			require.Equal(t, "POST", rs.unchecked().Evidence[0].Method)
			require.Equal(t, Warning, rs.unchecked().Severity)
			require.InDelta(t, 1, rs.unchecked().Measured, 0)
		}
	}
}

// TestReplicasUncheckedDay: creates are counted over all replicas.
func TestReplicasUncheckedDay(t *testing.T) {
	rs := newReplicas(t, 4, Config{})
	rs.sync()
	for i := range 12 {
		rs.create(i%4, time.Duration(i)*time.Minute, fmt.Sprintf("p%d@example.test", i))
	}
	for range 4 {
		rs.sync()
	}
	require.Equal(t, Error, rs.unchecked().Severity, "12 a day, three in each")
}

// TestReplicasGone: nobody waits for a process that has ended, nor for ever.
func TestReplicasGone(t *testing.T) {
	rs := newReplicas(t, 2, Config{})
	rs.sync()
	left := rs.all[:1]
	rs.create(0, 0, "ann@example.test")
	for range stillDead + 1 {
		require.Empty(t, rulesOf(left[0].Report(), Note)["GT501"].Rule)
		require.NoError(t, left[0].Sync(t.Context()))
	}
	require.NotEmpty(t, rulesOf(left[0].Report(), Note)["GT501"].Rule)
	rs.create(0, time.Hour, "bob@example.test")
	require.InDelta(t, 2, rulesOf(left[0].Report(), Note)["GT501"].Measured, 0, "at once, now that there is nobody")

	rs.all[1].Feed(Event{Time: day0.Add(2 * time.Hour), Status: 200, Tenant: "ABC", URL: "https://api.example.test/contacts/A1X"})
	require.NoError(t, rs.all[1].Sync(t.Context()))
	require.NoError(t, left[0].Sync(t.Context()))
	rs.lookup(1, 2*time.Hour, "cat@example.test")
	rs.create(0, 2*time.Hour+time.Second, "cat@example.test")
	rs.sync()
	rs.sync()
	require.InDelta(t, 2, rulesOf(left[0].Report(), Note)["GT501"].Measured, 0, "it is there again, and has looked")
}

// TestReplicasUnreadable: a living replica of another build may have looked; the
// create waits until there is none.
func TestReplicasUnreadable(t *testing.T) {
	rs := newReplicas(t, 1, Config{})
	other := func(i int) { rs.store.SaveSnapshot(t.Context(), "other", []byte{snapshotVersion + 1, byte(i)}) }
	other(0)
	rs.sync()
	rs.create(0, 0, "ann@example.test")
	for i := range 6 {
		other(i + 1)
		rs.sync()
		require.Empty(t, rs.unchecked().Rule)
	}
	for range stillDead {
		rs.sync()
	}
	require.NotEmpty(t, rs.unchecked().Rule)
}

// TestCheckOverRestart: a check and a create that waits outlive their process, as
// far as they were saved.
func TestCheckOverRestart(t *testing.T) {
	const mail = "ann@example.test"
	rs := newReplicas(t, 1, Config{})
	rs.lookup(0, 0, mail)
	rs.sync()
	rs.start(0, Config{})
	rs.create(0, time.Minute, mail)
	require.Empty(t, rs.unchecked().Rule)
	rs.create(0, 17*time.Minute, mail)
	rs.sync()
	require.NotEmpty(t, rs.unchecked().Rule, "the check is too old by now")

	rs = newReplicas(t, 2, Config{})
	rs.sync()
	rs.create(0, 0, mail)
	require.NoError(t, rs.all[0].Close())
	rs.start(0, Config{})
	rs.lookup(0, time.Hour, "bob@example.test")
	rs.create(0, time.Hour, "bob@example.test") // names the route again
	for range 3 {
		rs.sync()
	}
	require.InDelta(t, 1, rs.unchecked().Measured, 0, "of before the restart")
	require.Equal(t, day0, rs.unchecked().Last)
}

// TestCheckLostByKill: what a process had not saved when it was killed nobody
// knows, so a create soon after it is no fault; later ones are, and so are those
// after a process that ended well.
func TestCheckLostByKill(t *testing.T) {
	for _, replicas := range []int{1, 2} {
		last := replicas - 1
		for _, kill := range []bool{true, false} {
			rs := newReplicas(t, replicas, Config{})
			rs.lookup(0, 0, "early@example.test")
			rs.sync()
			rs.sync()
			if !kill {
				require.NoError(t, rs.all[0].Close())
			}
			rs.start(0, Config{})
			rs.lookup(0, 30*time.Second, "other@example.test")
			rs.create(last, time.Minute, "ann@example.test")
			rs.sync()
			rs.sync()
			require.Equal(t, kill, rs.unchecked().Rule == "", "%d replicas, killed: %v", replicas, kill)
			rs.create(last, 20*time.Minute, "bob@example.test")
			rs.sync()
			rs.sync()
			require.NotEmpty(t, rs.unchecked().Rule)
		}
	}
}

// TestCheckOfTheDead: a process that was killed for good may have known; nobody
// waits for one that ended well.
func TestCheckOfTheDead(t *testing.T) {
	for _, kill := range []bool{true, false} {
		rs := newReplicas(t, 2, Config{})
		rs.lookup(1, 0, "early@example.test")
		rs.sync()
		if !kill {
			require.NoError(t, rs.all[1].Close())
		}
		require.NoError(t, rs.all[0].Sync(t.Context()))
		rs.create(0, time.Minute, "ann@example.test")
		require.Equal(t, !kill, rs.unchecked().Rule != "", "at once, killed: %v", kill)
		for range stillDead + 1 {
			require.NoError(t, rs.all[0].Sync(t.Context()))
		}
		require.Equal(t, kill, rs.unchecked().Rule == "", "killed: %v", kill)
		rs.create(0, 2*time.Hour, "bob@example.test")
		require.NotEmpty(t, rs.unchecked().Rule)
	}
}

// TestWaitingIsBounded: a flood of creates is neither kept nor missed.
func TestWaitingIsBounded(t *testing.T) {
	rs := newReplicas(t, 2, Config{})
	rs.sync()
	for i := range 3 * maxWaiting {
		rs.create(0, time.Duration(i)*time.Millisecond, fmt.Sprintf("p%d@example.test", i))
	}
	require.Len(t, rs.all[0].st.tenants["ABC"].waiting, maxWaiting)
	rs.sync()
	rs.sync()
	require.Equal(t, Error, rs.unchecked().Severity)
	require.Empty(t, rs.all[0].st.tenants["ABC"].waiting)
}
