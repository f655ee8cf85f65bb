package api_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/funding"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/matching/suitability"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// bourse is a market of one lender, the second party, and of one loan, the first party's.
type bourse struct {
	signer *keys.Key
	loan   projection.Loan
	sent   []string
}

var errNoSuch = fault.In(fault.NotFound, "handle")

func newBourse(t *testing.T) *bourse {
	t.Helper()
	signer, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	b := &bourse{signer: signer, loan: aLoan(1)}
	b.loan.State = loan.State{
		ID: b.loan.Terms.ID, Platform: "harbor", Custodian: "meridian", Borrower: handle(1), Regime: "cn-2026", Status: loan.Cleared,
		Commitment: b.loan.Terms.Commitment(), PrincipalMinor: b.loan.Terms.PrincipalMinor, ExpiresOn: day(2026, 3, 9),
		Clearance: &loan.Clearance{Handle: handle(81), Digest: "d", ExpiresOn: day(2026, 3, 9)},
	}
	return b
}

func (b *bourse) Market(context.Context, funding.Pair) (funding.Market, error) {
	m, _ := b.Mandate(context.Background(), "", handle(22))
	return funding.Market{
		On: day(2026, 3, 2), Cleared: []projection.Loan{b.loan}, Mandates: []mandate.State{m},
		Parties:   map[string]party.State{handle(1): b.party(handle(1)), handle(2): b.party(handle(2))},
		CashMinor: map[string]money.Minor{handle(2): 2_000_000}, IdleSince: map[string]calendar.Date{handle(2): day(2026, 2, 1)},
		Packs: map[string]regime.Pack{"cn-2026": {ID: "cn-2026"}},
	}, nil
}

func (b *bourse) party(id string) party.State {
	return party.State{
		Handle: id, Platform: "harbor", Custodian: "meridian", Kind: party.Natural, KYCLevel: 2, Expires: day(2027, 1, 1),
		PlatformAttested: day(2026, 1, 5), CustodianAttested: day(2026, 1, 5),
		Keys: []party.HeldKey{{Key: b.signer.PublicKey(), Sequence: 1, From: day(2026, 1, 5)}},
	}
}

func (b *bourse) Party(_ context.Context, _, id string) (party.State, error) {
	if id != handle(1) && id != handle(2) {
		return party.State{}, errNoSuch
	}
	return b.party(id), nil
}

func (b *bourse) Mandate(_ context.Context, _, id string) (mandate.State, error) {
	if id != handle(22) {
		return mandate.State{}, errNoSuch
	}
	return mandate.State{
		Terms: mandate.Terms{
			Handle: id, Party: handle(2), Platform: "harbor", Custodian: "meridian", Purpose: mandate.Invest, Currency: money.CNY,
			TotalMinor: 5_000_000, Expires: day(2026, 12, 31), PerLoanMinor: 2_000_000, MaxInstalments: 24, MaxShareOfLoanPPM: money.Million,
		},
		Registered: day(2026, 1, 5), Confirmed: day(2026, 1, 6),
	}, nil
}

func (b *bourse) Loan(context.Context, string) (projection.Loan, error) { return b.loan, nil }
func (b *bourse) Day(context.Context, string) (custody.Day, error) {
	return custody.Day{Custodian: "meridian", Date: day(2026, 3, 2), Open: true}, nil
}
func (b *bourse) Reach(context.Context, uint64) error { return nil }
func (b *bourse) CatchUp(context.Context) error       { return nil }

func (b *bourse) Do(_ context.Context, c outbox.Command) (outbox.Outcome, error) {
	b.sent = append(b.sent, c.Function)
	out := outbox.Outcome{ID: c.ID, Status: outbox.Committed, Block: uint64(len(b.sent)), TxID: strings.Repeat("a", 64)}
	out.Answer.Applied = 1
	return out, nil
}

// matchingOf is the matching of a platform in that market.
func matchingOf(t *testing.T, p *api.Parts, b *bourse) *funding.Funding {
	t.Helper()
	return funding.New(p.Store, vaultOf(t, p), b, b, funding.Settings{
		Pairs: []funding.Pair{{Collection: "harbor-meridian", Platform: "harbor", Custodian: "meridian"}}, Process: "test",
	})
}

const lenderToken = "lender-token"

func matched(t *testing.T) (*scene, *bourse, *funding.Funding) {
	t.Helper()
	b := newBourse(t)
	s := newScene(t, func(p *api.Parts) { p.Funding = matchingOf(t, p, b) })
	s.door.callers[lenderToken] = access.Principal{ID: "lena", Kind: access.KindUser, Roles: []access.Role{access.Lender}, Party: handle(2)}
	return s, b, s.parts.Funding
}

// boldest are the answers that leave every product open.
func boldest() map[string]any {
	answers := map[string]int{}
	for _, q := range suitability.Questions() {
		answers[q.ID] = len(q.Options) - 1
	}
	return map[string]any{"answers": answers}
}

func TestAPlatformMatchesOverHTTP(t *testing.T) {
	s, b, desk := matched(t)
	lena := []string{"Authorization", "Bearer " + lenderToken}
	asked := want[funding.Questionnaire](t, s.get("/v1/suitability", lena...), 200)
	if len(asked.Questions) < 5 || asked.Version == "" {
		t.Errorf("asked: %+v", asked)
	}
	class := want[funding.Assessed](t, s.post("/v1/suitability/"+handle(2), inJSON(t, boldest()), lena...), 200)
	if class.Class.Class != 6 || class.Through.IsZero() {
		t.Errorf("class: %+v", class)
	}
	refusedAs(t, s.post("/v1/suitability/"+handle(2), `{"answers":{"age":1}}`, lena...), 400, "invalid_field", "answers.income")
	refusedAs(t, s.get("/v1/suitability/"+handle(1), lena...), 404, "not_found", "party")

	run := want[funding.Run](t, s.post("/v1/matching-runs", `{}`), 200)
	if err := desk.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	result := want[funding.Result](t, s.get("/v1/matching-runs/"+run.Handle), 200)
	if result.Status != funding.Open || result.MatchedMinor != 1_200_000 || len(result.Proposals) != 1 {
		t.Fatalf("matched: %+v", result)
	}
	statement, err := base64.StdEncoding.DecodeString(result.Proposals[0].Statement)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := b.signer.Sign(statement)
	if err != nil {
		t.Fatal(err)
	}
	body := inJSON(t, map[string]any{"items": []funding.Signature{{Loan: b.loan.Terms.ID, Signature: base64.StdEncoding.EncodeToString(signature)}}})
	if w := s.post("/v1/matching-runs/"+run.Handle+"/signatures", body); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"status":"signed"`) {
		t.Errorf("signed: %d %s", w.Code, w.Body)
	}
	if err := desk.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := want[struct{ Items []funding.Run }](t, s.get("/v1/matching-runs"), 200)
	if len(list.Items) != 1 || list.Items[0].Status != funding.Finished || len(b.sent) != 2 || b.sent[1] != "Loan:Fund" {
		t.Errorf("funded: %+v, sent %v", list.Items, b.sent)
	}
	if again := want[funding.Replayed](t, s.get("/v1/matching-runs/"+run.Handle+"/replay"), 200); !again.Same {
		t.Errorf("replayed: %+v", again)
	}
	if export := want[funding.Export](t, s.get("/v1/matching-runs/"+run.Handle+"/export"), 200); export.Check(result.RecordDigest) != nil {
		t.Errorf("exported: %v", export.Check(result.RecordDigest))
	}
	refusedAs(t, s.get("/v1/matching-runs/"+handle(99)), 404, "not_found", "handle")
}

func TestWhatAPlatformTellsItsRuns(t *testing.T) {
	s, b, _ := matched(t)
	lena := []string{"Authorization", "Bearer " + lenderToken}
	wish := "/v1/mandates/" + handle(22) + "/wish"
	refusedAs(t, s.get(wish), 404, "not_found", "handle")
	put := func(path, body string, headers ...string) int {
		return s.do(s.request(http.MethodPut, path, body, headers...)).Code
	}
	if code := put(wish, `{"grades":["A","B"],"max_risk":2,"limits":[{"by":"borrower","most_minor":10000}]}`, lena...); code != 200 {
		t.Errorf("a wish: %d", code)
	}
	if got := want[funding.Wish](t, s.get(wish, lena...), 200); got.MaxRisk != 2 || len(got.Grades) != 2 || len(got.Limits) != 1 {
		t.Errorf("the wish: %+v", got)
	}
	borrower := []string{"Authorization", "Bearer " + borrowerToken}
	if code := put(wish, `{}`, borrower...); code != 404 {
		t.Errorf("another's wish: %d", code)
	}
	if code := put(wish, `{"grades":["Z"]}`); code != 400 {
		t.Errorf("a grade that is none: %d", code)
	}

	listing := "/v1/loans/" + b.loan.Terms.ID + "/listing"
	if code := put(listing, `{"shortfall":"part_at_once","least_minor":500000,"industry":"retail"}`); code != 200 {
		t.Errorf("a listing: %d", code)
	}
	if code := put(listing, `{"industry":"tel_13912345678"}`); code != 400 {
		t.Errorf("a number for an industry: %d", code)
	}
	if code := put(wish, `{"limits":[{"by":"platform","value":"张伟","most_minor":1}]}`); code != 400 {
		t.Errorf("a name for a platform: %d", code)
	}
	s.needsWholeBooks(t, wish, listing)
	if w := s.get("/v1/matching-runs"); w.Code != 200 || w.Header().Get("Tallystick-Block") != "" {
		t.Errorf("what is the member's own is answered %d as of block %q", w.Code, w.Header().Get("Tallystick-Block"))
	}
	if got := want[funding.Listing](t, s.get(listing), 200); got.LeastMinor != 500_000 || got.Industry != "retail" {
		t.Errorf("the listing: %+v", got)
	}
	if code := put(listing, `{"shortfall":"part_at_once"}`); code != 400 {
		t.Errorf("a part of nothing: %d", code)
	}
	made := want[funding.Programme](t, s.post("/v1/programmes", `{"name":"Bank","contributions":[{"mandate":"`+handle(22)+`","ratio_ppm":300000}]}`), 200)
	refusedAs(t, s.post("/v1/programmes", `{"name":"Bank","contributions":[{"mandate":"`+handle(23)+`","ratio_ppm":300000}]}`), 404, "mandate_unknown", "contributions[0].mandate")
	if code := put(listing, `{"programme":"`+made.ID+`"}`); code != 200 {
		t.Errorf("listed in a programme: %d", code)
	}
	if ended := want[funding.Programme](t, s.post("/v1/programmes/"+made.ID+"/end", `{}`), 200); ended.Ended == "" {
		t.Errorf("ended: %+v", ended)
	}
	if list := want[struct{ Items []funding.Programme }](t, s.get("/v1/programmes"), 200); len(list.Items) != 1 {
		t.Errorf("programmes: %+v", list.Items)
	}
}
