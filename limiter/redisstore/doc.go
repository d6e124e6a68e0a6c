// Package redisstore keeps over Redis or Valkey what the processes of an app
// share: limits, the keys of creates, and the state of checkers.
//
//	rdb := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
//	store, err := redisstore.New(rdb, redisstore.WithApp("listings"))
//	...
//	limiter.Config{Limits: ..., Store: store}
//	dedupe.Config{Locks: store, ...}
//	compliance.Config{Snapshots: store, ...}
//
// # How it works
//
// One Lua script does a limiter step: it takes in what has ended, and gives out
// what may start, to the caller in its answer and to others by a message. A client
// says its whole demand each time, so a step that is lost heals itself; ages are
// sent, not times, and the only clock is the server's. Clients are served in turn,
// the one served longest ago first, a call each. While nobody's turn can come
// sooner, a start is given out up to a quarter of a second ahead (one second where
// one process is alone).
//
// A call costs about one script run: the end of one and the wish for the next go
// together, and what another process's step has granted comes by message. Whoever
// waits asks again every 2 s (more seldom the more wait) in case that a message
// was lost. A process that can not hear asks four times a second.
//
// # What is promised when something goes wrong
//
//   - A process is killed: its calls in flight keep their slots for 30 s, the
//     platform may still be working on them; its window entries end within 5 s; its
//     demand is dropped with the first message that nobody receives.
//   - A process stands still, or is cut off: it is asked for no second call while it
//     has not acknowledged the first. A call that it makes within 4 s of its permit,
//     or of the last renewal (each second), is still counted.
//   - The server forgets (FLUSHALL, an eviction, a restart), or another one takes
//     over: nothing starts for a second, and no window gives out anything until it
//     has passed once. Meanwhile each process says anew what it holds and what it
//     has spent of the day. A new server is known by its run_id, also where it lost
//     nothing. In the ten seconds after it the last percent of a day (20 units at
//     least) is held back, for those who have not spoken yet.
//   - An app's very first second is quiet too: the server can not know whether it
//     forgot.
//   - The server does not answer: limiter.Config.Outage says what happens.
//     LocalShare divides by the processes that were heard of in the last 90 s, and
//     knows nothing of a process that was cut off while the others still reach the
//     server: for that case FailClosed is the safe mode.
//   - Locks: a hold ends after its time, and Save refuses who holds no more. After a
//     loss a process that knew the state before waits one hold before it takes a
//     key. A server that fails over may forget a lock that was just taken: Save,
//     which package dedupe calls before the create is sent, then fails.
//   - The server's clock is set forward: windows end sooner by as much. Let it slew.
//
// Use a server with maxmemory-policy noeviction. Check tells.
//
// # Rights
//
// Rights is the line for ACL SETUSER. With go-redis on Redis 7.2 and later add
// +client|setinfo, or set DisableIdentity in its options. Without the channels
// limits hold all the same, and waiting is slower. Check, and every error, names
// the command, the key pattern or the channels that are missing.
//
// # Keys
//
// All begin with gt:{APP}, which is one hash tag: a cluster keeps an app on one
// node. Each has a time to live, 50 h at most, or 8 days for snapshots, and nothing
// in them is a tenant's name, an e-mail address or a token: tenants are hashes, keyed
// ones with WithHashKey. SCOPE is "a" for the app or "t" and the tenant's hash.
//
//	:s              hash    the epoch, the time, the next number
//	:q, :r          hashes  clients: demand and last message; last answer
//	:w:SCOPE:PER    zset    a window's entries, by when they leave it (µs)
//	:f:SCOPE        zset    slots taken, by when their lease ends
//	:o              zset    permits not settled
//	:d:SCOPE        hash    day units by five minutes and client; "=" is their sum
//	:h:SCOPE        hash    pace, pauses, the lowest limits heard of
//	:k              string  tells Locks of a loss
//	:l:, :n:, :z:   strings a lock, its note, that somebody waits
//	:snap:, :snaps  strings snapshots, and a zset of the replicas
//	:c:STORE, :all  channels
//
// A tenant with a rate, a concurrency and a day limit takes about 1 KB while it is
// in use, and 60 bytes more for each five minutes and process in which it called
// in the last 50 h.
//
// # What it does not do
//
// Blocks of permits for limits of thousands a second, lists of limits per region,
// and other clients than go-redis.
package redisstore
