package otelgoodtenant

import "sync"

// otherTenant stands for every tenant past the cap.
const otherTenant = "_other"

// tenantNames keeps the tenants that are shown: the first max that were seen.
type tenantNames struct {
	max  int
	mu   sync.RWMutex
	seen map[string]struct{}
}

func newTenantNames(max int) *tenantNames {
	return &tenantNames{max: max, seen: map[string]struct{}{}}
}

// show gives the name to show; "" where none is.
func (n *tenantNames) show(tenant string) string {
	if n.max < 1 || tenant == "" {
		return ""
	}
	n.mu.RLock()
	_, known := n.seen[tenant]
	full := len(n.seen) >= n.max
	n.mu.RUnlock()
	switch {
	case known:
		return tenant
	case full:
		return otherTenant
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known = n.seen[tenant]; !known && len(n.seen) >= n.max {
		return otherTenant
	}
	n.seen[tenant] = struct{}{}
	return tenant
}
