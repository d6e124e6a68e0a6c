package platformtest

// kind is the JSON type that a member must have; null is accepted for each.
type kind uint8

const (
	text kind = iota + 1
	flag
	number
	list
	object
)

func (k kind) String() string {
	return name(k, "none", "a string", "true or false", "a number", "an array", "an object")
}

// collection is what the platform says about one of its resources. A test
// checks these rows against the platform's published description.
type collection struct {
	name, prefix string
	rows         int // unless Config.Rows says otherwise
	// needed are the members without which a create makes no sense, required
	// the others that the description requires; see Config.FullSchema.
	needed, required []string
	members          map[string]kind
	filters          []string // query parameters of a search, beside those of every search
	embeds           []string
	seed             func(*seeder) map[string]any
}

// everySearch are the query parameters that each collection's search takes.
var everySearch = []string{
	"pageSize", "pageNumber", "sortBy", "embed", "id",
	"createdFrom", "createdTo", "modifiedFrom", "modifiedTo",
}

// readOnly are the members that the platform sets and no update changes.
var readOnly = []string{"id", "created", "modified", "_eTag", "_links", "_embedded"}

// metadata is the collection whose entities have no entity tag and take a JSON
// Patch (RFC 6902) of their metadata member.
const metadata = "metadata"

// collections returns the table. It is built anew for each server, so that the
// package holds no state.
func collections() []*collection {
	return []*collection{
		{
			name: "contacts", prefix: "CON", rows: 50, seed: seedContact,
			needed:   []string{"surname"},
			required: []string{"marketingConsent", "negotiatorIds", "officeIds"},
			members: map[string]kind{
				"title": text, "forename": text, "surname": text, "dateOfBirth": text, "active": flag,
				"marketingConsent": text, "homePhone": text, "workPhone": text, "mobilePhone": text, "email": text,
				"source": object, "primaryAddress": object, "secondaryAddress": object, "workAddress": object,
				"officeIds": list, "negotiatorIds": list, "categoryIds": list, "metadata": object,
			},
			filters: []string{"email", "contactDetail", "name", "address", "officeId", "negotiatorId", "marketingConsent", "active"},
			embeds:  []string{"documents", "identityChecks", "negotiators", "offices", "relationships", "source"},
		},
		{
			name: "applicants", prefix: "APP", rows: 25, seed: seedApplicant,
			needed:   []string{"related"},
			required: []string{"departmentId", "marketingMode", "negotiatorIds", "officeIds"},
			members: map[string]kind{
				"marketingMode": text, "currency": text, "active": flag, "notes": text, "statusId": text,
				"departmentId": text, "bedroomsMin": number, "bedroomsMax": number, "type": list,
				"officeIds": list, "negotiatorIds": list, "related": list, "buying": object, "renting": object, "metadata": object,
			},
			filters: []string{"emailAddresses", "contactDetail", "name", "officeId", "negotiatorId", "departmentId", "active"},
			embeds:  []string{"appointments", "areas", "department", "documents", "negotiators", "offers", "offices", "solicitor", "source"},
		},
		{
			name: "landlords", prefix: "LLD", rows: 25, seed: seedLandlord,
			needed:   []string{"related"},
			required: []string{"officeId"},
			members: map[string]kind{
				"active": flag, "solicitorId": text, "officeId": text, "source": object, "related": list, "metadata": object,
			},
			filters: []string{"email", "name", "officeId", "active"},
			embeds:  []string{"appointments", "documents", "office", "properties", "solicitor", "source"},
		},
		{
			name: "vendors", prefix: "VEN", rows: 25, seed: seedVendor,
			needed: []string{"related"},
			members: map[string]kind{
				"typeId": text, "sellingReasonId": text, "solicitorId": text, "propertyId": text, "negotiatorId": text,
				"officeIds": list, "source": object, "related": list, "metadata": object,
			},
			filters: []string{"email", "name", "officeId", "negotiatorId"},
			embeds:  []string{"negotiator", "offices", "property", "sellingReason", "solicitor", "source", "type"},
		},
		{
			name: "companies", prefix: "CMP", rows: 10, seed: seedCompany,
			needed:   []string{"name"},
			required: []string{"typeIds"},
			members: map[string]kind{
				"name": text, "branch": text, "notes": text, "active": flag, "marketingConsent": text, "vatRegistered": flag,
				"typeIds": list, "workPhone": text, "mobilePhone": text, "email": text, "address": object,
				"officeIds": list, "negotiatorIds": list, "metadata": object,
			},
			filters: []string{"contactDetail", "name", "address", "typeId", "officeId", "negotiatorId"},
			embeds:  []string{"companyTypes", "relationships"},
		},
		{
			name: "properties", prefix: "PRP", rows: 30, seed: seedProperty,
			required: []string{"address", "departmentId", "marketingMode", "negotiatorId", "officeIds"},
			members: map[string]kind{
				"marketingMode": text, "currency": text, "address": object, "strapline": text, "description": text,
				"summary": text, "departmentId": text, "negotiatorId": text, "bedrooms": number, "bathrooms": number,
				"selling": object, "letting": object, "notes": text, "officeIds": list, "metadata": object,
			},
			filters: []string{"address", "officeId", "negotiatorId", "landlordId", "marketingMode", "departmentId"},
			embeds: []string{"appointments", "area", "certificates", "department", "documents", "images", "keys", "landlord",
				"negotiator", "offers", "offices", "tenancies", "vendor"},
		},
		{
			name: "offices", prefix: "OFF", rows: 3, seed: seedOffice,
			needed:   []string{"name"},
			required: []string{"address"},
			members: map[string]kind{
				"name": text, "manager": text, "active": flag, "region": text, "address": object,
				"workPhone": text, "email": text, "metadata": object,
			},
			filters: []string{"name", "address", "region", "active"},
			embeds:  []string{"negotiators"},
		},
		{
			name: "negotiators", prefix: "NEG", rows: 6, seed: seedNegotiator,
			needed:   []string{"name"},
			required: []string{"officeId"},
			members: map[string]kind{
				"name": text, "jobTitle": text, "officeId": text, "workPhone": text, "mobilePhone": text,
				"email": text, "active": flag, "metadata": object,
			},
			filters: []string{"email", "name", "officeId", "active"},
			embeds:  []string{"office"},
		},
		{
			name: metadata, prefix: "MET", rows: 5, seed: seedMetadata,
			needed:  []string{"entityType", "metadata"},
			members: map[string]kind{"entityType": text, "entityId": text},
			filters: []string{"entityType", "entityId"},
		},
	}
}

func defaultRows() map[string]int {
	rows := map[string]int{}
	for _, c := range collections() {
		rows[c.name] = c.rows
	}
	return rows
}
