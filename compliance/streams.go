package compliance

import (
	"hash/maphash"
	"strings"
)

// streamNames are the names that a tenant's calls have given to their streams.
type streamNames []streamName

type streamName struct {
	name string
	form uint32 // hash of its form
	last uint32
}

const (
	maxStreams  = 32 // names of a tenant in a day
	maxOfOne    = 8  // names that differ in their numbers only
	manyStreams = "(many)"
)

// streamOf is the stream that a call of this name is judged under. A job that names
// each run or each call anew is one stream all the same, or a copy would be seen in
// pieces: names that differ in their numbers are one from the ninth on, and what
// comes after 32 names in a day is one, too.
func (t *tenant) streamOf(name string, now uint32) string {
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
			return name
		}
		if apart(now, s.last) > 86_400 {
			spare = i
		}
	}
	form, same := formOf(name), 0
	hash := uint32(maphash.String(peerSeed, form))
	for i := range all {
		if all[i].form == hash {
			same++
		}
	}
	switch n := (streamName{name, hash, now}); {
	case same >= maxOfOne:
		return form
	case spare >= 0:
		all[spare] = n
	case len(all) < maxStreams:
		*t.streams = append(all, n)
	default:
		return manyStreams
	}
	return name
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
	return 24 + 24*cap(*s)
}
