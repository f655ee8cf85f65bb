package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/masking"
	"github.com/tallystick/tallystick/gateway-app/person"
)

// planted is a person whom nobody else is, with everything about them that must be found nowhere.
func planted() person.Fields {
	digits := func(count int) string {
		text := ""
		for range count {
			text += fmt.Sprint(rand.N(10))
		}
		return text
	}
	name := "欧阳"
	for range 3 {
		name += string(rune(0x4e00 + rand.N(0x5000)))
	}
	return person.Fields{
		Name: name, IdentityNumber: identityNumber("1101051976" + fmt.Sprintf("%02d%02d", 1+rand.N(12), 1+rand.N(28)) + digits(3)),
		Phone: "139" + digits(8), Email: "ouyang" + digits(8) + "@mail.test", Address: "北京市朝阳区建国路" + digits(6) + "号",
		BankName: "第" + digits(8) + "储蓄所", BankAccount: "622202" + digits(13),
	}
}

// identityNumber adds the check character (GB 11643: 2^(17-i) modulo 11).
func identityNumber(seventeen string) string {
	sum, weight := 0, 1
	for i := len(seventeen) - 1; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(seventeen[i]-'0') * weight
	}
	return seventeen + string("10X98765432"[sum%11])
}

// A platform takes a customer in: record, papers, case, verification, attestation on the ledger. Every
// value of the customer's passes through requests that succeed, through such as are refused, and through
// addresses, and through every text that staff or a payer may write. None of them then stands in any block, any log or any file that any gateway app keeps, nor in
// anything that is posted to another system.
func TestNothingPersonalStandsInTheClear(t *testing.T) {
	c, s := openScene(t)
	l := s.Active(500_000, s.Lender(500_000))
	_, row := s.ToRow(l, 1)
	c.withGateways(t, c.members()...)
	administrator := c.administratorAt(t, harbor)
	staff := intake{
		consortium: c, line: c.lineTo(t, harbor, false), fields: planted(), paper: "%PDF-1.7 " + client.NewKey(),
		operator: c.staffAt(t, harbor, administrator, access.PlatformOperator),
		officer:  c.staffAt(t, harbor, administrator, access.RiskOfficer),
	}
	c.enrols(t, harbor, administrator, staff.officer)
	personal := register{planted: map[string]string{}}
	for _, r := range []*register{&personal, &secrets} {
		f := staff.fields
		r.add("a customer", f.Name, f.IdentityNumber, f.Phone, f.Email, f.Address, f.BankName, f.BankAccount)
		r.add("a customer's papers", staff.paper, staff.paperName())
		r.add("staff's sessions", staff.operator, staff.officer)
	}
	receiver := newReceiver(t)
	receiver.hearsFrom(t, c.nobodyAt(t, harbor), staff.operator)
	personal.add("a webhook's secret", strings.TrimPrefix(receiver.secret, "whsec_"))
	who := staff.takesIn(t)
	staff.isRefused(t, who)
	staff.verifies(t, who)
	staff.typesEverywhere(t, administrator, who, s)
	staff.isNoCode(t, who, l.ID())
	want, err := masking.Mask(staff.fields, string(access.RiskOfficer))
	if err != nil {
		t.Fatal(err)
	}
	if seen := staff.exported(t, who); seen != want {
		t.Errorf("the customer's record reads %+v, want %+v", seen, want)
	}
	c.receives(t, s.Receipt(l.ID(), contracttest.Due(row)))
	posted := receiver.signed(t, func(d delivery) bool { return strings.Contains(string(d.body), l.ID()) })
	c.restartGateway(t, harbor) // which leaves what a crash leaves, beside what is kept
	c.checkBooks(t)

	places := c.blocksAndLogs(t)
	for _, member := range c.members() {
		places["file of a gateway app"] = append(places["file of a gateway app"], filesIn(t, c.gatewayFolder(member))...)
	}
	personal.searchIn(t, places)
	personal.searchDeliveries(t, posted)
	staff.isThereToBeFound(t, who)
}

// receives has the custodian's app book a receipt.
func (c *consortium) receives(t *testing.T, receipt wire.Receipt) {
	t.Helper()
	_, err := client.Command(within(t, patience), c.machineAt(t, meridian), "Repayment:Post", contracttest.Pair, wire.Each, []wire.Receipt{receipt})
	if err != nil {
		t.Fatal(err)
	}
}

// intake is a customer with the staff who take them in.
type intake struct {
	*consortium
	line              line
	fields            person.Fields
	paper             string
	operator, officer string // tokens
}

func (in intake) paperName() string { return in.fields.Name + "的身份证.pdf" }

// done sends a request that has to succeed, and reads the answer.
func (in intake) done(t *testing.T, a asked, into any) {
	t.Helper()
	if a.method != http.MethodGet {
		a.key = client.NewKey()
	}
	got := in.line.must(t, a)
	if got.status != http.StatusOK {
		t.Fatalf("%s %s is answered %d %s", a.method, a.path, got.status, got.body)
	}
	if err := json.Unmarshal(got.body, into); err != nil {
		t.Fatalf("read the answer of %s %s: %v", a.method, a.path, err)
	}
}

// takesIn makes the record and uploads the papers.
func (in intake) takesIn(t *testing.T) person.Record {
	t.Helper()
	var made person.Record
	in.done(t, asked{
		method: http.MethodPost, path: "/v1/people", token: in.operator,
		body: asJSON(t, map[string]any{"kind": party.Natural, "fields": in.fields}),
	}, &made)
	if made.Fields.IdentityNumber == in.fields.IdentityNumber || made.Fields.Name == in.fields.Name {
		t.Errorf("the operator is answered %+v, not masked", made.Fields)
	}
	key, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	var papers []kyc.Paper
	for _, kind := range []string{"identity_front", "identity_back"} {
		query := url.Values{"kind": {kind}, "name": {in.paperName()}}
		var stored struct{ ID string }
		in.done(t, asked{
			method: http.MethodPost, path: "/v1/people/" + made.ID + "/documents?" + query.Encode(), token: in.operator,
			media: "application/octet-stream", body: []byte(in.paper + kind),
		}, &stored)
		papers = append(papers, kyc.Paper{Document: stored.ID, Kind: kind})
	}
	in.done(t, asked{
		method: http.MethodPost, path: "/v1/people/" + made.ID + "/kyc", token: in.operator,
		body: asJSON(t, map[string]any{"level": 2, "key": key.PublicKey(), "papers": papers}),
	}, &json.RawMessage{})
	return made
}

// isRefused sends the customer's values where they are not taken: twice, misspelt, in addresses.
func (in intake) isRefused(t *testing.T, who person.Record) {
	t.Helper()
	f := in.fields
	for _, a := range []asked{
		{method: http.MethodPost, path: "/v1/people", body: asJSON(t, map[string]any{"kind": party.Natural, "fields": f})},
		{method: http.MethodPost, path: "/v1/people", body: asJSON(t, map[string]any{
			"kind": f.Name, "fields": map[string]any{"nickname": f.BankAccount},
		})},
		{method: http.MethodPost, path: "/v1/people", body: []byte(`{"fields":"` + f.IdentityNumber)},
		{method: http.MethodPost, path: "/v1/people/find", body: asJSON(t, map[string]any{"kind": "email", "value": f.Email})},
		{method: http.MethodPatch, path: "/v1/people/" + who.ID, body: asJSON(t, map[string]any{"version": 99, "fields": f})},
		{method: http.MethodGet, path: "/v1/people/" + url.PathEscape(f.Name)},
		{method: http.MethodGet, path: "/v1/people?" + url.Values{"after": {f.IdentityNumber}, "address": {f.Address}}.Encode()},
		{method: http.MethodGet, path: "/" + f.Phone + "/" + url.PathEscape(f.Address)},
		{method: http.MethodGet, path: "/v1/people/" + who.ID + "/export"}, // which is not for operators
	} {
		if a.token = in.operator; a.method != http.MethodGet {
			a.key = client.NewKey()
		}
		got := in.line.must(t, a)
		if got.problem(t); got.status < http.StatusBadRequest || got.status >= http.StatusInternalServerError {
			t.Errorf("%s %s is answered %d", a.method, a.path, got.status)
		}
		about := register{planted: map[string]string{}}
		about.add("the customer", f.Name, f.IdentityNumber, f.Phone, f.Email, f.Address, f.BankAccount)
		if quoted := find(got.body, about.needles()); len(quoted) > 0 {
			t.Errorf("the refusal of %s %s quotes %q", a.method, a.path, quoted[0].text)
		}
	}
	wrong := asJSON(t, map[string]string{"name": f.Name, "password": f.BankAccount})
	if got := in.line.must(t, asked{method: http.MethodPost, path: "/v1/sessions", body: wrong}); got.status != http.StatusUnauthorized {
		t.Errorf("the customer's name signs in: %d", got.status)
	}
	var found struct{ Items []person.Record }
	in.done(t, asked{
		method: http.MethodPost, path: "/v1/people/find", token: in.operator,
		body: asJSON(t, map[string]any{"kind": "identity_number", "value": f.IdentityNumber}),
	}, &found)
	if len(found.Items) != 1 || found.Items[0].ID != who.ID {
		t.Errorf("by the identity number %+v is found", found.Items)
	}
}

// verifies has the case checked and verified, and waits until the party is attested on the ledger.
func (in intake) verifies(t *testing.T, who person.Record) {
	t.Helper()
	path := "/v1/people/" + who.ID + "/kyc"
	in.done(t, asked{method: http.MethodPost, path: path + "/check", token: in.officer, body: []byte("{}")}, &json.RawMessage{})
	expires := calendar.Shanghai(time.Now().Unix()).AddMonths(79) // the suite may have led the ledger some years ahead
	in.done(t, asked{
		method: http.MethodPost, path: path + "/verify", token: in.officer, body: asJSON(t, map[string]any{"expires": expires}),
	}, &json.RawMessage{})
	ctx := within(t, patience)
	for {
		got := in.line.must(t, asked{method: http.MethodGet, path: "/v1/parties/" + who.Party, token: in.operator})
		if got.status == http.StatusOK {
			return
		}
		if got.status != http.StatusNotFound || !pause(ctx, 100*time.Millisecond) {
			t.Fatalf("the party is not attested: %d %s", got.status, got.body)
		}
	}
}

// exported is the record as an officer exports it: masked, as they read it.
func (in intake) exported(t *testing.T, who person.Record) person.Fields {
	t.Helper()
	var all person.Export
	in.done(t, asked{method: http.MethodGet, path: "/v1/people/" + who.ID + "/export", token: in.officer}, &all)
	return all.Person.Fields
}

// isThereToBeFound makes sure that the search would see: the person's id, which tells nothing, is found in
// the database, and the operation's in the log.
func (in intake) isThereToBeFound(t *testing.T, who person.Record) {
	t.Helper()
	public := register{planted: map[string]string{}}
	public.add("what is kept in the clear", who.ID, "person.create")
	index := public.needles()
	inFiles := 0
	for _, path := range filesIn(t, in.gatewayFolder(harbor)) {
		inFiles += len(find(readFile(t, path), index))
	}
	path := filepath.Join(in.folder("logs"), gatewayNode(harbor)+".log")
	if inLog := len(find(readFile(t, path), index)); inFiles == 0 || inLog == 0 {
		t.Errorf("the search sees %d of what is there in the files and %d in the log", inFiles, inLog)
	}
}
