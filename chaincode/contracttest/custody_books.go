package contracttest

import (
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/attrmgr"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
	"github.com/tallystick/tallystick/core/books"
	"github.com/tallystick/tallystick/core/party"
)

// Replayable is a ledger whose history can be read with the private values: what an auditor with the
// regulator's eyes gets from the blocks.
type Replayable interface {
	// Replay answers the valid transactions of all blocks after the first ones, in their order, and how
	// many blocks there are.
	Replay(t testing.TB, after uint64) ([]Replayed, uint64)
}

// Replayed is one valid transaction with everything it wrote.
type Replayed struct {
	TxID    string
	Creator books.Creator
	Writes  []books.Write
}

var _ Replayable = Fake{}

// Replay reads the blocks of the first of the two ledgers.
func (f Fake) Replay(_ testing.TB, after uint64) ([]Replayed, uint64) {
	blocks := f.Ledger().Blocks()
	var replayed []Replayed
	for _, block := range blocks[after:] {
		for _, entry := range block.Entries {
			if entry.Verdict != peer.TxValidationCode_VALID {
				continue
			}
			r := Replayed{TxID: entry.TxID, Creator: creatorOf(entry.Creator)}
			for _, w := range entry.Writes() {
				r.Writes = append(r.Writes, books.Write{Key: w.Key, Value: w.Value})
			}
			for _, p := range entry.Private {
				for _, w := range p.Writes {
					r.Writes = append(r.Writes, books.Write{Collection: p.Collection, Key: w.Key, Value: w.Value})
				}
			}
			replayed = append(replayed, r)
		}
	}
	return replayed, uint64(len(blocks))
}

// creatorOf reads what a certificate says of its holder. One without a role has none.
func creatorOf(id fakeledger.Identity) books.Creator {
	creator := books.Creator{MSPID: id.MSP}
	attributes, err := attrmgr.New().GetAttributesFromCert(id.Certificate)
	if err != nil {
		return creator
	}
	role, _, err := attributes.Value("role")
	if err == nil {
		creator.Role = party.Role(role)
	}
	return creator
}

// CheckBooks re-executes everything that happened since it was last asked, and fails the test with the
// first thing that is wrong. A ledger that cannot be replayed is passed over.
func (s *Scene) CheckBooks() {
	s.T.Helper()
	ledger, ok := s.Ledger.(Replayable)
	if !ok {
		return
	}
	transactions, height := ledger.Replay(s.T, s.audited)
	s.audited = height
	for _, tx := range transactions {
		if err := s.auditor.Transaction(tx.TxID, tx.Creator, tx.Writes); err != nil {
			s.T.Fatalf("the books do not hold: %v", err)
		}
	}
}
