package compliance

import "iter"

// Check judges a recording: events in the order of their times. A reading error
// ends it, and the report of what came before says so in Incomplete; the error is
// returned with that report. Gate, Snapshots and the hooks of c are not used.
func Check(events iter.Seq2[Event, error], c Config) (Report, error) {
	c.Gate, c.Snapshots = nil, nil
	k, err := New(c)
	if err != nil {
		return Report{}, err
	}
	defer k.Close()
	for e, err := range events {
		if err != nil {
			r := k.Report()
			r.Incomplete = err.Error()
			return r, err
		}
		k.Feed(e)
	}
	return k.Report(), nil
}
