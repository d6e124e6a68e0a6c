package dedupe

import (
	"net/http"
	"slices"
)

// check decides whether the entity exists: from what is remembered first, then
// from the platform's search. excused is true where every match differs in a
// member of Rule.Unless.
func (c *creation) check() (dup *DuplicateError, excused bool, failed *CheckError) {
	for _, k := range c.held {
		if k.prior != nil && k.prior.State == noteCreated {
			dup := &DuplicateError{Rule: c.rule.Name, Key: k.label, Recent: true}
			if k.prior.ID != "" {
				dup.Existing = []Entity{c.remembered(k.prior)}
			}
			return dup, c.excusedByMarks(k.prior), nil
		}
	}
	key, found, failed := c.search()
	if failed != nil {
		return nil, false, failed
	}
	if len(found) > 0 {
		dup := &DuplicateError{Rule: c.rule.Name, Key: key}
		excused = len(c.rule.unless) > 0
		for _, f := range found {
			dup.Existing = append(dup.Existing, f.Entity)
			excused = excused && len(c.rule.differs(c.rule.Unless, c.rule.unless, c.doc, f.row, c.t.unique.norm)) > 0
		}
		return dup, excused, nil
	}
	for _, k := range c.held {
		switch {
		case k.prior == nil:
		case k.prior.State == noteExists:
			return &DuplicateError{Rule: c.rule.Name, Key: k.label}, false, nil
		case k.prior.State == noteDoubt:
			return nil, false, &CheckError{Reason: InDoubt, RetryAt: k.prior.At.Add(c.t.cfg.Remember)}
		}
	}
	return nil, false, nil
}

// remembered is the entity of a note.
func (c *creation) remembered(n *note) Entity {
	return Entity{ID: n.ID, URL: n.URL, Differs: c.markedDifferent(c.rule.Identify, n)}
}

func (c *creation) excusedByMarks(n *note) bool {
	return len(c.markedDifferent(c.rule.Unless, n)) > 0
}

// markedDifferent names the members that differ from those of a remembered
// create, of which only keyed hashes are known.
func (c *creation) markedDifferent(names []string, n *note) []string {
	var list []string
	for i, p := range pointers(names) {
		v := c.rule.member(names[i], p, c.doc, c.t.unique.norm)
		mark := n.Marks[names[i]]
		if v != "" && mark != "" && mark != c.t.unique.vault.hash("member", names[i], v) {
			list = append(list, names[i])
		}
	}
	return list
}

// found is an existing entity and the row that tells of it.
type found struct {
	Entity
	row any
}

// search looks for the entity under each of its keys. All are asked, also after
// a match: they may be of different entities. key is the first that has one; a
// failure after it takes nothing back.
func (c *creation) search() (key string, all []found, failed *CheckError) {
	for i := range c.what {
		w := &c.what[i]
		matches, failed := c.lookup(w, func(row any) bool { return w.matches(row, c.t.unique.norm) })
		if key, all = join(key, all, w.key.Name, matches); failed != nil && len(all) == 0 {
			return "", nil, failed
		}
	}
	for _, w := range c.whom {
		matches, failed := c.searchRelated(w)
		if key, all = join(key, all, relatedLabel(w), matches); failed != nil && len(all) == 0 {
			return "", nil, failed
		}
	}
	return key, all, nil
}

// join adds what another key has found.
func join(key string, all []found, other string, matches []found) (string, []found) {
	if len(all) == 0 && len(matches) > 0 {
		key = other
	}
	for _, m := range matches {
		if m.ID == "" || !slices.ContainsFunc(all, func(f found) bool { return f.ID == m.ID }) {
			all = append(all, m)
		}
	}
	return key, all
}

// searchRelated reads the entity that the body points at, and searches with its
// keys for another that points at it.
func (c *creation) searchRelated(w relative) ([]found, *CheckError) {
	doc, failed := c.fetch(entityURL(c.req.URL, c.rule.related.Collections[w.kind], w.id))
	if failed != nil {
		return nil, failed
	}
	keys := c.rule.candidates(doc, c.t.unique.norm)
	if len(keys) == 0 {
		return nil, &CheckError{Reason: NoKey}
	}
	for i := range keys {
		matches, failed := c.lookup(&keys[i], func(row any) bool {
			return c.rule.pointsAt(row, w) || keys[i].matches(row, c.t.unique.norm)
		})
		if failed != nil || len(matches) > 0 {
			return matches, failed
		}
	}
	return nil, nil
}

// lookup asks the search for a value in each of its spellings, all pages, and
// keeps the rows that match exactly.
func (c *creation) lookup(w *candidate, match func(row any) bool) (matches []found, failed *CheckError) {
	calls := 0
	defer func() {
		if h := c.t.cfg.Hooks.Lookup; h != nil {
			e := Lookup{Rule: c.rule.Name, Key: w.key.Name, Calls: calls, Matches: len(matches)}
			if failed != nil {
				failed.Rule = c.rule.Name
				e.Err = failed
			}
			c.after = append(c.after, func() { h(c.req.Context(), e) })
		}
	}()
	for _, spelling := range c.t.unique.norm.spellings(w.key.Kind, w.value) {
		seen := 0
		for page := 1; ; page++ {
			if page > c.t.cfg.Paging.MaxPages {
				if len(matches) > 0 {
					return matches, nil
				}
				return nil, &CheckError{Reason: TooManyRows}
			}
			calls++
			doc, failed := c.fetch(c.t.unique.paging.searchURL(c.req.URL, w.key.Lookup, w.key.Param, spelling, page))
			if failed != nil {
				return nil, failed
			}
			rows, more, ok := c.t.unique.paging.read(doc, page, seen)
			seen += len(rows)
			if !ok {
				return nil, &CheckError{Reason: LookupError, Status: http.StatusOK}
			}
			for _, row := range rows {
				if match(row) {
					matches = c.add(matches, row)
				}
			}
			if !more {
				break
			}
		}
		if len(matches) > 0 {
			return matches, nil
		}
	}
	return nil, nil
}

// add appends the entity of a row, once.
func (c *creation) add(list []found, row any) []found {
	id := ""
	if m, ok := row.(map[string]any); ok {
		id = text(m["id"])
	}
	if id != "" && slices.ContainsFunc(list, func(f found) bool { return f.ID == id }) {
		return list
	}
	e := Entity{ID: id, Differs: c.rule.differs(c.rule.Identify, c.rule.identify, c.doc, row, c.t.unique.norm)}
	if id != "" {
		e.URL = entityURL(c.req.URL, c.rule.Collection, id).String()
	}
	return append(list, found{e, row})
}
