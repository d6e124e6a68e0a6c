package platformtest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"
)

// seeder makes one seeded entity: everything about it follows from the seed,
// the customer, the collection and its number, whatever was made before it.
type seeder struct {
	*rand.Rand
	rows  map[string]int
	house string // the customer's domain
	i     int
}

func (d *data) seeder(tenant, collection string, i int) *seeder {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d:%s%d:%s", len(tenant), tenant, len(collection), collection)
	t := fnv.New32a()
	t.Write([]byte(tenant))
	return &seeder{
		Rand: rand.New(rand.NewPCG(d.cfg.Seed^h.Sum64(), uint64(i))),
		rows: d.cfg.Rows, house: fmt.Sprintf("c%08x.example", t.Sum32()), i: i,
	}
}

// The words are plants and places of no map.
var (
	first  = strings.Fields("Aster Bryony Clover Daisy Fern Hazel Heather Iris Ivy Jasmine Laurel Lily Olive Poppy Rowan Sage Sorrel Violet")
	last   = strings.Fields("Alder Ash Beech Birch Cedar Elder Elm Hawthorn Holly Hornbeam Larch Maple Oak Pine Poplar Spruce Willow Yew")
	street = strings.Fields("Acorn Bramble Catkin Dewdrop Furrow Gravel Hedge Kindling Lantern Meadow Nettle Orchard Pebble Quarry Thistle")
	town   = strings.Fields("Upper-Bracken Lower-Bracken Mossford Reedham-Vale Stonebeck Thornleigh-Mere Wetherwick")
)

func (s *seeder) pick(words []string) string { return words[s.IntN(len(words))] }

// id names the i-th seeded entity of a collection.
func (c *collection) id(i int) string { return fmt.Sprintf("%s%06d", c.prefix, i+1) }

// some returns the id of an entity of another collection, or nil when there is
// none.
func (s *seeder) some(prefix, collection string) any {
	if n := s.rows[collection]; n > 0 {
		return fmt.Sprintf("%s%06d", prefix, s.IntN(n)+1)
	}
	return nil
}

func (s *seeder) someList(prefix, collection string) []any {
	if id := s.some(prefix, collection); id != nil {
		return []any{id}
	}
	return []any{}
}

// The numbers are from the ranges kept free for fiction.
func (s *seeder) landline() string { return fmt.Sprintf("020 7946 0%03d", s.IntN(1000)) }
func (s *seeder) mobile() string   { return fmt.Sprintf("07700 900%03d", s.IntN(1000)) }

func (s *seeder) address() map[string]any {
	return map[string]any{
		"buildingName": "", "buildingNumber": fmt.Sprint(1 + s.IntN(200)),
		"line1": s.pick(street) + " Lane", "line2": strings.ReplaceAll(s.pick(town), "-", " "), "line3": "", "line4": "",
		"postcode": fmt.Sprintf("ZZ%d %dZZ", 1+s.IntN(20), s.IntN(10)), "countryId": "GB",
	}
}

// when is in the 1990s, so that seeded data is past on a synctest bubble's
// clock too.
func (s *seeder) when() (created, modified time.Time) {
	created = time.Date(1995, 1, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(s.Int64N(int64(3 * 365 * 24 * time.Hour)))).Truncate(time.Second)
	return created, created.Add(time.Duration(s.Int64N(int64(365 * 24 * time.Hour)))).Truncate(time.Second)
}

// related points at the contact with the same number, so that every landlord,
// applicant or vendor is another person while there are contacts enough.
func (s *seeder) related() []any {
	n := s.rows["contacts"]
	if n == 0 {
		return []any{}
	}
	return []any{map[string]any{"associatedId": fmt.Sprintf("CON%06d", s.i%n+1), "associatedType": "contact"}}
}

func seedContact(s *seeder) map[string]any {
	forename, surname := s.pick(first), s.pick(last)
	return map[string]any{
		"title": s.pick([]string{"Mr", "Mrs", "Ms", "Dr"}), "forename": forename, "surname": surname,
		"dateOfBirth": fmt.Sprintf("19%02d-%02d-%02d", 40+s.IntN(40), 1+s.IntN(12), 1+s.IntN(28)), "active": true,
		"marketingConsent": s.pick([]string{"grant", "deny", "notAsked"}), "identityCheck": "unchecked",
		"source": nil, "homePhone": s.landline(), "workPhone": nil, "mobilePhone": s.mobile(),
		"email":      strings.ToLower(fmt.Sprintf("%s.%s.%d@%s", forename, surname, s.i+1, s.house)),
		"archivedOn": nil, "fromArchive": false,
		"primaryAddress": s.address(), "secondaryAddress": nil, "workAddress": nil,
		"officeIds": s.someList("OFF", "offices"), "negotiatorIds": s.someList("NEG", "negotiators"), "categoryIds": []any{},
		"communicationPreferenceLetter": true, "communicationPreferenceEmail": true,
		"communicationPreferencePhone": true, "communicationPreferenceSMS": false,
		"additionalContactDetails": []any{}, "metadata": map[string]any{},
	}
}

func seedApplicant(s *seeder) map[string]any {
	return map[string]any{
		"marketingMode": s.pick([]string{"buying", "renting"}), "currency": "GBP", "active": true, "notes": "",
		"departmentId": "G", "bedroomsMin": 1 + s.IntN(2), "bedroomsMax": 3 + s.IntN(3), "type": []any{"house"},
		"officeIds": s.someList("OFF", "offices"), "negotiatorIds": s.someList("NEG", "negotiators"),
		"related": s.related(), "metadata": map[string]any{},
	}
}

func seedLandlord(s *seeder) map[string]any {
	return map[string]any{
		"active": true, "solicitorId": nil, "officeId": s.some("OFF", "offices"), "source": nil,
		"related": s.related(), "metadata": map[string]any{},
	}
}

func seedVendor(s *seeder) map[string]any {
	return map[string]any{
		"typeId": "OTH", "sellingReasonId": nil, "solicitorId": nil, "propertyId": s.some("PRP", "properties"),
		"source": nil, "negotiatorId": s.some("NEG", "negotiators"), "officeIds": s.someList("OFF", "offices"),
		"related": s.related(), "metadata": map[string]any{},
	}
}

func seedCompany(s *seeder) map[string]any {
	trade := s.pick(last)
	return map[string]any{
		"name": trade + " & " + s.pick(last), "branch": strings.ReplaceAll(s.pick(town), "-", " "), "notes": "", "active": true,
		"marketingConsent": "notAsked", "vatRegistered": s.IntN(2) == 0, "typeIds": []any{"SU"},
		"workPhone": s.landline(), "mobilePhone": s.mobile(),
		"email":   strings.ToLower(fmt.Sprintf("%s.%d@trade.%s", trade, s.i+1, s.house)),
		"address": s.address(), "officeIds": s.someList("OFF", "offices"), "negotiatorIds": s.someList("NEG", "negotiators"),
		"metadata": map[string]any{},
	}
}

func seedProperty(s *seeder) map[string]any {
	return map[string]any{
		"marketingMode": s.pick([]string{"selling", "letting"}), "currency": "GBP", "address": s.address(),
		"strapline": "A house near " + strings.ReplaceAll(s.pick(town), "-", " "), "description": "", "summary": "", "departmentId": "G",
		"negotiatorId": s.some("NEG", "negotiators"), "bedrooms": 1 + s.IntN(5), "bathrooms": 1 + s.IntN(2),
		"selling":   map[string]any{"price": 100_000 + 5_000*s.IntN(100), "vendorId": s.some("VEN", "vendors")},
		"letting":   map[string]any{"rent": 500 + 50*s.IntN(40), "landlordId": s.some("LLD", "landlords")},
		"officeIds": s.someList("OFF", "offices"), "metadata": map[string]any{},
	}
}

func seedOffice(s *seeder) map[string]any {
	return map[string]any{
		"name": strings.ReplaceAll(s.pick(town), "-", " ") + " office " + fmt.Sprint(s.i+1), "manager": s.pick(first) + " " + s.pick(last),
		"active": true, "region": "West", "address": s.address(), "workPhone": s.landline(),
		"email": fmt.Sprintf("office.%d@%s", s.i+1, s.house), "additionalContactDetails": []any{}, "metadata": map[string]any{},
	}
}

func seedNegotiator(s *seeder) map[string]any {
	return map[string]any{
		"name": s.pick(first) + " " + s.pick(last), "jobTitle": "Negotiator", "officeId": s.some("OFF", "offices"),
		"workPhone": s.landline(), "mobilePhone": s.mobile(), "email": fmt.Sprintf("negotiator.%d@%s", s.i+1, s.house),
		"active": true, "metadata": map[string]any{},
	}
}

func seedMetadata(s *seeder) map[string]any {
	return map[string]any{
		"entityType": "contact", "entityId": s.some("CON", "contacts"),
		"metadata": map[string]any{"colour": s.pick(first), "score": s.IntN(100), "tags": []any{"seeded"}},
	}
}
