package compliance

// ending is how the last page of a run ended: what the next one goes on from, where
// the platform knows no cursor.
type ending struct {
	id     uint64 // of the last row
	filter uint64
	total  uint32
	rows   uint32
}

// keyset tells whether x goes on where the page before it ended, though its filters
// are others: one of them is the id of the last row, or as many rows fewer are left
// as were given. It is then the next page of the same query.
func (l *look) keyset(e *ending) {
	x := l.x
	if e.rows == 0 || x.q.page != 1 {
		return
	}
	for _, t := range x.q.terms {
		if t.value == e.id && t.value != 0 {
			x.q.filter, x.q.page = x.q.filter-t.part, mix(2, t.value)
			return
		}
	}
	gone := int(e.total) - x.found.total
	if pages := (gone + 2) / int(e.rows); e.rows > 1 && pages >= 1 && pages <= 3 && gone-pages*int(e.rows) <= 2 && x.q.filter != e.filter {
		x.q.filter, x.q.page = e.filter, mix(3, uint64(x.found.total))
	}
}

// ended notes how x ends, unless it is the last page.
func (e *ending) ended(x *exchange) {
	*e = ending{}
	if n := len(x.found.ids); n > 0 && !x.lastPage() {
		*e = ending{id: x.found.ids[n-1], filter: x.q.filter, total: uint32(x.found.total), rows: uint32(x.rows())}
	}
}
