package compliance

import (
	"context"
	"maps"
	"sync"
)

// memory keeps snapshots for tests.
type memory struct {
	mu  sync.Mutex
	all map[string][]byte
}

func (m *memory) SaveSnapshot(_ context.Context, replica string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[string][]byte{}
	}
	m.all[replica] = data
	return nil
}

func (m *memory) LoadSnapshots(context.Context) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string][]byte{}
	maps.Copy(all, m.all)
	return all, nil
}
