package person

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/gowebpki/jcs"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Receipt says that a record was purged, by whose authority and after which duties. It names nobody: the
// person is an id and a pseudonym. Integers are texts, as in every canonical record.
type Receipt struct {
	Version     string             `json:"version"`
	Purpose     string             `json:"purpose"`
	Member      string             `json:"member"`
	Person      string             `json:"person"`
	Party       string             `json:"party"`
	RequestedAt string             `json:"requested_at"`
	Reason      string             `json:"reason"`
	PurgedAt    string             `json:"purged_at"`
	Columns     []string           `json:"columns"` // of the record, which is left without values
	Tables      []string           `json:"tables"`  // that hold no row about the person any more
	Documents   string             `json:"documents"`
	Duties      []KeptDuty         `json:"duties"`
	Authorities []ReceiptAuthority `json:"authorities"`
}

// Request is what the authorities of the receipt have signed.
func (r Receipt) Request() ErasureRequest {
	return ErasureRequest{
		Keeper: r.Member, Person: r.Person, Party: r.Party, RequestedAt: r.RequestedAt, Reason: r.Reason, Duties: r.Duties, Open: []string{},
	}
}

// ReceiptAuthority is an authority without who recorded it. Its signature is over Statement, so that whoever
// has the receipt and the member's public key sees that the member agreed.
type ReceiptAuthority struct {
	Kind      party.MemberKind `json:"kind"`
	Member    string           `json:"member"`
	Reference string           `json:"reference"`
	Signature []byte           `json:"signature"`
}

// SignedReceipt is a receipt in its canonical form (RFC 8785), and the member's signature over exactly
// those bytes (ECDSA P-256 with SHA-256).
type SignedReceipt struct {
	Receipt   json.RawMessage `json:"receipt"`
	Key       party.Key       `json:"key"`
	Signature []byte          `json:"signature"`
}

const (
	receiptVersion   = "2"
	receiptPurpose   = "tallystick purge receipt"
	authorityPurpose = "tallystick purge authority"
)

// Statement is what a custodian or a regulator signs to let a record be purged. It holds the whole request, so that
// an authority for one cannot serve another, nor one that was given before a duty was added.
func Statement(c ErasureRequest, a Authority) []byte {
	if c.Open == nil {
		c.Open = []string{} // nothing is open: in every program the same text
	}
	return canonical(struct {
		Version   string           `json:"version"`
		Purpose   string           `json:"purpose"`
		Request   ErasureRequest   `json:"request"`
		Kind      party.MemberKind `json:"kind"`
		Member    string           `json:"member"`
		Reference string           `json:"reference"`
	}{receiptVersion, authorityPurpose, c, a.Kind, a.Member, a.Reference})
}

// canonical writes a struct of texts and lists of them, which neither step can refuse.
func canonical(v any) []byte {
	raw, err := json.Marshal(v)
	if err == nil {
		raw, err = jcs.Transform(raw)
	}
	if err != nil {
		panic(fmt.Sprintf("write a canonical record: %v", err))
	}
	return raw
}

// VerifyReceipt checks a receipt's signature by the member's key and answers what it says.
func VerifyReceipt(text string, key party.Key) (Receipt, error) {
	var signed SignedReceipt
	if err := json.Unmarshal([]byte(text), &signed); err != nil {
		return Receipt{}, fmt.Errorf("read a purge receipt: %w", err)
	}
	if err := party.Verify(key, signed.Receipt, signed.Signature); err != nil {
		return Receipt{}, fmt.Errorf("verify a purge receipt: %w", err)
	}
	var r Receipt
	if err := json.Unmarshal(signed.Receipt, &r); err != nil {
		return Receipt{}, fmt.Errorf("read a purge receipt: %w", err)
	}
	if r.Purpose != receiptPurpose {
		return Receipt{}, fmt.Errorf("read a purge receipt: its purpose is %q", r.Purpose)
	}
	return r, nil
}

// Purge deletes everything personal about a person, in one transaction with its receipt: the fields and
// their indexes, the documents with their keys, the case and the screening, and what other parts keep. It is refused
// while a hold stands, anything is open, a duty runs, an authority is missing or another part needs the record; the last
// is refused as a duty that runs is.
func (r *Rights) Purge(ctx context.Context, person string) (Erasure, error) {
	err := r.people.db.Write(ctx, func(tx *sql.Tx) error {
		e, err := r.find(ctx, tx, person)
		if err != nil {
			return err
		}
		now := r.people.now()
		today := calendar.Shanghai(now.Unix())
		if err := Ready(e, today); err != nil {
			return err
		}
		if err := r.signed(e); err != nil {
			return err
		}
		if err := r.people.keptByLaw(ctx, tx, e.Request.Party, today); err != nil {
			return err // the last of all: before, a refusal would differ from that of a record that nothing else keeps
		}
		e.PurgedAt = store.Time(now)
		return r.purge(ctx, tx, e)
	})
	if err != nil {
		return Erasure{}, fmt.Errorf("purge a record: %w", err)
	}
	return r.Find(ctx, person)
}

func (r *Rights) purge(ctx context.Context, tx *sql.Tx, e Erasure) error {
	record, err := r.people.find(ctx, tx, `id = $1`, e.Person)
	if err != nil {
		return err
	}
	count, err := r.documents.Forget(ctx, tx, e.Person)
	if err != nil {
		return err
	}
	if err := r.cases.Forget(ctx, tx, e.Person); err != nil {
		return err
	}
	for _, each := range r.also {
		if err := each.forget(ctx, tx, record.Party); err != nil {
			return err
		}
	}
	if err := forgetDuties(ctx, tx, e.Person); err != nil {
		return err
	}
	record.Status, record.Version, record.ChangedAt, record.Fields = Purged, record.Version+1, e.PurgedAt, Fields{}
	if err := r.people.overwrite(ctx, tx, record); err != nil {
		return err
	}
	receipt, err := r.sign(e, record, count)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE person_erasure SET purged_at = $2, receipt = $3 WHERE person = $1`, e.Person, e.PurgedAt, receipt)
	return err
}

// forgetDuties deletes duties and holds, whose references may name people. Kinds and last days stay in the receipt.
func forgetDuties(ctx context.Context, tx *sql.Tx, person string) error {
	for _, statement := range []string{`DELETE FROM person_duty WHERE person = $1`, `DELETE FROM person_hold WHERE person = $1`} {
		if _, err := tx.ExecContext(ctx, statement, person); err != nil {
			return fmt.Errorf("forget the duties to keep a record: %w", err)
		}
	}
	return nil
}

func (r *Rights) sign(e Erasure, record Record, documents int64) (string, error) {
	receipt := Receipt{
		Version: receiptVersion, Purpose: receiptPurpose, Member: r.member, Person: e.Person, Party: record.Party,
		RequestedAt: e.RequestedAt, Reason: e.Reason, PurgedAt: e.PurgedAt, Tables: r.Forgotten(),
		Documents: strconv.FormatInt(documents, 10), Duties: e.Request.Duties,
	}
	for _, c := range Columns() {
		receipt.Columns = append(receipt.Columns, c.Table+"."+c.Name)
	}
	for _, a := range e.Authorities {
		receipt.Authorities = append(receipt.Authorities, ReceiptAuthority{a.Kind, a.Member, a.Reference, a.Signature})
	}
	message := canonical(receipt)
	signature, err := r.signer.Sign(message)
	if err != nil {
		return "", fmt.Errorf("sign a purge receipt: %w", err)
	}
	text, err := json.Marshal(SignedReceipt{Receipt: message, Key: r.signer.PublicKey(), Signature: signature})
	return string(text), err
}

// PurgeDue purges every restricted record that nothing stands in the way of, and answers how many.
func (r *Rights) PurgeDue(ctx context.Context) (int, error) {
	waiting, err := r.waiting(ctx)
	if err != nil {
		return 0, fmt.Errorf("purge what is due: %w", err)
	}
	purged := 0
	for _, person := range waiting {
		_, err := r.Purge(ctx, person)
		switch {
		case err == nil:
			purged++
		case !standsInTheWay(err):
			return purged, err
		}
	}
	return purged, nil
}

func (r *Rights) waiting(ctx context.Context) ([]string, error) {
	rows, err := r.people.db.QueryContext(ctx, `SELECT person FROM person_erasure WHERE purged_at = '' ORDER BY person`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// standsInTheWay is a refusal of Ready, or of a signature.
func standsInTheWay(err error) bool {
	for _, code := range []fault.Code{fault.WrongStatus, fault.NotYetDue, fault.MissingField, fault.WrongMember, fault.SignatureInvalid, fault.Unavailable} {
		if errors.Is(err, fault.New(code)) {
			return true
		}
	}
	return false
}

func encode(signature []byte) string { return base64.StdEncoding.EncodeToString(signature) }

func decode(text string) ([]byte, error) { return base64.StdEncoding.DecodeString(text) }
