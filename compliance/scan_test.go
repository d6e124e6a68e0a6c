package compliance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var testKey = newHashKey([]byte("0123456789abcdef"))

func scanText(doc string, chunk int, members bool) *found {
	p := Platform{}.WithDefaults()
	var out found
	var s scanner
	s.start(newMemberNames(&p), testKey, &out, true, members, 1<<20)
	for b := []byte(doc); len(b) > 0; {
		n := min(chunk, len(b))
		s.write(b[:n])
		b = b[n:]
	}
	return &out
}

func TestScan(t *testing.T) {
	h := testKey.sum
	for _, c := range []struct {
		doc  string
		want found
	}{
		{`{"_embedded":[{"id":"A1","x":{"id":"n"}},{"id":"A2"}],"pageNumber":1,"totalPageCount":7,"totalCount":612}`,
			found{json: true, array: true, rows: 2, ids: []uint64{h("A1"), h("A2")}, total: 612, pages: 7, nested: 1}},
		{` [ {"id": 17 , "name":"a,b]}"} , {"name":"\"id\":1","id":18} ]`,
			found{json: true, array: true, rows: 2, ids: []uint64{h("17"), h("18")}}},
		{`{"totalCount":3,"data":[{"id":"x\"y"}],"id":"outer"}`,
			found{json: true, array: true, rows: 1, ids: []uint64{h(`x\"y`)}, total: 3, id: h("outer")}},
		{`{"id":"E1","a":{"id":"no"},"b":[1,2,{"id":"no"}]}`, found{json: true, id: h("E1")}},
		{`{"_embedded":[],"totalCount":0}`, found{json: true, array: true}},
		{`<html>`, found{}},
		{``, found{}},
		{`{"_embedded":[{"id":null},{"id":"` + strings.Repeat("z", 60) + `"}]`, found{json: true, array: true, rows: 2}},
		{`{"_embedded":[{"id":"A1"`, found{json: true, array: true, rows: 1, ids: []uint64{h("A1")}}},
	} {
		for chunk := 1; chunk < 12; chunk++ {
			got := scanText(c.doc, chunk, false)
			got.members = nil
			if len(got.ids) == 0 {
				got.ids = nil
			}
			require.Equal(t, &c.want, got, "%s by %d", c.doc, chunk)
		}
	}
}

func TestScanMembers(t *testing.T) {
	base := scanText(`{"id":"E1","name":"Ann","n":1,"address":{"a":"x","b":[1,2]},"tags":["q","r"],"z":true}`, 3, true)
	require.Len(t, base.members, 6)
	same := scanText(`{ "tags" : [ "q", "r" ], "address":{ "a": "x","b":[1,2] }, "n":1, "z":true, "name":"Ann" }`, 1000, true)
	require.Equal(t, 5, sameMembers(same.members, base.members))
	other := scanText(`{"name":"Bob","n":10,"address":{"a":"x","b":[1,3]},"tags":["qr"],"z":false}`, 7, true)
	require.Zero(t, sameMembers(other.members, base.members))
}

func TestScanBound(t *testing.T) {
	p := Platform{}.WithDefaults()
	var out found
	scanAll(newMemberNames(&p), testKey, []byte(`{"_embedded":[{"id":"A1"},{"id":"A2"}]}`), &out, true, false, 25)
	require.True(t, out.more)
	require.Equal(t, 1, out.rows)
	scanAll(newMemberNames(&p), testKey, []byte(strings.Repeat(`[`, 1000)), &out, true, false, 1<<20)
}

// The scanner agrees with encoding/json on documents that are valid, however
// they are cut, and survives those that are not.
func FuzzScan(f *testing.F) {
	f.Add([]byte(`{"_embedded":[{"id":"A1","x":{"id":"n"}},{"id":2}],"totalCount":612}`), 3)
	f.Add([]byte(`[{"id":"a"},{"i\u0064":"b"}]`), 1)
	f.Add([]byte(`[[[[{"id":1}]]]]`), 2)
	f.Add([]byte(`{"`+strings.Repeat("long", 20)+`":[{"id":"A1"}],"a":1}`), 1)
	f.Fuzz(func(t *testing.T, doc []byte, chunk int) {
		if chunk < 1 || chunk > 64 {
			chunk = 7
		}
		got := scanText(string(doc), chunk, true)
		whole := scanText(string(doc), 1<<20, true)
		require.Equal(t, whole.ids, got.ids)
		require.Equal(t, whole.members, got.members)
		require.LessOrEqual(t, len(got.ids), maxRows)
		var list []map[string]json.RawMessage
		if strings.Contains(string(doc), `\`) || json.Unmarshal(doc, &list) != nil {
			return
		}
		n := 0
		for _, row := range list {
			if row != nil {
				n++
			}
		}
		require.Equal(t, n, got.rows)
	})
}

// realistic is a page of rows as a platform sends them.
func realistic(rows int) []byte {
	var b strings.Builder
	b.WriteString(`{"_embedded":[`)
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"OXF%06d","created":"2026-01-%02dT10:00:00Z","modified":"2026-02-01T10:00:00Z","title":"Ms","forename":"Some","surname":"Person","email":"someone.%d@example.test","mobilePhone":"07700 900%03d","primaryAddress":{"buildingName":"","buildingNumber":"%d","line1":"Example Street","postcode":"EX1 1EX","countryId":"GB"},"officeIds":["OXF","LON"],"negotiatorIds":["ABC"],"marketingConsent":"grant","metadata":{},"_eTag":"\"5D41402ABC4B2A76B9719D911017C592\"","_links":{"self":{"href":"/contacts/OXF%06d"}}}`, i, i%28+1, i, i, i, i)
	}
	fmt.Fprintf(&b, `],"pageNumber":1,"pageSize":100,"pageCount":%d,"totalPageCount":9,"totalCount":900}`, rows)
	return []byte(b.String())
}

func BenchmarkScan(b *testing.B) {
	p := Platform{}.WithDefaults()
	names := newMemberNames(&p)
	doc := realistic(100)
	for _, mode := range []string{"ids", "members"} {
		b.Run(mode, func(b *testing.B) {
			var out found
			var s scanner
			b.ReportAllocs()
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				s.start(names, testKey, &out, true, mode == "members", 1<<20)
				for d := doc; len(d) > 0; {
					n := min(4096, len(d))
					s.write(d[:n])
					d = d[n:]
				}
			}
			if out.rows != 100 || len(out.ids) != 100 {
				b.Fatal("the scanner missed rows")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(doc)), "ns/byte")
		})
	}
}
