package otelgoodtenant

import (
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// maxSets bounds the attribute sets of one instrument, below the 2,000 that an
// SDK tells apart. Kinds past it are one.
const maxSets = 1000

// sets prepares the attributes of an instrument for each kind K of measurement,
// so that recording one allocates nothing. Safe for concurrent use.
type sets[K comparable] struct {
	attributes func(K) []attribute.KeyValue
	fixed      func() []attribute.KeyValue
	mu         sync.RWMutex
	ready      map[K]*set
	overflow   *set
}

// set is one set of attributes in the forms that instruments take.
type set struct {
	record []metric.RecordOption
	add    []metric.AddOption
}

func newSet(kv []attribute.KeyValue) *set {
	o := metric.WithAttributeSet(attribute.NewSet(kv...))
	return &set{record: []metric.RecordOption{o}, add: []metric.AddOption{o}}
}

func newSets[K comparable](fixed func() []attribute.KeyValue, attributes func(K) []attribute.KeyValue) *sets[K] {
	return &sets[K]{attributes: attributes, fixed: fixed, ready: map[K]*set{}}
}

func (s *sets[K]) of(k K) *set {
	s.mu.RLock()
	v := s.ready[k]
	s.mu.RUnlock()
	if v != nil {
		return v
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if v = s.ready[k]; v != nil {
		return v
	}
	if len(s.ready) >= maxSets {
		if s.overflow == nil {
			s.overflow = newSet(append(s.fixed(), keyOverflow.Bool(true)))
		}
		return s.overflow
	}
	v = newSet(append(s.fixed(), s.attributes(k)...))
	s.ready[k] = v
	return v
}
