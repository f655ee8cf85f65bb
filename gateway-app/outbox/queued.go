package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/wire"
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

// content is what a queued command left in the database.
type content struct {
	items      []json.RawMessage
	mode, salt string
	signed     []wire.Approval
}

// loadContents reads the contents of commands, in their order.
func loadContents(ctx context.Context, db *store.DB, ids []string) ([]content, error) {
	found := make(map[string]content, len(ids))
	for part := range slices.Chunk(ids, chunk) {
		list, args := listOf(part, nil)
		rows, err := db.QueryContext(ctx, `SELECT id, body, mode, salt, signed FROM outbox_command WHERE id IN `+list, args...)
		if err != nil {
			return nil, fmt.Errorf("load items: %w", err)
		}
		if err := readContents(rows, found); err != nil {
			return nil, fmt.Errorf("load items: %w", err)
		}
	}
	contents := make([]content, len(ids))
	for i, id := range ids {
		c, ok := found[id]
		if !ok {
			return nil, fmt.Errorf("load items: command %s is gone", id)
		}
		contents[i] = c
	}
	return contents, nil
}

func readContents(rows *sql.Rows, into map[string]content) error {
	defer rows.Close()
	for rows.Next() {
		var id, signed string
		var body []byte
		var c content
		if err := rows.Scan(&id, &body, &c.mode, &c.salt, &signed); err != nil {
			return err
		}
		if err := errors.Join(json.Unmarshal(body, &c.items), readJSON(signed, &c.signed)); err != nil {
			return fmt.Errorf("command %s: %w", id, err)
		}
		into[id] = c
	}
	return rows.Err()
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

// chunk is how many ids one statement names.
const chunk = 200

// listOf writes ids as a list of parameters behind those of args.
func listOf(ids []string, args []any) (list string, all []any) {
	all = slices.Clone(args)
	var text strings.Builder
	for i, id := range ids {
		all = append(all, id)
		separator := ", "
		if i == 0 {
			separator = "("
		}
		fmt.Fprintf(&text, "%s$%d", separator, len(all))
	}
	return text.String() + ")", all
}

// updateCommands runs an update on many commands. The query ends with "id IN" and its first parameters
// are args. A command that is not there any more to be updated is a defect, and fails the step.
func updateCommands(ctx context.Context, tx *sql.Tx, query string, ids []string, args ...any) error {
	for part := range slices.Chunk(ids, chunk) {
		list, all := listOf(part, args)
		result, err := tx.ExecContext(ctx, query+" "+list, all...)
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
