package books_test

import (
	"testing"

	"github.com/tallystick/tallystick/core/wire"
)

// rewrite has the regulator write a member's entry again, and list it.
func (l *ledger) rewrite(id string, alter func(*wire.Member)) {
	l.Helper()
	l.as(authority)
	entry := decode[wire.MemberEntry](l, l.committed["/"+wire.MemberKey(id)])
	alter(&entry.Member)
	digest, err := wire.MemberDigest(entry)
	l.must(err)
	root := decode[wire.Root](l, l.committed["/"+wire.RootMembers])
	for i := range root.Listed {
		if root.Listed[i].ID == id {
			root.Listed[i].Digest = digest
		}
	}
	l.put("", wire.MemberKey(id), entry)
	l.put("", wire.RootMembers, root)
	l.commit()
}

// A member's authority may get a new root; nothing else about a member ever changes.
func TestAMemberChangesItsRootsAndNothingElse(t *testing.T) {
	l := newLedger(t)
	l.found()
	l.rewrite(harbor.Member, func(m *wire.Member) { m.Roots = []string{wire.Digest([]byte("a new root"))} })
	if _, err := audit(l.history); err != nil {
		t.Errorf("with a new root: %v", err)
	}
	l.openDay("2016-02-01")
	if _, err := audit(l.history); err != nil {
		t.Errorf("after it: %v", err)
	}
	for _, alter := range []func(*wire.Member){
		func(m *wire.Member) { m.Name = "Another" },
		func(m *wire.Member) { m.MSPID = "AnotherMSP" },
		func(*wire.Member) {},
	} {
		tampered := newLedger(t)
		tampered.found()
		tampered.rewrite(harbor.Member, alter)
		_, err := audit(tampered.history)
		requireFinding(t, err, wire.MemberKey(harbor.Member), "not for other roots")
	}
}
