package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/outbox"
)

func order(n int) string { return `{"loan":"` + loanID(n) + `","order":"A-1"}` }

func TestACommandIsAnsweredOnceTheBooksShowIt(t *testing.T) {
	s := newScene(t)
	w := s.post("/v1/loans/freezes", commandBody(order(1), order(2)), "Idempotency-Key", "freeze-of-monday")
	answer := want[api.CommandAnswer](t, w, 200)
	id := api.CommandID("harbor", "olga", "freeze-of-monday")
	if answer.RequestID != id || answer.TxID == "" || answer.Block == 0 || answer.Applied != 2 || answer.Status != "committed" {
		t.Errorf("answer %+v", answer)
	}
	c := s.ledger.only()
	if c.ID != id || c.Function != "Loan:Freeze" || c.Collection != "harbor-meridian" || c.Mode != wire.Each || c.Merge {
		t.Errorf("command %+v", c)
	}
	if c.Identity != "staff-olga" || string(c.Approvals) != `["olga"]` {
		t.Errorf("identity %s, approvals %s", c.Identity, c.Approvals)
	}
	if !slices.Equal(c.Lanes, []string{loanID(1), loanID(2)}) {
		t.Errorf("lanes %v", c.Lanes)
	}
	if want := "[" + order(1) + "," + order(2) + "]"; string(c.Items) != want {
		t.Errorf("items %s, want %s", c.Items, want)
	}
	if entries := s.door.recorded(); len(entries) != 1 || entries[0].Actor != "olga" || entries[0].Operation != "loan.freeze" {
		t.Errorf("journal %+v", entries)
	}
	if again := want[api.CommandAnswer](t, s.get("/v1/commands/"+id), 200); again.TxID != answer.TxID {
		t.Errorf("asked again: %+v", again)
	}
	refusedAs(t, s.get("/v1/commands/"+handle(77)), 404, "not_found", "id")
}

func TestReceiptsMayShareATransactionAndNameNoLaneOfStrangers(t *testing.T) {
	s := newScene(t)
	body := commandBody(
		`{"account":"`+loanID(3)+`","bank_reference":"B1","amount_minor":15000,"value_date":"2026-03-02"}`,
		`{"account":"my loan, Bao","bank_reference":"B2","amount_minor":15000,"value_date":"2026-03-02"}`)
	want[api.CommandAnswer](t, s.post("/v1/receipts", body), 200)
	if c := s.ledger.only(); !c.Merge || !slices.Equal(c.Lanes, []string{loanID(3)}) {
		t.Errorf("merge %v, lanes %v", c.Merge, c.Lanes)
	}
}

func TestWhatTakesLongerIsAnswered202(t *testing.T) {
	s := newScene(t)
	s.ledger.hold = make(chan struct{})
	w := s.post("/v1/loans/freezes", commandBody(order(1)), "Prefer", "wait=0", "Idempotency-Key", "slow-command")
	answer := want[api.CommandAnswer](t, w, 202)
	if answer.Status != "stored" || w.Header().Get("Location") != "/v1/commands/"+answer.RequestID || w.Header().Get("Retry-After") == "" {
		t.Errorf("answer %+v, headers %v", answer, w.Header())
	}
	close(s.ledger.hold)
	w = s.post("/v1/loans/freezes", commandBody(order(1)), "Idempotency-Key", "slow-command")
	if again := want[api.CommandAnswer](t, w, 200); again.RequestID != answer.RequestID || s.ledger.ran() != 1 {
		t.Errorf("the same key made another command: %+v, %d runs", again, s.ledger.ran())
	}

	s.books.behind = true
	w = s.post("/v1/loans/freezes", commandBody(order(2)), "Prefer", "respond-async, wait=1")
	if answer := want[api.CommandAnswer](t, w, 202); answer.Status != "committed" || answer.TxID == "" {
		t.Errorf("committed but not shown: %+v", answer)
	}
}

func TestRefusalsAreListedByItem(t *testing.T) {
	s := newScene(t)
	s.ledger.decide = func(c outbox.Command) outbox.Outcome {
		refused := []*fault.Fault{fault.In(fault.NotFound, "loan").At(1)}
		return outbox.Outcome{ID: c.ID, Status: outbox.Committed, TxID: "tx", Block: 1, Answer: wire.Answer{Applied: 1, Refused: refused}}
	}
	answer := want[api.CommandAnswer](t, s.post("/v1/loans/freezes", commandBody(order(1), order(2))), 200)
	if len(answer.Refused) != 1 || answer.Refused[0].Item != 2 || answer.Refused[0].Code != "not_found" || answer.Refused[0].Remedy == "" {
		t.Errorf("refused %+v", answer.Refused)
	}

	s.ledger.decide = func(c outbox.Command) outbox.Outcome {
		all := []*fault.Fault{fault.In(fault.LoanFrozen, "loan").At(0), fault.In(fault.NotFound, "loan").At(1)}
		return outbox.Outcome{ID: c.ID, Status: outbox.Refused, Answer: wire.Answer{Refused: all}, Fault: all[0]}
	}
	p := refusedAs(t, s.post("/v1/loans/freezes", commandBody(order(3), order(4))), 403, "loan_frozen", "loan")
	if len(p.Refused) != 2 || p.Refused[1].Item != 2 || p.Item != 1 {
		t.Errorf("a wholly refused batch lists %+v", p.Refused)
	}
}

func TestItemsAreReadStrictly(t *testing.T) {
	s := newScene(t)
	for _, c := range []struct{ name, body, code, field string }{
		{"no body", ``, "missing_field", "body"},
		{"no JSON", `{`, "malformed_request", "body"},
		{"two values", commandBody(order(1)) + `{}`, "malformed_request", "body"},
		{"a list", `[]`, "invalid_field", "body"},
		{"no items", `{"collection":"harbor-meridian"}`, "missing_field", "items"},
		{"empty items", commandBody(), "invalid_field", "items"},
		{"null items", `{"collection":"harbor-meridian","items":null}`, "invalid_field", "items"},
		{"no collection", `{"items":[` + order(1) + `]}`, "missing_field", "collection"},
		{"unknown mode", `{"mode":"some","collection":"harbor-meridian","items":[` + order(1) + `]}`, "invalid_field", "mode"},
		{"a field is missing", commandBody(order(1), `{"loan":"x"}`), "missing_field", "items[1].order"},
		{"an unknown field", commandBody(`{"loan":"x","order":"y","Order":"z"}`), "malformed_request", "items[0]"},
		{"another spelling", commandBody(`{"Loan":"x","order":"y"}`), "malformed_request", "items[0]"},
		{"a field twice", commandBody(`{"loan":"x","loan":"y","order":"z"}`), "malformed_request", "items[0].loan"},
		{"another kind", commandBody(`{"loan":1,"order":"y"}`), "invalid_field", "items[0].loan"},
		{"not UTF-8", commandBody("{\"loan\":\"\xff\",\"order\":\"y\"}"), "malformed_request", "items[0].loan"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := s.post("/v1/loans/freezes", c.body)
			p := want[api.Problem](t, w, 400)
			if c.name == "another spelling" { // two faults: the known field is missing as well
				if len(p.Errors) != 2 || p.Errors[0].Field != "items[0]" || p.Errors[1].Field != "items[0].loan" {
					t.Fatalf("findings %+v", p.Errors)
				}
				return
			}
			refusedAs(t, w, 400, c.code, c.field)
			if strings.HasPrefix(c.field, "items[") && p.Item == 0 {
				t.Error("the item is not named")
			}
		})
	}
	receipt := `{"account":"a","bank_reference":"B","amount_minor":AMOUNT,"value_date":"DATE"}`
	for _, c := range []struct{ amount, date, field string }{
		{"1.5", "2026-03-02", "items[0].amount_minor"},
		{"9223372036854775808", "2026-03-02", "items[0].amount_minor"},
		{`"100"`, "2026-03-02", "items[0].amount_minor"},
		{"100", "2026-02-30", "items[0].value_date"},
		{"100", "tomorrow", "items[0].value_date"},
	} {
		body := strings.NewReplacer("AMOUNT", c.amount, "DATE", c.date).Replace(commandBody(receipt))
		refusedAs(t, s.post("/v1/receipts", body), 400, "invalid_field", c.field)
	}
	if n := len(s.ledger.commands); n != 0 {
		t.Errorf("%d commands were stored", n)
	}
}

// What people write into a command goes to the ledger in the clear: it is a number of a file, or a code.
func TestACommandSaysNothingOfPeople(t *testing.T) {
	s := newScene(t)
	for _, c := range []struct{ path, item, field string }{
		{"/v1/loans/freezes", `{"loan":"` + loanID(1) + `","order":"张伟一案"}`, "items[0].order"},
		{"/v1/loans/releases", `{"loan":"` + loanID(1) + `","order":"tel-139 1234 5678"}`, "items[0].order"},
		{"/v1/loans/cancellations", `{"loan":"` + loanID(1) + `","reason":"id_110101199003074477"}`, "items[0].reason"},
		{"/v1/custody/instructions/refusals", `{"instruction":"` + handle(1) + `","reason":"account 6222 of 张伟"}`, "items[0].reason"},
		{"/v1/parties/revocations", `{"handle":"` + handle(1) + `","note":"139-1234-5678"}`, "items[0].note"},
	} {
		w := s.post(c.path, commandBody(c.item))
		refusedAs(t, w, 400, "invalid_field", c.field)
		if p := want[api.Problem](t, w, 400); p.Item != 1 {
			t.Errorf("%s names item %d", c.path, p.Item)
		}
	}
	if n := len(s.ledger.commands); n != 0 {
		t.Errorf("%d commands were stored", n)
	}
	// A payer may write what they like, and their money has come: it is booked, and the words stay with the bank.
	for account, kept := range map[string]string{
		"": "", "other-7": "other-7", loanID(1): loanID(1), "张伟还款": "", "6222020200112233": "", "my loan, Bao": "",
	} {
		clear(s.ledger.commands)
		item := `{"account":"` + account + `","bank_reference":"B","amount_minor":1,"value_date":"2026-03-02"}`
		want[api.CommandAnswer](t, s.post("/v1/receipts", commandBody(item)), 200)
		if c := s.ledger.only(); !strings.Contains(string(c.Items), `"account":"`+kept+`"`) {
			t.Errorf("%q is passed on as %s", account, c.Items)
		}
	}
}

func TestAmountsKeepEveryDigit(t *testing.T) {
	s := newScene(t)
	const most = "9223372036854775807"
	body := commandBody(`{"account":"a","bank_reference":"B","amount_minor":` + most + `,"value_date":"2026-03-02"}`)
	want[api.CommandAnswer](t, s.post("/v1/receipts", body), 200)
	if c := s.ledger.only(); !strings.Contains(string(c.Items), most) {
		t.Errorf("items %s", c.Items)
	}
}

func TestABatchIsAsLongAsTheContractTakes(t *testing.T) {
	s := newScene(t)
	items := slices.Repeat([]string{order(1)}, 201)
	refusedAs(t, s.post("/v1/loans/freezes", commandBody(items...)), 400, "batch_too_large", "items")
	refusedAs(t, s.post("/v1/business-days", commandBody(`{"date":"2026-03-02"}`)), 400, "invalid_field", "collection")
	w := s.post("/v1/loans/freezes", commandBody(text(5<<20)))
	refusedAs(t, w, 413, api.CodeBodyTooLarge, "body")
	refusedAs(t, s.post("/v1/loans/freezes", commandBody(order(1)), "Content-Type", "text/plain"), 415, api.CodeMediaType, "Content-Type")
}

func TestTheLogHoldsNothingOfTheBody(t *testing.T) {
	s := newScene(t)
	const personal = "Zhang-Wei-110101199003074477"
	s.post("/v1/loans/freezes?note="+personal, commandBody(`{"loan":"`+personal+`","order":"`+personal+`"}`))
	s.post("/v1/receipts", commandBody(`{"account":"`+personal+`","amount_minor":"`+personal+`","`+personal+`":1}`))
	s.get("/v1/loans/"+personal, "X-Request-Id", "48a6f07db6fc2a03fd4caa3246708079")
	s.get("/v1/loans?status=" + personal)
	if strings.Contains(s.log.String(), personal) {
		t.Errorf("the log holds what was sent:\n%s", s.log)
	}
	for text := range strings.Lines(s.log.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		if line["request_id"] != "48a6f07db6fc2a03fd4caa3246708079" {
			continue
		}
		if line["operation"] != "loan.read" || line["status"] != float64(http.StatusBadRequest) || line["caller"] != "olga" {
			t.Errorf("line %v", line)
		}
		return
	}
	t.Error("the log has no line of a request")
}

// A caller's name for a request is kept only where it is random: numbers of people have been used as ids.
func TestNoNumberOfSomebodysNamesARequest(t *testing.T) {
	s := newScene(t)
	for id, kept := range map[string]bool{
		"48a6f07db6fc2a03fd4caa3246708079": true, "0199f3a4-7c1e-7d7b-9a58-1f0c2e3d4b5a": true,
		"110101199003074477": false, "13812345678": false, "+86-138-1234-5678": false, "request-of-zhang": false,
		"11010119900307447713812345678000": false, "13812345678abcdefabcdefabcdefabc": false,
		"11010119-9003-0744-a713-812345678abc": false, "48A6F07DB6FC2A03FD4CAA3246708079": false,
	} {
		w := s.get("/v1/members", "X-Request-Id", id)
		if got := w.Header().Get("X-Request-Id"); (got == id) != kept || got == "" || strings.Contains(s.log.String(), id) != kept {
			t.Errorf("%s became %s", id, got)
		}
	}
}

// What staff send to the ledger they sign themselves, or not at all; machines and customers go on as before.
func TestNoMachineSignsInAColleaguesStead(t *testing.T) {
	s := newScene(t)
	s.door.callers["uncertified"] = access.Principal{ID: "oleg", Kind: access.KindUser, Roles: []access.Role{access.PlatformOperator}}
	body := commandBody(order(1))
	refusedAs(t, s.post("/v1/loans/freezes", body, "Authorization", "Bearer uncertified"), 403, api.CodeCertificateMissing, "")
	if n := s.ledger.ran(); n != 0 {
		t.Errorf("%d commands went to the ledger", n)
	}
	want[api.CommandAnswer](t, s.post("/v1/loans/freezes", body, "Authorization", "Bearer "+machineToken), 200)
	if c := s.ledger.only(); c.Identity != "machine" {
		t.Errorf("signed by %s", c.Identity)
	}
}

// What became of a command is known to who asked for it and to colleagues who may read what it is about.
func TestACommandIsReadByThoseWhomItConcerns(t *testing.T) {
	s := newScene(t)
	made := want[api.CommandAnswer](t, s.post("/v1/loans/freezes", commandBody(order(1)), "Authorization", "Bearer "+machineToken), 200)
	path := "/v1/commands/" + made.RequestID
	want[api.CommandAnswer](t, s.get(path, "Authorization", "Bearer "+machineToken), 200)
	want[api.CommandAnswer](t, s.get(path), 200) // olga may list loans
	refusedAs(t, s.get(path, "Authorization", "Bearer "+borrowerToken), 404, "not_found", "id")
	s.door.denied["loan.list"] = true
	refusedAs(t, s.get(path), 404, "not_found", "id")
	want[api.CommandAnswer](t, s.get(path, "Authorization", "Bearer "+machineToken), 200)
}
