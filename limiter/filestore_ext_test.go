package limiter_test

import (
	"path/filepath"
	"testing"

	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/limiter/storetest"
)

// opener gives each test a state file of its own, opened anew with each call.
func opener(t *testing.T) func(t *testing.T) limiter.Store {
	dir := t.TempDir()
	return func(t *testing.T) limiter.Store {
		s, err := limiter.NewFileStore(filepath.Join(dir, filepath.Base(t.Name())))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestFileStore(t *testing.T) {
	storetest.Run(t, opener(t))
}

func TestFileStoreVirtual(t *testing.T) {
	storetest.RunVirtual(t, opener(t))
}
