package conflict

import (
	"cmp"
	"container/list"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// memory holds the versions that GETs and list rows have shown: per entity the
// last few of each principal, by their opaque tags. It is bounded in bytes, least
// recently used first, and in time. It never answers a GET: a version is only a
// base to compare with.
type memory struct {
	maxBytes int
	ttl      time.Duration
	ticks    atomic.Uint64

	mu       sync.Mutex
	bytes    int
	entities map[string]*list.Element // of *entity
	recent   list.List                // front: used last
}

// entity is what is known of one entity, whoever asked.
type entity struct {
	key      string
	bytes    int
	versions []version // in the order they were seen
	dead     []string  // tags that writes of this process have ended, oldest first
	wrote    uint64    // when a write of this process ended last, in ticks
}

// version is one representation. Its body is never changed.
type version struct {
	tag     string
	body    []byte
	who     [16]byte  // the principal it was shown to
	asked   uint64    // when the request went out, in ticks
	at      time.Time // when the answer was complete
	partial bool      // a row, or a projection: what it lacks may still be there
	handed  bool      // the app was given it
}

const (
	maxVersions = 32 // of one principal: as many writers may be at work on one entity
	maxOfAll    = 64 // of all principals
	maxDead     = 16
	// entityCost and versionCost stand for what an entry takes beside its texts.
	entityCost  = 256
	versionCost = 96
)

func newMemory(maxBytes int, ttl time.Duration) *memory {
	return &memory{maxBytes: maxBytes, ttl: ttl, entities: map[string]*list.Element{}}
}

// tick orders events without a clock: reads that are asked for, writes that end.
func (m *memory) tick() uint64 { return m.ticks.Add(1) }

// put remembers v as a version of key.
func (m *memory) put(key string, v version) {
	if m.maxBytes < 0 || len(v.body)+len(key)+entityCost+versionCost > m.maxBytes {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.entityLocked(key)
	if i := e.find(v.tag, v.who); i >= 0 {
		old := e.versions[i]
		v.handed = v.handed || old.handed
		if v.partial && !old.partial { // a row tells less than the entity did
			v.body, v.partial = old.body, false
		}
		e.versions = slices.Delete(e.versions, i, i+1)
	}
	e.versions = append(e.versions, v)
	theirs := func(w version) bool { return w.who == v.who }
	if countOf(e.versions, theirs) > maxVersions || len(e.versions) > maxOfAll {
		oldest := 0
		if len(e.versions) <= maxOfAll {
			oldest = slices.IndexFunc(e.versions, theirs)
		}
		e.versions = slices.Delete(e.versions, oldest, oldest+1)
	}
	m.weighLocked(e)
	for m.bytes > m.maxBytes {
		m.dropLocked(m.recent.Back())
	}
}

// named gives the version of key that who was shown under that tag.
func (m *memory) named(key string, who [16]byte, tag string, now time.Time) (version, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.lookLocked(key, now)
	if e == nil {
		return version{}, false
	}
	i := e.find(tag, who)
	if i < 0 {
		return version{}, false
	}
	return e.versions[i], true
}

// newest gives the version of key that this process has asked for last, whatever
// the order in which bodies end; ok is false where it is known, or may be feared,
// to be a version of the past.
func (m *memory) newest(key string, now time.Time) (v version, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.lookLocked(key, now)
	if e == nil || len(e.versions) == 0 {
		return v, false
	}
	v = slices.MaxFunc(e.versions, func(a, b version) int { return cmp.Compare(a.asked, b.asked) })
	return v, e.current(v)
}

// only gives the one version of key that the app was given as who, where it was
// given exactly one and that may still be current.
func (m *memory) only(key string, who [16]byte, now time.Time) (v version, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.lookLocked(key, now)
	if e == nil {
		return v, false
	}
	for _, w := range e.versions {
		if w.handed && w.who == who {
			if v.handed {
				return v, false
			}
			v = w
		}
	}
	return v, v.handed && e.current(v)
}

// end says that a write of this process may have made every version seen so far
// one of the past, and tag, unless it is "", certainly.
func (m *memory) end(key, tag string) {
	if m.maxBytes < 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, seen := m.entities[key]; !seen && tag == "" {
		return
	}
	e := m.entityLocked(key)
	e.wrote = m.tick()
	if tag != "" && !slices.Contains(e.dead, tag) {
		if len(e.dead) == maxDead {
			e.dead = slices.Delete(e.dead, 0, 1)
		}
		e.dead = append(e.dead, tag)
	}
	m.weighLocked(e)
	for m.bytes > m.maxBytes {
		m.dropLocked(m.recent.Back())
	}
}

// ended tells whether tag is known to be a version of the past.
func (m *memory) ended(key, tag string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	el := m.entities[key]
	return el != nil && slices.Contains(el.Value.(*entity).dead, tag)
}

func (m *memory) size() (entities, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.entities), m.bytes
}

func (m *memory) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.entities)
	m.recent.Init()
	m.bytes = 0
}

func (m *memory) entityLocked(key string) *entity {
	if el := m.entities[key]; el != nil {
		m.recent.MoveToFront(el)
		return el.Value.(*entity)
	}
	e := &entity{key: key}
	m.entities[key] = m.recent.PushFront(e)
	return e
}

// lookLocked finds an entity and drops the versions of it that are too old.
func (m *memory) lookLocked(key string, now time.Time) *entity {
	el := m.entities[key]
	if el == nil {
		return nil
	}
	e := el.Value.(*entity)
	m.recent.MoveToFront(el)
	old := func(v version) bool { return now.Sub(v.at) > m.ttl }
	if slices.ContainsFunc(e.versions, old) {
		e.versions = slices.DeleteFunc(e.versions, old)
		m.weighLocked(e)
	}
	return e
}

func (m *memory) weighLocked(e *entity) {
	m.bytes -= e.bytes
	e.bytes = entityCost + len(e.key)
	for _, v := range e.versions {
		e.bytes += versionCost + len(v.tag) + len(v.body)
	}
	for _, tag := range e.dead {
		e.bytes += 16 + len(tag)
	}
	m.bytes += e.bytes
}

func (m *memory) dropLocked(el *list.Element) {
	e := el.Value.(*entity)
	m.bytes -= e.bytes
	m.recent.Remove(el)
	delete(m.entities, e.key)
}

func (e *entity) find(tag string, who [16]byte) int {
	return slices.IndexFunc(e.versions, func(v version) bool { return v.tag == tag && v.who == who })
}

// current: no write of this process came after v was asked for.
func (e *entity) current(v version) bool {
	return !slices.Contains(e.dead, v.tag) && v.asked > e.wrote
}

func countOf(versions []version, is func(version) bool) (n int) {
	for _, v := range versions {
		if is(v) {
			n++
		}
	}
	return n
}
