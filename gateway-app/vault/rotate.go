package vault

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// rotatePage is how many rows one transaction seals anew, so that nobody else waits long.
const rotatePage = 200

// Files are sealed values outside the database. Reseal seals anew what is under an older key than the newest,
// and answers how many it was.
type Files interface {
	Reseal(ctx context.Context) (int, error)
}

// Rotation is what a change of the data key has done.
type Rotation struct {
	Version   uint32
	Algorithm Algorithm
	Begun     bool // a new key, and not one whose rotation was cut off
	Resealed  int
}

// Change begins a new data key and seals everything under it. A change that was cut off within the last day is
// gone on with instead, also one that began with another algorithm in the settings. It runs beside processes
// that use the vault: what they seal under the former key meanwhile is left to Retire.
func (v *Vault) Change(ctx context.Context, report func(Column, int), files ...Files) (Rotation, error) {
	begun, err := v.begunAndLeft(ctx)
	if err != nil {
		return Rotation{}, err
	}
	if !begun {
		if _, err := v.Rotate(ctx); err != nil {
			return Rotation{}, err
		}
	}
	done := Rotation{Version: v.Version(), Algorithm: v.Algorithm(), Begun: !begun}
	done.Resealed, err = v.ResealAll(ctx, report, files...)
	return done, err
}

// begunAndLeft reports whether the newest key is of the last day and something is under an older one.
func (v *Vault) begunAndLeft(ctx context.Context) (bool, error) {
	const query = `SELECT COUNT(*) FROM vault_key WHERE purpose = $1 AND version = $2 AND version > 1 AND made_at > $3`
	var recent int
	err := v.db.QueryRowContext(ctx, query, string(forFields), int64(v.Version()), store.Time(v.now().Add(-RetireAfter))).Scan(&recent)
	if err != nil {
		return false, fmt.Errorf("look for a rotation that was cut off: %w", err)
	}
	if recent == 0 {
		return false, nil
	}
	for _, c := range columns {
		left, err := v.Left(ctx, c)
		if err != nil || left > 0 {
			return left > 0, err
		}
	}
	return false, nil
}

// Left counts the values of a column that are under an older key than the newest; of files it knows nothing.
func (v *Vault) Left(ctx context.Context, c Column) (int, error) {
	left, after := 0, ""
	for c.Form != File {
		page, err := v.olderThanNewest(ctx, c, after)
		if err != nil {
			return left, fmt.Errorf("count what of %s.%s is under an older key: %w", c.Table, c.Name, err)
		}
		left += len(page.rows)
		if page.last == "" {
			break
		}
		after = page.last
	}
	return left, nil
}

// ResealAll seals everything anew that is under an older key than the newest, and answers how many values it
// was. Report, if there is one, is told of each column as it is done. Interrupted, it may be called again.
func (v *Vault) ResealAll(ctx context.Context, report func(Column, int), files ...Files) (int, error) {
	all := 0
	for _, each := range files {
		n, err := each.Reseal(ctx)
		if err != nil {
			return all, fmt.Errorf("seal files anew: %w", err)
		}
		all += n
	}
	for _, c := range columns {
		if c.Form == File {
			continue
		}
		n, err := v.Reseal(ctx, c)
		all += n
		if err != nil {
			return all, err
		}
		if report != nil {
			report(c, n)
		}
	}
	return all, nil
}

// Rotate begins a new version of the data key. What was sealed before still opens.
func (v *Vault) Rotate(ctx context.Context) (uint32, error) {
	err := v.db.Write(ctx, func(tx *sql.Tx) error {
		return newKey(ctx, tx, v.master, forFields, v.Algorithm(), v.now())
	})
	if err == nil {
		err = v.load(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("rotate the vault's data key: %w", err)
	}
	return v.Version(), nil
}

// Reseal seals every value of a column under the newest key that is under an older one, a page at a
// time, and answers how many it was. A value that somebody changes meanwhile is left to its new writer.
// Interrupted, it may simply be called again.
func (v *Vault) Reseal(ctx context.Context, c Column) (int, error) {
	resealed, after := 0, ""
	for {
		page, err := v.olderThanNewest(ctx, c, after)
		if err != nil {
			return resealed, fmt.Errorf("seal %s.%s anew: %w", c.Table, c.Name, err)
		}
		if len(page.rows) > 0 {
			if err := v.resealPage(ctx, c, page.rows); err != nil {
				return resealed, fmt.Errorf("seal %s.%s anew: %w", c.Table, c.Name, err)
			}
		}
		resealed += len(page.rows)
		if page.last == "" {
			return resealed, nil
		}
		after = page.last
	}
}

// sealedRow is a value as it stands in its column: a string or bytes.
type sealedRow struct {
	key    string
	stored any
	sealed []byte
}

// page is what of a page needs sealing, and the last key it looked at; none ends the walk.
type page struct {
	rows []sealedRow
	last string
}

func (v *Vault) olderThanNewest(ctx context.Context, c Column, after string) (page, error) {
	kept := c.Name + ` <> ''`
	if c.Form == Bytes {
		kept = c.Name + ` IS NOT NULL`
	}
	query := fmt.Sprintf(`SELECT %[2]s, %[3]s FROM %[1]s WHERE %[2]s > $1 AND %[5]s ORDER BY %[2]s LIMIT %[4]d`,
		c.Table, c.Key, c.Name, rotatePage, kept)
	rows, err := v.db.QueryContext(ctx, query, after)
	if err != nil {
		return page{}, err
	}
	defer rows.Close()
	var p page
	for rows.Next() {
		r, err := c.scan(rows)
		if err != nil {
			return page{}, err
		}
		p.last = r.key
		if !v.Current(r.sealed) {
			p.rows = append(p.rows, r)
		}
	}
	return p, rows.Err()
}

func (c Column) scan(rows *sql.Rows) (sealedRow, error) {
	var r sealedRow
	if c.Form == Bytes {
		err := rows.Scan(&r.key, &r.sealed)
		r.stored = r.sealed
		return r, err
	}
	var text string
	if err := rows.Scan(&r.key, &text); err != nil {
		return r, err
	}
	r.stored = text
	var err error
	if r.sealed, err = base64.StdEncoding.DecodeString(text); err != nil {
		return r, fmt.Errorf("row %s: %w", r.key, ErrNotSealed)
	}
	return r, nil
}

// Current reports whether a sealed value is under the newest data key.
func (v *Vault) Current(sealed []byte) bool {
	version, ok := sealedVersion(sealed)
	return ok && version == v.Version()
}

func (v *Vault) resealPage(ctx context.Context, c Column, rows []sealedRow) error {
	update := fmt.Sprintf(`UPDATE %[1]s SET %[3]s = $1 WHERE %[2]s = $2 AND %[3]s = $3`, c.Table, c.Key, c.Name)
	return v.db.Write(ctx, func(tx *sql.Tx) error {
		for _, r := range rows {
			fresh, err := v.sealAnew(c, r)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, update, fresh, r.key, r.stored); err != nil {
				return err
			}
		}
		return nil
	})
}

// sealAnew opens a value and seals it under the newest key, in the form of its column.
func (v *Vault) sealAnew(c Column, r sealedRow) (any, error) {
	plain, err := v.Open(c.Table, r.key, c.Name, r.sealed)
	if err != nil {
		return nil, err
	}
	sealed, err := v.Seal(c.Table, r.key, c.Name, plain)
	if err != nil || c.Form == Bytes {
		return sealed, err
	}
	return base64.StdEncoding.EncodeToString(sealed), nil
}

// Retire destroys every data key that was superseded at least the given time ago, after sealing everything
// anew that is kept, and answers how many. Superseded is what a newer key came after; a process of the
// member goes on sealing with one for up to half a day, so a time under a day is for a member whose app stands
// still. This is what finishes a purge in the database's freed pages, and in backups whose own wrapped keys are
// destroyed with them.
func (v *Vault) Retire(ctx context.Context, superseded time.Duration, files ...Files) (int64, error) {
	if _, err := v.ResealAll(ctx, nil, files...); err != nil {
		return 0, err
	}
	var retired int64
	err := v.db.Write(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE vault_key SET wrapped = '', retired_at = $1
			WHERE purpose = $2 AND wrapped <> '' AND version < (SELECT MAX(later.version) FROM vault_key AS later
				WHERE later.purpose = $2 AND later.made_at <= $3)`,
			store.Time(v.now()), string(forFields), store.Time(v.now().Add(-superseded)))
		if err != nil {
			return err
		}
		retired, err = result.RowsAffected()
		return err
	})
	if err == nil {
		err = v.load(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("retire the vault's old keys: %w", err)
	}
	return retired, nil
}
