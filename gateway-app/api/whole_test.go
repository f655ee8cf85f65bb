package api_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/credit"
	"github.com/tallystick/tallystick/gateway-app/funding"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/netting"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
	"github.com/tallystick/tallystick/gateway-app/vault"
	"github.com/tallystick/tallystick/gateway-app/webhook"
)

// whole is a server that runs everything that any member runs, over stores that are all real, behind the real
// gate. Faked are the ledger, the certificate authority, and what other members' apps know of the ledger.
func whole(t *testing.T) *scene {
	t.Helper()
	l := newShared(t)
	regulator, custodian := holderOf(t, "authority", l), holderOf(t, "meridian", l)
	_, _, atRegulator := member(t, "authority", func(p *api.Parts) {
		p.Pseudonyms = &api.Pseudonyms{Keys: regulator, Regulator: &pseudonym.Regulator{Holder: regulator}}
		p.Credit = &api.Credit{Registry: credit.NewRegistry(p.Store, l, true)}
	})
	half := pseudonym.NewCustodian(custodian, l, l, atRegulator("meridian"), l, "test")
	_, _, atCustodian := member(t, "meridian", func(p *api.Parts) {
		p.Pseudonyms = &api.Pseudonyms{Keys: custodian, Custodian: half}
	})
	s, _ := guarded(t)
	key, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	p := &s.parts
	p.Customers = customers(t, p, key, nil)
	if p.Authority, err = person.NewAuthoriser(party.Custodian, "harbor", key, nothingOpen{}); err != nil {
		t.Fatal(err)
	}
	p.Pseudonyms = &api.Pseudonyms{
		Keys: custodian, Regulator: &pseudonym.Regulator{Holder: regulator}, Custodian: half,
		Platform: pseudonym.NewPlatform(p.Store, []byte("harbor"), l, atRegulator("harbor"), atCustodian("harbor")),
		Rotate: func(ctx context.Context) (int, error) {
			return pseudonym.Rotate(ctx, pseudonym.Rotation{
				Regulator: regulator, Custodian: custodian, Remaining: half.Remaining,
				Renew: func(string) (pseudonym.Renewer, bool) { return nil, false },
			})
		},
	}
	p.Credit = &api.Credit{
		Registry: credit.NewRegistry(p.Store, l, true),
		Desk: credit.NewDesk(p.Store, l, l, credit.NewRemote(atRegulator("harbor")), credit.DeskSettings{
			Bureaus: []credit.Bureau{credit.NewLocalBureau("local", []byte("secret"))},
		}),
	}
	p.Netting = netting.New(p.Store, l, l, netting.Settings{Custodian: "meridian", Collections: []string{"harbor-meridian"}, Process: "test"})
	v := vaultOf(t, p)
	p.Funding = matchingOf(t, p, newBourse(t))
	p.Notices = notice.New(p.Store)
	p.Alerts = alert.New(p.Store, v, nil, p.Notices, alert.Settings{})
	raise(t, p.Store, 1, 2)
	p.Reminders = remindersOf(t, p, nil)
	p.Warnings = warningsOf(t, p.Store)
	p.Webhooks = webhook.New(p.Store, v, s.books, p.Notices, webhook.Settings{Hosts: []string{"books.example", "a.example"}, AllowLoopback: true})
	market := newBourse(t)
	p.Funding = funding.New(p.Store, v, market, market, funding.Settings{
		Pairs: []funding.Pair{{Collection: "harbor-meridian", Platform: "harbor", Custodian: "meridian"}}, Process: "test",
	})
	openDesk(t, p)
	p.Staff = staffRegister(t, p.Store, v)
	p.Books = projection.NewModel(p.Store)
	receiver := receives(p)
	p.Submissions = &api.Submissions{Regulator: receiver, Platform: states(p, handedOver{receiver})}
	p.Reports = reportsOf(p, everyone)
	p.Counterparts = map[string]string{}
	for n := range 100 {
		p.Counterparts[userName(access.Counterpart, n)] = "harbor"
	}
	p.Limits = api.Limits{BodyBytes: 64 << 10}
	s.restart()
	return s
}

// vaults are those of the scenes' databases, each with one master key.
var vaults sync.Map

// vaultOf is the vault of a scene's database.
func vaultOf(t testing.TB, p *api.Parts) *vault.Vault {
	t.Helper()
	if known, open := vaults.Load(p.Store); open {
		return known.(*vault.Vault)
	}
	path := filepath.Join(t.TempDir(), "second.pem")
	if err := vault.Create(path); err != nil {
		t.Fatal(err)
	}
	master, err := vault.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(t.Context(), p.Store, master, vault.AESGCM)
	if err != nil {
		t.Fatal(err)
	}
	vaults.Store(p.Store, v)
	return v
}

func userName(role access.Role, n int) string { return fmt.Sprintf("%s number %d", role, n) }

// playing answers the headers of somebody of a role, who is made anew whenever what was sent has ended their
// session, their role or themselves.
func (s *scene) playing(role access.Role) func(signedOut bool) []string {
	var headers []string
	made := 0
	return func(signedOut bool) []string {
		if headers != nil && (!signedOut || s.get("/v1/session", headers...).Code == http.StatusOK) {
			return headers
		}
		ctx := s.t.Context()
		organisations, err := s.parts.Users.Organisations(ctx)
		if err != nil {
			s.t.Fatal(err)
		}
		user := access.NewUser{
			Organisation: organisations[0].ID, Name: userName(role, made), Password: "a password of the walk", Roles: []access.Role{role},
		}
		if role.Customer() {
			user.Party = handle(1)
		}
		made++
		who, err := s.parts.Users.CreateUser(ctx, user)
		if err != nil {
			s.t.Fatal(err)
		}
		if _, signs := role.OnLedger(); signs {
			if _, err := s.parts.Users.SetCertificate(ctx, who.ID, "staff-"+who.ID); err != nil {
				s.t.Fatal(err)
			}
		}
		token, _, err := s.parts.Users.SignIn(ctx, user.Name, user.Password, "")
		if err != nil {
			s.t.Fatal(err)
		}
		headers = []string{"Authorization", "Bearer " + token}
		return headers
	}
}

// Every operation that any member has, as everybody who may call, with what fits and with what is hostile: nothing
// makes the server fail, and every refusal says what to do.
func TestNothingThatAnybodySendsMakesAWholeServerFail(t *testing.T) {
	s := whole(t)
	if served := len(s.server.OperationIDs()); served < len(access.Operations()) {
		t.Errorf("%d of %d operations are served", served, len(access.Operations()))
	}
	answered := map[string]int{}
	pool := &harvest{}
	for _, role := range access.Roles() {
		f := s.walkAs(s.playing(role), pool)
		t.Logf("%s: %d requests", role, f.total)
		for id, n := range f.answered {
			answered[id] += n
		}
	}
	var never []string
	for _, op := range access.Operations() {
		if answered[op.ID] == 0 {
			never = append(never, op.ID)
		}
	}
	slices.Sort(never)
	t.Logf("nothing of what was sent was right for %s", strings.Join(never, ", "))
	if len(never) > len(access.Operations())/2 { // what needs a loan, an approval or a signature is answered by other tests
		t.Errorf("%d operations were never answered", len(never))
	}
	if _, err := s.parts.AccessLog.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// The document is one of OpenAPI 3.1, by the specification's own schema.
func TestTheDocumentIsOpenAPI(t *testing.T) {
	s := whole(t)
	document, err := libopenapi.NewDocument(s.get("/openapi.json").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	check, problems := validator.NewValidator(document)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	ok, findings := check.ValidateDocument()
	for _, f := range findings {
		t.Errorf("%s: %s", f.Message, f.Reason)
		for _, at := range f.SchemaValidationErrors {
			t.Errorf("  %s: %s", at.KeywordLocation, at.Reason)
		}
	}
	if !ok && len(findings) == 0 {
		t.Error("the document is refused without a reason")
	}
	// The check finds what is wrong.
	broken := strings.Replace(s.get("/openapi.json").Body.String(), `"in":"query"`, `"in":"somewhere"`, 1)
	document, err = libopenapi.NewDocument([]byte(broken))
	if err != nil {
		t.Fatal(err)
	}
	if check, problems = validator.NewValidator(document); len(problems) > 0 {
		t.Fatal(problems)
	}
	if ok, _ := check.ValidateDocument(); ok {
		t.Error("a parameter that is nowhere was let through")
	}
}
