package compliance

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBreakStreamForEachCall: who names every call another stream is seen as one.
func TestBreakStreamForEachCall(t *testing.T) {
	for _, by := range []string{"stream", "label"} {
		es := append(sweepEvents(60), crawl(1200, 5000, newRand(3))...)
		for i := range es {
			es[i].Time = day0.Add(time.Duration(i) * 10 * time.Second)
			if name := fmt.Sprintf("run-%d", i); by == "stream" {
				es[i].Stream = name
			} else {
				es[i].Stream, es[i].Initiator, es[i].Label = "", Batch, name
			}
		}
		found := rulesOf(check(t, es, Config{}), Error)
		require.Contains(t, found, "GT101", by)
		require.Contains(t, found, "GT103", by)
	}
}
