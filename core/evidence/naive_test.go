package evidence_test

import (
	"crypto/sha256"

	"github.com/tallystick/tallystick/core/evidence"
)

// The definitions of RFC 6962 section 2.1, word by word and as slow as they read: the oracle for
// roots and proofs.

func naiveLeaf(data []byte) evidence.Hash {
	return sha256.Sum256(append([]byte{0}, data...))
}

func naiveNode(left, right evidence.Hash) evidence.Hash {
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

// naiveRoot is MTH(D[n]) over leaf hashes.
func naiveRoot(leaves []evidence.Hash) evidence.Hash {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	k := splitPoint(len(leaves))
	return naiveNode(naiveRoot(leaves[:k]), naiveRoot(leaves[k:]))
}

// naivePath is PATH(m, D[n]).
func naivePath(m int, leaves []evidence.Hash) []evidence.Hash {
	if len(leaves) == 1 {
		return nil
	}
	k := splitPoint(len(leaves))
	if m < k {
		return append(naivePath(m, leaves[:k]), naiveRoot(leaves[k:]))
	}
	return append(naivePath(m-k, leaves[k:]), naiveRoot(leaves[:k]))
}

// naiveConsistency is PROOF(m, D[n]).
func naiveConsistency(m int, leaves []evidence.Hash) []evidence.Hash {
	if m == 0 {
		return nil
	}
	return naiveSubproof(m, leaves, true)
}

func naiveSubproof(m int, leaves []evidence.Hash, known bool) []evidence.Hash {
	if m == len(leaves) {
		if known {
			return nil
		}
		return []evidence.Hash{naiveRoot(leaves)}
	}
	k := splitPoint(len(leaves))
	if m <= k {
		return append(naiveSubproof(m, leaves[:k], known), naiveRoot(leaves[k:]))
	}
	return append(naiveSubproof(m-k, leaves[k:], false), naiveRoot(leaves[:k]))
}

// splitPoint is the largest power of two smaller than n.
func splitPoint(n int) int {
	k := 1
	for k*2 < n {
		k *= 2
	}
	return k
}
