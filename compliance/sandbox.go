package compliance

import "slices"

// sandboxTests is how many calls in a few minutes may be a run of integration
// tests: as fast as it likes, but soon over.
const sandboxTests = 500

// sandboxLoad counts the calls to a sandbox tenant.
type sandboxLoad struct {
	minute, ten   uint32 // when the windows began
	calls, tenner uint32
}

// sandbox tells whether a tenant holds no customer's data.
func (k *Checker) sandbox(tenant string) bool {
	return slices.Contains(k.cfg.Platform.Sandbox, tenant)
}

// sandboxed judges load on a sandbox: GT303.
func (l *look) sandboxed() {
	t, c, now := &l.k.cfg.Thresholds, &l.t.sandbox, l.now
	if now-c.minute >= 60 {
		c.minute, c.calls = now, 0
	}
	if now-c.ten >= 600 {
		c.ten, c.tenner = now, 0
	}
	c.calls++
	c.tenner++
	switch {
	case float64(c.calls) > 60*t.SandboxRate && (now-c.minute >= 55 || int(c.tenner) >= sandboxTests):
		l.raise(gt303, alarm{sev: Error, measured: float64(c.calls), threshold: 60 * t.SandboxRate, unit: "calls to the sandbox in a minute", from: c.minute, confidence: 1})
	case int(c.tenner) > t.SandboxCalls:
		l.raise(gt303, alarm{sev: Error, measured: float64(c.tenner), threshold: float64(t.SandboxCalls), unit: "calls to the sandbox in 10 minutes", from: c.ten, confidence: 1})
	case int(c.tenner) > t.SandboxCalls*3/4:
		l.raise(gt303, alarm{sev: Warning, measured: float64(c.tenner), threshold: float64(t.SandboxCalls * 3 / 4), unit: "calls to the sandbox in 10 minutes", from: c.ten, confidence: 0.9})
	}
}
