package serve

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/funding"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/reminder"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

// kept are the tables that hold secrets and outlive a purge, and why. What begins with rm_ is the ledger's, under a
// pseudonym, and cannot be deleted there.
var kept = map[string]string{
	"access_anchor": "digests", "access_log": "the law has who saw what kept, by ids", "access_secret": "the member's own keys",
	"access_oidc_attempt": "ends within minutes", "enrolment": "staff's",
	"lane_batch": "what a lane sent, under pseudonyms", "access_disclosure": "the law has who saw whose record kept, by ids",
	"credit_enquiry": "the regulator's log of who asked, under a pseudonym", "http_idempotency": "unreadable without the caller's key, and ends",
	"loan_listing": "of a loan, by its id", "mandate_wish": "of a mandate, by its handle",
	"matching_run": "commitments of a market, by handles", "matching_proposal": "terms under a pseudonym, as on the ledger",
	"notice":         "names nobody: ids alone, as the ledger's feed does",
	"outbox_command": "what the ledger was told, under a pseudonym", "outbox_request": "what the ledger was told, under a pseudonym",
	"person": "left without values, which the receipt lists", "person_authority": "members' own references", "person_erasure": "the receipt",
	"programme": "institutions'", "vault_key": "the member's own keys",
	"submission": "what was handed in to the authority: loans by their handles, and nobody", "submission_content": "the text of a submission",
	"watch_entry": "as published by whoever keeps the list", "webhook_delivery": "events under a pseudonym",
	"webhook_endpoint": "the member's own secrets",
}

// TestEveryTableWithSecretsIsPurgedOrSaysWhyNot holds the purgers of a platform against the classes of the columns.
func TestEveryTableWithSecretsIsPurgedOrSaysWhyNot(t *testing.T) {
	forgotten := append((&person.Rights{}).Forgotten(), "person")
	f := &foundations{funding: &funding.Funding{}, desk: &underwriting.Desk{}}
	for _, each := range f.purgers() {
		forgotten = append(forgotten, each.tables...)
	}
	tables := store.Classes()
	for table, columns := range tables {
		secret := false
		for _, class := range columns {
			secret = secret || class >= store.Secret
		}
		if _, excused := kept[table]; secret && !excused && !strings.HasPrefix(table, "rm_") && !slices.Contains(forgotten, table) {
			t.Errorf("a purge leaves secrets in %s: forget them, or say why they stay", table)
		}
	}
	for _, table := range forgotten {
		if tables[table] == nil {
			t.Errorf("a purge empties %s, which there is not", table)
		}
	}
}

// plantNumbered plants into each table, with a number in every column that counts something.
func plantNumbered(t *testing.T, db *store.DB, tables []string, values map[string]any) {
	t.Helper()
	numbers := maps.Clone(values)
	for _, name := range []string{
		"rule_version", "movements", "movement", "met", "amount_minor", "number", "seq", "before_ppm", "probability_ppm", "applied_ppm", "lowest_ppm",
		"past_due_days", "outstanding_minor", "term_months", "ever_overdue", "event_seq", "named_seq", "paid_seq", "waited_days", "replaces",
	} {
		if _, given := numbers[name]; !given {
			numbers[name] = 1
		}
	}
	for _, table := range tables {
		plant(t, db, table, numbers)
	}
}

// plant writes a row about a customer, with a text in every column that is not named.
func plant(t *testing.T, db *store.DB, table string, values map[string]any) {
	t.Helper()
	columns, err := db.Columns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names, places []string
	var args []any
	for _, c := range columns {
		if c.Table != table {
			continue
		}
		value, named := values[c.Name]
		if !named {
			value = ""
		}
		names, args = append(names, c.Name), append(args, value)
		places = append(places, fmt.Sprintf("$%d", len(args)))
	}
	err = db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), "INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(places, ", ")+")", args...)
		return err
	})
	if err != nil {
		t.Fatalf("plant into %s: %v", table, err)
	}
}

// Of two customers one is forgotten, with every row of the tables that are said to be emptied, and the other stays.
func TestACustomersUsersReportsAndPseudonymsAreForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		plant(t, db, "access_organisation", map[string]any{"id": "home", "name": "home"})
		rows := map[string]int{}
		for i, who := range []string{"ann", "bob"} {
			user := map[string]any{"user_id": who, "id": who, "token_hash": who, "key_hash": who, "subject_index": who, "fingerprint": who, "name_index": who, "revoked_at": ""}
			plant(t, db, "access_user", map[string]any{
				"id": who, "organisation": "home", "party": "party-of-" + who, "name_index": who, "name_sealed": []byte{1},
				"code_secret": nil, "code_confirmed": false, "code_last_step": 0, "password_due": false,
			})
			plant(t, db, "access_attempt", map[string]any{"name_index": who, "failures": 1})
			for _, table := range []string{
				"access_user_role", "access_place", "access_session", "access_key", "access_oidc_link", "access_certificate", "access_activation",
			} {
				plant(t, db, table, user)
			}
			plant(t, db, "access_approval", map[string]any{"id": who, "subject": "party-of-" + who, "body_sealed": nil})
			party := map[string]any{"party": "party-of-" + who, "consent": i, "epoch": 1, "attempt": 1, "failures": 0}
			for _, table := range []string{"credit_report", "pseudonym_application", "pseudonym_element"} {
				plant(t, db, table, party)
			}
			reminded := map[string]any{"party": "party-of-" + who, "id": who, "seq": i, "days": 1, "attempts": 0, "amount_minor": 1, "opted_out": true}
			for _, table := range reminder.Tables() {
				plant(t, db, table, reminded)
			}
			lent := map[string]any{"borrower": "party-of-" + who, "loan": "loan-of-" + who, "id": who, "seq": i + 1}
			plantNumbered(t, db, warning.Tables(), lent)
			watched := map[string]any{"party": "party-of-" + who, "alert": who, "id": who, "number": i + 1, "seq": i + 1, "movement": i + 1}
			plantNumbered(t, db, alert.Tables(), watched)
		}
		f := &foundations{}
		forget := func(party string) {
			t.Helper()
			for _, each := range f.purgers() {
				if err := db.Write(t.Context(), func(tx *sql.Tx) error { return each.forget(t.Context(), tx, party) }); err != nil {
					t.Fatal(err)
				}
				for _, table := range each.tables {
					var count int
					if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&count); err != nil {
						t.Fatal(err)
					}
					rows[table] = count
				}
			}
		}
		forget("")
		for table, count := range rows {
			if count != 2 {
				t.Errorf("%s has %d rows, and nobody was forgotten", table, count)
			}
		}
		forget("party-of-ann")
		for table, count := range rows {
			if count != 1 {
				t.Errorf("%s has %d rows of two", table, count)
			}
		}
	})
}
