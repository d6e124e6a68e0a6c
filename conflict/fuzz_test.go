package conflict

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	jsonpatch "github.com/evanphx/json-patch/v5"
)

// FuzzParse: what is accepted is JSON to encoding/json too, without doubtful
// parts, and its nodes cover it.
func FuzzParse(f *testing.F) {
	for _, s := range []string{goldenEntity, contactText, `{"a":1,"a":2}`, `[1e5,-0.0,"\ud83d\ude00"]`, `"\ud800"`, "\xff", `{"a":[{},[],null,true,false]}`, ` 1 `, `{"a":1}x`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := parse(b)
		if err != nil {
			if strings.Contains(err.Error(), string(b)) && len(b) > 40 {
				t.Errorf("the error quotes the text")
			}
			return
		}
		if !json.Valid(b) || !utf8.Valid(b) {
			t.Fatalf("accepted: %q", b)
		}
		if int(d.nodes[0].next) != len(d.nodes) {
			t.Fatalf("%d of %d nodes below the root", d.nodes[0].next, len(d.nodes))
		}
		if !exact.equal(d, 0, d, 0) {
			t.Fatalf("%q does not equal itself", b)
		}
		var compact bytes.Buffer
		json.Compact(&compact, b)
		e, err := parse(compact.Bytes())
		if err != nil || !exact.equal(d, 0, e, 0) || !exact.equal(e, 0, d, 0) {
			t.Fatalf("%q does not equal its compact form, %v", b, err)
		}
	})
}

// FuzzPrune: never a panic; what is pruned has the effect of the whole.
func FuzzPrune(f *testing.F) {
	f.Add([]byte(goldenEntity), []byte(`{"forename":"Anna","big":9007199254740993}`), true)
	f.Add([]byte(`{"a":{"b":1}}`), []byte(`{"a":{"b":null}}`), false)
	f.Add([]byte(`5`), []byte(`{"a":null}`), true)
	f.Fuzz(func(t *testing.T, base, body []byte, deep bool) {
		o := PruneOptions{}
		if deep {
			o.Depth = Deep
		}
		out, _, err := Prune(base, body, o)
		if err != nil {
			if !bytes.Equal(out, body) {
				t.Fatalf("not untouched: %q", out)
			}
			return
		}
		if _, err := parse(base); err != nil || len(base)+len(body) > 2000 || hugeExponent(base) || hugeExponent(body) {
			return
		}
		got, want := plain(apply(read(base), read(out))), plain(apply(read(base), read(body)))
		if got != want {
			t.Fatalf("base %s\nbody %s\nout  %s\ngot  %s\nwant %s", base, body, out, got, want)
		}
	})
}

// hugeExponent keeps the oracle, which computes, from numbers it cannot hold.
func hugeExponent(b []byte) bool {
	return bytes.ContainsAny(b, "eE") && bytes.ContainsAny(b, "0123456789") && len(b) > 0 && func() bool {
		run := 0
		for _, c := range b {
			if '0' <= c && c <= '9' {
				if run++; run > 12 {
					return true
				}
			} else {
				run = 0
			}
		}
		return false
	}()
}

// FuzzRebase: the three-way rules never panic and always give an object.
func FuzzRebase(f *testing.F) {
	f.Add([]byte(`{"a":1,"m":{"x":1}}`), []byte(`{"a":2,"m":{"x":2}}`), []byte(`{"a":3,"m":{"x":1,"y":2}}`), byte(0))
	f.Add([]byte(`{}`), []byte(`{"a":null}`), []byte(`{"a":[1]}`), byte(7))
	f.Fuzz(func(t *testing.T, base, ours, theirs []byte, how byte) {
		b, err1 := parse(base)
		o, err2 := parse(ours)
		th, err3 := parse(theirs)
		if err1 != nil || err2 != nil || err3 != nil || !b.isObject(0) || !o.isObject(0) || !th.isObject(0) {
			return
		}
		all := likeness{how&1 > 0, how&2 > 0, how&4 > 0}
		r := &rebase{base: b, ours: o, theirs: th, like: all, deep: how&8 > 0, nullIsChange: how&16 > 0}
		out := r.run()
		if d, err := parse(out); err != nil || !d.isObject(0) || int(d.nodes[0].size) != r.sent {
			t.Fatalf("%s: %v", out, err)
		}
		w := &rebase{base: b, ours: o, theirs: th, like: all}
		entity, differs := w.runWhole()
		d, err := parse(entity)
		if err != nil {
			t.Fatalf("%s: %v", entity, err)
		}
		if !differs && !exact.equal(d, 0, th, 0) {
			t.Fatalf("no difference, but %s is not %s", entity, theirs)
		}
		// Where nobody else wrote, nothing overlaps.
		same := &rebase{base: b, ours: o, theirs: b, like: all}
		if same.run(); len(same.overlaps) > 0 {
			t.Fatalf("overlaps with nobody: %q", same.overlaps)
		}
	})
}

// FuzzTags: tags cut from a header are parts of it, in order, each quoted.
func FuzzTags(f *testing.F) {
	for _, s := range []string{`"a"`, `W/"a,b", "c"`, `"unclosed`, `*`, `"a",,`, ``} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, v string) {
		tags, ok := splitTags(v)
		if !ok {
			return
		}
		rest := v
		for _, tag := range tags {
			i := strings.Index(rest, tag)
			if i < 0 || !strings.HasSuffix(tag, `"`) || len(strings.TrimPrefix(tag, "W/")) < 2 || strings.Count(tag, `"`) != 2 {
				t.Fatalf("%q of %q", tag, v)
			}
			rest = rest[i+len(tag):]
		}
		if len(tags) == 0 {
			t.Fatalf("an empty list from %q", v)
		}
	})
}

// FuzzOperations: a JSON Patch that is taken apart is one to json-patch too.
func FuzzOperations(f *testing.F) {
	f.Add([]byte(`[{"op":"add","path":"/a","value":1},{"op":"remove","path":"/b~1c"}]`))
	f.Add([]byte(`[{"op":"move","from":"/a","path":"/b"}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := parse(b)
		if err != nil {
			return
		}
		list, ok := d.operations()
		if !ok {
			return
		}
		if _, err := jsonpatch.DecodePatch(b); err != nil {
			t.Fatalf("json-patch does not take %s: %v", b, err)
		}
		base, _ := parse([]byte(`{"a":1,"b":{"c":[1,2]}}`))
		d.stillMeans(list, base, base)
		d.doneIn(list, base)
	})
}

// FuzzPointer: at never panics, and appendToken is its inverse.
func FuzzPointer(f *testing.F) {
	f.Add([]byte(`{"a/b":{"m~n":[1,{"":2}]}}`), "/a~1b/m~0n/1/")
	f.Add([]byte(`[[[1]]]`), "/0/0/00")
	f.Fuzz(func(t *testing.T, b []byte, pointer string) {
		d, err := parse(b)
		if err != nil || !validPointer(pointer) {
			return
		}
		d.at(pointer)
		if d.isObject(0) {
			for name, value := range d.members(0) {
				if p := string(d.appendToken(nil, name)); d.at(p) != value {
					t.Fatalf("%s leads to %d, not %d", p, d.at(p), value)
				}
			}
		}
	})
}

// FuzzQuery: a parameter is set once, the others stay byte for byte.
func FuzzQuery(f *testing.F) {
	f.Add("a=1&v=2&b=%2F", "v", "3")
	f.Add("&&=&v", "v", "")
	f.Fuzz(func(t *testing.T, raw, name, value string) {
		out := setQuery(raw, name, value)
		kept := filterQuery(out, func(n string) bool { return n != name })
		if want := filterQuery(raw, func(n string) bool { return n != name }); kept != want {
			t.Fatalf("%q became %q", want, kept)
		}
	})
}

// FuzzSetScalar: the version lands where it is looked for, and nothing else moves.
func FuzzSetScalar(f *testing.F) {
	f.Add([]byte(`{"metadata":{"resourceVersion":"1"}}`), "/metadata/resourceVersion", "2")
	f.Add([]byte(`{}`), "/a/b/c", "2")
	f.Fuzz(func(t *testing.T, body []byte, pointer, tag string) {
		d, err := parse(body)
		if err != nil || !d.isObject(0) || !validPointer(pointer) || pointer == "" || !utf8.ValidString(pointer) || !utf8.ValidString(tag) || strings.Contains(pointer, "\ufffd") {
			return
		}
		out := setScalar(body, pointer, tag)
		e, err := parse(out)
		if err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if at := e.at(pointer); at != none && e.scalar(0, pointer) != tag {
			t.Fatalf("%s at %s is %q, want %q", out, pointer, e.scalar(0, pointer), tag)
		}
	})
}

// FuzzAnswers: whatever a platform answers to a GET, nothing panics and the app
// reads what was sent.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"_embedded":[{"_eTag":"1","_links":{"self":{"href":"/x"}}}]}`), `"1"`, "application/json", false)
	f.Add([]byte(goldenEntity), ``, "application/hal+json", true)
	f.Fuzz(func(t *testing.T, body []byte, tag, contentType string, zip bool) {
		h := http.Header{"Etag": {tag}, "Content-Type": {contentType}}
		if zip {
			h.Set("Content-Encoding", "gzip")
		}
		layer, _ := NewTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(bytes.NewReader(body)), Request: req}, nil
		}), Config{MaxBody: 1 << 12})
		resp, err := layer.RoundTrip(request("GET", "/c", ""))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !bytes.Equal(got, body) {
			t.Fatalf("read %q, %v", got, err)
		}
	})
}
