package platformtest

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// query is a search as it was asked for.
type query struct {
	size, number int
	sort         []string
	embeds       []string
	values       url.Values
	times        map[string]time.Time // createdFrom and its like
}

const (
	defaultPage = 25
	largestPage = 100
)

func (x *exchange) query(col *collection) (query, bool) {
	q := query{size: defaultPage, number: 1, values: x.r.URL.Query(), times: map[string]time.Time{}}
	var wrong []fieldError
	whole := func(field string, into *int, most int) {
		if v := q.values.Get(field); v != "" {
			n, err := strconv.Atoi(v)
			if err != nil || n < 1 || n > most {
				wrong = append(wrong, fieldError{field, fmt.Sprintf("must be a number from 1 to %d", most)})
			}
			*into = n
		}
	}
	whole("pageSize", &q.size, largestPage)
	whole("pageNumber", &q.number, 1<<30)
	for _, field := range []string{"createdFrom", "createdTo", "modifiedFrom", "modifiedTo"} {
		if v := q.values.Get(field); v != "" {
			t, err := time.Parse(time.RFC3339, v)
			if err != nil {
				wrong = append(wrong, fieldError{field, "must be an ISO 8601 date and time with a zone"})
			}
			q.times[field] = t
		}
	}
	if v := q.values.Get("sortBy"); v != "" {
		q.sort = strings.Split(v, ",")
		for _, member := range q.sort {
			member = strings.TrimPrefix(member, "-")
			if _, known := col.members[member]; !known && !contains([]string{"id", "created", "modified"}, member) {
				wrong = append(wrong, fieldError{"sortBy", "must name members of the entity"})
			}
		}
	}
	if wrong != nil {
		x.fail(http.StatusBadRequest, "the request is not valid", wrong...)
		return q, false
	}
	var ok bool
	q.embeds, ok = x.embeds(col)
	return q, ok
}

// list answers a search: one page of what matches.
func (s *Server) list(x *exchange, col *collection, _ string) {
	q, ok := x.query(col)
	if !ok {
		return
	}
	s.data.mu.Lock()
	shelf := s.data.shelf(x.req.Tenant, col.name)
	found := shelf.search(q, time.Now())
	total := len(found)
	page := found[min((q.number-1)*q.size, total):min(q.number*q.size, total)]
	entities := make([]any, len(page))
	for i, at := range page {
		entities[i] = shelf.with(shelf.at(at), q.embeds)
	}
	s.data.mu.Unlock()
	pages := (total + q.size - 1) / q.size
	x.json(http.StatusOK, map[string]any{
		"_embedded": entities, "pageNumber": q.number, "pageSize": q.size, "pageCount": len(page),
		"totalPageCount": pages, "totalCount": total, "_links": q.links(x.r.URL.Path, pages),
	})
}

// links name the pages around this one.
func (q query) links(path string, pages int) map[string]any {
	page := func(n int) map[string]any {
		v := url.Values{}
		maps.Copy(v, q.values)
		v.Set("pageNumber", strconv.Itoa(n))
		v.Set("pageSize", strconv.Itoa(q.size))
		return link(path + "?" + v.Encode())
	}
	links := map[string]any{"self": page(q.number), "first": page(1), "last": page(max(pages, 1))}
	if q.number < pages {
		links["next"] = page(q.number + 1)
	}
	if q.number > 1 {
		links["prev"] = page(q.number - 1)
	}
	return links
}

// search returns the positions of what matches. Without a filter or an order
// that looks into entities, none is made for it.
func (s *shelf) search(q query, now time.Time) []int {
	blind := len(q.sort) == 0 && len(q.times) == 0
	for _, f := range append([]string{"id"}, s.filters...) {
		blind = blind && !q.values.Has(f)
	}
	var found []int
	for i, e := range s.entities {
		if e == nil && blind {
			found = append(found, i)
			continue
		}
		e = s.at(i)
		if !e.deleted && !e.listed.After(now) && s.matches(e, q) {
			found = append(found, i)
		}
	}
	for _, member := range slices.Backward(q.sort) {
		member, descending := strings.CutPrefix(member, "-")
		slices.SortStableFunc(found, func(a, b int) int {
			order := compare(s.at(a).sortable(member), s.at(b).sortable(member))
			if descending {
				return -order
			}
			return order
		})
	}
	return found
}

func (e *entity) sortable(member string) any {
	switch member {
	case "id":
		return e.id
	case "created":
		return stamp(e.created)
	case "modified":
		return stamp(e.modified)
	}
	return e.members[member]
}

// compare orders numbers as numbers and all else as text; nothing comes first.
func compare(a, b any) int {
	x, xErr := strconv.ParseFloat(fmt.Sprint(a), 64)
	y, yErr := strconv.ParseFloat(fmt.Sprint(b), 64)
	switch {
	case a == nil || b == nil:
		return cmp.Compare(boolean(a != nil), boolean(b != nil))
	case xErr == nil && yErr == nil:
		return cmp.Compare(x, y)
	}
	return strings.Compare(strings.ToLower(fmt.Sprint(a)), strings.ToLower(fmt.Sprint(b)))
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// matches tells whether an entity passes every filter; of one that is given
// several times, one value must fit.
func (s *shelf) matches(e *entity, q query) bool {
	for field, bound := range q.times {
		at := e.created
		if strings.HasPrefix(field, "modified") {
			at = e.modified
		}
		if strings.HasSuffix(field, "From") && at.Before(bound) || strings.HasSuffix(field, "To") && at.After(bound) {
			return false
		}
	}
	if !fits(q.values["id"], func(id string) bool { return id == e.id }) {
		return false
	}
	for _, field := range s.filters {
		if !fits(q.values[field], func(value string) bool { return s.passes(e, field, value) }) {
			return false
		}
	}
	return true
}

func fits(values []string, fit func(string) bool) bool {
	return len(values) == 0 || slices.ContainsFunc(values, fit)
}

// passes is one filter. A search by e-mail compares whole addresses without
// regard to case; one by contact detail, name or address finds parts too.
func (s *shelf) passes(e *entity, field, value string) bool {
	folded := strings.ToLower(strings.TrimSpace(value))
	switch field {
	case "email", "emailAddresses":
		return contains(s.emails(e), normal(value))
	case "contactDetail":
		return slices.ContainsFunc(s.details(e), func(d string) bool {
			return strings.Contains(d, folded) || digits(value) != "" && digits(d) == digits(value)
		})
	case "name":
		return strings.Contains(strings.ToLower(s.fullName(e)), folded)
	case "address":
		for _, member := range []string{"address", "primaryAddress", "secondaryAddress", "workAddress"} {
			a, _ := e.members[member].(map[string]any)
			for _, line := range a {
				if text, ok := line.(string); ok && strings.Contains(strings.ToLower(text), folded) {
					return true
				}
			}
		}
		return false
	case "officeId":
		return contains(e.refs("offices"), value)
	case "negotiatorId":
		return contains(e.refs("negotiators"), value)
	case "typeId":
		types, _ := e.members["typeIds"].([]any)
		return slices.Contains(types, any(value))
	case "landlordId":
		return e.inside("letting", "landlordId") == value
	}
	return e.members[field] != nil && fmt.Sprint(e.members[field]) == value
}
