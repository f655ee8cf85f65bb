package access

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Certificate is a client certificate that a machine may come with.
type Certificate struct {
	Fingerprint string `json:"fingerprint"` // SHA-256 of the certificate, in hexadecimal
	User        string `json:"user,omitempty"`
	Label       string `json:"label"`
	ExpiresAt   string `json:"expires_at"`
	BoundAt     string `json:"bound_at"`
	RevokedAt   string `json:"revoked_at,omitempty"`
}

// Fingerprint is the name of a certificate here.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// BindCertificate lets a machine come with a certificate, whoever issued it; people sign in. A certificate that was bound or
// revoked before is refused.
func (d *Directory) BindCertificate(ctx context.Context, user, label string, c *x509.Certificate) (Certificate, error) {
	now := d.now()
	if label == "" || len(label) > longestName {
		return Certificate{}, fault.In(fault.InvalidField, "label")
	}
	if now.After(c.NotAfter) {
		return Certificate{}, fault.In(fault.InvalidField, "certificate")
	}
	bound := Certificate{
		Fingerprint: Fingerprint(c), User: user, Label: label, ExpiresAt: store.Time(c.NotAfter), BoundAt: store.Time(now),
	}
	sealed, err := d.sealLabel("access_certificate", bound.Fingerprint, label)
	if err != nil {
		return Certificate{}, fmt.Errorf("bind a certificate: %w", err)
	}
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		u, err := d.userBy(ctx, tx, "id", user)
		if errors.Is(err, sql.ErrNoRows) || err == nil && u.Status != Active {
			return fault.In(fault.NotFound, "user")
		}
		if err != nil {
			return err
		}
		if u.Kind != Device {
			return fault.In(fault.WrongStatus, "user")
		}
		const insert = `INSERT INTO access_certificate (fingerprint, user_id, label, expires_at, bound_at, revoked_at)
			VALUES ($1, $2, $3, $4, $5, '')`
		_, err = tx.ExecContext(ctx, insert, bound.Fingerprint, user, sealed, bound.ExpiresAt, bound.BoundAt)
		return err
	})
	if store.Duplicate(err) {
		return Certificate{}, fault.In(fault.AlreadyExists, "certificate")
	}
	if err != nil {
		return Certificate{}, fmt.Errorf("bind a certificate: %w", err)
	}
	return bound, nil
}

// RevokeCertificate refuses a certificate from now on, for good: one that was bound, and one that would
// be let in for its role.
func (d *Directory) RevokeCertificate(ctx context.Context, fingerprint string) error {
	if raw, err := hex.DecodeString(fingerprint); err != nil || len(raw) != sha256.Size {
		return fault.In(fault.InvalidField, "fingerprint")
	}
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		const put = `INSERT INTO access_certificate (fingerprint, user_id, label, expires_at, bound_at, revoked_at)
			VALUES ($1, '', '', '', $2, $2)
			ON CONFLICT (fingerprint) DO UPDATE SET revoked_at = excluded.revoked_at WHERE access_certificate.revoked_at = ''`
		if _, err := tx.ExecContext(ctx, put, fingerprint, store.Time(d.now())); err != nil {
			return fmt.Errorf("revoke a certificate: %w", err)
		}
		return nil
	})
}

// Certificates lists what was bound or revoked, from after the given fingerprint.
func (d *Directory) Certificates(ctx context.Context, after string, limit int) ([]Certificate, error) {
	rows, err := d.db.QueryContext(ctx, `SELECT fingerprint, user_id, label, expires_at, bound_at, revoked_at
		FROM access_certificate WHERE fingerprint > $1 ORDER BY fingerprint LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list certificates: %w", err)
	}
	defer rows.Close()
	var list []Certificate
	for rows.Next() {
		var c Certificate
		if err := rows.Scan(&c.Fingerprint, &c.User, &c.Label, &c.ExpiresAt, &c.BoundAt, &c.RevokedAt); err != nil {
			return nil, fmt.Errorf("list certificates: %w", err)
		}
		if c.Label, err = d.openLabel("access_certificate", c.Fingerprint, c.Label); err != nil {
			return nil, fmt.Errorf("list certificates: %w", err)
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// AuthenticateCertificate finds out who comes with a client certificate. The TLS handshake has shown that
// they hold its key. A bound certificate is its user's; another is let in as a machine when the member's
// own authority issued it with the role of one. Whatever is wrong, the answer is ErrSignedOut.
func (d *Directory) AuthenticateCertificate(ctx context.Context, c *x509.Certificate) (Principal, error) {
	now := d.now()
	if now.Before(c.NotBefore) || now.After(c.NotAfter) {
		return Principal{}, ErrSignedOut
	}
	fingerprint := Fingerprint(c)
	var user, revokedAt string
	err := d.db.QueryRowContext(ctx, `SELECT user_id, revoked_at FROM access_certificate WHERE fingerprint = $1`, fingerprint).
		Scan(&user, &revokedAt)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return d.machineByRole(c, fingerprint)
	case err != nil:
		return Principal{}, fmt.Errorf("look up a certificate: %w", err)
	case revokedAt != "":
		return Principal{}, ErrSignedOut
	}
	u, err := d.activeUser(ctx, user)
	if err != nil {
		return Principal{}, err
	}
	return d.principal(u, KindMachine, fingerprint, false), nil
}

// machineByRole accepts a certificate of the member's authority whose role is machine, and no other role:
// people sign in.
func (d *Directory) machineByRole(c *x509.Certificate, fingerprint string) (Principal, error) {
	if d.settings.CertificateRoots == nil {
		return Principal{}, ErrSignedOut
	}
	_, err := c.Verify(x509.VerifyOptions{
		Roots: d.settings.CertificateRoots, CurrentTime: d.now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil || attribute(c, "role") != string(party.Machine) {
		return Principal{}, ErrSignedOut
	}
	name := c.Subject.CommonName
	return Principal{ID: "certificate:" + name, Kind: KindMachine, Name: name, Roles: []Role{Machine}, Session: fingerprint}, nil
}

// attributeOID is where Fabric's authority puts attributes into a certificate.
var attributeOID = asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}

// attribute reads an attribute of a certificate; empty where there is none.
func attribute(c *x509.Certificate, name string) string {
	for _, extension := range c.Extensions {
		if !extension.Id.Equal(attributeOID) {
			continue
		}
		var held struct {
			Attributes map[string]string `json:"attrs"`
		}
		if json.Unmarshal(extension.Value, &held) != nil {
			return ""
		}
		return held.Attributes[name]
	}
	return ""
}
