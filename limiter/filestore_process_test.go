package limiter

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// child runs this test binary as a process that spends the day in the file; each
// unit is a byte in the log, written when the call would be.
func child(t *testing.T, file, log string, most, pause int) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFileStoreChild$")
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOODTENANT_CHILD=%s|%s|%d|%d", file, log, most, pause))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewReader(out)
}

// TestFileStoreChild is not a test of its own: it is the child.
func TestFileStoreChild(t *testing.T) {
	what := os.Getenv("GOODTENANT_CHILD")
	if what == "" {
		return
	}
	f := strings.Split(what, "|")
	most, _ := strconv.Atoi(f[2])
	pause, _ := strconv.Atoi(f[3])
	log, err := os.OpenFile(f[1], os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	limits := Limits{PerDay(most)}
	if pause > 0 { // through the window, which is in the file call by call
		limits = append(limits, PerWindow(pause, 100*time.Millisecond))
	}
	s, err := NewFileStore(f[0])
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("spending")
	b := Batch{Client: "child", Limits: limits, Asks: []Ask{{Calls: 3, Cost: 1}}}
	for {
		b.Seq++
		g, err := s.Step(context.Background(), b)
		if err != nil {
			t.Fatal(err)
		}
		b.Done = nil
		for _, x := range g.Grants {
			if _, err := fmt.Fprintf(log, "%020d\n", time.Now().UnixNano()); err != nil {
				t.Fatal(err)
			}
			b.Done = append(b.Done, Done{ID: x.ID, Free: true})
		}
		if len(g.Refused) > 0 {
			break
		}
		time.Sleep(g.Next)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	fmt.Println("spent")
}

const logLine = 21

func logged(t *testing.T, path string) int {
	t.Helper()
	fi, err := os.Stat(path)
	if os.IsNotExist(err) {
		return 0
	} else if err != nil {
		t.Fatal(err)
	}
	return int(fi.Size() / logLine)
}

// Killed at random points, no unit is spent twice, and a kill loses a block at most.
func TestFileStoreKilled(t *testing.T) {
	kills := 40
	if os.Getenv("GOODTENANT_SOAK") == "1" {
		kills = 1000
	}
	if testing.Short() {
		kills = 10
	}
	dir := t.TempDir()
	file, log := filepath.Join(dir, "day"), filepath.Join(dir, "log")
	const seed = 51
	r := rand.New(rand.NewPCG(seed, 0))
	most, hit := maxCount, 0
	used := func() int {
		c := mustOpen(t, file, PerDay(most))
		defer c.close()
		g, err := c.step(0)
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Day) == 0 {
			return 0
		}
		return g.Day[0].Used
	}
	before, worst := 0, 0
	for range kills {
		cmd, out := child(t, file, log, most, 0)
		if line, err := out.ReadString('\n'); line != "spending\n" {
			t.Fatalf("%q, %v", line, err)
		}
		time.AfterFunc(time.Duration(r.Int64N(int64(8*time.Millisecond))), func() { cmd.Process.Kill() })
		io.Copy(io.Discard, out)
		cmd.Wait()
		if cmd.ProcessState.ExitCode() == -1 {
			hit++
		}
		counted, went := used(), logged(t, log)
		if counted < went {
			t.Fatalf("%d units went and %d are counted, after %d kills (seed %d)", went, counted, hit, seed)
		}
		lost := counted - went
		if worst = max(worst, lost-before); lost-before > blockMax {
			t.Fatalf("kill %d lost %d units (seed %d)", hit, lost-before, seed)
		}
		before = lost
	}
	if hit < kills/2 {
		t.Errorf("only %d of %d kills hit", hit, kills)
	}
	t.Logf("%d kills, %d units spent, %d lost, %d at most by one", hit, logged(t, log), before, worst)
}

// Two processes on one file share the day and the window, to the last unit.
func TestFault98(t *testing.T) {
	for name, window := range map[string]int{"day": 0, "day and window": 20} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file, log := filepath.Join(dir, "day"), filepath.Join(dir, "log")
			most := 20_000
			if window > 0 {
				most = 100
			}
			var wg sync.WaitGroup
			for range 2 {
				cmd, out := child(t, file, log, most, window)
				wg.Go(func() {
					said, _ := io.ReadAll(out)
					if err := cmd.Wait(); err != nil || !strings.Contains(string(said), "spent") {
						t.Errorf("a child ended with %v: %.300s", err, said)
					}
				})
			}
			wg.Wait()
			if n := logged(t, log); n > most || n < most-2*blockMax {
				t.Errorf("two processes spent %d of a day of %d", n, most)
			}
			c := mustOpen(t, file, PerDay(most))
			rest := c.spend(most)
			c.close()
			if n := logged(t, log); n+rest != most {
				t.Errorf("%d went, and %d more after both were closed, of %d", n, rest, most)
			}
			if window == 0 {
				return
			}
			b, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Fields(string(b)) // appended, so nearly in order
			for i := window + 2; i < len(lines); i++ {
				from, _ := strconv.ParseInt(lines[i-window-2], 10, 64)
				to, _ := strconv.ParseInt(lines[i], 10, 64)
				if gap := time.Duration(to - from); gap < 100*time.Millisecond {
					t.Fatalf("%d calls of two processes within %v, of %d in 100ms", window+3, gap, window)
				}
			}
		})
	}
}
