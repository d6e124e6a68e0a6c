package profile

import (
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
)

// Reapit is the Reapit Foundations platform, from its usage guidelines and API
// documentation. What those leave open is read strictly: the day may begin at any
// hour, the window may slide, rejected calls may count.
func Reapit() Profile {
	return Profile{
		Name:    "Reapit Foundations",
		Source:  "the platform's usage guidelines, API documentation and public OpenAPI description",
		Checked: "2026-11-25",

		Hosts:             []string{"platform.reapit.cloud"},
		TokenPaths:        []string{"/token", "/oauth2/token"},
		TenantHeader:      "reapit-customer",
		Sandbox:           []string{"SBOX"},
		CredentialHeaders: []string{"Authorization"},
		RequiredHeader:    "api-version",

		// Usage guidelines: 20 requests a second; 5 concurrent for each customer;
		// 250,000 a day; no more than 5 threads.
		Limits: limiter.Limits{
			limiter.PerSecond(20),
			limiter.Concurrent(5).EachTenant(),
			limiter.PerDay(250_000),
		},
		RecommendedThreads: 5,
		// An image is a row of its own; other relations bring one row an entity.
		Embeds: Embeds{Param: "embed", Rows: map[string]int{"images": 15}},

		Versions: conflict.Dialect{
			Version:      []conflict.Source{{Header: "ETag"}, {Pointer: "/_eTag"}},
			Precondition: conflict.Target{Header: "If-Match"},
			Conflict:     []conflict.Match{{Status: 412}},
			Success:      204,
			ReadOnly:     []string{"id", "created", "modified", "_eTag", "_links", "_embedded"},
			Whole:        []string{"_links", "_eTag"},
			DropQuery:    []string{"embed"},
			Lists:        []string{"/_embedded"},
			RowVersion:   []string{"/_eTag"},
			RowLink:      []string{"/_links/self/href"},
		},
		VersionRequired: true,

		Lists: Lists{
			SizeParam: "pageSize", NumberParam: "pageNumber", DefaultSize: 25, MaxSize: 100,
			Rows: "/_embedded", ID: "id", Total: "/totalCount", Pages: "/totalPageCount", IDParam: "id",
			Since:  []string{"modifiedFrom", "createdFrom"},
			Until:  []string{"modifiedTo", "createdTo"},
			Ignore: []string{"sortBy"},
		},
		Routes:         reapitRoutes(),
		Collections:    reapitCollections(),
		Country:        "GB",
		WebhookVersion: true,
	}
}

// reapitCollections are those with a rule of their own. E-mail is usually the best
// key (usage guidelines), then a phone number, then name and address.
func reapitCollections() []Collection {
	person := []string{"/forename", "/surname", "/dateOfBirth"}
	collections := []Collection{
		{
			Path: "/contacts", Contacts: true, Identify: person, ReadScope: "agencyCloud/contacts.read",
			Keys: []dedupe.Key{
				{Name: "email", Kind: dedupe.EmailAddress, From: []string{"/email"}, Lookup: "/contacts/", Param: "email"},
				{Name: "phone", Kind: dedupe.PhoneNumber, From: []string{"/mobilePhone", "/homePhone", "/workPhone"}, Lookup: "/contacts/", Param: "contactDetail"},
				{Name: "name and address", Kind: dedupe.PersonName, From: []string{"/forename", "/surname"}, Also: []string{"/primaryAddress/postcode"}, Lookup: "/contacts/", Param: "name"},
			},
		},
		{
			Path: "/companies", Contacts: true, Identify: []string{"/name", "/branch"}, ReadScope: "agencyCloud/companies.read",
			Keys: []dedupe.Key{
				{Name: "email", Kind: dedupe.EmailAddress, From: []string{"/email"}, Lookup: "/companies/", Param: "contactDetail"},
				{Name: "phone", Kind: dedupe.PhoneNumber, From: []string{"/workPhone", "/mobilePhone"}, Lookup: "/companies/", Param: "contactDetail"},
				{Name: "name and address", Kind: dedupe.PersonName, From: []string{"/name"}, Also: []string{"/address/postcode"}, Lookup: "/companies/", Param: "name"},
			},
		},
	}
	// Landlords, applicants and vendors are made of contacts and companies; their
	// own searches know the e-mail addresses of those. A contact without one was
	// checked when it was created, and may still become a landlord.
	for _, c := range []struct{ path, param, scope string }{
		{"/landlords", "email", "agencyCloud/landlords.read"},
		{"/applicants", "emailAddresses", "agencyCloud/applicants.read"},
		{"/vendors", "email", "agencyCloud/vendors.read"},
	} {
		collections = append(collections, Collection{
			Path: c.path, Contacts: true, OnNoKey: dedupe.Report, ReadScope: c.scope,
			Keys: []dedupe.Key{{
				Name: "email", Kind: dedupe.EmailAddress, From: []string{"/email"},
				Lookup: c.path + "/", Param: c.param, Match: []string{"/related/*/email"},
			}},
			Related: &dedupe.Related{
				Array: "/related", ID: "associatedId", Type: "associatedType",
				Collections: map[string]string{"": "/contacts", "contact": "/contacts", "company": "/companies"},
			},
		})
	}
	// A tenancy belongs to people too, but one person rightly has several: it is
	// watched, and no create of one is refused.
	collections = append(collections, Collection{Path: "/tenancies", Contacts: true})
	for _, path := range []string{"/offices", "/negotiators", "/areas", "/departments", "/configuration", "/sources", "/referrals/types", "/metadata/metadataSchema"} {
		collections = append(collections, Collection{Path: path, Reference: true})
	}
	return collections
}
