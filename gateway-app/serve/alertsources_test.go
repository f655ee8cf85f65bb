package serve

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/screening"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// bankBooks are the foundations of a custodian, as far as alerts ask it about people.
func bankBooks(t *testing.T, db *store.DB) *foundations {
	t.Helper()
	path := filepath.Join(t.TempDir(), "master.pem")
	ok(t, vault.Create(path))
	v := must[*vault.Vault](t)(vault.New(t.Context(), db, must[*vault.MasterKey](t)(vault.Load(path)), vault.AESGCM))
	people := person.NewByParty(db, v)
	lists := must[*screening.Screening](t)(screening.New(db, hitThresholdPPM))
	users := must[*access.Directory](t)(access.Open(t.Context(), db, v, access.Settings{Cost: access.Cost{MemoryKiB: 64, Passes: 1, Threads: 1}}))
	f := &foundations{db: db, vault: v, users: users, box: outbox.New(db, nil)}
	f.customers = &api.Customers{People: people, Cases: kyc.New(db, people, nil, lists, attestations{f})}
	return f
}

// known makes a party of somebody, whose number the bank has verified as the state says.
func (f *foundations) known(t *testing.T, number int, state kyc.State) string {
	t.Helper()
	made := must[person.Record](t)(f.customers.People.Create(t.Context(), person.NewParty(), party.Natural, someoneNumbered(number)))
	text, err := json.Marshal(state)
	ok(t, err)
	plant(t, f.db, "kyc_case", map[string]any{"id": made.ID, "person": made.ID, "level": 1, "sequence": 1, "state": string(text)})
	return made.Party
}

// Parties are one customer where the bank has verified one number of them, now or before; what it has not verified, or
// what was changed since, joins nobody, and neither does another's number.
func TestOneNumberIsOneCustomer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		f := bankBooks(t, db)
		good := kyc.State{Status: kyc.Verified, Attested: true}
		first, second := f.known(t, 1, good), f.known(t, 1, kyc.State{Status: kyc.Expired, Attested: true})
		submitted, altered := f.known(t, 1, kyc.State{Status: kyc.Submitted}), f.known(t, 1, kyc.State{Status: kyc.Suspended, Attested: true, Altered: true})
		another := f.known(t, 2, good)
		bare := must[person.Record](t)(f.customers.People.Create(t.Context(), person.NewParty(), party.Natural, someoneNumbered(1))).Party
		both := []string{first, second}
		slices.Sort(both)
		for handle, want := range map[string][]string{
			first: both, second: both, submitted: nil, altered: nil, another: nil, bare: nil, person.NewParty(): nil,
		} {
			got := must[[]string](t)(alertSources{f}.Same(t.Context(), handle))
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("the same as %s: %v, want %v", handle, got, want)
			}
		}
		if got, err := (alertSources{&foundations{}}).Same(t.Context(), first); got != nil || err != nil {
			t.Errorf("without records: %v, %v", got, err)
		}
	})
}

// Of those who asked for a transaction and approved it, people are named, and neither machines nor certificates.
func TestWhoseWorkATransactionWas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		f := bankBooks(t, db)
		home := must[access.Organisation](t)(f.users.CreateOrganisation(t.Context(), "home"))
		user := func(name string, role access.Role) string {
			wish := access.NewUser{Organisation: home.ID, Name: name, Password: "a password of the test", Roles: []access.Role{role}}
			if role == access.Machine {
				wish.Kind, wish.Password = access.Device, ""
			}
			return must[access.User](t)(f.users.CreateUser(t.Context(), wish)).ID
		}
		clerk, chief, machine := user("clerk", access.CustodianOperator), user("chief", access.Supervisor), user("machine", access.Machine)
		ok(t, db.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`INSERT INTO outbox_request (id, function, commands, tx_id, prepared_at, prepared_height, doubtful, block, decided_at)
				VALUES ('r', 'Custody:Settle', 2, 't1', '', 0, FALSE, 0, '')`)
			for n, approvals := range []string{fmt.Sprintf(`["%s","%s"]`, clerk, chief), fmt.Sprintf(`["%s"]`, machine), `["certificate:machine"]`, ``} {
				if err == nil {
					_, err = tx.Exec(`INSERT INTO outbox_command (id, seq, function, collection, mode, identity, approvals, signed, lanes, merge, items,
						size_bytes, salt, digest, status, request_id, tx_id, block, answer, fault, stored_at, decided_at)
						VALUES ($1, $2, 'Custody:Settle', '', '', '', $3, '', '[]', TRUE, 1, 0, '', '', 'sent', 'r', 't1', 0, '', '', '', '')`, fmt.Sprint(n), n, approvals)
				}
			}
			return err
		}))
		want := []string{clerk, chief}
		slices.Sort(want)
		if got := must[[]string](t)(alertSources{f}.People(t.Context(), "t1")); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if got := must[[]string](t)(alertSources{f}.People(t.Context(), "t2")); got != nil {
			t.Errorf("of another's: %v", got)
		}
	})
}
