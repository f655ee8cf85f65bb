package e2e_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/person"
)

// typesEverywhere has staff write the customer into every text that the app lets them write: references of duties and
// holds, labels and addresses, names of users, programmes and documents, words of a judgement, and a transfer of the
// payer's at the bank. Each is taken, so each is kept somewhere.
func (in intake) typesEverywhere(t *testing.T, administrator string, who person.Record, s *contracttest.Scene) {
	t.Helper()
	f, path := in.fields, "/v1/people/"+who.ID
	operator, officer := in.nobodyAt(t, harbor).As(in.operator), in.nobodyAt(t, harbor).As(in.officer)
	until := calendar.Shanghai(time.Now().Unix()).AddMonths(1)
	posted[json.RawMessage](t, operator, path+"/duties", map[string]any{
		"kind": person.Litigation, "reference": f.Name + "诉" + f.BankName, "until": until,
	})
	hold := posted[person.Hold](t, officer, path+"/holds", map[string]any{"reference": f.Address + " " + f.IdentityNumber})
	posted[json.RawMessage](t, officer, path+"/holds/"+hold.ID+"/release", struct{}{})

	other := newReceiver(t)
	posted[json.RawMessage](t, operator, "/v1/webhooks", map[string]any{"url": other.URL + "/" + f.Phone, "label": f.Email})
	posted[json.RawMessage](t, in.nobodyAt(t, harbor).As(administrator), "/v1/users", map[string]any{
		"name": f.Name + f.Phone, "roles": []access.Role{access.Auditor},
	})
	another := in.nobodyAt(t, harbor).As(in.staffAt(t, harbor, administrator, access.PlatformOperator))
	posted[json.RawMessage](t, another, "/v1/keys", map[string]any{
		"label": f.Name + f.BankAccount, "operations": []string{"loan.list"}, "expires_at": time.Now().Add(time.Hour),
	})
	in.inFourEyes(t, another, "/v1/programmes", map[string]any{
		"name": f.Name + "的联合贷款", "contributions": []map[string]any{{"mandate": s.Lender(0).Mandate, "ratio_ppm": money.Million}},
	})
	in.isJudged(t, who)

	astray := s.Receipt(f.Name+" "+f.Phone, 100)
	in.receives(t, astray)
	astray = s.Receipt(f.BankAccount, 100)
	in.receives(t, astray)
}

// inFourEyes sends what one operator asks for and another approves.
func (in intake) inFourEyes(t *testing.T, another *client.Client, path string, body any) {
	t.Helper()
	operator, key := in.nobodyAt(t, harbor).As(in.operator), client.NewKey()
	send := func() error {
		_, err := client.SendAs[json.RawMessage](within(t, patience), operator, http.MethodPost, path, key, body)
		return err
	}
	var due *client.Problem
	if err := send(); !errors.As(err, &due) || due.Code != "approval_due" {
		t.Fatalf("one person posts %s: %v", path, err)
	}
	posted[json.RawMessage](t, another, due.Location+"/approve", struct{}{})
	if err := send(); err != nil {
		t.Fatalf("two people post %s: %v", path, err)
	}
}

// isJudged applies for the customer, contests what was decided and judges it, in words that name them.
func (in intake) isJudged(t *testing.T, who person.Record) {
	t.Helper()
	operator, officer := in.nobodyAt(t, harbor).As(in.operator), in.nobodyAt(t, harbor).As(in.officer)
	decided := posted[struct{ Items []struct{ ID string } }](t, operator, "/v1/applications", map[string]any{
		"items": []map[string]any{{"party": who.Party, "amount_minor": 100_000, "term_months": 12, "purpose": "personal"}},
	})
	path := "/v1/decisions/" + decided.Items[0].ID
	posted[json.RawMessage](t, operator, path+"/review-requests", map[string]string{"words": in.fields.Name + "住在" + in.fields.Address})
	posted[json.RawMessage](t, officer, path+"/review", map[string]string{
		"outcome": "refuse", "words": in.fields.Name + "，" + in.fields.IdentityNumber + "，" + in.fields.Phone,
	})
}

// isNoCode writes the customer where only a code or a number of a file may stand, which is refused by the field's name.
func (in intake) isNoCode(t *testing.T, who person.Record, loan string) {
	t.Helper()
	f, path := in.fields, "/v1/people/"+who.ID
	command := func(item map[string]any) map[string]any {
		return map[string]any{"collection": contracttest.Pair, "items": []map[string]any{item}}
	}
	for _, c := range []struct {
		token, path, field string
		body               any
	}{
		{in.operator, path + "/erasure", "reason", map[string]any{"reason": "tel_" + f.Phone}},
		{in.officer, path + "/erasure/authorities", "reference", map[string]any{
			"kind": "custodian", "member": meridian, "reference": f.IdentityNumber,
		}},
		{in.officer, path + "/kyc/refuse", "reason", map[string]any{"reason": "id_" + f.IdentityNumber[:17]}},
		{in.officer, "/v1/hits/" + who.ID + "/decision", "reason", map[string]any{"confirmed": false, "reason": "account_" + f.BankAccount}},
		{in.operator, "/v1/loans/cancellations", "items[0].reason", command(map[string]any{"loan": loan, "reason": f.Name + f.Phone})},
	} {
		got := in.line.must(t, asked{method: http.MethodPost, path: c.path, token: c.token, key: client.NewKey(), body: asJSON(t, c.body)})
		if p := got.problem(t); got.status != http.StatusBadRequest || p.Code != "invalid_field" || p.Field != c.field {
			t.Errorf("%s is answered %d %+v, want invalid_field of %s", c.path, got.status, p, c.field)
		}
	}
	list := "number,name\n1,李四\n,\"" + f.Name + "\"\n"
	got := in.line.must(t, asked{
		method: http.MethodPut, path: "/v1/watch-lists/planted", token: in.officer, key: client.NewKey(), media: "text/csv", body: []byte(list),
	})
	if p := got.problem(t); got.status != http.StatusBadRequest || p.Field != "entries[1].number" || len(p.Errors) != 1 || p.Errors[0].Line != 3 {
		t.Errorf("a list with a mistake is answered %d %+v", got.status, p)
	}
}
