package compliance

import (
	"hash/maphash"
	"slices"
)

// peer is what the snapshots of one other replica show of its life.
type peer struct {
	mark    uint64 // of its last snapshot
	saved   uint32 // the last call it had seen
	changed uint32 // the Sync that found the last snapshot
	still   int    // Syncs since then that found no other
	read    bool   // this build could read it
	keyID   uint64 // ... and its hashes are of this key
	life    uint32 // the process that wrote it
	closed  bool   // its last word

	// The last times that its process was killed: what it had not saved is lost.
	lost [4]lostTime
}

// lostTime is from when a replica may have done what nobody knows of, and until
// when.
type lostTime struct{ from, until uint32 }

// stillDead is after how many Syncs without a new snapshot a replica counts as
// ended.
const stillDead = 3

func (p *peer) alive() bool { return p.still < stillDead && !p.closed }

var peerSeed = maphash.MakeSeed()

// markOf tells snapshots of one replica apart by their head and their end: each
// has another number in its head.
func markOf(data []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(peerSeed)
	h.Write(data[:min(len(data), 64)])
	h.Write(data[max(0, len(data)-64):])
	return h.Sum64() + uint64(len(data))
}

// notePeers takes in one reading of all snapshots; now is the last call here. The
// caller holds the lock.
func (s *syncing) notePeers(raw map[string][]byte, read map[string]*snapshot, whole bool, now uint32) {
	if s.peers == nil {
		s.peers = map[string]*peer{}
	}
	for name := range s.peers {
		if _, there := raw[name]; !there && whole {
			delete(s.peers, name)
		}
	}
	for name, data := range raw {
		if name == s.replica {
			continue
		}
		p, mark := s.peers[name], markOf(data)
		switch {
		case p == nil:
			p = &peer{mark: mark, changed: s.epoch}
			s.peers[name] = p
		case p.mark == mark:
			p.still++
		default:
			p.mark, p.changed, p.still = mark, s.epoch, 0
		}
		if p.read = read[name] != nil; p.read {
			p.take(read[name], now)
		}
	}
	s.live = 0
	for _, p := range s.peers {
		if p.alive() {
			s.live++
		}
	}
}

// take takes in what a snapshot says of its replica.
func (p *peer) take(sn *snapshot, now uint32) {
	if p.life != 0 && p.life != sn.life && sn.killed {
		copy(p.lost[1:], p.lost[:])
		p.lost[0] = lostTime{p.saved, max(sn.saved, now)}
	}
	p.keyID, p.saved, p.life, p.closed = sn.keyID, sn.saved, sn.life, sn.closed
}

// mayKnow tells whether the replica, which saves every so many seconds, may have
// made a check for a create at this time and lost it.
func (p *peer) mayKnow(at, every uint32) bool {
	covers := func(t lostTime) bool { return t.from <= at+clockSkew && at <= t.until+checkAge }
	return slices.ContainsFunc(p.lost[:], covers) || !p.alive() && !p.closed && covers(lostTime{p.saved, p.saved + every})
}

// replicas is how many others are alive. The caller holds the lock.
func (k *Checker) replicas() int {
	if k.syncing == nil {
		return 0
	}
	return k.syncing.live
}

// unasked tells whether no Sync has asked for others since the start: those that
// started a moment later are not known yet. The caller holds the lock.
func (k *Checker) unasked() bool { return k.syncing != nil && k.syncing.epoch < 2 }
