package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// queued is what the runner remembers of an undecided command. Its items stay in the database.
type queued struct {
	id, function, collection, identity string
	request                            string // the request that it was last sent in
	seq                                int64
	items, size                        int
	merge                              bool
	lanes                              []string
	behind                             int // in how many of its lanes another command comes first
}

// pageSize is how many commands are loaded at once.
const pageSize = 1000

// loadPage reads undecided commands in the order of storing. A sequence number is seen only after all
// lower ones are, because the transactions that take them wait for each other.
func loadPage(ctx context.Context, db *store.DB, after int64) ([]*queued, error) {
	const query = `SELECT id, seq, function, collection, identity, request_id, lanes, merge, items, size_bytes
		FROM outbox_command WHERE decided_at = '' AND seq > $1 ORDER BY seq LIMIT $2`
	rows, err := db.QueryContext(ctx, query, after, pageSize)
	if err != nil {
		return nil, fmt.Errorf("load commands: %w", err)
	}
	defer rows.Close()
	var page []*queued
	for rows.Next() {
		q := &queued{}
		var lanes string
		err := rows.Scan(&q.id, &q.seq, &q.function, &q.collection, &q.identity, &q.request, &lanes, &q.merge, &q.items, &q.size)
		if err == nil {
			err = json.Unmarshal([]byte(lanes), &q.lanes)
		}
		if err != nil {
			return nil, fmt.Errorf("load commands: %w", err)
		}
		page = append(page, q)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("load commands: %w", err)
	}
	return page, nil
}

// loadItems reads the items of one command with the mode and the salt that it was stored with.
func loadItems(ctx context.Context, db *store.DB, id string) (items []json.RawMessage, mode, salt string, err error) {
	var body []byte
	const query = `SELECT body, mode, salt FROM outbox_command WHERE id = $1`
	if err := db.QueryRowContext(ctx, query, id).Scan(&body, &mode, &salt); err != nil {
		return nil, "", "", fmt.Errorf("load the items of command %s: %w", id, err)
	}
	if err := json.Unmarshal(body, &items); err != nil {
		return nil, "", "", fmt.Errorf("load the items of command %s: %w", id, err)
	}
	return items, mode, salt, nil
}

// loadUnit reads what was proposed under a request id, for the commands that it carries.
func loadUnit(ctx context.Context, db *store.DB, id string, commands []*queued) (*unit, error) {
	u := newUnit(id, commands)
	var preparedAt string
	var height, carried int64
	const query = `SELECT commands, body, envelope, tx_id, prepared_at, prepared_height, doubtful FROM outbox_request WHERE id = $1`
	err := db.QueryRowContext(ctx, query, id).Scan(&carried, &u.body, &u.envelope, &u.txID, &preparedAt, &height, &u.doubtful)
	if err == nil {
		u.preparedAt, err = store.ParseTime(preparedAt)
	}
	if err != nil {
		return nil, fmt.Errorf("load request %s: %w", id, err)
	}
	if int(carried) != len(commands) {
		return nil, fmt.Errorf("load request %s: it carries %d commands and %d are undecided", id, carried, len(commands))
	}
	u.preparedHeight = uint64(height)
	return u, nil
}

// updateCommands runs an update on many commands, some hundred ids a statement. The query ends with
// "WHERE id IN" and its first parameters are args.
func updateCommands(ctx context.Context, tx *sql.Tx, query string, ids []string, args ...any) error {
	const chunk = 200
	for len(ids) > 0 {
		part := ids[:min(len(ids), chunk)]
		ids = ids[len(part):]
		list, all := "", append([]any{}, args...)
		for _, id := range part {
			all = append(all, id)
			list += fmt.Sprintf(", $%d", len(all))
		}
		result, err := tx.ExecContext(ctx, query+" ("+list[2:]+")", all...)
		if err != nil {
			return fmt.Errorf("update commands: %w", err)
		}
		changed, err := result.RowsAffected()
		if err != nil {
			return fmt.Errorf("update commands: %w", err)
		}
		if changed != int64(len(part)) {
			return fmt.Errorf("update commands: %d of %d are there", changed, len(part))
		}
	}
	return nil
}
