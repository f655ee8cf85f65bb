package contracttest_test

import (
	"slices"
	"testing"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/chaincode/fakeledger"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/party"
)

// Two commands that were endorsed on the same state and reach one block: of those that write one key
// only the first counts, and the other is to be proposed again.
func TestOfTwoWritersOfOneKeyOneCounts(t *testing.T) {
	cases := []struct {
		name          string
		first, second contracttest.Call
		want          fakeledger.Verdict
	}{
		{"two appends to one log", appended(contracttest.Harbor), appended(contracttest.Harbor), fakeledger.MVCCReadConflict},
		{"appends to two logs", appended(contracttest.Harbor), appended(contracttest.Lantern), fakeledger.Valid},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fake := contracttest.OpenFake(t, assembled(t))
			contracttest.Founded(t, fake)
			verdicts := together(t, fake, c.first, c.second)
			if want := []fakeledger.Verdict{fakeledger.Valid, c.want}; !slices.Equal(verdicts, want) {
				t.Fatalf("got %v, want %v", verdicts, want)
			}
		})
	}
}

// One request id sent twice before either is committed is still applied once.
func TestOneRequestInFlightTwiceCountsOnce(t *testing.T) {
	fake := contracttest.OpenFake(t, assembled(t))
	contracttest.Founded(t, fake)
	call := appended(contracttest.Harbor)
	if got := together(t, fake, call, call); !slices.Equal(got, []fakeledger.Verdict{fakeledger.Valid, fakeledger.MVCCReadConflict}) {
		t.Fatalf("got %v", got)
	}
}

// A consortium that two bootstraps would found is founded by one. Fabric judges the other by the
// policies that the first set in the same block, and says so instead of naming a conflict.
func TestTwoBootstrapsFoundOneConsortium(t *testing.T) {
	fake := contracttest.OpenFake(t, assembled(t))
	bootstrap := func() contracttest.Call {
		return contracttest.Call{
			Member: contracttest.Authority, Role: party.Admin, Function: "Consortium:Bootstrap",
			Request: contracttest.Public(contracttest.FakeFounders()...),
		}
	}
	if got := together(t, fake, bootstrap(), bootstrap()); !slices.Equal(got, []fakeledger.Verdict{fakeledger.Valid, fakeledger.EndorsementPolicyFailure}) {
		t.Fatalf("got %v", got)
	}
}

// together endorses calls on the same state and commits them in one block.
func together(t *testing.T, fake contracttest.Fake, calls ...contracttest.Call) []fakeledger.Verdict {
	t.Helper()
	var endorsed []*fakeledger.Transaction
	for _, c := range calls {
		tx, err := fake.Endorse(fake.Proposal(t, c))
		if err != nil {
			t.Fatal(err)
		}
		endorsed = append(endorsed, tx)
	}
	return fake.Commit(endorsed...)
}

func appended(member string) contracttest.Call {
	return contracttest.Call{
		Member: member, Role: party.Machine, Function: "Evidence:Append",
		Request: contracttest.Public[evidence.Entry](contracttest.NewEntry("")),
	}
}
