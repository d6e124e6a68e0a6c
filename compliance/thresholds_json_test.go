package compliance

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestThresholdsMakeTheRoundTrip(t *testing.T) {
	for _, c := range []struct {
		in   Thresholds
		text string
	}{
		{Thresholds{}, `{}`},
		{Thresholds{SweepRows: 500, RunGap: 90 * time.Second, SatShare: 0.5}, `{"sweep_rows":500,"run_gap":"1m30s","sat_share":0.5}`},
	} {
		text, err := json.Marshal(c.in)
		require.NoError(t, err)
		require.Equal(t, c.text, string(text))
		var out Thresholds
		require.NoError(t, json.Unmarshal(text, &out))
		require.Equal(t, c.in, out)
	}
	text, err := json.Marshal(defaultThresholds)
	require.NoError(t, err)
	var out Thresholds
	require.NoError(t, json.Unmarshal(text, &out))
	require.Equal(t, defaultThresholds, out)
	seen := map[string]bool{}
	for name := range fieldsOf(&out) {
		require.NotEmpty(t, name)
		require.False(t, seen[name], name)
		seen[name] = true
	}
}

func TestBadThresholdsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		`{"sweep_row":1}`:     `no member "sweep_row"`,
		`{"sweep_rows":"a"}`:  `Thresholds.sweep_rows is "a"`,
		`{"sweep_rows":1.5}`:  `Thresholds.sweep_rows is 1.5`,
		`{"run_gap":60}`:      `Thresholds.run_gap is 60`,
		`{"run_gap":"6 min"}`: `Thresholds.run_gap is "6 min"`,
		`[]`:                  `Thresholds: `,
	} {
		var out Thresholds
		err := json.Unmarshal([]byte(text), &out)
		require.ErrorContains(t, err, want, text)
	}
}
