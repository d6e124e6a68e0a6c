package otelgoodtenant

import "github.com/goodtenant/goodtenant"

// telemetry is the state of one Transport's telemetry.
type telemetry struct{ cfg config }

func newTelemetry(c config) *telemetry { return &telemetry{cfg: c.withDefaults()} }

func (t *telemetry) option() goodtenant.Option { return goodtenant.Options() }
