package compliance

import "context"

type syncing struct{}

func (k *Checker) startSync(key []byte) {}
func (k *Checker) stopSync() error      { return nil }

// Sync saves this replica's state to Config.Snapshots, reads the others' and
// judges the whole. The checker does it by itself every Config.SnapshotEvery;
// without Snapshots it does nothing.
func (k *Checker) Sync(ctx context.Context) error { return nil }
