package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/tallystick/tallystick/core/fault"
)

// DeliveryStatus is how far a delivery has come.
type DeliveryStatus string

// The statuses of a delivery.
const (
	Pending   DeliveryStatus = "pending"
	Delivered DeliveryStatus = "delivered"
	Dead      DeliveryStatus = "dead" // given up: a dead letter
)

// Reason says why an attempt failed.
type Reason string

// The reasons. They and the status are all that is kept of an answer.
const (
	ReasonStatus         Reason = "status"          // an answer other than 2xx
	ReasonRedirect       Reason = "redirect"        // an answer that names another address
	ReasonGone           Reason = "gone"            // 410
	ReasonTimeout        Reason = "timeout"         // no answer in time
	ReasonAddressRefused Reason = "address_refused" // the name stands for an address that the settings do not allow
	ReasonTLS            Reason = "tls"             // no trusted certificate
	ReasonUnreachable    Reason = "unreachable"
)

// Delivery is one row of the feed on its way to one endpoint.
type Delivery struct {
	Sequence  int64          `json:"sequence" doc:"The event's number in the feed"`
	WebhookID string         `json:"webhook_id" doc:"The same for every attempt and replay"`
	Type      string         `json:"type"`
	Subject   string         `json:"subject"`
	Status    DeliveryStatus `json:"status" enum:"pending,delivered,dead"`
	Attempts  int            `json:"attempts"`
	Since     string         `json:"since" doc:"When it was made or replayed"`
	DueAt     string         `json:"due_at,omitempty" doc:"Of a pending one: when it is tried next at the earliest; none while it waits for an earlier one about its subject"`
	EndedAt   string         `json:"ended_at,omitempty"`
	Answer    int            `json:"answer,omitempty" doc:"The HTTP status of the last attempt"`
	Reason    Reason         `json:"reason,omitempty" doc:"Why the last attempt failed"`
}

// webhookID is the name of one row of the feed at one endpoint: a receiver that has seen it has seen it all.
func webhookID(endpoint string, sequence int64) string {
	digest := sha256.Sum256([]byte(endpoint + "\x00" + strconv.FormatInt(sequence, 10)))
	return "msg_" + hex.EncodeToString(digest[:16])
}

// Deliveries lists an endpoint's deliveries in the order of the feed, after a sequence. An empty status
// stands for all.
func (w *Webhooks) Deliveries(ctx context.Context, id string, status DeliveryStatus, after int64, limit int) ([]Delivery, error) {
	if _, err := w.find(ctx, w.db, id); err != nil {
		return nil, err
	}
	if status != "" && status != Pending && status != Delivered && status != Dead {
		return nil, fault.In(fault.InvalidField, "status")
	}
	const query = `SELECT sequence, type, subject, status, attempts, since, due_at, ended_at, answer, reason FROM webhook_delivery
		WHERE endpoint = $1 AND ($2 = '' OR status = $2) AND sequence > $3 ORDER BY sequence LIMIT $4`
	rows, err := w.db.QueryContext(ctx, query, id, string(status), after, limit)
	if err != nil {
		return nil, fmt.Errorf("list the deliveries of webhook %s: %w", id, err)
	}
	defer rows.Close()
	list := []Delivery{}
	for rows.Next() {
		var d Delivery
		err := rows.Scan(&d.Sequence, &d.Type, &d.Subject, &d.Status, &d.Attempts, &d.Since, &d.DueAt, &d.EndedAt, &d.Answer, &d.Reason)
		if err != nil {
			return nil, fmt.Errorf("list the deliveries of webhook %s: %w", id, err)
		}
		d.WebhookID = webhookID(id, d.Sequence)
		list = append(list, d)
	}
	return list, rows.Err()
}

// Backlog is how many deliveries wait, and how many were given up.
type Backlog struct{ Pending, Dead int64 }

// Backlog counts, for metrics, the deliveries of all endpoints whose source is confidential, or of all others.
func (w *Webhooks) Backlog(ctx context.Context, confidential bool) (Backlog, error) {
	const among = ` AND endpoint IN (SELECT id FROM webhook_endpoint WHERE (source = $3) = $4))`
	const query = `SELECT (SELECT COUNT(*) FROM webhook_delivery WHERE status = $1` + among + `,
		(SELECT COUNT(*) FROM webhook_delivery WHERE status = $2` + among
	var b Backlog
	if err := w.db.QueryRowContext(ctx, query, Pending, Dead, string(FromAlerts), confidential).Scan(&b.Pending, &b.Dead); err != nil {
		return b, fmt.Errorf("count the webhooks' deliveries: %w", err)
	}
	return b, nil
}
