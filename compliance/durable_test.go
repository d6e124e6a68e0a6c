package compliance

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const childPath = "GOODTENANT_TEST_SNAPSHOTS"

// TestMain is a process to be killed, when asked to be: it reads the pages of a
// collection that it is told to, shares what it knows after each, and says whether
// it has found anybody out.
func TestMain(m *testing.M) {
	path := os.Getenv(childPath)
	if path == "" {
		os.Exit(m.Run())
	}
	files, err := NewFileSnapshots(path)
	if err != nil {
		panic(err)
	}
	k, err := New(Config{Snapshots: files})
	if err != nil {
		panic(err)
	}
	pages := sweepEvents(sweepPages)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if page, err := strconv.Atoi(lines.Text()); err == nil {
			k.Feed(pages[page])
		}
		err := k.Sync(context.Background())
		_, found := rulesOf(k.Report(), Error)["GT101"]
		fmt.Println(k.syncing.replica, found, err)
	}
}

const sweepPages = 96

// child is such a process.
type child struct {
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Scanner
}

func startChild(t *testing.T, path string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childPath+"="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return &child{cmd, in, bufio.NewScanner(out)}
}

func (c *child) tell(line any) { fmt.Fprintln(c.in, line) }

// answer is the replica's name and what it has found.
func (c *child) answer(t *testing.T) (replica string, found bool) {
	t.Helper()
	require.True(t, c.out.Scan())
	var err string
	_, scanErr := fmt.Sscan(c.out.Text(), &replica, &found, &err)
	require.NoError(t, scanErr)
	require.Equal(t, "<nil>", err)
	return replica, found
}

func (c *child) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, c.cmd.Process.Kill())
	c.cmd.Wait()
}

// TestReplicasSurviveKills: a sweep is spread over four processes, each of which is
// killed again and again, whatever it does at that moment, and started anew. What
// they had saved is whole, and together they see the sweep, of which none of them
// reads enough.
func TestReplicasSurviveKills(t *testing.T) {
	path, rng := filepath.Join(t.TempDir(), "state"), newRand(11)
	all := make([]*child, 4)
	for i := range all {
		all[i] = startChild(t, path)
	}
	kills, found := 0, false
	for page := range sweepPages {
		i := page % len(all)
		all[i].tell(page)
		if rng.IntN(3) > 0 {
			_, seen := all[i].answer(t)
			found = found || seen
			continue
		}
		for moment := time.Now().Add(time.Duration(rng.IntN(4000)) * time.Microsecond); time.Now().Before(moment); {
		}
		all[i].kill(t)
		kills++
		files, err := NewFileSnapshots(path)
		require.NoError(t, err)
		saved, err := files.LoadSnapshots(t.Context())
		require.NoError(t, err)
		for name, data := range saved {
			_, err := decode(data)
			require.NoError(t, err, "snapshot of replica %s", name)
		}
		all[i] = startChild(t, path)
	}
	names := map[string]bool{}
	for _, c := range all {
		c.tell("sync")
		name, seen := c.answer(t)
		names[name], found = true, found || seen
	}
	for _, c := range all { // only now: one that has just been started would take a dead one's place
		c.kill(t)
	}
	t.Logf("%d kills", kills)
	require.Greater(t, kills, 10)
	require.True(t, found)
	require.Equal(t, map[string]bool{"0": true, "1": true, "2": true, "3": true}, names, "each takes a dead one's place")
	for i := range all {
		var alone events
		for page := i; page < sweepPages; page += len(all) {
			alone = append(alone, sweepEvents(sweepPages)[page])
		}
		require.NotContains(t, rulesOf(check(t, alone, Config{}), Note), "GT101", "alone")
	}
}

// TestSurvivesKill: a process is killed in the middle of a sweep; the next one
// goes on with its state and sees the whole.
func TestSurvivesKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	c := startChild(t, path)
	for page := range 18 {
		c.tell(page)
		c.answer(t)
	}
	c.kill(t)

	files, err := NewFileSnapshots(path)
	require.NoError(t, err)
	k, err := New(Config{Snapshots: files})
	require.NoError(t, err)
	require.Equal(t, "0", k.syncing.replica, "the dead process's place")
	for _, e := range sweepEvents(36)[18:] {
		k.Feed(e)
	}
	require.Contains(t, rulesOf(k.Report(), Note), "GT101")
	require.NoError(t, k.Close())
	require.NotContains(t, rulesOf(check(t, sweepEvents(36)[18:], Config{}), Note), "GT101", "without the first half it is none")
}

func TestFileSnapshots(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd[name]*")
	files, err := NewFileSnapshots(path)
	require.NoError(t, err)
	one, free, err := files.Claim()
	require.NoError(t, err)
	two, free2, err := files.Claim()
	require.NoError(t, err)
	require.Equal(t, []string{"0", "1"}, []string{one, two})
	free()
	again, free3, err := files.Claim()
	require.NoError(t, err)
	require.Equal(t, "0", again)
	free2()
	free3()

	ctx := context.Background()
	require.NoError(t, files.SaveSnapshot(ctx, "0", []byte("a")))
	require.NoError(t, files.SaveSnapshot(ctx, "0", []byte("b")))
	info, err := os.Stat(path + ".0")
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.Error(t, files.SaveSnapshot(ctx, "../x", nil))
	require.NoError(t, os.Mkdir(path+".7", 0o700))
	require.NoError(t, os.Symlink("/dev/zero", path+".8"))
	all, err := files.LoadSnapshots(ctx)
	require.Error(t, err, "a directory and a link are told")
	require.Equal(t, map[string][]byte{"0": []byte("b")}, all)

	_, err = NewFileSnapshots("")
	require.Error(t, err)
	_, err = NewFileSnapshots(filepath.Join(t.TempDir(), "no", "where"))
	require.Error(t, err)
}

// busy is a checker that has seen a bit of everything.
func busy(t testing.TB, store Snapshots) *Checker {
	k, err := New(Config{Key: []byte("0123456789abcdef"), Snapshots: store, SnapshotEvery: time.Hour, Replica: "r"})
	require.NoError(t, err)
	for _, es := range []events{sweepEvents(30), polling(time.Hour, 3, false), crawl(300, 5000, newRand(3)), bitOfEverything()} {
		for _, e := range es {
			k.Feed(e)
		}
	}
	return k
}

// bitOfEverything is what snapshots keep of tenants: labels, checks, creates,
// fetches, load and opened rows.
func bitOfEverything() events {
	m := &maker{at: day0.Add(50 * time.Hour)}
	m.each(70, 100*time.Millisecond, func(i int) Event {
		return entity(i%30, etag(`"1"`), func(e *Event) { e.Tenant, e.Initiator, e.Label = "SBOX", User, fmt.Sprint("user-", i%3) })
	})
	m.add(time.Minute, Event{URL: "/contacts/?email=ann%40example.test", Answer: &Answer{}})
	m.add(time.Second, post(`{"email":"ann@example.test"}`))
	m.add(time.Second, post(`{"email":"bob@example.test","phone":"0123456789"}`))
	for _, more := range []int{40, 40, 40} {
		m.at = m.at.Add(6 * time.Minute)
		m.each(more, 100*time.Millisecond, func(i int) Event { return entity(i % 9) })
		m.es = append(m.es, copyRuns(1, 3, 0).es...)
	}
	return append(m.es, opened(3, 5)...)
}

// TestSnapshotRoundTrip: what is read is what was written.
func TestSnapshotRoundTrip(t *testing.T) {
	store := &memory{}
	k := busy(t, store)
	require.NoError(t, k.Sync(context.Background()))
	first := store.all["r"]
	sn, err := decode(first)
	require.NoError(t, err)
	require.Len(t, sn.series, len(k.st.series))
	require.Len(t, sn.holdings, 3)
	require.Len(t, sn.tenants, 2)
	require.Len(t, sn.seconds, len(k.st.app.lastSeconds()))
	again, err := decode(sn.encode())
	require.NoError(t, err)
	require.Equal(t, sn, again)
	for _, cut := range []int{0, 1, 10, len(first) / 2, len(first) - 1} {
		_, err := decode(first[:cut])
		require.Error(t, err, "cut at %d", cut)
	}
	_, err = decode(append([]byte{99}, first[1:]...))
	require.Error(t, err, "another version")
	require.NoError(t, k.Close())
}

// goingOn is what is seen over days and over several windows: watermarks, runs by
// night, slices that overlap, jobs, busy minutes and a program's pace.
func goingOn() events {
	m := (&maker{}).glances(24*time.Hour, 20, wobble(14, 2*3600, 0))
	m.at = day0.Add(30 * time.Hour)
	m.each(8, time.Minute, func(i int) Event {
		return listing(fmt.Sprintf("/contacts/?areaId=A%d&pageSize=100", i), i*30, 60, 60)
	})
	es := append(m.es, nightly(3, 3, 2, 100, func(day int) time.Duration { return 48 * time.Hour })...)
	m = &maker{at: day0.Add(122 * time.Hour)}
	m.spread(20*time.Minute, 800, func(i int) Event { return entity(i % 12) })
	return append(es, m.es...)
}

// TestSnapshotKeepsWhatGoesOn: what days and windows have told is read as it was.
func TestSnapshotKeepsWhatGoesOn(t *testing.T) {
	store := &memory{}
	k, err := New(Config{Key: []byte("0123456789abcdef"), Snapshots: store, SnapshotEvery: time.Hour, Replica: "r"})
	require.NoError(t, err)
	for _, e := range goingOn() {
		k.Feed(e)
	}
	require.NoError(t, k.Sync(t.Context()))
	sn, err := decode(store.all["r"])
	require.NoError(t, err)
	again, err := decode(sn.encode())
	require.NoError(t, err)
	require.Equal(t, sn, again)

	var kept struct{ watermarks, restless, tallies int }
	for _, s := range k.st.series {
		read := sn.series[s.hash]
		require.Len(t, read.shapes, len(s.shapes))
		for i, sh := range s.shapes {
			require.Equal(t, sh.marks, read.shapes[i].marks)
			require.Equal(t, sh.restless, read.shapes[i].restless)
			require.Equal(t, sh.slices.times, read.shapes[i].slices.times)
			if sh.marks != nil && sh.marks.back.runs > 0 && sh.marks.back.from < sh.marks.back.at && sh.marks.tile.watermark != 0 {
				kept.watermarks++
			}
			if sh.restless.runs > 0 {
				kept.restless++
			}
			if sh.slices.times != nil && sh.slices.times.n > 0 {
				kept.tallies++
			}
		}
	}
	require.NotZero(t, kept.watermarks)
	require.NotZero(t, kept.restless)
	require.NotZero(t, kept.tallies)

	live := k.st.tenants["ABC"]
	read := sn.tenants[live.hash]
	require.Equal(t, live.minutes, read.minutes)
	require.NotZero(t, read.minutes.usual)
	require.NotZero(t, read.minutes.now.own)
	require.Equal(t, live.synth.steady, read.synth.steady)
	require.NotZero(t, read.synth.steady)
	require.Equal(t, live.jobs, read.jobs)
	require.Len(t, read.jobs, 1)
	require.Len(t, read.jobs[0].runs, 2)
	require.True(t, read.jobs[0].run.several && read.jobs[0].run.judged > 0)
	require.NoError(t, k.Close())
}

// TestJobsOutliveProcesses: a job of several collections is one though the process
// that runs it is another each day.
func TestJobsOutliveProcesses(t *testing.T) {
	store, days := &memory{}, nightly(6, 3, 2, 100, func(int) time.Duration { return 0 })
	var found map[string]Finding
	for len(days) > 0 {
		k, err := New(Config{Key: []byte("0123456789abcdef"), Snapshots: store, SnapshotEvery: time.Hour, Replica: "r"})
		require.NoError(t, err)
		for _, e := range days[:6] {
			k.Feed(e)
		}
		e := days[5]
		e.Tenant, e.Time = "ANOTHER", e.Time.Add(4*time.Hour) // when the process is stopped
		k.Feed(e)
		days, found = days[6:], rulesOf(k.Report(), Note)
		require.NoError(t, k.Close())
	}
	require.Contains(t, found, "GT204")
}

// FuzzSnapshot: no bytes make decoding panic, hang or grow; what it takes can be
// merged, as another replica's, and gone on with, as this one's.
func FuzzSnapshot(f *testing.F) {
	store := &memory{}
	k := busy(f, store)
	require.NoError(f, k.Close())
	whole := store.all["r"]
	sn, err := decode(whole)
	require.NoError(f, err)
	f.Add(whole)
	f.Add([]byte{1, 0, 0})
	for range 3 { // parts of it, so that changes reach deep
		for h := range sn.series {
			delete(sn.series, h)
			break
		}
		f.Add(sn.encode())
	}
	sn.series, sn.holdings = nil, nil
	f.Add(sn.encode())
	waiting := &shared{waiting: []waitingCreate{{at: 7, collection: 8, values: []uint64{9}}}, before: &synthetic{beats: new([beats]uint16)}}
	sn.tenants = map[uint64]*shared{newHashKey([]byte("0123456789abcdef")).sum("ABC"): waiting}
	f.Add(sn.encode())
	f.Add(append(binary.AppendUvarint(nil, snapshotVersion+1), whole[1:]...))
	k, err = New(Config{Key: []byte("0123456789abcdef"), Snapshots: store, SnapshotEvery: time.Hour, Replica: "days"})
	require.NoError(f, err)
	for _, e := range goingOn() {
		k.Feed(e)
	}
	require.NoError(f, k.Close())
	f.Add(store.all["days"])
	f.Fuzz(func(t *testing.T, data []byte) {
		sn, err := decode(data)
		if err == nil {
			again, err := decode(sn.encode())
			require.NoError(t, err)
			require.Len(t, again.series, len(sn.series))
			require.Len(t, again.tenants, len(sn.tenants))
		}
		store := &memory{}
		for _, name := range []string{"r", "other"} {
			require.NoError(t, store.SaveSnapshot(t.Context(), name, data))
		}
		k, err := New(Config{Key: []byte("0123456789abcdef"), Snapshots: store, SnapshotEvery: time.Hour, Replica: "r", MaxBytes: 1 << 20})
		require.NoError(t, err)
		for _, es := range []events{sweepEvents(2), opened(1, 5), bitOfEverything()[60:]} {
			for _, e := range es {
				k.Feed(e)
			}
		}
		k.Sync(t.Context())
		require.LessOrEqual(t, k.st.bytes+k.st.dormantBytes, 1<<20)
		k.Report()
		k.Close()
	})
}

// TestSnapshotBlowUp: a small snapshot that says it is large is refused before it
// takes the memory.
func TestSnapshotBlowUp(t *testing.T) {
	one := (&snapshot{tenants: map[uint64]*shared{1: {checks: make([]checkMade, maxChecks), waiting: make([]waitingCreate, maxWaiting)}}}).encode()
	empty := (&snapshot{}).encode()
	part := one[len(empty):]
	many := binary.AppendUvarint(slices.Clone(empty[:len(empty)-1]), 1<<15)
	for range 1 << 15 {
		many = append(many, part...)
	}
	_, err := decode(many)
	require.ErrorIs(t, err, errSnapshot)
	_, err = decode(one)
	require.NoError(t, err)
}
