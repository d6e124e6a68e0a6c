package compliance

func (l *look) userClaim() {
	x, t, now := l.x, &l.k.cfg.Thresholds, l.x.sec()
	if x.label == "" {
		x.user = true // somebody: many people may be at work here
		return
	}
	u := l.userOf(x.label, now)
	u.last, u.stream, u.route = now, x.stream, x.route
	if day := now / 86_400; day != u.day {
		u.day, u.pages, u.hours = day, 0, 0
	}
	if m := now / 60; m > u.minute {
		if int(u.pace[u.minute%paceMinutes]) <= t.UserReads || m != u.minute+1 {
			u.fast = 0
		}
		u.roll(m)
	}
	u.hours |= 1 << (now / 3600 % 24)
	if x.list() && len(x.q.ids) == 0 {
		u.pages++
	} else {
		u.read(u.minute, max(len(x.q.ids), 1), t.UserReads)
	}
	if a, found := u.claims(t); found {
		u.implausible = now + 86_400
		l.raise(gt701, a)
	}
	x.user = now >= u.implausible
}

// workOf is the stream that a label names. A person's label names none: what many
// users do in one place of the app is one stream, or a copy under changing names
// would be seen in pieces.
func workOf(i Initiator, label string) string {
	if i == User {
		return ""
	}
	return label
}
