package compliance

import "strings"

// streamNames are the names that a tenant's calls have given to their streams.
type streamNames []streamName

type streamName struct {
	name   string
	stream string // that its calls are judged under
	last   uint32
}

const (
	maxStreams  = 32 // names of a tenant in a day
	maxOfOne    = 8  // of users, names that differ in their numbers only
	manyStreams = "(many)"
)

// streamOf is the stream that a call of this name is judged under. A job that names
// each run, each part or each call anew is one stream all the same, or a copy would be
// seen in pieces: names that differ in their numbers are one; those of users are
// persons, and one from the ninth on. What comes after 32 names in a day is one, too.
func (t *tenant) streamOf(name string, user bool, now uint32) string {
	if name == "" {
		return name
	}
	if t.streams == nil {
		t.streams = new(streamNames)
	}
	all, spare := *t.streams, -1
	for i := range all {
		s := &all[i]
		if s.name == name {
			s.last = now
			return s.stream
		}
		if apart(now, s.last) > 86_400 {
			spare = i
		}
	}
	form, known := formOf(name), 0
	for i := range all {
		if all[i].stream == form || user && formOf(all[i].name) == form {
			known++
		}
	}
	n := streamName{name, form, now}
	if user && known < maxOfOne {
		n.stream = name
	}
	switch {
	case spare >= 0:
		all[spare] = n
	case len(all) < maxStreams:
		*t.streams = append(all, n)
	case known == 0:
		return manyStreams
	default:
		return form
	}
	return n.stream
}

// formOf is name with "#" for every number in it.
func formOf(name string) string {
	if !strings.ContainsAny(name, "0123456789") {
		return name
	}
	b := make([]byte, 0, len(name))
	for i := range len(name) {
		c := name[i]
		if c >= '0' && c <= '9' {
			if i > 0 && name[i-1] >= '0' && name[i-1] <= '9' {
				continue
			}
			c = '#'
		}
		b = append(b, c)
	}
	return string(b)
}

// size leaves the names out, which stand in the keys of series; those that do not
// are few.
func (s *streamNames) size() int {
	if s == nil {
		return 0
	}
	return 24 + 40*cap(*s)
}
