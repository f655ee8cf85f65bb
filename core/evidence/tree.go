package evidence

import (
	"errors"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// What verification and reading refuse. Callers compare with errors.Is.
var (
	ErrHash        = errors.New("not 64 lower-case hexadecimal digits")
	ErrSize        = errors.New("beyond the log's size")
	ErrInclusion   = errors.New("the entry is not in the log at this place")
	ErrConsistency = errors.New("the later log does not extend the earlier one")
	ErrCheckpoint  = errors.New("not a checkpoint")
	ErrReceipt     = errors.New("not a receipt")
)

// Tree holds a log's hashes, to make proofs from. It keeps every perfect subtree's root, twice as
// many hashes as the log has entries, so that a proof costs O(log n). It lives off the ledger; it is
// not safe for use by several goroutines while it grows.
type Tree struct {
	levels [][]Hash // levels[l][i] is the root over leaves [i*2^l, (i+1)*2^l)
}

// NewTree builds a tree from leaf hashes in the log's order.
func NewTree(leaves []Hash) *Tree {
	t := &Tree{}
	for _, leaf := range leaves {
		t.Append(leaf)
	}
	return t
}

// Append adds a leaf at the end.
func (t *Tree) Append(leaf Hash) {
	for level := 0; ; level++ {
		if level == len(t.levels) {
			t.levels = append(t.levels, nil)
		}
		t.levels[level] = append(t.levels[level], leaf)
		width := len(t.levels[level])
		if width%2 == 1 {
			return
		}
		left := t.levels[level][width-2]
		leaf = Hash(children(left[:], leaf[:]))
	}
}

// Size is the number of leaves.
func (t *Tree) Size() uint64 {
	if len(t.levels) == 0 {
		return 0
	}
	return uint64(len(t.levels[0]))
}

// Root is the root of the log when it had the size named, now or earlier.
func (t *Tree) Root(size uint64) (Hash, error) {
	if size > t.Size() {
		return Hash{}, fmt.Errorf("root at size %d: %w of %d", size, ErrSize, t.Size())
	}
	if size == 0 {
		return EmptyRoot(), nil
	}
	nodes := compact.RangeNodes(0, size, nil)
	last := len(nodes) - 1
	root := t.node(nodes[last])
	for i := last - 1; i >= 0; i-- {
		root = children(t.node(nodes[i]), root)
	}
	return Hash(root), nil
}

// InclusionProof proves that the leaf at an index, from 0, is in the log of the size named.
func (t *Tree) InclusionProof(index, size uint64) ([]Hash, error) {
	if size > t.Size() || index >= size {
		return nil, fmt.Errorf("prove entry %d at size %d: %w of %d", index, size, ErrSize, t.Size())
	}
	nodes, err := proof.Inclusion(index, size)
	if err != nil {
		return nil, fmt.Errorf("prove entry %d at size %d: %w", index, size, err)
	}
	return t.fetch(nodes)
}

// ConsistencyProof proves that the log of the later size begins with the log of the earlier one.
func (t *Tree) ConsistencyProof(earlier, later uint64) ([]Hash, error) {
	if later > t.Size() || earlier > later {
		return nil, fmt.Errorf("prove size %d within %d: %w of %d", earlier, later, ErrSize, t.Size())
	}
	nodes, err := proof.Consistency(earlier, later)
	if err != nil {
		return nil, fmt.Errorf("prove size %d within %d: %w", earlier, later, err)
	}
	return t.fetch(nodes)
}

// VerifyInclusion accepts a proof that the leaf is in the log with this root, or answers
// ErrInclusion.
func VerifyInclusion(leaf Hash, index, size uint64, path []Hash, root Hash) error {
	err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, leaf[:], slicesOf(path), root[:])
	if err != nil {
		return fmt.Errorf("verify entry %d at size %d: %w", index, size, ErrInclusion)
	}
	return nil
}

// VerifyConsistency accepts a proof that the log with the later root begins with the one with the
// earlier root, or answers ErrConsistency. Everything extends the empty log.
func VerifyConsistency(earlier, later uint64, path []Hash, earlierRoot, laterRoot Hash) error {
	refused := fmt.Errorf("verify size %d within %d: %w", earlier, later, ErrConsistency)
	if earlier == 0 && earlierRoot != EmptyRoot() {
		return refused
	}
	err := proof.VerifyConsistency(rfc6962.DefaultHasher, earlier, later, slicesOf(path),
		earlierRoot[:], laterRoot[:])
	if err != nil {
		return refused
	}
	return nil
}

// fetch reads the nodes of a proof and joins those that make up its one imperfect subtree.
func (t *Tree) fetch(nodes proof.Nodes) ([]Hash, error) {
	hashes := make([][]byte, len(nodes.IDs))
	for i, id := range nodes.IDs {
		hashes[i] = t.node(id)
	}
	path, err := nodes.Rehash(hashes, children)
	if err != nil {
		return nil, fmt.Errorf("join the nodes of a proof: %w", err)
	}
	return hashesOf(path), nil
}

// node is a copy of a perfect subtree's root. The callers have checked that the tree covers it.
func (t *Tree) node(id compact.NodeID) []byte {
	h := t.levels[id.Level][id.Index]
	return h[:]
}
