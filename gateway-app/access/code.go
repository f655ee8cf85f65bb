package access

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/tallystick/tallystick/core/fault"
)

const (
	codePeriod = 30 * time.Second
	codeSkew   = 1 // steps that a telephone's clock may be off
	codeTable  = "access_user"
	codeColumn = "code_secret"
)

var codeForm = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// CodeSecret is what a telephone needs to make one-time codes. It is shown once.
type CodeSecret struct {
	Secret string `json:"secret"`
	URL    string `json:"url"` // for a QR code
}

// EnrolCode begins a user's one-time codes, for who knows the password too: a session that was taken over, or left
// open, must not make its thief's telephone the owner's. They count from ConfirmCode on. Whoever has codes already
// must have them taken away first, by an administrator.
func (d *Directory) EnrolCode(ctx context.Context, user, password string) (CodeSecret, error) {
	u, err := d.User(ctx, user)
	if err != nil {
		return CodeSecret{}, err
	}
	if u.Code || u.password == "" { // who has no password signs in where no code is asked for
		return CodeSecret{}, fault.New(fault.WrongStatus)
	}
	if err := d.confirm(ctx, u, password, "password"); err != nil {
		return CodeSecret{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: "Tallystick " + d.settings.Member, AccountName: u.Name, Period: uint(codePeriod / time.Second),
		SecretSize: 20, Digits: codeForm.Digits, Algorithm: codeForm.Algorithm,
	})
	if err != nil {
		return CodeSecret{}, fmt.Errorf("make a secret for one-time codes: %w", err)
	}
	sealed, err := d.sealer.Seal(codeTable, u.ID, codeColumn, []byte(key.Secret()))
	if err != nil {
		return CodeSecret{}, fmt.Errorf("seal a secret for one-time codes: %w", err)
	}
	_, err = d.change(ctx, user, func(tx *sql.Tx, u User) error {
		if u.Code {
			return fault.New(fault.WrongStatus)
		}
		_, err := tx.ExecContext(ctx, `UPDATE access_user SET code_secret = $1, code_last_step = 0 WHERE id = $2`, sealed, user)
		return err
	})
	return CodeSecret{Secret: key.Secret(), URL: key.URL()}, err
}

// ConfirmCode makes one-time codes count, once the user has shown that theirs are right.
func (d *Directory) ConfirmCode(ctx context.Context, user, code string) error {
	_, err := d.change(ctx, user, func(tx *sql.Tx, u User) error {
		if u.Code || u.codeSecret == nil {
			return fault.New(fault.WrongStatus)
		}
		step, ok, err := d.codeStep(u, code)
		if err != nil {
			return err
		}
		if !ok {
			return fault.In(fault.InvalidField, "code")
		}
		_, err = tx.ExecContext(ctx, `UPDATE access_user SET code_confirmed = $1, code_last_step = $2 WHERE id = $3`, true, step, user)
		return err
	})
	return err
}

// checkCode passes whoever has set no code up; the step is of use to refuse the same code again.
func (d *Directory) checkCode(u User, code string) (step int64, ok bool, err error) {
	if !u.Code {
		return u.codeLastStep, true, nil
	}
	return d.codeStep(u, code)
}

// codeStep finds the period that a code belongs to. A code of the last one taken, or of one before it, is
// no good: whoever looked over a shoulder cannot use it again.
func (d *Directory) codeStep(u User, code string) (int64, bool, error) {
	secret, err := d.sealer.Open(codeTable, u.ID, codeColumn, u.codeSecret)
	if err != nil {
		return 0, false, fmt.Errorf("open the secret for one-time codes: %w", err)
	}
	if len(code) != codeForm.Digits.Length() {
		return 0, false, nil
	}
	current := d.now().Unix() / int64(codePeriod/time.Second)
	for step := current - codeSkew; step <= current+codeSkew; step++ {
		right, err := hotp.ValidateCustom(code, uint64(step), string(secret), codeForm)
		if err != nil {
			return 0, false, fmt.Errorf("check a one-time code: %w", err)
		}
		if right && step > u.codeLastStep {
			return step, true, nil
		}
	}
	return 0, false, nil
}
