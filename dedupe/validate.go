package dedupe

import (
	"errors"
	"fmt"
	"strings"
)

// minHashKey is the shortest secret in bytes that is accepted.
const minHashKey = 16

// validate names the first field of c that is wrong, and its value.
func (c Config) validate() error {
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("dedupe: Config.%s is %v, want %s", field, value, want)
	}
	switch {
	case !c.Mode.Valid():
		return bad("Mode", c.Mode, "policy.Enforce or policy.Observe")
	case !c.Coalesce.Enabled.Valid():
		return bad("Coalesce.Enabled", c.Coalesce.Enabled, "policy.On or policy.Off")
	case c.Coalesce.MaxBody < 0:
		return bad("Coalesce.MaxBody", c.Coalesce.MaxBody, "bytes, or 0 for the default")
	case c.Coalesce.Reuse < 0:
		return bad("Coalesce.Reuse", c.Coalesce.Reuse, "0 or more")
	case c.OnDuplicate > Report:
		return bad("OnDuplicate", c.OnDuplicate, "Refuse, UseExisting or Report")
	case c.OnLookupDenied == UseExisting || c.OnLookupDenied > Report:
		return bad("OnLookupDenied", c.OnLookupDenied, "Refuse or Report")
	case c.LookupFailed > FailOpen:
		return bad("LookupFailed", c.LookupFailed, "FailClosed or FailOpen")
	case c.Remember < 0:
		return bad("Remember", c.Remember, "0 or more")
	case c.Hold < 0:
		return bad("Hold", c.Hold, "0 or more")
	case len(c.HashKey) > 0 && len(c.HashKey) < minHashKey:
		return bad("HashKey", fmt.Sprintf("%d bytes", len(c.HashKey)), fmt.Sprintf("%d or more", minHashKey))
	case c.Locks != nil && len(c.HashKey) == 0:
		return bad("HashKey", "empty", "a secret that all replicas share, since Config.Locks is set")
	case c.Paging.Size < 0:
		return bad("Paging.Size", c.Paging.Size, "0 or more")
	case c.Paging.MaxPages < 0:
		return bad("Paging.MaxPages", c.Paging.MaxPages, "0 or more")
	}
	if c.Country != "" {
		if _, ok := countries[c.Country]; !ok {
			return bad("Country", fmt.Sprintf("%q", c.Country), `an ISO 3166 code such as "GB"`)
		}
	}
	for i, r := range c.Unique {
		if err := r.validate(); err != nil {
			return fmt.Errorf("dedupe: Config.Unique[%d] (%q): %w", i, r.Name, err)
		}
	}
	for _, p := range []string{c.Paging.Rows, c.Paging.Pages, c.Paging.Total} {
		if _, err := parsePointer(p); err != nil {
			return fmt.Errorf("dedupe: Config.Paging: %w", err)
		}
	}
	return nil
}

func (r Rule) validate() error {
	switch {
	case r.Name == "":
		return errors.New("its Name is empty")
	case !strings.HasPrefix(r.Path, "/"):
		return fmt.Errorf(`its Path is %q, want one such as "/contacts"`, r.Path)
	case r.Collection != "" && !strings.HasPrefix(r.Collection, "/"):
		return fmt.Errorf("its Collection is %q, want a path", r.Collection)
	case len(r.Keys) == 0:
		return errors.New("its Keys are empty")
	case r.OnDuplicate > Report:
		return fmt.Errorf("its OnDuplicate is %v, want Refuse, UseExisting or Report", r.OnDuplicate)
	case r.OnNoKey == UseExisting || r.OnNoKey > Report:
		return fmt.Errorf("its OnNoKey is %v, want Refuse or Report", r.OnNoKey)
	case r.Related != nil && (r.Related.ID == "" || len(r.Related.Collections) == 0):
		return errors.New("its Related needs ID and Collections")
	}
	pointers := append(append([]string(nil), r.Identify...), r.Unless...)
	if r.Related != nil {
		pointers = append(append(pointers, r.Related.Array), r.Related.Match...)
	}
	for i, k := range r.Keys {
		switch {
		case k.Kind < Text || k.Kind > PersonName:
			return fmt.Errorf("its Keys[%d].Kind is %v, want text, email, phone or name", i, k.Kind)
		case len(k.From) == 0:
			return fmt.Errorf("its Keys[%d].From is empty", i)
		case k.Param == "":
			return fmt.Errorf("its Keys[%d].Param is empty", i)
		case k.Lookup != "" && !strings.HasPrefix(k.Lookup, "/"):
			return fmt.Errorf("its Keys[%d].Lookup is %q, want a path", i, k.Lookup)
		}
		pointers = append(append(append(pointers, k.From...), k.Also...), k.Match...)
	}
	for _, p := range pointers {
		if _, err := parsePointer(p); err != nil {
			return err
		}
	}
	return nil
}
