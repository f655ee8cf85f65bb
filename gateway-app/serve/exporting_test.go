package serve

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/funding"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// What a purge empties an export shows, or says why not; what points at a party and is purged by nobody is excused
// beside the purgers.
func TestWhatIsPurgedIsExportedOrWithheld(t *testing.T) {
	f := &foundations{funding: &funding.Funding{}, desk: &underwriting.Desk{}}
	var purged, exported []string
	for _, each := range f.purgers() {
		purged = append(purged, each.tables...)
	}
	for _, each := range f.exporters() {
		exported = append(exported, each.tables...)
	}
	for _, table := range purged {
		_, reason := withheld[table]
		if reason == slices.Contains(exported, table) {
			t.Errorf("%s is purged: export it or say why it is withheld, and not both", table)
		}
	}
	for table := range withheld {
		if !slices.Contains(purged, table) {
			t.Errorf("%s is withheld and no purge empties it", table)
		}
	}
	for _, table := range exported {
		if !slices.Contains(purged, table) {
			t.Errorf("%s is exported and no purge empties it", table)
		}
	}
	for table, columns := range store.Classes() {
		_, excused := kept[table]
		ledger := len(table) > 3 && table[:3] == "rm_"
		if _, points := columns["party"]; points && !excused && !ledger && table != "person" && !slices.Contains(purged, table) {
			t.Errorf("%s points at a party: purge and export it, or say why it stays", table)
		}
	}
}

// A customer's export has its reports and reminders, and nothing of another's.
func TestThePartsOfAnExport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for i, who := range []string{"party-of-ann", "party-of-bob"} {
			plant(t, db, "credit_report", map[string]any{"party": who, "consent": i + 1, "source": "west", "report": `{"source":"west","state":"fresh"}`})
			plant(t, db, "reminder", map[string]any{"party": who, "id": who, "seq": i, "days": -3, "attempts": 0, "amount_minor": 1, "loan": "loan of " + who})
			plant(t, db, "reminder_choice", map[string]any{"party": who, "channel": "email", "opted_out": true})
			plant(t, db, "reminder_language", map[string]any{"party": who, "language": "zh"})
		}
		told := map[string]string{}
		for _, each := range (&foundations{db: db}).exporters() {
			if each.name == "consents" { // the ledger's, of which there is none here
				continue
			}
			for _, who := range []string{"party-of-ann", "party-of-nobody"} {
				content, err := each.tell(t.Context(), who)
				if err != nil {
					t.Fatal(err)
				}
				text, err := json.Marshal(content)
				if err != nil || who == "party-of-nobody" && string(text) != "null" {
					t.Errorf("%s of %s: %s, %v", each.name, who, text, err)
				}
				if who == "party-of-ann" {
					told[each.name] = string(text)
				}
			}
		}
		for name, want := range map[string]string{
			"credit_reports":    `[{"consent":1,"source":"west","state":"fresh"}]`,
			"reminders":         `[{"channel":"","days":-3,"due_on":"","ended_at":"","loan":"loan of party-of-ann","made_at":"","status":""}]`,
			"reminder_language": `[{"language":"zh"}]`,
		} {
			if told[name] != want {
				t.Errorf("%s are %s, want %s", name, told[name], want)
			}
		}
		if told["reminder_choices"] == "null" {
			t.Error("the choices are not told")
		}
	})
}
