package limiter

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// fileClient steps through a file store as a Transport does.
type fileClient struct {
	t     testing.TB
	s     *fileStore
	batch Batch
}

func openFileClient(t testing.TB, path string, limits ...Limit) (*fileClient, error) {
	t.Helper()
	s, err := NewFileStore(path)
	if err != nil {
		return nil, err
	}
	return &fileClient{t, s.(*fileStore), Batch{Client: "test", Limits: limits}}, nil
}

func mustOpen(t testing.TB, path string, limits ...Limit) *fileClient {
	t.Helper()
	c, err := openFileClient(t, path, limits...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// step asks for n calls of tenant "a", and says at once that they were sent.
func (c *fileClient) step(n int) (Grants, error) {
	c.batch.Seq++
	c.batch.Asks = []Ask{{Tenant: "a", Calls: n, Cost: 1}}
	g, err := c.s.Step(context.Background(), c.batch)
	if err != nil {
		c.batch.Seq--
		return g, err
	}
	c.batch.Done = nil
	for _, x := range g.Grants {
		c.batch.Done = append(c.batch.Done, Done{ID: x.ID, Free: true})
	}
	return g, nil
}

func (c *fileClient) spend(n int) (got int) {
	c.t.Helper()
	for got < n {
		g, err := c.step(min(7, n-got))
		if err != nil {
			c.t.Fatal(err)
		}
		if len(g.Grants) == 0 {
			break
		}
		got += len(g.Grants)
	}
	return got
}

func (c *fileClient) close() {
	c.t.Helper()
	if err := c.s.Close(); err != nil {
		c.t.Fatal(err)
	}
}

// What is no file of ours, or may be written by others, is not trusted, and the
// error names the path and the reason.
func TestFault97(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	mustOpen(t, good, PerDay(10)).close()
	page, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	newer := append([]byte(nil), page...)
	newer[24]++
	reseal := func(p []byte) { // a whole head, of a version to come
		var c [pageSize]byte
		copy(c[:], p)
		sealHead(c[:])
		copy(p, c[:])
	}
	reseal(newer)
	for name, c := range map[string]struct {
		make func(path string) error
		want string
	}{
		"empty":          {func(p string) error { return os.WriteFile(p, nil, 0o600) }, "too short"},
		"short":          {func(p string) error { return os.WriteFile(p, page[:100], 0o600) }, "too short"},
		"zeros":          {func(p string) error { return os.WriteFile(p, make([]byte, len(page)), 0o600) }, "not a state file"},
		"text":           {func(p string) error { return os.WriteFile(p, []byte(strings.Repeat("0\n", 9000)), 0o600) }, "not a state file"},
		"newer":          {func(p string) error { return os.WriteFile(p, newer, 0o600) }, "newer version"},
		"directory":      {func(p string) error { return os.Mkdir(p, 0o700) }, "no regular file"},
		"link":           {func(p string) error { return os.Symlink(good, p) }, "symbolic link"},
		"dangling link":  {func(p string) error { return os.Symlink(filepath.Join(dir, "nothing"), p) }, "symbolic link"},
		"FIFO":           {makeFIFO, "no regular file"},
		"world-writable": {func(p string) error { return errors.Join(os.WriteFile(p, page, 0o600), os.Chmod(p, 0o602)) }, "every user"},
		"no directory":   {func(string) error { return nil }, "no such file"},
	} {
		path := filepath.Join(dir, "bad "+name)
		if name == "no directory" {
			path = filepath.Join(dir, "nowhere", "day")
		}
		if err := c.make(path); err != nil {
			if runtime.GOOS == "windows" {
				continue
			}
			t.Fatal(err)
		}
		_, err := NewFileStore(path)
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("%s: %v, want an error with %q and the path once", name, err, c.want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	fi, err := os.Stat(good)
	if err != nil || fi.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("the file has mode %v, %v", fi.Mode(), err)
	}
}

// sealHead mends the checksum of a head that a test has changed.
func sealHead(p []byte) {
	salt := [16]byte(p[32:48])
	version := p[24]
	marshalHead(p, salt)
	p[24] = version
	checksumHead(p)
}

// Each byte of the file flipped, and each length cut, one at a time: the store
// does not open, or what it still grants is not more than is left. Nothing panics.
func TestFileStoreDamage(t *testing.T) {
	const most, spent = 1000, 700
	dir := t.TempDir()
	path := filepath.Join(dir, "day")
	for range 2 {
		c := mustOpen(t, path, PerDay(most), PerWindow(most, time.Minute))
		c.spend(spent / 2)
		c.close()
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused, mended := 0, 0
	judge := func(what string, damaged []byte) {
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := openFileClient(t, path, PerDay(most))
		if err != nil {
			refused++
			return
		}
		if got := c.spend(most); got > most-spent {
			t.Fatalf("%s: %d of %d are left, %d went", what, most-spent, most, got)
		} else if got < most-spent {
			mended++
			if most-spent-got > 2*blockMax { // the older page may hold a block that the newer gave back
				t.Fatalf("%s: %d units were lost", what, most-spent-got)
			}
		}
		c.close()
	}
	every := 101 // of the bytes and lengths, begun at another place each run
	if os.Getenv("GOODTENANT_SOAK") == "1" {
		every = 1
	}
	first := int(time.Now().UnixNano()) % every
	t.Logf("every %d-th from %d", every, first)
	for i := first; i < len(whole); i += every {
		damaged := append([]byte(nil), whole...)
		damaged[i] ^= 1 << (i % 8)
		judge(fmt.Sprintf("byte %d of %d flipped", i, len(whole)), damaged)
	}
	flipped := refused
	if mended == 0 || refused == 0 {
		t.Errorf("%d files were refused and %d mended: the damage did not reach both", refused, mended)
	}
	for n := first; n < len(whole); n += every {
		judge(fmt.Sprintf("cut to %d of %d bytes", n, len(whole)), whole[:n])
	}
	if cut := refused - flipped; cut != (len(whole)-first+every-1)/every {
		t.Errorf("only %d of the files that were cut were refused", cut)
	}
	judge("untouched", whole)
}

// A page that was torn or has gone bad gives way to the one before it, with a
// block more, once (and the block that the last page gave back); the window keeps
// quiet.
func TestFileStoreMends(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day")
	limits := []Limit{PerDay(1000), PerWindow(500, 100*time.Millisecond)}
	c := mustOpen(t, path, limits...)
	c.spend(100)
	c.close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for index := uint32(1); index <= 2; index++ {
		a, _ := pageSeq(b[pageOffset(index, 0):][:pageSize], index)
		z, _ := pageSeq(b[pageOffset(index, 1):][:pageSize], index)
		b[pageOffset(index, max(a, z))+3000] ^= 1
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	c = mustOpen(t, path, limits...)
	g, err := c.step(1)
	if err != nil || len(g.Grants) != 0 || g.Next <= 0 {
		t.Errorf("a window that may have lost calls grants %d at once, next in %v, %v", len(g.Grants), g.Next, err)
	}
	if !g.Lost {
		t.Error("and does not say so")
	}
	time.Sleep(g.Next + time.Millisecond)
	g, err = c.step(1)
	if err != nil || len(g.Grants) != 1 || g.Lost {
		t.Errorf("a window later: %+v, %v", g, err)
	}
	used := g.Day[0].Used
	if used < 101 || used > 101+2*blockMax {
		t.Errorf("%d units are used after the mending, 101 were spent", used)
	}
	c.close()
	c = mustOpen(t, path, PerDay(1000))
	if g, _ := c.step(1); g.Day[0].Used != used+1 {
		t.Errorf("opened again %d are used, and %d were: mended twice", g.Day[0].Used, used)
	}
	c.close()
}

// Disk full, read-only, an I/O error: nothing is granted, and when the file works
// again the count goes on.
func TestFault96(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day")
	c := mustOpen(t, path, PerDay(100), PerWindow(100, time.Hour))
	n := c.spend(10)
	healthy := c.s.file
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	c.s.file = readOnly // writes fail now
	var first error
	for range 1000 {
		g, err := c.step(1)
		if err == nil || len(g.Grants) != 0 {
			t.Fatalf("a file that cannot be written granted %d, %v", len(g.Grants), err)
		}
		if first == nil {
			first = err
		} else if err.Error() != first.Error() {
			t.Fatalf("another error: %v, after %v", err, first)
		}
	}
	if !strings.Contains(first.Error(), path) {
		t.Errorf("%v does not name the file", first)
	}
	c.s.file = healthy
	readOnly.Close()
	c.s.retry = time.Now().Add(-time.Second) // the rest between two tries is over
	if n += c.spend(200); n != 100 {
		t.Errorf("%d of 100 went in all", n)
	}
	c.close()
}

// A block that could not be written is not spent.
func TestFileStoreBlockNotWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day")
	c := mustOpen(t, path, PerDay(10_000))
	went := c.spend(100)
	healthy := c.s.file
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer readOnly.Close()
	c.s.file = readOnly
	for range 1000 { // what is left of the last block may go
		g, _ := c.step(1)
		went += len(g.Grants)
		c.s.retry = time.Time{}
	}
	healthy.Close() // the process is killed
	c = mustOpen(t, path, PerDay(10_000))
	if g, err := c.step(0); err != nil || g.Day[0].Used < went {
		t.Errorf("%d units went and the file counts %v, %v", went, g.Day, err)
	}
	c.close()
}

// A file that was removed or replaced under a store would be counted apart.
func TestFileStoreReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "day")
	c := mustOpen(t, path, PerDay(100), PerWindow(100, time.Hour))
	c.spend(10)
	if err := os.Rename(path, filepath.Join(dir, "moved")); err != nil {
		t.Skip(err) // Windows keeps open files where they are
	}
	c.s.checked = time.Time{} // a second later
	if g, err := c.step(1); err == nil || !strings.Contains(err.Error(), "removed or replaced") {
		t.Errorf("without its file the store granted %d, %v", len(g.Grants), err)
	}
	mustOpen(t, path, PerDay(100)).close()
	c.s.checked, c.s.retry = time.Time{}, time.Time{}
	if g, err := c.step(1); err == nil {
		t.Errorf("beside another file the store granted %d", len(g.Grants))
	}
	if err := c.s.Close(); err == nil {
		t.Error("Close gave its block back to nothing, and says nothing")
	}
}

// A peer that was stopped while it held the lock does not hold up calls for ever.
func TestFileStoreLockHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day")
	c := mustOpen(t, path, PerDay(100), PerWindow(100, time.Hour))
	peer, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	if ok, err := tryLock(peer); !ok || err != nil {
		t.Fatal(ok, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	c.batch.Seq, c.batch.Asks = 1, []Ask{{Tenant: "a", Calls: 1}}
	if g, err := c.s.Step(ctx, c.batch); !errors.Is(err, context.DeadlineExceeded) || len(g.Grants) != 0 {
		t.Errorf("granted %d, %v", len(g.Grants), err)
	}
	if err := unlock(peer); err != nil {
		t.Fatal(err)
	}
	if g, err := c.s.Step(context.Background(), c.batch); err != nil || len(g.Grants) != 1 {
		t.Errorf("after it: %d, %v", len(g.Grants), err)
	}
	c.close()
}

// No tenant, and nothing else that a call carries, stands in the file.
func TestFileStoreSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day")
	c := mustOpen(t, path, PerDay(100).EachTenant(), PerSecond(50).EachTenant())
	c.batch.Seq, c.batch.Client = 1, "CLIENTNAME"
	c.batch.Asks = []Ask{{Tenant: "TENANTNAME", Calls: 3, Cost: 1}}
	c.batch.Pauses = []Pause{{Kind: Day, Scope: Tenant, Tenant: "TENANTNAME", For: time.Second}}
	if _, err := c.s.Step(context.Background(), c.batch); err != nil {
		t.Fatal(err)
	}
	c.close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(b); strings.Contains(text, "TENANT") || strings.Contains(text, "CLIENT") {
		t.Error("a name stands in the file")
	}
}

// FuzzPage: any page is read or refused, and what was written is read back.
func FuzzPage(f *testing.F) {
	f.Add([]byte("x"), uint32(1), byte(Day), true)
	f.Add(make([]byte, pageSize), uint32(0), byte(Rate), false)
	f.Fuzz(func(t *testing.T, raw []byte, index uint32, kind byte, sealed bool) {
		p := make([]byte, pageSize)
		copy(p, raw)
		if sealed {
			p[16] = kind
			sealPage(p, index)
		}
		var c cell
		if err := c.unmarshal(p, index); err != nil {
			if sealed && int(p[20])+int(p[21])<<8 <= maxEntries && p[22] == 0 && p[23] == 0 {
				t.Fatalf("a page with a good checksum: %v", err)
			}
			return
		}
		c.mend(time.Unix(1, 0))
		c.window.wait(1, time.Second, 5)
		q := make([]byte, pageSize)
		c.marshal(q)
		var again cell
		if err := again.unmarshal(q, index); err != nil || again.seq != c.seq || again.key != c.key {
			t.Fatalf("written and read back: %+v, %v", again, err)
		}
	})
}
