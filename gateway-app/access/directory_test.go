package access_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func TestTheFirstAdministratorIsMadeOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		d, err := access.Open(ctx, db, newSeal(t), access.Settings{Cost: cheap})
		if err != nil {
			t.Fatal(err)
		}
		first, made, err := d.Bootstrap(ctx, "Harbor")
		if err != nil || !made {
			t.Fatal(made, err)
		}
		if again, made, err := d.Bootstrap(ctx, "Harbor"); err != nil || made || again != (access.Credentials{}) {
			t.Errorf("got %+v, %v, %v", again, made, err)
		}
		_, p, err := d.SignIn(ctx, first.Name, first.Password, "")
		if err != nil || !p.Has(access.Administrator) {
			t.Fatalf("got %+v, %v", p, err)
		}
		if alone, err := d.Alone(ctx, p); err != nil || !alone {
			t.Errorf("got %v, %v", alone, err)
		}
		for name, act := range map[string]func() error{
			"disabled": func() error { _, err := d.Disable(ctx, p.ID); return err },
			"demoted":  func() error { _, err := d.SetRoles(ctx, p.ID, []access.Role{access.Auditor}); return err },
		} {
			if err := act(); !errors.Is(err, fault.New(fault.WrongStatus)) {
				t.Errorf("the last administrator was %s: %v", name, err)
			}
		}
	})
}

func TestUsersThatCannotBeAreRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), open(t, db)
		o.user("Lin", access.Finance)
		for field, n := range map[string]access.NewUser{
			"name":         {Name: " \t", Roles: []access.Role{access.Finance}},
			"kind":         {Name: "a", Kind: "robot", Roles: []access.Role{access.Finance}},
			"roles[0]":     {Name: "a", Roles: []access.Role{"root"}},
			"roles":        {Name: "a", Roles: nil},
			"party":        {Name: "a", Roles: []access.Role{access.Borrower}},
			"organisation": {Organisation: "elsewhere", Name: "a", Roles: []access.Role{access.Finance}},
			"password":     {Name: "a", Kind: access.Device, Password: password, Roles: []access.Role{access.Machine}},
		} {
			if n.Organisation == "" {
				n.Organisation = o.organisation
			}
			if _, err := o.CreateUser(ctx, n); fault.Of(err).Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		// Names that people take for equal are one.
		_, err := o.CreateUser(ctx, access.NewUser{Organisation: o.organisation, Name: "ｌｉｎ", Roles: []access.Role{access.Finance}})
		if !errors.Is(err, fault.New(fault.AlreadyExists)) {
			t.Errorf("got %v", err)
		}
		if _, err := o.CreateUser(ctx, access.NewUser{
			Organisation: o.organisation, Name: "b", Party: "p", Roles: []access.Role{access.Borrower, access.Supervisor},
		}); fault.Of(err).Field != "roles" {
			t.Errorf("a customer among the staff: %v", err)
		}
		if all, err := o.Users(ctx, "", 10); err != nil || len(all) != 1 {
			t.Errorf("got %+v, %v", all, err)
		}
	})
}

func TestAKeyIsItsMachinesAndEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), open(t, db)
		machine, person := o.machine("feeder"), o.user("lin", access.Finance)
		ask := access.NewKey{User: machine.ID, Label: "feed", Operations: []string{"loan.list", "loan.list"}, ExpiresAt: o.clock.at.Add(time.Hour), By: person.ID}
		secret, key, err := o.CreateKey(ctx, ask)
		if err != nil || !slices.Equal(key.Operations, []string{"loan.list"}) {
			t.Fatal(key, err)
		}
		p, err := o.Authenticate(ctx, secret)
		if err != nil || p.Kind != access.KindKey || p.ID != machine.ID || p.Session != key.ID || !slices.Equal(p.Scope, key.Operations) {
			t.Errorf("got %+v, %v", p, err)
		}
		a := builtIn(t)
		if !a.Decide(p, "loan.list", access.Resource{}).Allowed || a.Decide(p, "loan.propose", access.Resource{}).Allowed {
			t.Error("the key does not do exactly what it was made for")
		}
		theirs := ask
		theirs.User, theirs.By = person.ID, machine.ID
		if _, _, err := o.CreateKey(ctx, theirs); !errors.Is(err, fault.New(fault.WrongRole)) {
			t.Errorf("somebody made a key for another person: %v", err)
		}
		if err := o.RevokeKey(ctx, person.ID, key.ID); !errors.Is(err, fault.New(fault.NotFound)) {
			t.Errorf("somebody revoked another's key: %v", err)
		}
		if err := o.RevokeKey(ctx, "", key.ID); err != nil {
			t.Fatal(err)
		}
		wantSignedOut(t, o, secret)
		brief, _, err := o.CreateKey(ctx, ask)
		if err != nil {
			t.Fatal(err)
		}
		o.clock.pass(time.Hour)
		wantSignedOut(t, o, brief)
		ask.ExpiresAt = o.clock.at.Add(time.Hour)
		lasting, _, err := o.CreateKey(ctx, ask)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Disable(ctx, machine.ID); err != nil {
			t.Fatal(err)
		}
		wantSignedOut(t, o, lasting)
	})
}

// authority issues certificates as Fabric's does.
type authority struct {
	t    *testing.T
	root *x509.Certificate
	key  *ecdsa.PrivateKey
	at   time.Time
}

func newAuthority(t *testing.T, at time.Time) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, key: key, at: at}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, NotBefore: at.Add(-time.Hour), NotAfter: at.AddDate(9, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.root = a.signed(template, template, &key.PublicKey)
	return a
}

func (a *authority) signed(template, parent *x509.Certificate, public *ecdsa.PublicKey) *x509.Certificate {
	a.t.Helper()
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, public, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(raw)
	if err != nil {
		a.t.Fatal(err)
	}
	return c
}

func (a *authority) issue(name, role string) *x509.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: a.at.Add(-time.Hour), NotAfter: a.at.AddDate(1, 0, 0),
	}
	if role != "" {
		template.ExtraExtensions = []pkix.Extension{{
			Id: asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}, Value: fmt.Appendf(nil, `{"attrs":{"role":%q}}`, role),
		}}
	}
	return a.signed(template, a.root, &key.PublicKey)
}

func TestMachinesComeWithCertificates(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, at := context.Background(), time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
		ours, theirs := newAuthority(t, at), newAuthority(t, at)
		o := open(t, db, func(s *access.Settings) {
			s.CertificateRoots = x509.NewCertPool()
			s.CertificateRoots.AddCert(ours.root)
		})
		refused := func(what string, c *x509.Certificate) {
			t.Helper()
			if p, err := o.AuthenticateCertificate(ctx, c); !errors.Is(err, access.ErrSignedOut) {
				t.Errorf("%s came in: %+v, %v", what, p, err)
			}
		}
		machine := ours.issue("machine", "machine")
		p, err := o.AuthenticateCertificate(ctx, machine)
		if err != nil || p.Kind != access.KindMachine || !slices.Equal(p.Roles, []access.Role{access.Machine}) || p.ID != "certificate:machine" {
			t.Errorf("got %+v, %v", p, err)
		}
		refused("another member's machine", theirs.issue("machine", "machine"))
		refused("a supervisor's certificate", ours.issue("supervisor", "supervisor"))
		refused("a certificate without a role", ours.issue("node", ""))
		if err := o.RevokeCertificate(ctx, access.Fingerprint(machine)); err != nil {
			t.Fatal(err)
		}
		refused("a revoked machine", machine)

		feeder, bound := o.machine("feeder"), theirs.issue("bank-feed", "")
		if _, err := o.BindCertificate(ctx, o.user("lin", access.Finance).ID, "x", bound); !errors.Is(err, fault.New(fault.WrongStatus)) {
			t.Errorf("a person was given a certificate: %v", err)
		}
		if _, err := o.BindCertificate(ctx, feeder.ID, "bank feed", bound); err != nil {
			t.Fatal(err)
		}
		if p, err := o.AuthenticateCertificate(ctx, bound); err != nil || p.ID != feeder.ID || p.Session != access.Fingerprint(bound) {
			t.Errorf("got %+v, %v", p, err)
		}
		if _, err := o.BindCertificate(ctx, feeder.ID, "again", bound); !errors.Is(err, fault.New(fault.AlreadyExists)) {
			t.Errorf("got %v", err)
		}
		o.clock.pass(366 * 24 * time.Hour)
		refused("an expired certificate", bound)
	})
}

// Nobody who reads the database learns a name, a token, a key, a password or a one-time-code secret.
func TestNothingLiesInTheDatabaseInTheClear(t *testing.T) {
	ctx, folder := context.Background(), t.TempDir()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(folder, "member.db"))
	if err != nil {
		t.Fatal(err)
	}
	o := open(t, db)
	u := o.user("Ouyang Xiuying", access.Finance)
	token, _ := o.signIn("Ouyang Xiuying")
	code := o.withCode(u.ID)
	secret, _, err := o.CreateKey(ctx, access.NewKey{User: u.ID, Label: "for Sima Wei", Operations: []string{"loan.list"}, ExpiresAt: o.clock.at.Add(time.Hour), By: u.ID})
	if err != nil {
		t.Fatal(err)
	}
	if keys, err := o.Keys(ctx, u.ID, "", 10); err != nil || len(keys) != 1 || keys[0].Label != "for Sima Wei" {
		t.Errorf("the keys are %+v, %v", keys, err)
	}
	_, _, _ = o.SignIn(ctx, "Zhuge Nobody", "a wrong password", "")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, planted := range []string{"Ouyang", "ouyang", "Zhuge", "zhuge", "Sima", token, token[3:], code, secret, secret[3:], password} {
			if bytes.Contains(raw, []byte(planted)) {
				t.Errorf("%s holds %q", filepath.Base(file), planted)
			}
		}
	}
}

// Two administrators are two for good, and the way back is not through the door.
func TestALostAdministratorComesBackFromTheMachine(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), open(t, db)
		anna, ben := o.user("anna", access.Administrator), o.user("ben", access.Administrator)
		if _, err := o.Disable(ctx, ben.ID); err != nil {
			t.Fatal(err)
		}
		_, p := o.signIn("anna")
		if alone, err := o.Alone(ctx, p); err != nil || alone || p.ID != anna.ID {
			t.Fatalf("one of two is alone: %v, %v", alone, err)
		}
		back, given, err := o.Recover(ctx, "Harbor", "ben")
		if err != nil || back.ID != ben.ID {
			t.Fatal(back, err)
		}
		if _, p, err := o.SignIn(ctx, "ben", given.Password, ""); err != nil || !p.Has(access.Administrator) {
			t.Errorf("got %+v, %v", p, err)
		}
		another, given, err := o.Recover(ctx, "Harbor", "carol")
		if err != nil || another.ID == ben.ID {
			t.Fatal(another, err)
		}
		if _, p, err := o.SignIn(ctx, "carol", given.Password, ""); err != nil || !p.Has(access.Administrator) {
			t.Errorf("got %+v, %v", p, err)
		}
		o.user("olga", access.Finance)
		if _, _, err := o.Recover(ctx, "Harbor", "olga"); !errors.Is(err, fault.New(fault.WrongRole)) {
			t.Errorf("somebody who is no administrator was made one: %v", err)
		}
	})
}
