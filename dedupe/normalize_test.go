package dedupe

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestAddresses(t *testing.T) {
	plain := &normaliser{}
	for _, c := range []struct {
		n    *normaliser
		a, b string
		same bool
	}{
		{plain, "ann@corp.test", " ANN@Corp.Test ", true},
		{plain, "ann@corp.test", "ann@corp.test.", true},
		{plain, "kim@bücher.test", "kim@xn--bcher-kva.test", true},
		{plain, "kim@BÜCHER.test", "kim@bu\u0308cher.test", true},
		{plain, "jo\u0308rg@a.test", "jörg@a.test", true},
		{plain, `"ann"@corp.test`, "ann@corp.test", true},
		{plain, `"a\"n"@corp.test`, `"a"@corp.test`, false},
		{plain, "ΣΑΣ@a.test", "σας@a.test", true},
		{plain, "ann@corp.test", "ann@corp.example", false},
		{plain, "j.doe@corp.test", "jdoe@corp.test", false},
		{plain, "ann+x@corp.test", "ann@corp.test", false},
		{&normaliser{email: Email{KeepCase: true}}, "Ann@corp.test", "ann@CORP.test", false},
		{&normaliser{email: Email{KeepCase: true}}, "Ann@corp.test", "Ann@CORP.test", true},
		{&normaliser{email: Email{PlusTags: []string{"Corp.TEST"}}}, "ann+x@corp.test", "ann@corp.test", true},
		{&normaliser{email: Email{PlusTags: []string{"corp.test"}}}, "ann+x@other.test", "ann@other.test", false},
		{&normaliser{email: Email{PlusTags: []string{"corp.test"}}}, "+x@corp.test", "+y@corp.test", false},
		{&normaliser{email: Email{Dots: []string{"corp.test"}}}, "a.nn@corp.test", "ann@corp.test", true},
		{&normaliser{email: Email{Dots: []string{"corp.test"}}}, "...@corp.test", "..@corp.test", false},
	} {
		a, okA := c.n.canonical(EmailAddress, c.a)
		b, okB := c.n.canonical(EmailAddress, c.b)
		if !okA || !okB || (a == b) != c.same {
			t.Errorf("%q (%q) and %q (%q): same %v, want %v", c.a, a, c.b, b, a == b, c.same)
		}
	}
}

func TestPhones(t *testing.T) {
	for _, c := range []struct {
		country, in, want string
	}{
		{"GB", "020 7946 0001", "+442079460001"},
		{"GB", "+44 20 7946 0001", "+442079460001"},
		{"GB", "+44 (0)20 7946-0001", "+442079460001"},
		{"GB", "+44 020 7946 0001", "+442079460001"},
		{"GB", "0044 20 7946 0001", "+442079460001"},
		{"GB", "tel:+44-20-7946-0001", "+442079460001"},
		{"GB", "０２０ ７９４６ ０００１", "+442079460001"},
		{"GB", "٠٢٠ ٧٩٤٦ ٠٠٠١", "+442079460001"},
		{"GB", "020 7946 0001 ext. 12", "+442079460001;ext=12"},
		{"GB", "020 7946 0001 x12", "+442079460001;ext=12"},
		{"IT", "06 698 12345", "+390669812345"},
		{"US", "(415) 555-0123", "+14155550123"},
		{"US", "1-415-555-0123", "+14155550123"},
		{"US", "011 44 20 7946 0001", "+442079460001"},
		{"HU", "06 1 555 0123", "+3615550123"},
		{"", "020 7946 0001", "02079460001"},
		{"", "+44 20 7946 0001", "+442079460001"},
		{"", "0044 20 7946 0001", "+442079460001"},
		{"GB", "", ""}, {"GB", "1234", ""}, {"GB", "call me", ""}, {"GB", "+", ""},
		{"GB", "020 7946 0001 / 0002", ""},
		{"GB", strings.Repeat("1", 16), ""}, {"GB", "ann@corp.test", ""},
	} {
		n := &normaliser{country: c.country}
		got, ok := n.canonical(PhoneNumber, c.in)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s %q: %q, want %q", c.country, c.in, got, c.want)
		}
	}
}

func TestEveryCountryReads(t *testing.T) {
	for name, c := range countries {
		national := c.trunk + "212345678"
		got, ok := phone(national, name)
		abroad, ok2 := phone("+"+c.code+" 212345678", name)
		if !ok || !ok2 || got != abroad || len(name) != 2 || len(c.code) == 0 || len(c.code) > 3 {
			t.Errorf("%s: %+v: %q and %q", name, c, got, abroad)
		}
	}
	if len(countries) < 230 {
		t.Errorf("%d countries", len(countries))
	}
}

func TestNormalizeIsAskedFirst(t *testing.T) {
	cfg := Config{Normalize: func(kind Kind, v string) (string, bool) { return "same", kind == PhoneNumber }}
	n := newRegistry(cfg.WithDefaults()).norm
	if a, _ := n.canonical(PhoneNumber, "1"); a != "same" {
		t.Errorf("phone %q", a)
	}
	if a, _ := n.canonical(EmailAddress, "A@b.test"); a != "a@b.test" {
		t.Errorf("email %q", a)
	}
}

func TestNames(t *testing.T) {
	n := &normaliser{}
	a, _ := n.canonical(PersonName, "  Ann\u00a0 Marie  LE\u0301E ")
	b, _ := n.canonical(PersonName, "ann marie lée")
	if a != b {
		t.Errorf("%q and %q", a, b)
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"ann@corp.test", "\"a b\"@x", "kim@bücher.test", "+44 (0)20", "٠٢٠", "tel:+1;ext=2", "a@b@c", "İ@i.test", "ß@x", "\xff@x", "00", "x", "σς"} {
		for kind := Text; kind <= PersonName; kind++ {
			f.Add(uint8(kind), s, "GB")
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, value, country string) {
		n := &normaliser{country: country, email: Email{PlusTags: []string{"corp.test"}, Dots: []string{"corp.test"}}}
		k := Kind(kind%4) + 1
		got, ok := n.canonical(k, value)
		if ok == (got == "") {
			t.Fatalf("%v %q: %q, %v", k, value, got, ok)
		}
		if again, ok2 := n.canonical(k, " "+value+" "); ok && (again != got || !ok2) {
			t.Errorf("%v %q: blanks around it make %q of %q", k, value, again, got)
		}
		if ok && utf8.ValidString(value) && !norm.NFC.IsNormalString(got) {
			t.Errorf("%v %q: %q is not in one form", k, value, got)
		}
		if k == PhoneNumber && ok {
			for _, s := range phoneSpellings(value, country) {
				if c, ok := n.canonical(k, s); !ok || c != got {
					t.Errorf("spelling %q of %q is %q, want %q", s, value, c, got)
				}
			}
		}
		for _, s := range n.spellings(k, value) {
			if len(s) > 8*len(value)+64 {
				t.Errorf("spelling %q of %q", s, value)
			}
		}
	})
}

// Bodies and answers are other people's: whatever they hold, reading them ends
// in rows, keys or an error.
func FuzzBodies(f *testing.F) {
	for _, s := range []string{`{"email":"a@b.test"}`, `{"_embedded":[{"id":"1","email":"A@b.test"}],"totalCount":1}`, `[{"id":1}]`, `{"related":[{"associatedId":"C1","associatedType":"contact"},7,null]}`,
		`{"_embedded":[],"totalPageCount":1e400}`, `{"_embedded":[[[]]],"totalCount":-1}`, "{", `"`, `{"mobilePhone":{"a":1},"homePhone":"020"}`} {
		f.Add(s, s)
	}
	reg := newRegistry(Config{Unique: []Rule{contactRule(), landlordRule()}, Country: "GB"}.WithDefaults())
	f.Fuzz(func(t *testing.T, sent, answer string) {
		docs := make([]any, 2)
		for i, s := range []string{sent, answer} {
			docs[i], _ = decode(readCloser{strings.NewReader(s)})
		}
		rows, more, ok := reg.paging.read(docs[1], 1, 0)
		if !ok && (len(rows) > 0 || more) {
			t.Error("rows of an answer that is none")
		}
		for _, rule := range reg.rules {
			if rule.related != nil {
				for _, w := range rule.relatives(docs[0]) {
					if w.id == "" {
						t.Error("a relative without an id")
					}
				}
				continue
			}
			for _, c := range rule.candidates(docs[0], reg.norm) {
				if c.canonical == "" || c.value == "" {
					t.Errorf("empty candidate %+v", c)
				}
				for _, row := range rows {
					c.matches(row, reg.norm)
					rule.differs(rule.Identify, rule.identify, docs[0], row, reg.norm)
				}
				if !c.matches(docs[0], reg.norm) {
					t.Errorf("%q does not match itself", c.value)
				}
			}
		}
	})
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }
