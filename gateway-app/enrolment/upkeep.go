package enrolment

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

const (
	renewBefore = 30 * 24 * time.Hour // of the end; a shorter life is renewed in its last third
	lookEvery   = time.Hour
)

const selectEnrolments = `SELECT name, user_id, role, status, secret, key_sealed, certificate, expires_at, updated_at FROM enrolment`

type scanner interface{ Scan(into ...any) error }

func scanEnrolment(row scanner) (Enrolment, error) {
	var e Enrolment
	err := row.Scan(&e.Name, &e.User, &e.Role, &e.Status, &e.secret, &e.key, &e.Certificate, &e.ExpiresAt, &e.UpdatedAt)
	return e, err
}

// Enrolment finds one by its name.
func (r *Register) Enrolment(ctx context.Context, name string) (Enrolment, error) {
	e, err := scanEnrolment(r.db.QueryRowContext(ctx, selectEnrolments+` WHERE name = $1`, name))
	if errors.Is(err, sql.ErrNoRows) {
		return Enrolment{}, fault.In(fault.NotFound, "name")
	}
	if err != nil {
		return Enrolment{}, fmt.Errorf("read enrolment %s: %w", name, err)
	}
	return e, nil
}

// Enrolments lists enrolments in the order of their names, from after the given one.
func (r *Register) Enrolments(ctx context.Context, after string, limit int) ([]Enrolment, error) {
	return r.list(ctx, ` WHERE name > $1 ORDER BY name LIMIT $2`, after, limit)
}

func (r *Register) list(ctx context.Context, where string, args ...any) ([]Enrolment, error) {
	rows, err := r.db.QueryContext(ctx, selectEnrolments+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list enrolments: %w", err)
	}
	defer rows.Close()
	var list []Enrolment
	for rows.Next() {
		e, err := scanEnrolment(rows)
		if err != nil {
			return nil, fmt.Errorf("list enrolments: %w", err)
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// Credential is what signs as an identity. Only one that is enrolled and in force signs.
func (r *Register) Credential(ctx context.Context, name string) (Credential, error) {
	e, err := r.Enrolment(ctx, name)
	if err != nil {
		return Credential{}, err
	}
	if e.Status != Enrolled || e.ExpiresAt <= r.now() {
		return Credential{}, fault.In(fault.WrongRole, "certificate")
	}
	key, err := r.sealer.Open(table, e.Name, "key_sealed", e.key)
	if err != nil {
		return Credential{}, fmt.Errorf("open the key of %s: %w", name, err)
	}
	return Credential{Certificate: []byte(e.Certificate), Key: key}, nil
}

// Renew gives an identity a fresh key and certificate with the one that it has.
func (r *Register) Renew(ctx context.Context, name string) (Enrolment, error) {
	held, err := r.Credential(ctx, name)
	if err != nil {
		return Enrolment{}, fmt.Errorf("renew %s: %w", name, err)
	}
	key, err := parseKey(held.Key)
	if err != nil {
		return Enrolment{}, fmt.Errorf("renew %s: %w", name, err)
	}
	made, err := r.authority.renew(ctx, credential{certificate: held.Certificate, key: key}, name)
	if err != nil {
		return Enrolment{}, fmt.Errorf("renew %s: %w", name, err)
	}
	if err := r.keep(ctx, name, Enrolled, made); err != nil {
		return Enrolment{}, fmt.Errorf("renew %s: %w", name, err)
	}
	return r.Enrolment(ctx, name)
}

// Revoke ends all of a user's identities. From the first row on this app signs with none of them; what
// the authority could not be told is told by Run until it has confirmed.
func (r *Register) Revoke(ctx context.Context, user string) error {
	err := r.db.Write(ctx, func(tx *sql.Tx) error {
		const dismiss = `UPDATE enrolment SET status = $1, updated_at = $2 WHERE user_id = $3 AND status IN ($4, $5)`
		_, err := tx.ExecContext(ctx, dismiss, Revoking, r.now(), user, Registered, Enrolled)
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke the certificates of user %s: %w", user, err)
	}
	return r.revokePending(ctx, user)
}

// revokePending tells the authority about what is to be revoked: of one user, or of all where none is
// named.
func (r *Register) revokePending(ctx context.Context, user string) error {
	pending, err := r.list(ctx, ` WHERE status = $1 AND (user_id = $2 OR CAST($2 AS TEXT) = '') ORDER BY name`, Revoking, user)
	if err != nil {
		return err
	}
	var failed []error
	for _, e := range pending {
		if err := r.revokeOne(ctx, e); err != nil {
			failed = append(failed, fmt.Errorf("revoke %s: %w", e.Name, err))
		}
	}
	return errors.Join(failed...)
}

// revokeOne ends one identity at the authority and destroys its key here. An identity whose registering
// was never sent is registered first: the name must be of no use to anybody later.
func (r *Register) revokeOne(ctx context.Context, e Enrolment) error {
	if e.Certificate == "" {
		err := r.authority.register(ctx, r.registrar, e.Name, randomHex(16), string(e.Role))
		if err != nil && !refusedWith(err, codeRegistered) {
			return err
		}
	}
	if err := r.authority.revoke(ctx, r.registrar, e.Name, "cessationofoperation"); err != nil {
		return err
	}
	return r.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `UPDATE enrolment SET status = $1, key_sealed = NULL, secret = NULL, updated_at = $2, revoked_at = $2 WHERE name = $3`
		_, err := tx.ExecContext(ctx, update, Revoked, r.now(), e.Name)
		return err
	})
}

// RevocationList is the authority's present list of revoked certificates, in PEM, for the administrator who
// puts it into the channel's configuration.
func (r *Register) RevocationList(ctx context.Context) ([]byte, error) {
	return r.authority.revocations(ctx, r.registrar)
}

// Tend finishes what was begun, renews what expires soon and revokes what is to be revoked. Every part is
// tried; what failed is tried again next time.
func (r *Register) Tend(ctx context.Context) error {
	failed := []error{r.revokePending(ctx, "")}
	begun, err := r.list(ctx, ` WHERE status = $1 ORDER BY name`, Registered)
	failed = append(failed, err)
	for _, e := range begun {
		failed = append(failed, r.finish(ctx, e))
	}
	soon, err := r.list(ctx, ` WHERE status = $1 AND expires_at <= $2 AND expires_at > $3 ORDER BY expires_at`,
		Enrolled, store.Time(r.clock().Add(renewBefore)), r.now())
	failed = append(failed, err)
	for _, e := range soon {
		if !r.dueForRenewal(e) {
			continue
		}
		_, err := r.Renew(ctx, e.Name)
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// dueForRenewal leaves a certificate with a short life alone until its last third.
func (r *Register) dueForRenewal(e Enrolment) bool {
	parsed, err := credential{certificate: []byte(e.Certificate)}.parsed()
	if err != nil {
		return true
	}
	life := parsed.NotAfter.Sub(parsed.NotBefore)
	return r.clock().After(parsed.NotAfter.Add(-min(renewBefore, life/3)))
}

// Run tends the enrolments until ctx ends; failures go to report. The ticks are the machine's unless a
// test gives its own.
func (r *Register) Run(ctx context.Context, ticks <-chan time.Time, report func(error)) error {
	if ticks == nil {
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		ticks = ticker.C
	}
	for {
		if err := r.Tend(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks:
		}
	}
}
