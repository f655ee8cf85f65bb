package enrolment

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func parsed(t *testing.T, text string) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatalf("no certificate: %q", text)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// roleIn is the role that the chaincode reads from a certificate.
func roleIn(t *testing.T, c *x509.Certificate) string {
	t.Helper()
	for _, extension := range c.Extensions {
		if extension.Id.String() == "1.2.3.4.5.6.7.8.1" {
			var held struct {
				Attrs map[string]string `json:"attrs"`
			}
			if err := json.Unmarshal(extension.Value, &held); err != nil {
				t.Fatal(err)
			}
			return held.Attrs["role"]
		}
	}
	return ""
}

func TestAStaffCertificateIsEnrolledRenewedAndRevoked(t *testing.T) {
	server(t)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, at := context.Background(), &clock{time.Now()}
		r := register(t, db, at)
		e, err := r.Enrol(ctx, "user-1", party.Supervisor)
		if err != nil {
			t.Fatal(err)
		}
		first := parsed(t, e.Certificate)
		if e.Status != Enrolled || roleIn(t, first) != "supervisor" || first.Subject.CommonName != e.Name || !slices.Contains(first.Subject.OrganizationalUnit, "client") {
			t.Errorf("got %s, role %q, subject %v", e.Status, roleIn(t, first), first.Subject)
		}
		if strings.Contains(e.Name, "user-1") {
			t.Errorf("the name %q tells of the user", e.Name)
		}
		held, err := r.Credential(ctx, e.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tls.X509KeyPair(held.Certificate, held.Key); err != nil {
			t.Errorf("certificate and key do not go together: %v", err)
		}
		if again, err := r.Enrol(ctx, "user-1", party.Supervisor); err != nil || again.Name != e.Name || again.Certificate != e.Certificate {
			t.Errorf("enrolling again: %+v, %v", again, err)
		}

		at.at = first.NotAfter.Add(-10 * 24 * time.Hour)
		if err := r.Tend(ctx); err != nil {
			t.Fatal(err)
		}
		renewed, err := r.Enrolment(ctx, e.Name)
		if err != nil {
			t.Fatal(err)
		}
		second := parsed(t, renewed.Certificate)
		if second.SerialNumber.Cmp(first.SerialNumber) == 0 || roleIn(t, second) != "supervisor" || second.Subject.CommonName != e.Name {
			t.Errorf("renewal: serial %v, role %q, subject %v", second.SerialNumber, roleIn(t, second), second.Subject)
		}
		fresh, err := r.Credential(ctx, e.Name)
		if err != nil || bytes.Equal(fresh.Key, held.Key) {
			t.Errorf("the key was not replaced: %v", err)
		}

		at.at = time.Now()
		if err := r.Revoke(ctx, "user-1"); err != nil {
			t.Fatal(err)
		}
		wantRevoked(t, r, e.Name, first, second)
		// The authority itself no longer takes it.
		key, err := parseKey(fresh.Key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.authority.renew(ctx, credential{fresh.Certificate, key}, e.Name); err == nil {
			t.Error("the authority renews a revoked identity")
		}
		wantNothingInTheClear(t, db, held, fresh)
	})
}

// wantRevoked looks into our rows and into the authority's own list.
func wantRevoked(t *testing.T, r *Register, name string, certificates ...*x509.Certificate) {
	t.Helper()
	ctx := context.Background()
	e, err := r.Enrolment(ctx, name)
	if err != nil || e.Status != Revoked || e.key != nil || e.secret != nil {
		t.Errorf("got %+v, %v", e, err)
	}
	if _, err := r.Credential(ctx, name); !errors.Is(err, fault.New(fault.WrongRole)) {
		t.Errorf("it still signs: %v", err)
	}
	text, err := r.RevocationList(ctx)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	list, err := x509.ParseRevocationList(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range certificates {
		if !slices.ContainsFunc(list.RevokedCertificateEntries, func(e x509.RevocationListEntry) bool {
			return e.SerialNumber.Cmp(c.SerialNumber) == 0
		}) {
			t.Errorf("certificate %v is not in the list of the revoked", c.SerialNumber)
		}
	}
}

// wantNothingInTheClear scans every value of the table.
func wantNothingInTheClear(t *testing.T, db *store.DB, credentials ...Credential) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), `SELECT COALESCE(key_sealed, secret) FROM enrolment WHERE key_sealed IS NOT NULL OR secret IS NOT NULL`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var value []byte
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		for _, c := range credentials {
			if bytes.Contains(value, c.Key) || bytes.Contains(value, []byte("PRIVATE KEY")) {
				t.Error("a key lies in the database in the clear")
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestAnotherRoleIsAnotherIdentity(t *testing.T) {
	server(t)
	db := storetest.SQLite(t)
	ctx := context.Background()
	r := register(t, db, &clock{time.Now()})
	operator, err := r.Enrol(ctx, "user-2", party.Operator)
	if err != nil {
		t.Fatal(err)
	}
	supervisor, err := r.Enrol(ctx, "user-2", party.Supervisor)
	if err != nil {
		t.Fatal(err)
	}
	if supervisor.Name == operator.Name || roleIn(t, parsed(t, supervisor.Certificate)) != "supervisor" {
		t.Errorf("got %+v", supervisor)
	}
	wantRevoked(t, r, operator.Name, parsed(t, operator.Certificate))
}

// The authority is away when a user is enrolled, and again when they are dismissed. Neither is lost, and
// a dismissed user signs nothing meanwhile.
func TestWhatTheAuthorityMissedIsDoneLater(t *testing.T) {
	server(t)
	db := storetest.SQLite(t)
	ctx := context.Background()
	r := register(t, db, &clock{time.Now()})
	back := away(r)
	if _, err := r.Enrol(ctx, "user-3", party.Operator); !errors.Is(err, fault.New(fault.Unavailable)) {
		t.Fatalf("got %v", err)
	}
	back()
	if err := r.Tend(ctx); err != nil {
		t.Fatal(err)
	}
	all, err := r.Enrolments(ctx, "", 10)
	if err != nil || len(all) != 1 || all[0].Status != Enrolled {
		t.Fatalf("got %+v, %v", all, err)
	}
	back = away(r)
	if err := r.Revoke(ctx, "user-3"); !errors.Is(err, fault.New(fault.Unavailable)) {
		t.Fatalf("got %v", err)
	}
	if _, err := r.Credential(ctx, all[0].Name); err == nil {
		t.Error("a dismissed user signs")
	}
	back()
	if err := r.Tend(ctx); err != nil {
		t.Fatal(err)
	}
	wantRevoked(t, r, all[0].Name, parsed(t, all[0].Certificate))
}

// Answers that were lost: the authority registered, or enrolled, and we never heard.
func TestALostAnswerIsAskedForAgain(t *testing.T) {
	server(t)
	db := storetest.SQLite(t)
	ctx := context.Background()
	r := register(t, db, &clock{time.Now()})
	begun, err := r.begin(ctx, "user-4", party.Operator)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := r.sealer.Open(table, begun.Name, "secret", begun.secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.authority.register(ctx, r.registrar, begun.Name, string(secret), "operator"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.authority.enrol(ctx, begun.Name, string(secret)); err != nil {
		t.Fatal(err)
	}
	e, err := r.Enrol(ctx, "user-4", party.Operator)
	if err != nil || e.Name != begun.Name || e.Status != Enrolled {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestWhatCannotBeEnrolledIsRefused(t *testing.T) {
	server(t)
	r := register(t, storetest.SQLite(t), &clock{time.Now()})
	for _, one := range []struct {
		user string
		role party.Role
	}{{"", party.Operator}, {"user-5", "owner"}, {"user-5", ""}} {
		if _, err := r.Enrol(context.Background(), one.user, one.role); fault.Of(err).Code.HTTPStatus() != 400 {
			t.Errorf("%+v: %v", one, err)
		}
	}
	if _, err := NewAuthority("http://127.0.0.1:1", "ca", "Harbor", "absent"); err == nil {
		t.Error("an address without TLS was accepted")
	}
	if _, err := New(nil, nil, nil, "absent", "absent", nil); err == nil || !strings.Contains(err.Error(), "settings") {
		t.Errorf("got %v", err)
	}
}
