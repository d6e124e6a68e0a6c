package conflict

import (
	"fmt"
	"testing"
)

// The table of rebase, nested objects and removals included.
func TestRebaseTable(t *testing.T) {
	for _, c := range []struct{ name, base, ours, theirs, sent, overlaps string }{
		{"only ours", `{"a":1}`, `{"a":2}`, `{"a":1}`, `{"a":2}`, `[]`},
		{"only theirs", `{"a":1}`, `{"a":1}`, `{"a":2}`, `{}`, `[]`},
		{"both, the same", `{"a":1}`, `{"a":2}`, `{"a":2.0}`, `{}`, `[]`},
		{"both", `{"a":1}`, `{"a":2}`, `{"a":3}`, `{"a":2}`, `[/a]`},
		{"we delete, they change", `{"a":1}`, `{"a":null}`, `{"a":3}`, `{"a":null}`, `[/a]`},
		{"we change, they delete", `{"a":1}`, `{"a":2}`, `{}`, `{"a":2}`, `[/a]`},
		{"both delete", `{"a":1}`, `{"a":null}`, `{}`, `{}`, `[]`},
		{"both add", `{}`, `{"a":1}`, `{"a":2}`, `{"a":1}`, `[/a]`},
		{"arrays are values", `{"a":[1]}`, `{"a":[1,2]}`, `{"a":[0,1]}`, `{"a":[1,2]}`, `[/a]`},
		{"type change", `{"a":{"x":1}}`, `{"a":{"x":2}}`, `{"a":5}`, `{"a":{"x":2}}`, `[/a]`},
		{"nested, apart", `{"m":{"x":1,"y":1}}`, `{"m":{"x":2,"y":1}}`, `{"m":{"x":1,"y":2}}`, `{"m":{"x":2,"y":2}}`, `[]`},
		{"nested, the same place", `{"m":{"x":1,"y":1}}`, `{"m":{"x":2,"y":1}}`, `{"m":{"x":3,"y":2}}`, `{"m":{"x":2,"y":2}}`, `[/m/x]`},
		{"nested, done already", `{"m":{"x":1,"y":1}}`, `{"m":{"x":2,"y":1}}`, `{"m":{"x":2,"y":2}}`, `{}`, `[]`},
		{"nested, left out by us", `{"m":{"x":1,"y":1}}`, `{"m":{"x":1}}`, `{"m":{"x":1,"y":1,"z":1}}`, `{"m":{"x":1,"z":1}}`, `[]`},
		{"nested, left out by us, changed by them", `{"m":{"x":1,"y":1}}`, `{"m":{"x":1}}`, `{"m":{"x":1,"y":2}}`, `{"m":{"x":1}}`, `[/m/y]`},
		{"nested, removed by them", `{"m":{"x":1,"y":1}}`, `{"m":{"x":2,"y":1}}`, `{"m":{"x":1}}`, `{"m":{"x":2}}`, `[]`},
		{"nested, removed by them, changed by us", `{"m":{"x":1,"y":1}}`, `{"m":{"x":1,"y":2}}`, `{"m":{"x":1}}`, `{"m":{"x":1,"y":2}}`, `[/m/y]`},
		{"nested, added by both", `{"m":{}}`, `{"m":{"k":1}}`, `{"m":{"k":2,"l":3}}`, `{"m":{"k":1,"l":3}}`, `[/m/k]`},
	} {
		base, _ := parse([]byte(c.base))
		ours, _ := parse([]byte(c.ours))
		theirs, _ := parse([]byte(c.theirs))
		r := &rebase{base: base, ours: ours, theirs: theirs}
		if out := r.run(); string(out) != c.sent || fmt.Sprint(r.overlaps) != c.overlaps {
			t.Errorf("%s: %s, %v; want %s, %s", c.name, out, r.overlaps, c.sent, c.overlaps)
		}
	}
}
