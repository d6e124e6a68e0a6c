package platformtest

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
)

// Random objects and patches, with json-patch as the second opinion.
func TestMergeAgainstJSONPatch(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var value func(depth int) any
	value = func(depth int) any {
		switch n := r.IntN(7); {
		case n == 0:
			return nil
		case n == 1:
			return []any{"x", json.Number("1")}
		case n < 5 && depth > 0:
			m := map[string]any{}
			for range r.IntN(4) {
				m[string(rune('a'+r.IntN(4)))] = value(depth - 1)
			}
			return m
		}
		return json.Number([]string{"1", "2", "3"}[r.IntN(3)])
	}
	object := func() map[string]any {
		for {
			if m, ok := value(4).(map[string]any); ok {
				return m
			}
		}
	}
	for i := range 3000 {
		target, patch := object(), object()
		before := string(encode(target))
		got := mergeObject(target, patch, "", new([]change))
		merged, err := jsonpatch.MergePatch(encode(target), encode(patch))
		if err != nil {
			t.Fatal(err)
		}
		other, err := decode(merged)
		if err != nil {
			t.Fatal(err)
		}
		if !equal(got, other) {
			t.Fatalf("case %d: %s with %s became %s, json-patch says %s", i, before, encode(patch), encode(got), merged)
		}
		if string(encode(target)) != before {
			t.Fatalf("case %d: the target itself was changed", i)
		}
	}
}
