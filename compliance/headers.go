package compliance

// headers judges what every call must carry: GT607, GT608 and GT610.
func (l *look) headers() {
	x := l.x
	if !x.versioned {
		l.raiseApp(gt607, alarm{sev: Warning, measured: 1, unit: "call without the API version", confidence: 1})
	}
	if l.k.needTenant && x.tenant == "" {
		l.raiseApp(gt608, alarm{sev: Warning, measured: 1, unit: "call without a tenant", confidence: 1})
	}
	if x.q.zoneless {
		l.raise(gt610, alarm{sev: Warning, measured: 1, unit: "time without a zone", confidence: 1})
	}
}
