package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ReceiptVersion is the version of the receipt's form.
const ReceiptVersion = 1

// Receipt is everything needed to verify offline that an entry is in a log: no ledger, no member
// and no network. It proves the entry against its own root; that the root is the log's is shown by a
// checkpoint from the ledger or a cosigned one, to which Checkpoint is to be compared.
type Receipt struct {
	Version int    `json:"version"`
	Origin  string `json:"origin"`
	Entry   Entry  `json:"entry"`
	Index   uint64 `json:"index"`
	Size    uint64 `json:"size"`
	Proof   []Hash `json:"proof"`
	Root    Hash   `json:"root"`
}

// Receipt makes the receipt for an entry at an index in the log as it was at a size. It refuses an
// entry that is not the one at that index.
func (t *Tree) Receipt(origin string, entry Entry, index, size uint64) (Receipt, error) {
	path, err := t.InclusionProof(index, size)
	if err != nil {
		return Receipt{}, err
	}
	root, err := t.Root(size)
	if err != nil {
		return Receipt{}, err
	}
	r := Receipt{
		Version: ReceiptVersion, Origin: origin, Entry: entry,
		Index: index, Size: size, Proof: path, Root: root,
	}
	return r, r.Verify()
}

// Verify accepts a receipt whose entry is in the log with the receipt's root.
func (r Receipt) Verify() error {
	switch {
	case r.Version != ReceiptVersion:
		return fmt.Errorf("verify receipt: %w: version %d", ErrReceipt, r.Version)
	case r.Origin == "":
		return fmt.Errorf("verify receipt: %w: no origin", ErrReceipt)
	case r.Size > MaxSize:
		return fmt.Errorf("verify receipt: %w: size %d", ErrReceipt, r.Size)
	}
	if refusal := r.Entry.check(); refusal != nil {
		return fmt.Errorf("verify receipt: %w: entry: %w", ErrReceipt, refusal)
	}
	return VerifyInclusion(r.Entry.LeafHash(), r.Index, r.Size, r.Proof, r.Root)
}

// Checkpoint is the checkpoint that the receipt speaks of.
func (r Receipt) Checkpoint() Checkpoint {
	return Checkpoint{Origin: r.Origin, Size: r.Size, Root: r.Root}
}

// VerifyReceipt reads one receipt in JSON, with no field that is unknown, and verifies it.
func VerifyReceipt(data []byte) (Receipt, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var r Receipt
	if err := decoder.Decode(&r); err != nil {
		return Receipt{}, fmt.Errorf("read receipt: %w: %w", ErrReceipt, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Receipt{}, fmt.Errorf("read receipt: %w: something follows it", ErrReceipt)
	}
	return r, r.Verify()
}
