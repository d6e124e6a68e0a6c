package compliance

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// syncing is the background work of a Checker with Snapshots.
type syncing struct {
	replica string
	release func()
	key     []byte // made here, so it goes with the snapshot; nil: Config.Key
	stop    context.CancelFunc
	turn    chan struct{} // one Sync at a time
	failed  bool          // the last one; guarded by turn
	told    bool          // that there are a later build's snapshots; guarded by turn
	number  uint64        // of the last snapshot; guarded by turn
	life    uint32        // of this process, by chance
	killed  bool          // the last process of this name was: what it had not saved is lost

	// Guarded by Checker.mu.
	peers map[string]*peer
	live  int    // of peers
	epoch uint32 // counts Syncs
}

// Claimer may be implemented by Snapshots that can tell the replicas of one
// machine apart: the name is this process's until release is called or the
// process has died.
type Claimer interface {
	Claim() (replica string, release func(), err error)
}

const (
	startTimeout = 2 * time.Second
	syncTimeout  = 20 * time.Second
	batch        = 64 // units that are coded or judged under one hold of the lock
	snapshotLife = 7 * 86_400
)

// join reads what is there before the first call is judged: the key that replicas
// share, and this replica's own state.
func (k *Checker) join() (key []byte, mine *snapshot) {
	s := &syncing{replica: k.cfg.Replica, release: func() {}, turn: make(chan struct{}, 1)}
	k.syncing = s
	if c, ok := k.cfg.Snapshots.(Claimer); ok && s.replica == "" {
		var name string
		var release func()
		err := asked(func() (err error) {
			name, release, err = c.Claim()
			return err
		})
		if err == nil {
			s.replica, s.release = name, release
		} else {
			k.warn("state is not kept under a name of this process's own", err)
		}
	}
	var b [8]byte
	rand.Read(b[:])
	s.life = binary.LittleEndian.Uint32(b[:])
	if s.replica == "" {
		s.replica = hex.EncodeToString(b[:])
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	all, err := k.load(ctx)
	if err != nil {
		k.warn("snapshots can not be read; starting without them", err)
	}
	key = k.cfg.Key
	if len(key) == 0 {
		key = commonKey(all)
		if key == nil {
			key = make([]byte, 16)
			rand.Read(key)
		}
		s.key = key
	}
	return key, all[s.replica]
}

// commonKey is the key that replicas agree on: the smallest of theirs.
func commonKey(all map[string]*snapshot) (key []byte) {
	for _, sn := range all {
		if len(sn.key) >= 16 && (key == nil || bytes.Compare(sn.key, key) < 0) {
			key = sn.key
		}
	}
	return key
}

// load reads every replica's snapshot; damaged ones, and other builds', are left
// out.
func (k *Checker) load(ctx context.Context) (map[string]*snapshot, error) {
	s := k.syncing
	var raw map[string][]byte
	err := asked(func() (err error) {
		raw, err = k.cfg.Snapshots.LoadSnapshots(ctx)
		return err
	})
	whole, all, room, damaged := err == nil, map[string]*snapshot{}, maxMade, 0
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		sn, bad := decodeInto(raw[name], &room)
		if other, ok := errors.AsType[*versionError](bad); ok {
			s.giveWay(k, name, other)
		} else if bad != nil {
			if damaged++; damaged <= 8 {
				err = errors.Join(err, fmt.Errorf("%w (of replica %s)", bad, name))
			}
		} else {
			all[name] = sn
		}
	}
	raw = s.withoutCopies(raw, all)
	k.mu.Lock()
	s.epoch++
	s.notePeers(raw, all, whole, k.st.app.now())
	k.mu.Unlock()
	return all, err
}

// asked asks the app's Snapshots; one that panics has failed.
func asked(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("compliance: Snapshots panicked: %v", p)
		}
	}()
	return f()
}

// withoutCopies drops what one process has written from under all names but one: a
// file that was copied is no further replica. Its newest goes on, and of this
// process's own what stands under its name.
func (s *syncing) withoutCopies(raw map[string][]byte, all map[string]*snapshot) map[string][]byte {
	of := map[uint32]string{s.life: s.replica}
	var gone []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		sn := all[name]
		first, there := of[sn.life]
		switch {
		case sn.life == 0 || name == first:
			continue
		case !there:
			of[sn.life] = name
			continue
		case sn.life != s.life && sn.number > all[first].number:
			of[sn.life], name = name, first
		}
		gone = append(gone, name)
	}
	if len(gone) == 0 {
		return raw
	}
	raw = maps.Clone(raw)
	for _, name := range gone {
		delete(raw, name)
		delete(all, name)
	}
	return raw
}

// giveWay leaves a later build's snapshot as it is, for that build to go on with;
// this process's state is kept beside it. An earlier build's is not read.
func (s *syncing) giveWay(k *Checker, name string, other *versionError) {
	if !other.newer() {
		return
	}
	if name == s.replica {
		s.replica = fmt.Sprintf("%s-v%d", name, snapshotVersion)
	}
	if !s.told {
		k.warn("a later build's state is not read, and left as it is", fmt.Errorf("%w (of replica %s)", other, name))
		s.told = true
	}
}

// startSync begins the background work; the first snapshot tells other replicas
// the key.
func (k *Checker) startSync(mine *snapshot) {
	s := k.syncing
	k.st.key = k.d().key
	if mine != nil && mine.keyID == k.d().keyID() {
		k.st.restore(mine)
		k.st.app.day, k.st.app.newest = mine.day, int64(mine.saved)*1e9
		s.killed = !mine.closed
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	first, done := context.WithTimeout(ctx, startTimeout)
	if mine == nil {
		k.note(k.save(first))
	}
	done()
	go func() {
		tick := time.NewTicker(k.cfg.SnapshotEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				one, cancel := context.WithTimeout(ctx, syncTimeout)
				k.note(k.Sync(one))
				cancel()
			}
		}
	}()
}

func (k *Checker) stopSync() error {
	k.syncing.stop()
	ctx, cancel := context.WithTimeout(context.Background(), syncTimeout)
	defer cancel()
	select {
	case k.syncing.turn <- struct{}{}: // a Sync ends first; what its sinks do is not waited for: it may be this
		defer func() { <-k.syncing.turn }()
	case <-ctx.Done():
		return fmt.Errorf("compliance: closing: a Sync does not end: %w", ctx.Err())
	}
	err := k.save(ctx)
	k.syncing.release()
	return err
}

// note warns once of each stretch of failures.
func (k *Checker) note(err error) {
	if failed := err != nil && !errors.Is(err, context.Canceled); failed && !k.syncing.failed {
		k.warn("state could not be shared; it is kept in memory until it can", err)
		k.syncing.failed = true
	} else if !failed {
		k.syncing.failed = false
	}
}

func (k *Checker) warn(text string, err error) {
	if k.cfg.Logger != nil {
		contain(func() { k.cfg.Logger.Warn("compliance: "+text, slog.String("error", err.Error())) })
	}
}

// Sync saves this replica's state to Config.Snapshots, reads the others' and
// judges the whole. The checker does it by itself every Config.SnapshotEvery;
// without Snapshots it does nothing. Calls are not held up by it.
func (k *Checker) Sync(ctx context.Context) error {
	if k.syncing == nil {
		return nil
	}
	h, err := k.sync(ctx)
	h.tell(context.Background(), k) // a sink may call Sync or Close: the turn is over
	return err
}

func (k *Checker) sync(ctx context.Context) (h tidings, err error) {
	select {
	case k.syncing.turn <- struct{}{}:
		defer func() { <-k.syncing.turn }()
	case <-ctx.Done():
		return h, ctx.Err()
	}
	if k.closed.Load() {
		return h, ErrClosed // the replica's name may be another process's by now
	}
	all, err := k.load(ctx)
	delete(all, k.syncing.replica)
	k.adoptKey(all)
	err = errors.Join(err, k.save(ctx))
	return k.judgeTogether(all), err
}

// save writes this replica's snapshot. The lock is held for one batch at a time.
func (k *Checker) save(ctx context.Context) error {
	c := &coder{}
	k.mu.Lock()
	k.syncing.number++
	a := &k.st.app
	sn := &snapshot{number: k.syncing.number, life: k.syncing.life, closed: k.closed.Load(), killed: k.syncing.killed, key: k.syncing.key, keyID: k.d().keyID(), saved: a.now(), day: a.day, usage: a.usage, seconds: a.lastSeconds()}
	sn.code(c)
	c.b = c.b[:len(c.b)-3] // without the three empty tables
	known := make([]*series, 0, len(k.st.series)+len(k.st.dormant))
	for _, s := range k.st.series {
		known = append(known, s)
	}
	for h, s := range k.st.dormant {
		s.hash = h
		known = append(known, s)
	}
	holdings := make([]*holding, 0, len(k.st.tenants))
	for _, t := range k.st.tenants {
		holdings = append(holdings, t.holdings...)
	}
	for h, v := range k.st.dormantHoldings {
		v.hash = h
		holdings = append(holdings, v)
	}
	tenants := make([]part, 0, len(k.st.tenants)+len(k.st.dormantTenants))
	for _, t := range k.st.tenants {
		if t.fresh(sn.saved) {
			tenants = append(tenants, part{t.hash, &t.shared})
		}
	}
	for h, s := range k.st.dormantTenants {
		tenants = append(tenants, part{h, s})
	}
	k.mu.Unlock()
	codeUnits(k, c, known, func(s *series) uint64 { return s.hash })
	codeUnits(k, c, holdings, func(h *holding) uint64 { return h.hash })
	codeUnits(k, c, tenants, func(p part) uint64 { return p.hash })
	return asked(func() error { return k.cfg.Snapshots.SaveSnapshot(ctx, k.syncing.replica, c.b) })
}

// part is a tenant's in a snapshot.
type part struct {
	hash uint64
	*shared
}

func codeUnits[T interface{ code(*coder) }](k *Checker, c *coder, all []T, hash func(T) uint64) {
	all = all[:min(len(all), maxUnits)]
	c.length(len(all), maxUnits)
	for len(all) > 0 {
		n := min(batch, len(all))
		k.mu.Lock()
		for _, v := range all[:n] {
			h := hash(v)
			c.u64(&h)
			v.code(c)
		}
		k.mu.Unlock()
		all = all[n:]
	}
}

// adoptKey gives way to a smaller key of another replica: what was hashed here
// under the old one is forgotten, once, when replicas have started at the same
// moment.
func (k *Checker) adoptKey(all map[string]*snapshot) {
	common := commonKey(all)
	if k.syncing.key == nil || common == nil || bytes.Compare(common, k.syncing.key) >= 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.syncing.key = common
	app := k.st.app
	k.startOver()
	k.st.app = app
	k.st.key = newHashKey(common)
	k.digester.Store(k.d().withKey(newHashKey(common)))
}

// lastSeconds are the seconds that others may still count with.
func (a *app) lastSeconds() (all []secondLoad) {
	for _, s := range a.seconds {
		if s.sec != 0 && s.sec+loadSeconds > a.now() {
			all = append(all, s)
		}
	}
	return all
}

// now is the time of the last call seen, in unix seconds.
func (a *app) now() uint32 { return uint32(a.last / 1e9) }

func (a *app) time() time.Time { return time.Unix(0, a.last).UTC() }
