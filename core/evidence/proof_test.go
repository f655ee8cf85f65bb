package evidence_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/evidence"
)

// Every entry at every size, and every pair of sizes, against the definitions.
func TestProofsAreThoseOfTheDefinition(t *testing.T) {
	const largest = 34
	leaves := leavesOf(largest)
	tree := evidence.NewTree(leaves)
	for size := 1; size <= largest; size++ {
		root := naiveRoot(leaves[:size])
		for index := range size {
			path, err := tree.InclusionProof(uint64(index), uint64(size))
			if err != nil || !slices.Equal(path, naivePath(index, leaves[:size])) {
				t.Fatalf("entry %d at size %d: %v, %v", index, size, path, err)
			}
			if err := evidence.VerifyInclusion(leaves[index], uint64(index), uint64(size), path, root); err != nil {
				t.Fatal(err)
			}
		}
		for earlier := range size + 1 {
			path, err := tree.ConsistencyProof(uint64(earlier), uint64(size))
			if err != nil || !slices.Equal(path, naiveConsistency(earlier, leaves[:size])) {
				t.Fatalf("size %d within %d: %v, %v", earlier, size, path, err)
			}
			before := naiveRoot(leaves[:earlier])
			if err := evidence.VerifyConsistency(uint64(earlier), uint64(size), path, before, root); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Whatever single thing is changed about a proof, it no longer holds.
func TestAProofHoldsForNothingElse(t *testing.T) {
	leaves := leavesOf(13)
	tree, root := evidence.NewTree(leaves), naiveRoot(leaves)
	path, err := tree.InclusionProof(5, 13)
	if err != nil {
		t.Fatal(err)
	}
	flipped := func(i int) []evidence.Hash {
		other := slices.Clone(path)
		other[i][0] ^= 1
		return other
	}
	refused := map[string]error{
		"another leaf":   evidence.VerifyInclusion(leaves[6], 5, 13, path, root),
		"another index":  evidence.VerifyInclusion(leaves[5], 4, 13, path, root),
		"beyond":         evidence.VerifyInclusion(leaves[5], 13, 13, path, root),
		"another size":   evidence.VerifyInclusion(leaves[5], 5, 17, path, root),
		"another root":   evidence.VerifyInclusion(leaves[5], 5, 13, path, naiveRoot(leaves[:12])),
		"a hash fewer":   evidence.VerifyInclusion(leaves[5], 5, 13, path[1:], root),
		"a hash more":    evidence.VerifyInclusion(leaves[5], 5, 13, append(slices.Clone(path), root), root),
		"no proof":       evidence.VerifyInclusion(leaves[5], 5, 13, nil, root),
		"first hash off": evidence.VerifyInclusion(leaves[5], 5, 13, flipped(0), root),
		"last hash off":  evidence.VerifyInclusion(leaves[5], 5, 13, flipped(len(path)-1), root),
	}
	for name, err := range refused {
		if !errors.Is(err, evidence.ErrInclusion) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAForkIsSeen(t *testing.T) {
	leaves := leavesOf(13)
	before := naiveRoot(leaves[:7])
	forked := slices.Clone(leaves)
	forked[3] = document(99).LeafHash()
	tree := evidence.NewTree(forked)
	path, err := tree.ConsistencyProof(7, 13)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"changed entry":      evidence.VerifyConsistency(7, 13, path, before, naiveRoot(forked)),
		"shrunk":             evidence.VerifyConsistency(13, 7, path, naiveRoot(forked), before),
		"same size, changed": evidence.VerifyConsistency(13, 13, nil, naiveRoot(leaves), naiveRoot(forked)),
		"false empty log":    evidence.VerifyConsistency(0, 13, nil, before, naiveRoot(forked)),
	} {
		if !errors.Is(err, evidence.ErrConsistency) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestNoProofBeyondTheTree(t *testing.T) {
	tree := evidence.NewTree(leavesOf(3))
	_, rootErr := tree.Root(4)
	_, beyond := tree.InclusionProof(3, 3)
	_, larger := tree.InclusionProof(0, 4)
	_, later := tree.ConsistencyProof(1, 4)
	_, backwards := tree.ConsistencyProof(3, 2)
	_, empty := new(evidence.Tree).InclusionProof(0, 0)
	for i, err := range []error{rootErr, beyond, larger, later, backwards, empty} {
		if !errors.Is(err, evidence.ErrSize) {
			t.Errorf("case %d: got %v", i+1, err)
		}
	}
	if root, err := new(evidence.Tree).Root(0); err != nil || root != evidence.EmptyRoot() {
		t.Errorf("the empty tree's root: %s, %v", root, err)
	}
}

func TestACheckpointIsThreeLines(t *testing.T) {
	s := apply(t, evidence.LogState{}, appending(documents(0, 5)...))
	c := s.Checkpoint("tallystick/lending/harbor")
	text := c.String()
	want := "tallystick/lending/harbor\n5\n"
	if !strings.HasPrefix(text, want) || strings.Count(text, "\n") != 3 {
		t.Fatalf("got %q", text)
	}
	read, err := evidence.ParseCheckpoint(text)
	if err != nil || read != c {
		t.Errorf("read %+v, %v", read, err)
	}
	empty := evidence.LogState{}.Checkpoint("o").String()
	if empty != "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n" {
		t.Errorf("the empty log's checkpoint is %q", empty)
	}
	for _, bad := range []string{
		"", text + "\n", text[:len(text)-1], strings.Replace(text, "\n5\n", "\n05\n", 1),
		strings.Replace(text, "\n5\n", "\n-5\n", 1), strings.Replace(text, "\n5\n", "\n+5\n", 1),
		text[strings.Index(text, "\n"):], text[:len(text)-6] + "\n", strings.ReplaceAll(text, "\n", "\r\n"),
	} {
		if read, err := evidence.ParseCheckpoint(bad); !errors.Is(err, evidence.ErrCheckpoint) {
			t.Errorf("%q was read as %+v, %v", bad, read, err)
		}
	}
}

func receipt(t testing.TB) evidence.Receipt {
	t.Helper()
	r, err := evidence.NewTree(leavesOf(13)).Receipt("tallystick/lending/harbor", document(5), 5, 13)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAReceiptVerifiesOffline(t *testing.T) {
	text, err := json.MarshalIndent(receipt(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	golden(t, "testdata/receipt.golden.json", text)
	r, err := evidence.VerifyReceipt(text)
	if err != nil {
		t.Fatal(err)
	}
	s := apply(t, evidence.LogState{}, appending(documents(0, 13)...))
	if r.Checkpoint() != s.Checkpoint("tallystick/lending/harbor") {
		t.Errorf("speaks of %+v", r.Checkpoint())
	}
}

func TestAReceiptHoldsForNothingElse(t *testing.T) {
	tree := evidence.NewTree(leavesOf(13))
	if _, err := tree.Receipt("o", document(6), 5, 13); !errors.Is(err, evidence.ErrInclusion) {
		t.Errorf("a receipt for another entry: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*evidence.Receipt)
		want   error
	}{
		"version":    {func(r *evidence.Receipt) { r.Version = 2 }, evidence.ErrReceipt},
		"origin":     {func(r *evidence.Receipt) { r.Origin = "" }, evidence.ErrReceipt},
		"digest":     {func(r *evidence.Receipt) { r.Entry.Digest = "x" }, evidence.ErrReceipt},
		"size":       {func(r *evidence.Receipt) { r.Size = evidence.MaxSize + 1 }, evidence.ErrReceipt},
		"phase":      {func(r *evidence.Receipt) { r.Entry.Phase = evidence.PhaseAudit }, evidence.ErrInclusion},
		"previous":   {func(r *evidence.Receipt) { r.Entry.Previous = document(4).Digest }, evidence.ErrInclusion},
		"media type": {func(r *evidence.Receipt) { r.Entry.MediaType = "text/html" }, evidence.ErrInclusion},
		"index":      {func(r *evidence.Receipt) { r.Index = 7 }, evidence.ErrInclusion},
		"root":       {func(r *evidence.Receipt) { r.Root[0] ^= 1 }, evidence.ErrInclusion},
		"proof":      {func(r *evidence.Receipt) { r.Proof[1][31] ^= 1 }, evidence.ErrInclusion},
	} {
		r := receipt(t)
		c.change(&r)
		if err := r.Verify(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	good, err := json.Marshal(receipt(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing": "", "a list": "[]", "two": string(good) + string(good),
		"an unknown field": strings.Replace(string(good), `"index"`, `"indx"`, 1),
		"upper case":       strings.Replace(string(good), `"root":"`, `"root":"A`, 1),
	} {
		if _, err := evidence.VerifyReceipt([]byte(text)); !errors.Is(err, evidence.ErrReceipt) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzVerifyReceipt(f *testing.F) {
	good, err := json.Marshal(receipt(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"version":1,"origin":"o","size":18446744073709551615,"index":18446744073709551614}`))
	leaves := leavesOf(13)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := evidence.VerifyReceipt(data)
		if err == nil && r.Size == 13 && r.Root == naiveRoot(leaves) && r.Entry.LeafHash() != leaves[r.Index] {
			t.Fatalf("a receipt for what is not in the log: %s", data)
		}
	})
}

// BenchmarkVerifyReceipt reports proofs a second, from JSON to verdict, in a log of a million.
func BenchmarkVerifyReceipt(b *testing.B) {
	const size = 1 << 20
	leaves := make([]evidence.Hash, size)
	entry := document(0)
	for i := range leaves {
		leaves[i] = evidence.Hash{byte(i), byte(i >> 8), byte(i >> 16)}
	}
	leaves[777_777] = entry.LeafHash()
	r, err := evidence.NewTree(leaves).Receipt("tallystick/lending/harbor", entry, 777_777, size-3)
	if err != nil {
		b.Fatal(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		if _, err := evidence.VerifyReceipt(text); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "proofs/s")
}
