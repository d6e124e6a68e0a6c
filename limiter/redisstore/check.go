package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Report is what Check has found.
type Report struct {
	Version     string   // of the server
	Role        string   // "master", or "slave": a replica takes no writes
	Eviction    string   // the eviction policy; anything but "noeviction" may drop counts
	Persistence string   // "aof", "rdb" or "none"; with none a restart costs a quiet window
	Missing     []string // rights that the user lacks: commands, keys, channels
	Warnings    []string // what wants a remedy, in words
}

// Rights is what the Redis user needs, as words of ACL SETUSER. Without the
// channels (&gt:*), +subscribe and +publish everything works, by asking again
// instead of by messages.
const Rights = "~gt:* &gt:* +evalsha +eval +script|load +time +info +ping +publish +subscribe +unsubscribe" +
	" +hset +hget +hgetall +hincrby +hdel +zadd +zcard +zrange +zrangebyscore +zremrangebyscore +zremrangebyrank +zrem" +
	" +set +get +del +pttl +pexpire"

// probe tries every command that the scripts use on a key of its own, and gives
// those that are refused.
var probe = redis.NewScript(`
local key, bad = KEYS[1] .. ':probe', {}
for _, c in ipairs({{'HSET', key, 'f', '1'}, {'HGET', key, 'f'}, {'HGETALL', key}, {'HINCRBY', key, 'f', '1'}, {'HDEL', key, 'f'}, {'DEL', key},
  {'ZADD', key, '1', 'm'}, {'ZCARD', key}, {'ZRANGE', key, '0', '0', 'WITHSCORES'}, {'ZRANGEBYSCORE', key, '5', '6'}, {'ZREMRANGEBYSCORE', key, '5', '6'}, {'ZREMRANGEBYRANK', key, '5', '6'},
  {'ZREM', key, 'm'}, {'SET', key, '1', 'PX', '1000'}, {'GET', key}, {'PTTL', key}, {'PEXPIRE', key, '1000'}, {'DEL', key}, {'TIME'}, {ARGV[1], ARGV[2], 'p'}}) do
  local r = redis.pcall(unpack(c))
  if type(r) == 'table' and r.err and not string.find(r.err, 'WRONGTYPE', 1, true) then bad[#bad + 1] = c[1] .. ' ' .. r.err end
end
return bad`)

// Check looks at the server: its version and role, whether it may drop counts or
// forgets them with a restart, and whether the user has the rights that the
// package comment lists. An error says that calls will fail, and names the missing
// command, key pattern or channels; what will only be slower or riskier is in
// Report.Warnings. The first use runs it in the background and logs both.
func (s *Store) Check(ctx context.Context) (Report, error) {
	r, err := s.rights(ctx)
	if err != nil && !denied(err) {
		return r, fmt.Errorf("redisstore: %w", err)
	}
	info, infoErr := s.rdb.Info(ctx).Result()
	if denied(infoErr) {
		r.Missing = append(r.Missing, "run INFO")
		r.Warnings = append(r.Warnings, "the user may not run INFO, so that eviction, persistence and role are not known")
	}
	r.read(info)
	if err == nil && r.Role == "slave" {
		err = errors.New("redisstore: the server is a replica and takes no writes: connect to the master")
	}
	return r, err
}

// rights tries what the scripts do, and the channels.
func (s *Store) rights(ctx context.Context) (r Report, _ error) {
	bad, err := probe.Run(ctx, s.rdb, []string{s.prefix}, s.publish, s.allChannel()).StringSlice()
	var fatal error
	lack := func(what string, err error) {
		r.Missing = append(r.Missing, what)
		if fatal == nil {
			fatal = &RightsError{Missing: what, Err: err}
		}
	}
	switch {
	case err == nil:
	case !denied(err):
		return r, err
	case strings.Contains(err.Error(), "key"):
		lack("use keys ~"+s.prefix+"*", err)
	default:
		lack("run EVALSHA and EVAL", err)
	}
	for _, b := range bad {
		command, text, _ := strings.Cut(b, " ")
		switch {
		case command == s.publish:
			r.Missing = append(r.Missing, "run "+command+" on channels &"+s.prefix+":*")
			r.Warnings = append(r.Warnings, "the user may not publish on &"+s.prefix+":*: replicas that wait ask again by themselves, which is slower")
		case strings.Contains(text, "key"):
			lack("use keys ~"+s.prefix+"*", errors.New(text))
		default:
			lack("run "+command, errors.New(text))
		}
	}
	return r, fatal
}

// read takes the facts from INFO.
func (r *Report) read(info string) {
	fields := map[string]string{}
	for line := range strings.Lines(info) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	r.Version, r.Role, r.Eviction = fields["redis_version"], fields["role"], fields["maxmemory_policy"]
	if v := fields["valkey_version"]; v != "" {
		r.Version = "valkey " + v
	}
	switch {
	case info == "":
		return
	case fields["aof_enabled"] == "1":
		r.Persistence = "aof"
	case fields["rdb_last_bgsave_time_sec"] != "" && fields["rdb_last_bgsave_time_sec"] != "-1":
		r.Persistence = "rdb"
	default:
		r.Persistence = "none"
	}
	if r.Eviction != "" && r.Eviction != "noeviction" && fields["maxmemory"] != "0" {
		r.Warnings = append(r.Warnings, "maxmemory-policy is "+r.Eviction+": the server may drop counts, which costs a quiet window each time; use noeviction, or a server of its own")
	}
	if r.Persistence == "none" {
		r.Warnings = append(r.Warnings, "the server keeps nothing over a restart (no AOF, no snapshot so far): each one costs a quiet window, and days are counted from what the running replicas say")
	}
}

// lacking names what err is about. Inside a script the server does not say which
// command it refused, so it is asked.
func (s *Store) lacking(err error) error {
	ctx, cancel := context.WithTimeout(s.ctx, callBound)
	defer cancel()
	if _, found := s.rights(ctx); found != nil {
		if r, ok := errors.AsType[*RightsError](found); ok {
			return r
		}
	}
	return &RightsError{Missing: "do what this call needs", Err: err}
}

// firstCheck is the Check of the first use.
func (s *Store) firstCheck() {
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	r, err := s.Check(ctx)
	if err != nil && s.ctx.Err() == nil {
		s.warn("check", "the server does not pass its check", "error", err.Error())
	}
	for _, w := range r.Warnings {
		s.warn(w, w)
	}
}
