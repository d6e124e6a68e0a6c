package compliance

const volumeMinutes = 10

// volume judges the last ten minutes, another one having begun: GT302. So many calls
// are a load test or a job, unless the tenant is as busy every day.
func (l *look) volume(m *minutes) {
	if m.past == nil {
		return
	}
	own, first := uint32(0), m.now.minute-volumeMinutes
	for _, p := range m.past {
		if p.minute >= first {
			own += p.own
		}
	}
	l.judgeVolume(own, first, m.usual)
}

// judgeVolume judges ten minutes from first on; usual is of a busy one.
func (l *look) judgeVolume(own, first, usual uint32) {
	t := &l.k.cfg.Thresholds
	if int(own) >= 2*t.SynthVolume && float64(own) >= t.SynthUsual*volumeMinutes*float64(usual) {
		l.raise(gt302, alarm{sev: Warning, measured: float64(own) / 2, threshold: float64(t.SynthVolume), unit: "calls in 10 minutes, many more than are usual", from: first * 60, confidence: 0.8})
	}
}
