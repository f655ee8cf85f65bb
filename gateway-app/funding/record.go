package funding

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/matching"
)

// decided is what a run keeps sealed besides its book.
type decided struct {
	Outcome matching.Run `json:"outcome"`
	LeftOut []LeftOut    `json:"left_out"`
}

// Record is what a run's anchored digest is of: with the salt nobody can guess it from outside, and with
// the record everybody can check it.
type Record struct {
	Version      int           `json:"version"`
	Run          string        `json:"run"`
	Collection   string        `json:"collection"`
	On           calendar.Date `json:"on"`
	Algorithm    string        `json:"algorithm"`
	InputDigest  string        `json:"input_digest"`
	OutputDigest string        `json:"output_digest"`
	Salt         string        `json:"salt"`
}

// Digest is the SHA-256 of the record's encoding.
func (r Record) Digest() string {
	raw, _ := json.Marshal(r) // texts and a date cannot fail to encode
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func (r Run) record() Record {
	return Record{1, r.Handle, r.Collection, r.Date, r.Algorithm, r.InputDigest, r.OutputDigest, r.salt}
}

// Export is everything that another needs to match a run again: the record whose digest is anchored, the
// book, and the outcome.
type Export struct {
	Record  Record        `json:"record"`
	Book    matching.Book `json:"book"`
	Outcome matching.Run  `json:"outcome"`
}

// Export answers a matched run with its inputs.
func (f *Funding) Export(ctx context.Context, handle string) (Export, error) {
	run, err := f.run(ctx, handle)
	if err != nil {
		return Export{}, err
	}
	if run.Status == Running {
		return Export{}, fault.In(fault.WrongStatus, "handle")
	}
	kept, err := f.unseal(ctx, handle)
	if err != nil {
		return Export{}, err
	}
	book, err := f.book(ctx, handle)
	return Export{run.record(), book, kept.Outcome}, err
}

// Replayed is what matching a run again came to.
type Replayed struct {
	Run          string `json:"run"`
	Algorithm    string `json:"algorithm"`
	RecordDigest string `json:"record_digest"`
	Same         bool   `json:"same" doc:"the same allocations and reasons, to the byte, and the record that is anchored"`
	Difference   string `json:"difference,omitempty"`
}

// Replay opens what a run looked at, matches it again, and holds the outcome and the record's digest
// against what was kept and anchored. That they differ is an answer and no error.
func (f *Funding) Replay(ctx context.Context, handle string) (Replayed, error) {
	export, err := f.Export(ctx, handle)
	if err != nil {
		return Replayed{}, err
	}
	run, err := f.run(ctx, handle)
	if err != nil {
		return Replayed{}, err
	}
	answer := Replayed{Run: handle, Algorithm: matching.Version, RecordDigest: run.RecordDigest}
	difference := export.Check(run.RecordDigest)
	if answer.Same = difference == nil; !answer.Same {
		answer.Difference = difference.Error()
	}
	return answer, nil
}

// Check matches the book again and refuses an export that is not what the anchored digest says.
func (e Export) Check(anchored string) error {
	if e.Record.Digest() != anchored {
		return errors.New("the record is not the one whose digest is anchored")
	}
	output, err := e.Outcome.Digest()
	if err != nil {
		return err
	}
	if e.Outcome.InputDigest != e.Record.InputDigest || output != e.Record.OutputDigest {
		return errors.New("book or outcome are not those of the record")
	}
	if err := matching.Replay(e.Book, e.Outcome); err != nil {
		return err
	}
	return matching.Verify(e.Book, e.Outcome)
}

// seal compresses and seals a value of a run.
func (f *Funding) seal(handle, column string, value any) ([]byte, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return f.vault.Seal(sealedPlace, handle, column, packed.Bytes())
}

func (f *Funding) unseal(ctx context.Context, handle string) (decided, error) {
	var d decided
	return d, f.openColumn(ctx, handle, "outcome", &d)
}

func (f *Funding) book(ctx context.Context, handle string) (matching.Book, error) {
	var b matching.Book
	return b, f.openColumn(ctx, handle, "inputs", &b)
}

// openColumn opens what seal wrote. The column is one of the two that the package knows.
func (f *Funding) openColumn(ctx context.Context, handle, column string, into any) error {
	var sealed []byte
	err := f.db.QueryRowContext(ctx, `SELECT `+column+` FROM matching_run WHERE run = $1`, handle).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.In(fault.NotFound, "handle")
	}
	if err != nil {
		return fmt.Errorf("read a matching run: %w", err)
	}
	packed, err := f.vault.Open(sealedPlace, handle, column, sealed)
	if err != nil {
		return err
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("read a matching run: %w", err)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read a matching run: %w", err)
	}
	return json.Unmarshal(raw, into)
}
