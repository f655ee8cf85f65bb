package person_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/documents"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/masking"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/screening"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Values that are planted, and that nobody may find in the clear.
var planted = person.Fields{
	Name: "单于植入", IdentityNumber: "11010519491231002X", Phone: "13987650412", Email: "planted.value@example.org",
	Address: "浙江省杭州市植入路一千零一号", BankName: "植入银行", BankAccount: "6222987650412001",
}

type scene struct {
	t         *testing.T
	db        *store.DB
	vault     *vault.Vault
	folder    string
	people    *person.People
	rights    *person.Rights
	cases     *kyc.Cases
	lists     *screening.Screening
	documents *documents.Store
	member    *keys.Key
	bank      *keys.Key
	regulator *keys.Key
	now       time.Time
	books     books
}

// approver signs as whoever has the certificate would.
type approver struct{}

func (approver) Approve(_ context.Context, certificate, _ string) (wire.Approval, error) {
	return wire.Approval{Certificates: []string{certificate}}, nil
}

func text(s string) *string { return &s }

// books are what a test says to be open.
type books struct{ open []string }

func (b *books) Open(context.Context, string) ([]string, error) { return b.open, nil }

type noOutbox struct{}

func (noOutbox) Put(context.Context, *sql.Tx, outbox.Command) error { return nil }

func each(t *testing.T, run func(*scene)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { run(newScene(t, db)) })
}

func newScene(t *testing.T, db *store.DB) *scene {
	t.Helper()
	path := filepath.Join(t.TempDir(), "master.pem")
	ok(t, vault.Create(path))
	master := value(vault.Load(path))(t)
	s := &scene{t: t, db: db, folder: filepath.Join(t.TempDir(), "documents"), now: time.Now()}
	s.vault = value(vault.New(t.Context(), db, master, vault.AESGCM))(t)
	s.people = person.New(db, s.vault)
	person.SetClock(s.people, func() time.Time { return s.now })
	s.people.SetBooks(&s.books)
	s.lists = value(screening.New(db, 0))(t)
	local := kyc.Local{Today: func() calendar.Date { return calendar.Shanghai(s.now.Unix()) }}
	s.cases = kyc.New(db, s.people, local, s.lists, kyc.OutboxLedger{Outbox: noOutbox{}, Approver: approver{}})
	s.documents = value(documents.New(db, s.vault, s.folder, documents.DefaultLimits()))(t)
	s.member, s.bank = value(keys.Generate(party.P256))(t), value(keys.Generate(party.P256))(t)
	s.regulator = value(keys.Generate(party.SM2))(t)
	former := value(keys.Generate(party.P256))(t)
	s.rights = s.rightsUnder(person.Authorities{
		"meridian":  {Kind: party.Custodian, Keys: []party.Key{former.PublicKey(), s.bank.PublicKey()}},
		"authority": {Kind: party.Regulator, Keys: []party.Key{s.regulator.PublicKey()}},
	})
	return s
}

// rightsUnder are the rights at a member that knows these authorities.
func (s *scene) rightsUnder(known person.Authorities) *person.Rights {
	s.t.Helper()
	return value(person.NewRights(s.people, s.cases, s.documents, "harbor", s.member, known))(s.t)
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// value unwraps a result whose error ends the test.
func value[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

func refused(t *testing.T, err error, code fault.Code, field string) {
	t.Helper()
	if !errors.Is(err, fault.New(code)) || fault.Of(err).Field != field {
		t.Errorf("got %v, want %s of %s", err, code, field)
	}
}

func (s *scene) create() person.Record {
	s.t.Helper()
	return value(s.people.Create(s.t.Context(), person.NewParty(), party.Natural, planted))(s.t)
}

// becomeCustomer goes all the way: documents, check, decision.
func (s *scene) becomeCustomer() person.Record {
	s.t.Helper()
	ctx, r := s.t.Context(), s.create()
	var papers []kyc.Paper
	for _, kind := range []string{"identity_front", "identity_back"} {
		d := value(s.documents.Put(ctx, documents.Upload{Subject: r.ID, Kind: kind, Name: planted.Name + ".pdf", By: "clerk"},
			strings.NewReader("%PDF-1.7 "+kind+" of "+planted.Name+planted.IdentityNumber)))(s.t)
		papers = append(papers, kyc.Paper{Document: d.ID, Kind: kind})
	}
	value(s.cases.Submit(ctx, r.ID, "clerk", kyc.Submission{Party: r.Party, Kind: party.Natural, Level: 2, Key: s.member.PublicKey(), Papers: papers}))(s.t)
	value(s.cases.Check(ctx, r.ID))(s.t)
	value(s.cases.Verify(ctx, r.ID, "officer", "officer-1", calendar.Shanghai(s.now.Unix()).AddMonths(12)))(s.t)
	return r
}

func TestARecordIsKeptAndFound(t *testing.T) {
	each(t, func(s *scene) {
		ctx, r := s.t.Context(), s.create()
		if got := value(s.people.Find(ctx, r.ID))(s.t); got != r || got.Fields != planted {
			s.t.Errorf("found %+v, want %+v", got, r)
		}
		for _, look := range []struct {
			kind  vault.Kind
			value string
			want  int
		}{
			{vault.IdentityNumber, "110105 19491231 002x", 1}, {vault.Phone, "+86 139-8765-0412", 1}, {vault.Phone, "13987650413", 0},
		} {
			if found := value(s.people.LookUp(ctx, look.kind, look.value))(s.t); len(found) != look.want {
				s.t.Errorf("%s %s: %d records", look.kind, look.value, len(found))
			}
		}
		if got := value(s.people.FindParty(ctx, r.Party))(s.t); got.ID != r.ID {
			s.t.Errorf("the party is %s", got.ID)
		}
		_, err := s.people.Create(ctx, "", party.Natural, planted)
		refused(s.t, err, fault.AlreadyExists, "identity_number")
		changed := planted
		changed.Phone, changed.Address = "", "另一处"
		edit := person.Change{Version: 1, By: "clerk", Fields: person.FieldChanges{Phone: &changed.Phone, Address: &changed.Address}}
		after := value(s.people.Update(ctx, r.ID, edit))(s.t)
		if after.Version != 2 || value(s.people.Find(ctx, r.ID))(s.t).Fields != changed {
			s.t.Errorf("changed to %+v", after)
		}
		if found := value(s.people.LookUp(ctx, vault.Phone, planted.Phone))(s.t); len(found) != 0 {
			s.t.Error("a phone that was taken away still finds its record")
		}
		_, err = s.people.Update(ctx, r.ID, edit)
		refused(s.t, err, fault.Conflict, "version")
		for field, masked := range map[string]person.FieldChanges{
			"name": {Name: text("单***")}, "email": {Email: text("p***@example.org")}, "address": {Address: text("浙江省杭州市＊＊＊＊")},
			"bank_name": {BankName: text("****")}, "identity_number": {IdentityNumber: text("110105********002X")},
		} {
			_, err = s.people.Update(ctx, r.ID, person.Change{Version: 2, By: "clerk", Fields: masked})
			refused(s.t, err, fault.InvalidField, field)
		}
		_, err = s.people.Update(ctx, r.ID, person.Change{Version: 2, By: "clerk", Fields: person.FieldChanges{Name: text("")}})
		refused(s.t, err, fault.MissingField, "name")
	})
}

func TestFieldsAreChecked(t *testing.T) {
	each(t, func(s *scene) {
		for field, change := range map[string]func(*person.Fields){
			"identity_number": func(f *person.Fields) { f.IdentityNumber = "110105194912310021" },
			"phone":           func(f *person.Fields) { f.Phone = "12" },
			"email":           func(f *person.Fields) { f.Email = "nobody" },
			"bank_account":    func(f *person.Fields) { f.BankAccount = "DE12" },
			"address":         func(f *person.Fields) { f.Address = strings.Repeat("路", 201) },
		} {
			f := planted
			change(&f)
			_, err := s.people.Create(s.t.Context(), "", party.Natural, f)
			refused(s.t, err, fault.InvalidField, field)
		}
		_, err := s.people.Create(s.t.Context(), "", party.Natural, person.Fields{IdentityNumber: planted.IdentityNumber})
		refused(s.t, err, fault.MissingField, "name")
	})
}

// A person gets everything in the clear; whoever else reads the record gets the masked form.
func TestExport(t *testing.T) {
	each(t, func(s *scene) {
		r := s.becomeCustomer()
		s.rights.AlsoExport("hobbies", func(_ context.Context, handle string) (any, error) { return []string{"chess of " + handle}, nil })
		s.rights.AlsoExport("nothing", func(context.Context, string) (any, error) { return nil, nil }) //nolint:nilnil // keeps nothing
		e := value(s.rights.Export(s.t.Context(), r.ID))(s.t)
		if len(e.Parts) != 1 || string(e.Parts[0].Content) != `["chess of `+r.Party+`"]` {
			s.t.Errorf("the parts are %+v", e.Parts)
		}
		text := value(e.JSON())(s.t)
		for _, want := range []string{
			planted.Name, planted.IdentityNumber, planted.Phone, planted.Email, planted.Address, planted.BankName, planted.BankAccount,
			"identity_front", `"verified"`, `"aml"`,
		} {
			if !bytes.Contains(text, []byte(want)) {
				s.t.Errorf("the export lacks %q", want)
			}
		}
		for _, staff := range []string{"clerk", "officer", "flagged", `"provider"`} {
			if bytes.Contains(text, []byte(staff)) {
				s.t.Errorf("the export tells of %s", staff)
			}
		}
		whole := value(s.rights.StaffExport(s.t.Context(), r.ID))(s.t)
		if whole.Case.Report == nil || whole.Case.DecidedBy != "officer" || whole.Case.Flagged == nil || *whole.Case.Flagged || len(whole.Parts) != 0 {
			s.t.Errorf("the staff exports %+v", whole.Case)
		}
		masked := string(value(masking.Marshal(e.Person, "finance"))(s.t))
		for _, want := range []string{"单***", "110105********002X", "139****0412", "****2001"} {
			if !strings.Contains(masked, want) {
				s.t.Errorf("masked as %s, without %s", masked, want)
			}
		}
	})
}

// Erasure goes by its rules: restricted at once, purged only when nothing stands in the way, and then whole.
func TestErasure(t *testing.T) {
	each(t, func(s *scene) {
		ctx, r := s.t.Context(), s.becomeCustomer()
		other := s.dump()
		today := calendar.Shanghai(s.now.Unix())
		e := value(s.rights.Request(ctx, r.ID, "clerk", person.AskedByPerson))(s.t)
		if again := value(s.rights.Request(ctx, r.ID, "clerk", person.AskedByPerson))(s.t); e.Status != person.Restricted || again.RequestedAt != e.RequestedAt {
			s.t.Errorf("requested %+v, then %+v", e, again)
		}
		_, err := s.people.Update(ctx, r.ID, person.Change{Version: 2, By: "clerk"})
		refused(s.t, err, fault.WrongStatus, "person")
		_, err = s.cases.Submit(ctx, r.ID, "clerk", kyc.Submission{Party: r.Party, Kind: party.Natural, Level: 1, Key: s.member.PublicKey()})
		refused(s.t, err, fault.WrongStatus, "person")

		hold := value(s.people.Place(ctx, r.ID, "court 7/2026", "clerk"))(s.t)
		s.purgeRefused(r.ID, fault.WrongStatus, "hold")
		ok(s.t, s.people.Release(ctx, r.ID, hold.ID, "officer"))
		s.purgeRefused(r.ID, fault.NotYetDue, "duties") // the relation has not ended
		s.endRefused(r.ID, today)
		ok(s.t, s.people.End(ctx, r.ID, today))
		s.purgeRefused(r.ID, fault.NotYetDue, "duties")
		s.now = s.now.AddDate(10, 0, 0)
		s.purgeRefused(r.ID, fault.NotYetDue, "duties") // its last day is today
		ok(s.t, s.people.Keep(ctx, r.ID, person.Duty{Kind: person.Litigation, Reference: "case 1", Until: today.AddMonths(124)}))
		s.now = s.now.AddDate(0, 0, 2)
		s.purgeRefused(r.ID, fault.NotYetDue, "duties")
		s.now = s.now.AddDate(0, 6, 0)
		s.authorise(r.ID)
		s.keptLonger(r)
		s.books.open = []string{"instructions"}
		s.purgeRefused(r.ID, fault.WrongStatus, "instructions")
		s.books.open = nil
		s.prolonged(r.ID)
		if n := value(s.rights.PurgeDue(ctx))(s.t); n != 1 {
			s.t.Fatalf("purged %d", n)
		}
		s.checkPurged(r, other)
	})
}

// endRefused tries to end a relation before it began, in the future, while something is open, and by the back door.
func (s *scene) endRefused(id string, today calendar.Date) {
	s.t.Helper()
	ctx := s.t.Context()
	refused(s.t, s.people.End(ctx, id, today.AddDays(-1)), fault.InvalidField, "on")
	refused(s.t, s.people.End(ctx, id, today.AddDays(1)), fault.InvalidField, "on")
	refused(s.t, s.people.Keep(ctx, id, person.Duty{Kind: person.AML, Reference: "relation", Until: today}), fault.InvalidField, "reference")
	refused(s.t, s.people.Keep(ctx, id, person.Duty{Kind: person.Order, Reference: "7", Until: today.AddDays(-1)}), fault.InvalidField, "until")
	s.books.open = []string{"loans", "cash"}
	refused(s.t, s.people.End(ctx, id, today), fault.WrongStatus, "loans")
	s.books.open = nil
}

// keptLonger has another part need a record that nothing else stands in the way of: what is shown, what the authorities
// signed and how a purge is refused are what they would be without it.
func (s *scene) keptLonger(r person.Record) {
	s.t.Helper()
	ctx, today := s.t.Context(), calendar.Shanghai(s.now.Unix())
	before := value(s.rights.Find(ctx, r.ID))(s.t)
	last := today
	s.people.AlsoKeep(func(_ context.Context, _ *sql.Tx, party string) (calendar.Date, error) {
		if party != r.Party {
			s.t.Errorf("asked of %s", party)
		}
		return last, nil
	})
	s.purgeRefused(r.ID, fault.NotYetDue, "duties")
	after := value(s.rights.Find(ctx, r.ID))(s.t)
	if !reflect.DeepEqual(before, after) {
		s.t.Errorf("what another part needs shows: %+v, before %+v", after, before)
	}
	if own := value(s.people.Duties(ctx, r.ID))(s.t); !reflect.DeepEqual(own, after.Duties) || own[0].Until >= today {
		s.t.Errorf("the duties are %+v here and %+v there", own, after.Duties)
	}
	for _, a := range after.Authorities {
		key := map[party.MemberKind]*keys.Key{party.Custodian: s.bank, party.Regulator: s.regulator}[a.Kind]
		if err := party.Verify(key.PublicKey(), person.Statement(after.Request, a), a.Signature); err != nil {
			s.t.Errorf("the authority of the %s: %v", a.Kind, err)
		}
	}
	last = today.AddDays(-1)
}

// prolonged adds a duty after the authorities were given: they do not cover it, and are given anew when it has ended.
func (s *scene) prolonged(id string) {
	s.t.Helper()
	today := calendar.Shanghai(s.now.Unix())
	ok(s.t, s.people.Keep(s.t.Context(), id, person.Duty{Kind: person.Order, Reference: "of 2037", Until: today}))
	s.now = s.now.AddDate(0, 0, 1)
	s.purgeRefused(id, fault.SignatureInvalid, "authority.custodian")
	c := value(s.rights.Find(s.t.Context(), id))(s.t).Request
	for kind, by := range map[party.MemberKind]string{party.Custodian: "clerk", party.Regulator: "officer"} {
		member, key := "meridian", s.bank
		if kind == party.Regulator {
			member, key = "authority", s.regulator
		}
		a := s.signedBy(kind, member, key, c, "again")
		a.RecordedBy = by
		value(s.rights.Authorise(s.t.Context(), id, a))(s.t)
	}
}

func (s *scene) purgeRefused(id string, code fault.Code, field string) {
	s.t.Helper()
	_, err := s.rights.Purge(s.t.Context(), id)
	refused(s.t, err, code, field)
	if n, err := s.rights.PurgeDue(s.t.Context()); n != 0 || err != nil {
		s.t.Errorf("purged %d, %v", n, err)
	}
}

// authorise gathers the two authorities, after what is none was refused.
func (s *scene) authorise(id string) {
	s.t.Helper()
	ctx := s.t.Context()
	c := value(s.rights.Find(ctx, id))(s.t).Request
	bank := s.signedBy(party.Custodian, "meridian", s.bank, c, "M-1")
	bank.RecordedBy = "clerk"
	s.refusesForgeries(id, c, bank)
	value(s.rights.Authorise(ctx, id, bank))(s.t)
	s.purgeRefused(id, fault.MissingField, "authority.regulator")
	regulator := s.signedBy(party.Regulator, "authority", s.regulator, c, "A-1")
	regulator.RecordedBy = "clerk"
	_, err := s.rights.Authorise(ctx, id, regulator)
	refused(s.t, err, fault.WrongRole, "recorded_by")
	regulator.RecordedBy = "officer"
	value(s.rights.Authorise(ctx, id, regulator))(s.t)

	// An authority counts by the keys that are known at the purge.
	other := value(keys.Generate(party.P256))(s.t).PublicKey()
	changed := s.rightsUnder(person.Authorities{
		"meridian": {Kind: party.Custodian, Keys: []party.Key{other}}, "authority": {Kind: party.Regulator, Keys: []party.Key{s.regulator.PublicKey()}},
	})
	_, err = changed.Purge(ctx, id)
	refused(s.t, err, fault.SignatureInvalid, "authority.custodian")
	_, err = s.rightsUnder(nil).Purge(ctx, id)
	refused(s.t, err, fault.MissingField, "authority.custodian")
}

// signedBy is a member's authority as its own half signs it.
func (s *scene) signedBy(kind party.MemberKind, member string, key *keys.Key, c person.ErasureRequest, reference string) person.Authority {
	s.t.Helper()
	return value(value(person.NewAuthoriser(kind, member, key, &s.books))(s.t).Sign(s.t.Context(), c, reference, calendar.Shanghai(s.now.Unix())))(s.t)
}

// refusesForgeries changes, one by one, what was signed and who has signed.
func (s *scene) refusesForgeries(id string, c person.ErasureRequest, right person.Authority) {
	s.t.Helper()
	try := func(rights *person.Rights, code fault.Code, field string, change func(*person.Authority)) {
		s.t.Helper()
		a := right
		change(&a)
		_, err := rights.Authorise(s.t.Context(), id, a)
		refused(s.t, err, code, field)
	}
	try(s.rights, fault.MissingField, "signature", func(a *person.Authority) { a.Signature = nil })
	try(s.rights, fault.SignatureInvalid, "signature", func(a *person.Authority) { a.Reference = "M-2" })
	try(s.rights, fault.WrongMember, "member", func(a *person.Authority) { a.Member = "another" })
	try(s.rights, fault.WrongMember, "member", func(a *person.Authority) { a.Member = "authority" })
	try(s.rights, fault.InvalidField, "kind", func(a *person.Authority) { a.Kind = party.Platform })
	try(s.rightsUnder(nil), fault.MissingField, "settings.erasure_authorities", func(*person.Authority) {})
	for _, change := range []func(*person.ErasureRequest){
		func(c *person.ErasureRequest) { c.Keeper = "lantern" },
		func(c *person.ErasureRequest) { c.Person = strings.Repeat("0", 32) },
		func(c *person.ErasureRequest) { c.Party = strings.Repeat("0", 32) },
		func(c *person.ErasureRequest) { c.RequestedAt = "2020-01-01T00:00:00Z" },
		func(c *person.ErasureRequest) { c.Reason = "another" },
		func(c *person.ErasureRequest) { c.Duties = c.Duties[:1] },
	} {
		elsewhere := c
		change(&elsewhere)
		signed := s.signedBy(party.Custodian, "meridian", s.bank, elsewhere, "M-1")
		try(s.rights, fault.SignatureInvalid, "signature", func(a *person.Authority) { a.Signature = signed.Signature })
	}
	stolen := s.signedBy(party.Custodian, "meridian", s.regulator, c, "M-1")
	try(s.rights, fault.SignatureInvalid, "signature", func(a *person.Authority) { a.Signature = stolen.Signature })
}

func TestOnlyCustodiansAndRegulatorsLetARecordBePurged(t *testing.T) {
	key := value(keys.Generate(party.P256))(t)
	if _, err := person.NewAuthoriser(party.Platform, "harbor", key, &books{}); err == nil {
		t.Error("a platform signs for itself")
	}
	open := &books{}
	bank := value(person.NewAuthoriser(party.Custodian, "meridian", key, open))(t)
	on := calendar.NewDate(2026, 1, 31)
	whole := person.ErasureRequest{
		Keeper: "harbor", Person: strings.Repeat("a", 32), Party: strings.Repeat("b", 32), RequestedAt: "2026-01-01T00:00:00Z",
		Reason: person.AskedByPerson, Duties: []person.KeptDuty{{Kind: person.AML, Until: on.AddDays(-1)}}, Open: []string{},
	}
	value(bank.Sign(t.Context(), whole, "M-1", on))(t)
	for field, wrong := range map[string]func(*person.ErasureRequest){
		"keeper": func(c *person.ErasureRequest) { c.Keeper = "" }, "person": func(c *person.ErasureRequest) { c.Person = "张三丰" },
		"requested_at":    func(c *person.ErasureRequest) { c.RequestedAt = "yesterday" },
		"reason":          func(c *person.ErasureRequest) { c.Reason = "because 张三丰 said so" },
		"party":           func(c *person.ErasureRequest) { c.Party = "张三丰" },
		"open":            func(c *person.ErasureRequest) { c.Open = []string{"loans"} },
		"duties":          func(c *person.ErasureRequest) { c.Duties = nil },
		"duties[0].until": func(c *person.ErasureRequest) { c.Duties = []person.KeptDuty{{Kind: person.AML, Until: on}} },
	} {
		c := whole
		wrong(&c)
		if _, err := bank.Sign(t.Context(), c, "M-1", on); err == nil || fault.Of(err).Field != field {
			t.Errorf("signed with a wrong %s: %v", field, err)
		}
	}
	_, err := bank.Sign(t.Context(), whole, "", on)
	refused(t, err, fault.InvalidField, "reference")
	open.open = []string{"cash"}
	_, err = bank.Sign(t.Context(), whole, "M-1", on)
	refused(t, err, fault.WrongStatus, "cash")
}

// checkPurged holds what is left: nothing that opens to a value, a receipt that verifies, and every row
// that is not about the person as it was.
func (s *scene) checkPurged(r person.Record, before map[string][]string) {
	s.t.Helper()
	ctx := s.t.Context()
	e := value(s.rights.Find(ctx, r.ID))(s.t)
	receipt := value(person.VerifyReceipt(e.Receipt, s.member.PublicKey()))(s.t)
	if receipt.Person != r.ID || receipt.Party != r.Party || receipt.Documents != "2" || len(receipt.Authorities) != 2 || len(receipt.Duties) != 3 || len(receipt.Tables) != 8 {
		s.t.Errorf("the receipt says %+v", receipt)
	}
	for _, forged := range []string{strings.Replace(e.Receipt, "harbor", "harbour", 1), strings.Replace(e.Receipt, r.ID, r.Party, 1)} {
		if _, err := person.VerifyReceipt(forged, s.member.PublicKey()); err == nil {
			s.t.Error("a forged receipt verifies")
		}
	}
	if _, err := person.VerifyReceipt(e.Receipt, s.bank.PublicKey()); err == nil {
		s.t.Error("a receipt verifies by another key")
	}
	got := value(s.people.Find(ctx, r.ID))(s.t)
	if got.Status != person.Purged || got.Fields != (person.Fields{}) || got.Party != r.Party {
		s.t.Errorf("left is %+v", got)
	}
	if found := value(s.people.LookUp(ctx, vault.IdentityNumber, planted.IdentityNumber))(s.t); len(found) != 0 {
		s.t.Error("the number still finds the record")
	}
	_, err := s.rights.Export(ctx, r.ID)
	refused(s.t, err, fault.WrongStatus, "person")
	s.purgeRefused(r.ID, fault.WrongStatus, "person")
	after := s.dump()
	for _, table := range []string{"document", "document_content", "kyc_case", "kyc_event", "watch_screening", "watch_hit", "person_duty", "person_hold"} {
		if len(after[table]) != 0 {
			s.t.Errorf("%s keeps %v", table, after[table])
		}
	}
	s.sameRows(before, after)
	value(s.people.Create(ctx, "", party.Natural, planted))(s.t) // a new relation may begin
}

// A custodian's customer comes by way of two platforms, with a party on each.
func TestACustodianKeepsARecordOfEachParty(t *testing.T) {
	each(t, func(s *scene) {
		people := person.NewByParty(s.db, s.vault)
		here := value(people.Create(t.Context(), person.NewParty(), party.Natural, planted))(s.t)
		there := value(people.Create(t.Context(), person.NewParty(), party.Natural, planted))(s.t)
		if here.Party == there.Party || len(value(people.LookUp(t.Context(), vault.IdentityNumber, planted.IdentityNumber))(s.t)) != 2 {
			s.t.Errorf("the parties are %s and %s", here.Party, there.Party)
		}
		for handle, want := range map[string]int{here.Party: 2, there.Party: 2, person.NewParty(): 0, "": 0} {
			same := value(people.Same(t.Context(), handle))(s.t)
			if len(same) != want || want > 0 && !slices.Contains(same, person.Named{ID: here.ID, Party: here.Party}) {
				s.t.Errorf("the same as %q: %+v", handle, same)
			}
		}
		_, err := people.Create(t.Context(), here.Party, party.Natural, planted)
		refused(s.t, err, fault.AlreadyExists, "party")
	})
}
