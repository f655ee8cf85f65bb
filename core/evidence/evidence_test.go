package evidence_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

var (
	update = flag.Bool("update", false, "write golden files anew")
	harbor = party.Actor{Member: "harbor", Kind: party.Platform, Role: party.Machine}
	today  = calendar.NewDate(2016, 1, 4)
)

// document is the entry of a document of which only the number is known.
func document(n int) evidence.Entry {
	digest := sha256.Sum256(fmt.Appendf(nil, "document %d", n))
	return evidence.Entry{
		Digest: hex.EncodeToString(digest[:]), Phase: evidence.PhaseAgreement, MediaType: "application/pdf",
	}
}

func documents(from, to int) []evidence.Item {
	var items []evidence.Item
	for n := from; n < to; n++ {
		items = append(items, evidence.Item{Entry: document(n)})
	}
	return items
}

func appending(items ...evidence.Item) evidence.Append {
	return evidence.Append{Actor: harbor, On: today, Member: "harbor", Items: items}
}

func leavesOf(n int) []evidence.Hash {
	leaves := make([]evidence.Hash, n)
	for i := range leaves {
		leaves[i] = document(i).LeafHash()
	}
	return leaves
}

func apply(t testing.TB, s evidence.LogState, commands ...evidence.Command) evidence.LogState {
	t.Helper()
	for i, c := range commands {
		events, err := evidence.Decide(s, c)
		if err != nil {
			t.Fatalf("command %d: %v", i+1, err)
		}
		for _, e := range events {
			s = evidence.Apply(s, e)
		}
	}
	return s
}

func TestRootsOfTheReferenceLog(t *testing.T) {
	text, err := os.ReadFile("testdata/rfc6962.txt")
	if err != nil {
		t.Fatal(err)
	}
	tree, sizes := &evidence.Tree{}, uint64(0)
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		leaf, err := hex.DecodeString(strings.TrimPrefix(f[1], "-"))
		if err != nil {
			t.Fatal(err)
		}
		tree.Append(naiveLeaf(leaf))
		sizes++
		root, err := tree.Root(tree.Size())
		if err != nil || root.String() != f[2] || fmt.Sprint(sizes) != f[0] {
			t.Errorf("size %s: got %s, %v, want %s", f[0], root, err, f[2])
		}
	}
	if sizes != 8 {
		t.Errorf("only %d roots", sizes)
	}
	if got := evidence.EmptyRoot().String(); got != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("the empty log's root is %s", got)
	}
}

// What a log hashes is fixed for ever: a change here breaks every receipt that was handed out.
func TestLeafBytesAreGolden(t *testing.T) {
	first, second := document(1), document(2)
	second.Previous, second.Phase, second.MediaType = first.Digest, evidence.PhaseReceipt, "application/json"
	var got bytes.Buffer
	for _, e := range []evidence.Entry{first, second} {
		fmt.Fprintf(&got, "%s\n%s\n\n", e.LeafBytes(), e.LeafHash())
	}
	golden(t, "testdata/leaves.golden.txt", got.Bytes())
	if want := naiveLeaf(first.LeafBytes()); first.LeafHash() != want {
		t.Errorf("leaf hash %s, want %s", first.LeafHash(), want)
	}
}

func TestAppendsAreGolden(t *testing.T) {
	var got bytes.Buffer
	encoder := json.NewEncoder(&got)
	var s evidence.LogState
	for _, c := range []evidence.Append{appending(documents(0, 1)...), appending(documents(1, 3)...)} {
		events, err := evidence.Decide(s, c)
		if err != nil {
			t.Fatal(err)
		}
		if err := encoder.Encode(events[0]); err != nil {
			t.Fatal(err)
		}
		s = evidence.Apply(s, events[0])
		if err := encoder.Encode(s); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "testdata/log.golden.jsonl", got.Bytes())
}

func TestAppendingIsRefused(t *testing.T) {
	entry := func(f func(*evidence.Entry)) evidence.Append {
		e := document(1)
		f(&e)
		return appending(evidence.Item{Entry: document(0)}, evidence.Item{Entry: e})
	}
	command := func(f func(*evidence.Append)) evidence.Append {
		c := appending(documents(0, 1)...)
		f(&c)
		return c
	}
	for name, c := range map[string]struct {
		command evidence.Append
		want    fault.Fault
	}{
		"nothing":           {appending(), fault.Fault{Code: fault.BatchEmpty, Field: "items"}},
		"no day":            {command(func(c *evidence.Append) { c.On = 0 }), fault.Fault{Code: fault.MissingField, Field: "on"}},
		"no member":         {command(func(c *evidence.Append) { c.Member = "" }), fault.Fault{Code: fault.MissingField, Field: "member"}},
		"another's log":     {command(func(c *evidence.Append) { c.Member = "lantern" }), fault.Fault{Code: fault.WrongMember}},
		"an auditor":        {command(func(c *evidence.Append) { c.Actor.Role = party.Auditor }), fault.Fault{Code: fault.WrongRole}},
		"present":           {command(func(c *evidence.Append) { c.Items[0].Present = true }), fault.Fault{Code: fault.AlreadyExists, Field: "digest", Item: 1}},
		"twice":             {entry(func(e *evidence.Entry) { e.Digest = document(0).Digest }), fault.Fault{Code: fault.AlreadyExists, Field: "digest", Item: 2}},
		"unknown previous":  {entry(func(e *evidence.Entry) { e.Previous = document(9).Digest }), fault.Fault{Code: fault.PreviousUnknown, Field: "previous", Item: 2}},
		"follows itself":    {entry(func(e *evidence.Entry) { e.Previous = e.Digest }), fault.Fault{Code: fault.PreviousUnknown, Field: "previous", Item: 2}},
		"no digest":         {entry(func(e *evidence.Entry) { e.Digest = "" }), fault.Fault{Code: fault.MissingField, Field: "digest", Item: 2}},
		"short digest":      {entry(func(e *evidence.Entry) { e.Digest = "ab" }), fault.Fault{Code: fault.DigestMalformed, Field: "digest", Item: 2}},
		"upper-case digest": {entry(func(e *evidence.Entry) { e.Digest = strings.ToUpper(e.Digest) }), fault.Fault{Code: fault.DigestMalformed, Field: "digest", Item: 2}},
		"malformed previous": {
			entry(func(e *evidence.Entry) { e.Previous = strings.Repeat("g", 64) }),
			fault.Fault{Code: fault.DigestMalformed, Field: "previous", Item: 2},
		},
		"no such phase": {entry(func(e *evidence.Entry) { e.Phase = "party" }), fault.Fault{Code: fault.InvalidField, Field: "phase", Item: 2}},
		"no media type": {entry(func(e *evidence.Entry) { e.MediaType = "" }), fault.Fault{Code: fault.InvalidField, Field: "media_type", Item: 2}},
		"no subtype":    {entry(func(e *evidence.Entry) { e.MediaType = "pdf/" }), fault.Fault{Code: fault.InvalidField, Field: "media_type", Item: 2}},
		"parameters":    {entry(func(e *evidence.Entry) { e.MediaType = "text/plain; charset=utf-8" }), fault.Fault{Code: fault.InvalidField, Field: "media_type", Item: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			events, err := evidence.Decide(evidence.LogState{}, c.command)
			if got := fault.Of(err); got == nil || *got != c.want || events != nil {
				t.Errorf("got %v, want %v", err, &c.want)
			}
		})
	}
}

func TestAChainMayBeAppendedAtOnce(t *testing.T) {
	second, third := document(1), document(2)
	second.Previous, third.Previous = document(0).Digest, document(7).Digest
	s := apply(t, evidence.LogState{}, appending(
		evidence.Item{Entry: document(0)},
		evidence.Item{Entry: second},
		evidence.Item{Entry: third, PreviousKnown: true}))
	if s.Size != 3 {
		t.Errorf("size is %d", s.Size)
	}
}

func TestALogIsOfOneMemberAndBounded(t *testing.T) {
	s := apply(t, evidence.LogState{}, appending(documents(0, 1)...))
	foreign := s
	foreign.Member = "lantern"
	full := evidence.LogState{Member: "harbor", Size: evidence.MaxSize, Range: s.Range, Root: s.Root}
	corrupt := evidence.LogState{Member: "harbor", Size: 3, Range: s.Range, Root: s.Root}
	for code, state := range map[fault.Code]evidence.LogState{
		fault.WrongMember: foreign, fault.Overflow: full, fault.Internal: corrupt,
	} {
		if _, err := evidence.Decide(state, appending(documents(1, 2)...)); !errors.Is(err, fault.New(code)) {
			t.Errorf("got %v, want %s", err, code)
		}
	}
}

// However a log's entries are cut into batches, its root is that of the definition, its range has one
// hash for each bit of its size, and no state before is touched.
func TestTheCompactRangeIsTheTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s evidence.LogState
		tree := &evidence.Tree{}
		for _, n := range rapid.SliceOfN(rapid.IntRange(1, 20), 1, 8).Draw(t, "batches") {
			c := appending(documents(int(s.Size), int(s.Size)+n)...)
			before, _ := json.Marshal(s)
			events, err := evidence.Decide(s, c)
			again, errAgain := evidence.Decide(s, c)
			if err != nil || errAgain != nil || !reflect.DeepEqual(events, again) {
				t.Fatalf("decides differently: %v, %v", err, errAgain)
			}
			if after, _ := json.Marshal(s); !bytes.Equal(before, after) {
				t.Fatal("the state before was touched")
			}
			s = evidence.Apply(s, reread(t, events[0]))
			for _, item := range c.Items {
				tree.Append(item.Entry.LeafHash())
			}
			leaves := leavesOf(int(s.Size))
			fromTree, err := tree.Root(s.Size)
			if want := naiveRoot(leaves); err != nil || s.Root != want || fromTree != want {
				t.Fatalf("size %d: log %s, tree %s, %v, want %s", s.Size, s.Root, fromTree, err, want)
			}
			if replayed := evidence.Apply(s, events[0]); !reflect.DeepEqual(replayed, s) {
				t.Fatal("an event was applied twice")
			}
		}
	})
}

func reread(t interface{ Fatal(...any) }, e evidence.Event) evidence.Event {
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var read evidence.Event
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s; if that is meant, run with -update:\n%s", path, got)
	}
}

// BenchmarkAppend reports entries a second, in batches as the gateway sends them.
func BenchmarkAppend(b *testing.B) {
	const batch = 500
	items := documents(0, batch)
	s := apply(b, evidence.LogState{}, appending(documents(batch, batch+1023)...))
	for b.Loop() {
		events, err := evidence.Decide(s, appending(items...))
		if err != nil {
			b.Fatal(err)
		}
		evidence.Apply(s, events[0])
	}
	b.ReportMetric(float64(b.N)*batch/b.Elapsed().Seconds(), "entries/s")
}
