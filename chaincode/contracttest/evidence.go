package contracttest

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

func evidenceSuite(t *testing.T, open func(t *testing.T) Ledger) {
	tests := []struct {
		name string
		run  func(t *testing.T, l Ledger)
	}{
		{"a document's phases are anchored and proven without the ledger", evidenceAnchored},
		{"an entry is refused", evidenceRefused},
		{"a batch keeps what it can", evidenceEach},
		{"a digest is found in every log that holds it", evidenceFound},
		{"every member appends to its own log only", evidenceOwnLog},
		{"a read of evidence is refused", evidenceReadRefused},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// appendCall anchors entries in a member's log.
func appendCall(member string, entries ...evidence.Entry) Call {
	return Call{Member: member, Role: party.Machine, Function: "Evidence:Append", Request: Public(entries...)}
}

// NewEntry is an agreement that nobody has anchored yet; previous may be empty.
func NewEntry(previous string) evidence.Entry {
	return evidence.Entry{
		Digest: NewDigest(), Phase: evidence.PhaseAgreement, Previous: previous, MediaType: "application/pdf",
	}
}

// Log reads a member's log; the zero state before its first entry.
func (w *World) Log(member string) evidence.LogState {
	w.T.Helper()
	var records []*wire.Record[evidence.LogState, json.RawMessage]
	w.Read(Call{
		Member: Harbor, Role: party.Operator, Function: "Evidence:ReadLog", Request: PublicRead(member),
	}, &records)
	if len(records) != 1 || records[0] == nil {
		return evidence.LogState{}
	}
	return records[0].State
}

// Anchors looks digests up: for each, where it was anchored.
func (w *World) Anchors(digests ...string) [][]wire.Anchored {
	w.T.Helper()
	var places [][]wire.Anchored
	w.Read(Call{
		Member: Authority, Role: party.Auditor, Function: "Evidence:Find", Request: PublicRead(digests...),
	}, &places)
	if len(places) != len(digests) {
		w.T.Fatalf("%d digests were looked up, %d answers came", len(digests), len(places))
	}
	return places
}

func evidenceAnchored(t *testing.T, l Ledger) {
	w := Founded(t, l)
	before := w.Log(Harbor)
	first := NewEntry("")
	second := NewEntry(first.Digest)
	third := NewEntry(second.Digest)
	third.Phase = evidence.PhaseAmendment
	w.Must(appendCall(Harbor, first, second))
	w.Must(appendCall(Harbor, third))
	after := w.Log(Harbor)
	if after.Size != before.Size+3 || after.Member != Harbor {
		t.Fatalf("the log grew from %d to %d entries of %q", before.Size, after.Size, after.Member)
	}
	for i, places := range w.Anchors(first.Digest, second.Digest, third.Digest) {
		if len(places) != 1 || places[0].Index != before.Size+uint64(i) || places[0].Member != Harbor ||
			places[0].Entry != []evidence.Entry{first, second, third}[i] || places[0].RecordedOn.IsZero() {
			t.Fatalf("entry %d was anchored at %+v", i, places)
		}
	}
	if before.Size > 0 {
		return // the tree below needs every leaf, and others have appended before
	}
	tree := evidence.NewTree([]evidence.Hash{first.LeafHash(), second.LeafHash(), third.LeafHash()})
	root, err := tree.Root(after.Size)
	if err != nil || root != after.Root {
		t.Fatalf("the root on the ledger is not that of the three leaves: %v", err)
	}
	receipt, err := tree.Receipt("lending/harbor", second, 1, after.Size)
	if err != nil || receipt.Root != after.Root || receipt.Verify() != nil {
		t.Fatalf("the second entry cannot be proven offline: %v", err)
	}
}

func evidenceRefused(t *testing.T, l Ledger) {
	w := Founded(t, l)
	size := w.Log(Harbor).Size
	known := NewEntry("")
	w.Must(appendCall(Harbor, known))
	altered := func(alter func(e *evidence.Entry)) evidence.Entry {
		e := NewEntry("")
		alter(&e)
		return e
	}
	cases := []struct {
		entry evidence.Entry
		want  *fault.Fault
	}{
		{known, fault.In(fault.AlreadyExists, "digest")},
		{NewEntry(NewDigest()), fault.In(fault.PreviousUnknown, "previous")},
		{NewEntry("beginning"), fault.In(fault.DigestMalformed, "previous")},
		{altered(func(e *evidence.Entry) { e.Digest = "62220000" }), fault.In(fault.DigestMalformed, "digest")},
		{altered(func(e *evidence.Entry) { e.Digest = "" }), fault.In(fault.MissingField, "digest")},
		{altered(func(e *evidence.Entry) { e.Phase = "gossip" }), fault.In(fault.InvalidField, "phase")},
		{altered(func(e *evidence.Entry) { e.MediaType = "pdf" }), fault.In(fault.InvalidField, "media_type")},
	}
	for _, c := range cases {
		w.Refused(appendCall(Harbor, c.entry), c.want.At(0))
	}
	twice := NewEntry("")
	w.Refused(appendCall(Harbor, twice, twice), fault.In(fault.AlreadyExists, "digest").At(1))
	admin := appendCall(Harbor, NewEntry(""))
	admin.Role = party.Admin
	w.Refused(admin, fault.New(fault.WrongRole))
	many := make([]evidence.Entry, 1001)
	for i := range many {
		many[i] = NewEntry("")
	}
	w.Refused(appendCall(Harbor, many...), fault.New(fault.BatchTooLarge))
	w.Refused(appendCall(Harbor, []evidence.Entry{}...), fault.New(fault.BatchEmpty))
	if got := w.Log(Harbor).Size; got != size+1 {
		t.Fatalf("refused entries made the log grow from %d to %d", size, got)
	}
}

func evidenceEach(t *testing.T, l Ledger) {
	w := Founded(t, l)
	size := w.Log(Meridian).Size
	first, last := NewEntry(""), NewEntry("")
	follower := NewEntry(first.Digest)
	request := Public(first, NewEntry(NewDigest()), follower, first, last)
	request.Mode = wire.Each
	answer := w.Must(Call{Member: Meridian, Role: party.Machine, Function: "Evidence:Append", Request: request})
	if answer.Applied != 3 || len(answer.Refused) != 2 ||
		*answer.Refused[0] != *fault.In(fault.PreviousUnknown, "previous").At(1) ||
		*answer.Refused[1] != *fault.In(fault.AlreadyExists, "digest").At(3) {
		t.Fatalf("answered %+v", answer)
	}
	for i, places := range w.Anchors(first.Digest, follower.Digest, last.Digest) {
		if len(places) != 1 || places[0].Index != size+uint64(i) {
			t.Errorf("entry %d was anchored at %+v", i, places)
		}
	}
}

func evidenceFound(t *testing.T, l Ledger) {
	w := Founded(t, l)
	shared, nobodys := NewEntry(""), NewEntry("")
	w.Must(appendCall(Lantern, shared))
	w.Must(appendCall(Meridian, shared))
	places := w.Anchors(nobodys.Digest, shared.Digest)
	if len(places[0]) != 0 || len(places[1]) != 2 {
		t.Fatalf("found %+v", places)
	}
	logs := []string{places[1][0].Member, places[1][1].Member}
	slices.Sort(logs) // they come in the order in which the consortium was founded
	if logs[0] != Lantern || logs[1] != Meridian {
		t.Errorf("found in the logs of %v", logs)
	}
}

func evidenceOwnLog(t *testing.T, l Ledger) {
	w := Founded(t, l)
	mine := NewEntry("")
	w.Must(appendCall(Harbor, mine))
	w.Refused(appendCall(Lantern, NewEntry(mine.Digest)), fault.In(fault.PreviousUnknown, "previous").At(0))
	w.Invalid(appendCall(Lantern, NewEntry("")), Harbor, Lantern)
	w.Must(appendCall(Authority, NewEntry("")))
}

func evidenceReadRefused(t *testing.T, l Ledger) {
	w := Founded(t, l)
	read := func(function string, items ...string) Call {
		return Call{Member: Harbor, Role: party.Operator, Function: "Evidence:" + function, Request: PublicRead(items...)}
	}
	w.RefusedRead(read("Find"), fault.New(fault.BatchEmpty))
	w.RefusedRead(read("Find", NewDigest(), "62220000"), fault.In(fault.DigestMalformed, "items[1]"))
	w.RefusedRead(read("ReadLog"), fault.New(fault.BatchEmpty))
	w.RefusedRead(read("ReadLog", "nobody"), fault.New(fault.MemberUnknown))
	w.RefusedRead(read("ReadLog", Harbor, Lantern), fault.New(fault.BatchTooLarge))
}
