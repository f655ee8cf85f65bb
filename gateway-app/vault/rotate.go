package vault

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// Column is a sealed TEXT column and the column that names its rows. The names are the program's own,
// never a caller's input.
type Column struct{ Table, Key, Name string }

// rotatePage is how many rows one transaction seals anew, so that nobody else waits long.
const rotatePage = 200

// Rotate begins a new version of the data key. What was sealed before still opens.
func (v *Vault) Rotate(ctx context.Context) (uint32, error) {
	err := v.db.Write(ctx, func(tx *sql.Tx) error {
		return newKey(ctx, tx, v.masterKey(), forFields, v.Algorithm(), v.now())
	})
	if err == nil {
		err = v.load(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("rotate the vault's data key: %w", err)
	}
	return v.Version(), nil
}

func (v *Vault) masterKey() *MasterKey {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.master
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

type sealedRow struct{ key, sealed string }

// page is what of a page needs sealing, and the last key it looked at; none ends the walk.
type page struct {
	rows []sealedRow
	last string
}

func (v *Vault) olderThanNewest(ctx context.Context, c Column, after string) (page, error) {
	query := fmt.Sprintf(`SELECT %[2]s, %[3]s FROM %[1]s WHERE %[2]s > $1 AND %[3]s <> '' ORDER BY %[2]s LIMIT %[4]d`,
		c.Table, c.Key, c.Name, rotatePage)
	rows, err := v.db.QueryContext(ctx, query, after)
	if err != nil {
		return page{}, err
	}
	defer rows.Close()
	var p page
	for rows.Next() {
		var r sealedRow
		if err := rows.Scan(&r.key, &r.sealed); err != nil {
			return page{}, err
		}
		p.last = r.key
		if version, ok := textVersion(r.sealed); ok && version != v.Version() {
			p.rows = append(p.rows, r)
		}
	}
	return p, rows.Err()
}

func textVersion(sealed string) (uint32, bool) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return 0, false
	}
	return sealedVersion(raw)
}

func (v *Vault) resealPage(ctx context.Context, c Column, rows []sealedRow) error {
	update := fmt.Sprintf(`UPDATE %[1]s SET %[3]s = $1 WHERE %[2]s = $2 AND %[3]s = $3`, c.Table, c.Key, c.Name)
	return v.db.Write(ctx, func(tx *sql.Tx) error {
		for _, r := range rows {
			plain, err := v.OpenText(c.Table, r.key, c.Name, r.sealed)
			if err != nil {
				return err
			}
			sealed, err := v.SealText(c.Table, r.key, c.Name, plain)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, update, sealed, r.key, r.sealed); err != nil {
				return err
			}
		}
		return nil
	})
}

// Retire destroys every data key that was superseded a day ago or longer, after sealing the columns anew,
// and answers how many. A value that still stands under such a key in a column that is not named can no
// longer be opened: name them all. This is what finishes a purge in the database's freed pages, and in
// backups whose own wrapped keys are destroyed with them.
func (v *Vault) Retire(ctx context.Context, columns []Column) (int64, error) {
	for _, c := range columns {
		if _, err := v.Reseal(ctx, c); err != nil {
			return 0, err
		}
	}
	var retired int64
	err := v.db.Write(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE vault_key SET wrapped = '', retired_at = $1
			WHERE purpose = $2 AND wrapped <> '' AND version < (SELECT MAX(later.version) FROM vault_key AS later
				WHERE later.purpose = $2 AND later.made_at <= $3)`,
			store.Time(v.now()), string(forFields), store.Time(v.now().Add(-retireAfter)))
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

// Rewrap puts every key under another master key, in one transaction. The values stay as they are.
func Rewrap(ctx context.Context, v *Vault, master *MasterKey) error {
	err := v.db.Write(ctx, func(tx *sql.Tx) error {
		keys, err := readKeys(ctx, tx)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if err := rewrapOne(ctx, tx, k, v.masterKey(), master); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("wrap the vault's keys anew: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.master = master
	return nil
}

func rewrapOne(ctx context.Context, tx *sql.Tx, k wrappedKey, from, to *MasterKey) error {
	secret, err := k.unwrap(from)
	if err != nil {
		return err
	}
	if err := k.wrap(to, secret); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE vault_key SET wrapped = $1 WHERE purpose = $2 AND version = $3`,
		k.wrapped, string(k.purpose), int64(k.version))
	return err
}
