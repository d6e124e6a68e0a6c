package profile

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
)

const (
	limiterKindMin = limiter.Rate
	limiterKindMax = limiter.Day
)

// Limiter is the limiter's configuration for this platform.
func (p Profile) Limiter() limiter.Config {
	c := limiter.Config{Limits: p.Limits, Day: p.Day, Streams: p.Streams}
	if len(p.Throttles) > 0 {
		c.Classify = classify(p.Throttles)
	}
	if p.Embeds.Param != "" {
		c.Cost = cost(p.Embeds)
	}
	return c
}

// classify makes the classifier that rules describe.
func classify(rules []Throttle) func(*http.Response) limiter.Throttle {
	return func(resp *http.Response) limiter.Throttle {
		for _, r := range rules {
			if r.Status != resp.StatusCode {
				continue
			}
			if r.Header != "" && !headerHas(resp.Header, r.Header, r.Contains) {
				continue
			}
			return limiter.Throttle{Kind: r.Kind, Scope: r.Scope}
		}
		return limiter.Throttle{}
	}
}

func headerHas(h http.Header, name, text string) bool {
	for _, v := range h.Values(name) {
		if strings.Contains(strings.ToLower(v), strings.ToLower(text)) {
			return true
		}
	}
	return false
}

// cost counts what a request is billed: the call, and for each embedded relation
// as many calls as one entity brings rows of it, since related rows are paged like
// the list they come with.
func cost(e Embeds) func(*http.Request) int {
	return func(req *http.Request) int {
		if !strings.Contains(req.URL.RawQuery, e.Param) {
			return 1
		}
		units := 1
		for _, v := range req.URL.Query()[e.Param] {
			for name := range strings.SplitSeq(v, ",") {
				if name = strings.TrimSpace(name); name != "" {
					units += max(1, e.Rows[name])
				}
			}
		}
		return units
	}
}

// Conflict is the conflict layer's configuration for this platform.
func (p Profile) Conflict() conflict.Config {
	c := conflict.Config{Dialect: p.Versions, Credentials: canonical(p.CredentialHeaders)}
	if p.VersionRequired {
		c.AutoIfMatch = policy.On
	}
	return c
}

// Dedupe is the dedupe layer's configuration for this platform.
func (p Profile) Dedupe() dedupe.Config {
	c := dedupe.Config{
		Country:     p.Country,
		Credentials: canonical(p.CredentialHeaders),
		Paging: dedupe.Paging{
			SizeParam: p.Lists.SizeParam, Size: p.Lists.MaxSize, NumberParam: p.Lists.NumberParam,
			Rows: p.Lists.Rows, Pages: p.Lists.Pages, Total: p.Lists.Total,
		},
	}
	for _, col := range p.Collections {
		if len(col.Keys) == 0 && col.Related == nil {
			continue
		}
		c.Unique = append(c.Unique, dedupe.Rule{
			Name: strings.Trim(col.Path, "/"), Path: col.Path,
			Keys: col.Keys, Related: col.Related, Identify: col.Identify, OnNoKey: col.OnNoKey, ReadScope: col.ReadScope,
		})
	}
	return c
}

// Compliance is the checker's configuration for this platform.
func (p Profile) Compliance() compliance.Config {
	q := compliance.Platform{
		TokenPaths: p.TokenPaths, Routes: p.Routes, Hosts: p.Hosts,
		TenantHeader: p.TenantHeader, VersionHeader: p.RequiredHeader, Sandbox: p.Sandbox,
		PageParams: list(p.Lists.NumberParam), SizeParams: list(p.Lists.SizeParam), IDParams: list(p.Lists.IDParam),
		WatermarkParams: p.Lists.Since, UntilParams: p.Lists.Until, EmbedParams: list(p.Embeds.Param), IgnoreParams: p.Lists.Ignore,
		PageSize: p.Lists.DefaultSize, MaxPageSize: p.Lists.MaxSize,
		RowsMembers: list(member(p.Lists.Rows)), IDMembers: list(p.Lists.ID),
		TotalMembers: list(member(p.Lists.Total)), PagesMembers: list(member(p.Lists.Pages)),
		WebhookVersion: p.WebhookVersion, NoPrecondition: !p.VersionRequired,
		PerSecond: -1, Concurrent: -1, ConcurrentApp: -1, PerDay: -1,
	}
	if p.RecommendedThreads > 0 {
		q.ConcurrentApp = p.RecommendedThreads
	}
	for _, l := range p.Limits {
		switch {
		case l.Kind == limiter.Rate && l.Per.Seconds() == 1 && l.Scope == limiter.App:
			q.PerSecond = l.Max
		case l.Kind == limiter.Concurrency && l.Scope == limiter.Tenant:
			q.Concurrent = l.Max
		case l.Kind == limiter.Day && l.Scope == limiter.App:
			q.PerDay = l.Max
		}
	}
	params := map[string]bool{}
	for _, col := range p.Collections {
		c := compliance.Collection{Name: strings.Trim(col.Path, "/"), Contacts: col.Contacts, Reference: col.Reference}
		for _, k := range col.Keys {
			c.Lookups = appendNew(c.Lookups, k.Param)
			if !params[k.Param] {
				params[k.Param] = true
				q.MatchParams = append(q.MatchParams, k.Param)
			}
			if col.Related == nil {
				for _, from := range k.From {
					q.MatchMembers = appendNew(q.MatchMembers, member(from))
				}
			}
		}
		if col.Related != nil {
			q.MatchMembers = appendNew(q.MatchMembers, col.Related.ID)
			for _, path := range col.Related.Collections {
				c.Match = appendNew(c.Match, strings.Trim(path, "/"))
			}
		}
		q.Collections = append(q.Collections, c)
	}
	return compliance.Config{Platform: q, Thresholds: p.Thresholds}
}

// validateLayers has each layer judge what it would be given.
func (p Profile) validateLayers() error {
	_, limits := limiter.NewTransport(nil, p.Limiter())
	_, versions := conflict.NewTransport(nil, p.Conflict())
	_, rules := dedupe.NewTransport(nil, p.Dedupe())
	_, conduct := compliance.New(p.Compliance())
	if err := cmp.Or(limits, versions, rules, conduct); err != nil {
		return fmt.Errorf("profile %q: %w", p.Name, err)
	}
	return nil
}

// list is one word as a list, none as nil.
func list(word string) []string {
	if word == "" {
		return nil
	}
	return []string{word}
}

// member is the last segment of a JSON pointer.
func member(pointer string) string { return pointer[strings.LastIndexByte(pointer, '/')+1:] }

func appendNew(words []string, w string) []string {
	if slices.Contains(words, w) {
		return words
	}
	return append(words, w)
}
