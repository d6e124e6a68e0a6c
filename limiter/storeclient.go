package limiter

// storeClient is the core's side of a shared Store.
type storeClient struct{}

func (s *storeClient) kickLocked()              {}
func (s *storeClient) hasLocked(*tenant) bool   { return true }
func (s *storeClient) useLocked(*ticket)        {}
func (s *storeClient) countedLocked(*ticket)    {}
func (s *storeClient) unusedLocked(*ticket)     {}
func (s *storeClient) freedLocked(*ticket)      {}
func (s *storeClient) stateLocked() *StoreState { return nil }
func (s *storeClient) close() error             { return nil }
