package route

import "testing"

func TestMatchLearnsNothing(t *testing.T) {
	table := New([]string{"/contacts/{id}"})
	for path, want := range map[string]string{"/contacts/A1": "/contacts/{id}", "/Smith": Other, "/contacts": Other} {
		got, ok := table.Match("GET", path)
		if got != want || ok != (want != Other) {
			t.Errorf("Match(%q) = %q, %v, want %q", path, got, ok, want)
		}
	}
	if table.learned.nodes != 0 {
		t.Errorf("%d positions were learned, want none", table.learned.nodes)
	}
	if got, ok := (*Table)(nil).Match("GET", "/a"); got != Other || ok {
		t.Errorf("a nil table matches %q", got)
	}
}
