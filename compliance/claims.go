package compliance

// claim judges what a read says of itself, and decides whether it is believed:
// GT701, GT702 and GT703.
func (l *look) claim() {
	x := l.x
	l.labelled()
	l.s.unbound = false
	switch x.initiator {
	case User:
		l.userClaim()
	case Webhook:
		l.webhookClaim()
	}
}
