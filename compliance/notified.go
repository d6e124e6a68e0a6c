package compliance

// afterWebhook judges a read of what a notification has brought: GT605.
func (l *look) afterWebhook() {
	x := l.x
	if x.entity == 0 || !l.k.cfg.Platform.WebhookVersion || x.webhook.EntityID == "" {
		return
	}
	if age := x.time().Sub(x.webhook.Time); age < 0 || age.Seconds() > 60 {
		return
	}
	if x.entity == entityOf(x.route, l.k.d().key.sum(x.webhook.EntityID)) {
		l.raise(gt605, alarm{sev: Note, measured: 1, threshold: 1, unit: "fetch of what the notification carried", confidence: 1})
	}
}
