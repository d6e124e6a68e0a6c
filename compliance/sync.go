package compliance

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"
)

// syncing is the background work of a Checker with Snapshots.
type syncing struct {
	replica string
	release func()
	key     []byte // made here, so it goes with the snapshot; nil: Config.Key
	stop    context.CancelFunc
	done    chan struct{}
	turn    chan struct{} // one Sync at a time
	failed  bool          // the last one; guarded by turn
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
	s := &syncing{replica: k.cfg.Replica, release: func() {}, done: make(chan struct{}), turn: make(chan struct{}, 1)}
	k.syncing = s
	if c, ok := k.cfg.Snapshots.(Claimer); ok && s.replica == "" {
		name, release, err := c.Claim()
		if err == nil {
			s.replica, s.release = name, release
		} else {
			k.warn("state is not kept under a name of this process's own", err)
		}
	}
	if s.replica == "" {
		var b [8]byte
		rand.Read(b[:])
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

// load reads every replica's snapshot; damaged and old ones are left out.
func (k *Checker) load(ctx context.Context) (map[string]*snapshot, error) {
	raw, err := k.cfg.Snapshots.LoadSnapshots(ctx)
	all := map[string]*snapshot{}
	for name, data := range raw {
		sn, bad := decode(data)
		if bad != nil {
			err = errors.Join(err, bad)
			continue
		}
		all[name] = sn
	}
	return all, err
}

// startSync begins the background work; the first snapshot tells other replicas
// the key.
func (k *Checker) startSync(mine *snapshot) {
	s := k.syncing
	if mine != nil && mine.keyID == k.d().keyID() {
		k.st.restore(mine)
		k.st.app.day = mine.day
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	first, done := context.WithTimeout(ctx, startTimeout)
	if mine == nil {
		k.note(k.save(first))
	}
	done()
	go func() {
		defer close(s.done)
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
	<-k.syncing.done
	ctx, cancel := context.WithTimeout(context.Background(), syncTimeout)
	defer cancel()
	k.syncing.turn <- struct{}{} // a Sync of the app's own ends first
	defer func() { <-k.syncing.turn }()
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
	select {
	case k.syncing.turn <- struct{}{}:
		defer func() { <-k.syncing.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if k.closed.Load() {
		return ErrClosed // the replica's name may be another process's by now
	}
	if err := k.save(ctx); err != nil {
		return err
	}
	all, err := k.load(ctx)
	delete(all, k.syncing.replica)
	k.adoptKey(all)
	k.judgeTogether(all)
	return err
}

// save writes this replica's snapshot. The lock is held for one batch at a time.
func (k *Checker) save(ctx context.Context) error {
	c := &coder{}
	k.mu.Lock()
	sn := &snapshot{key: k.syncing.key, keyID: k.d().keyID(), saved: k.st.app.now(), day: k.st.app.day, seconds: k.st.app.seconds[:]}
	sn.code(c)
	c.b = c.b[:len(c.b)-2] // without the two empty tables
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
	k.mu.Unlock()
	codeUnits(k, c, known, func(s *series) uint64 { return s.hash })
	codeUnits(k, c, holdings, func(h *holding) uint64 { return h.hash })
	return k.cfg.Snapshots.SaveSnapshot(ctx, k.syncing.replica, c.b)
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
	k.st = newState(k.cfg.MaxBytes)
	k.st.app = app
	k.digester.Store(k.d().withKey(newHashKey(common)))
}

// judgeTogether judges what this replica and the others have done as one.
func (k *Checker) judgeTogether(all map[string]*snapshot) {
	k.mu.Lock()
	now, id := k.st.app.now(), k.d().keyID()
	mine := make([]*series, 0, len(k.st.series))
	for _, s := range k.st.series {
		mine = append(mine, s)
	}
	k.mu.Unlock()
	others := make([]*snapshot, 0, len(all))
	for _, sn := range all {
		if sn.keyID == id && (sn.saved+snapshotLife > now || now == 0) {
			others = append(others, sn)
		}
	}
	if len(others) == 0 {
		return
	}
	for len(mine) > 0 {
		n := min(batch/8, len(mine))
		k.mu.Lock()
		for _, s := range mine[:n] {
			k.judgeMerged(s, others)
		}
		k.unlock(context.Background())
		mine = mine[n:]
	}
	k.mu.Lock()
	k.judgeLoadTogether(others)
	k.unlock(context.Background())
}

// judgeMerged judges one series with what the other replicas know of it.
func (k *Checker) judgeMerged(s *series, others []*snapshot) {
	if k.st.series[s.key] != s {
		return // forgotten meanwhile
	}
	t := k.st.tenants[s.key.tenant]
	if t == nil || s.route.reference {
		return
	}
	var merged *series
	gap := uint32(k.cfg.Thresholds.RunGap.Seconds())
	h := t.holding(s.route, k.d().key)
	for _, sn := range others {
		if o := sn.holdings[h.hash]; o != nil && o.rows > h.rows {
			h.rows, h.at = o.rows, o.at
		}
		o := sn.series[s.hash]
		if o == nil {
			continue
		}
		if merged == nil {
			merged = s.clone()
		}
		merged.merge(o, gap)
	}
	if merged == nil {
		return
	}
	x := &exchange{view: IntentView, at: int64(merged.last) * 1e9, method: "GET", tenant: s.key.tenant, stream: s.key.stream, route: s.route,
		user: s.user, purpose: s.purpose, status: 200, q: query{params: 1}}
	l := k.look(x)
	l.t, l.s, l.h, l.n = t, merged, h, h.size(x)
	if l.n > 0 && l.n <= k.cfg.Thresholds.SmallCollection {
		return
	}
	l.judgeSeries()
}

// judgeSeries judges all that a series holds.
func (l *look) judgeSeries() {
	for i := range l.s.queries {
		l.judgeSweep(&l.s.queries[i])
	}
	for _, sh := range l.s.shapes {
		l.judgeSlices(sh)
		l.judgeRuns(sh)
	}
	l.judgeUnique(&l.s.recent)
	l.judgeUnique(&l.s.week)
	l.judgeNumbers(&l.s.numbers)
	l.judgeProbes(&l.s.numbers)
	l.judgeCover()
	l.judgeHours()
}

// judgeRuns judges a shape's runs, the last of them as the one that goes on.
func (l *look) judgeRuns(sh *shape) {
	runs := sh.everyRun()
	if len(runs) < 2 {
		return
	}
	t := &l.k.cfg.Thresholds
	last, limit := runs[len(runs)-1], t.RunRows
	if l.x.user {
		limit = t.RunRowsUser
	}
	if took := max(int(last.last-last.start), 1); int(last.rows) >= limit && float64(last.rows) > t.RunRate*float64(took) &&
		float64(last.rows) >= t.RunPage*float64(last.pages) {
		l.raise(gt105, alarm{sev: Warning, measured: float64(last.rows), threshold: float64(limit), unit: "rows in one run", from: last.start, confidence: 1})
	}
	sh.tile = tiling{}
	for i, r := range runs {
		sh.runs = runs[:i]
		if r.since != 0 {
			l.tileAt(sh, r.start, int64(r.since))
		}
	}
	sh.run = run{start: last.start}
	l.intervalsAt(sh, last.start)
	if int(last.pages) >= t.DailyPages && int(last.rows) >= t.DailyRows {
		l.daily(sh)
	}
}

// judgeLoadTogether adds up what the replicas sent in each second: GT403 and
// GT301 for the app as a whole, and the day's budget.
func (k *Checker) judgeLoadTogether(others []*snapshot) {
	a, limit := &k.st.app, k.cfg.Platform.PerSecond
	sum := a.seconds
	spent := a.day.some
	for _, sn := range others {
		for _, s := range sn.seconds {
			if m := &sum[s.sec%60]; m.sec == s.sec {
				m.calls, m.server = m.calls+s.calls, m.server+s.server
			}
		}
		if sn.day.day == a.day.day {
			spent += sn.day.some
		}
	}
	x := &exchange{view: WireView, at: int64(a.now()) * 1e9, method: "GET", route: &routeInfo{}}
	l := k.look(x)
	if limit > 0 {
		for _, s := range sum {
			if int(s.calls) > limit && a.now()-s.sec < 60 {
				l.raiseApp(gt403, alarm{sev: Error, measured: float64(s.calls), threshold: float64(limit), unit: "calls in one second, all replicas", confidence: 1})
			}
		}
		l.saturatedBy(&sum, &a.satTogether, limit)
	}
	if p := k.cfg.Platform.PerDay; p > 0 && int(spent) > p {
		l.raiseApp(gt404, alarm{sev: Error, measured: float64(spent), threshold: float64(p), unit: "calls today, all replicas", confidence: 1})
	}
}

// now is the time of the last call seen, in unix seconds.
func (a *app) now() uint32 { return uint32(a.last / 1e9) }

func (a *app) time() time.Time { return time.Unix(0, a.last).UTC() }
