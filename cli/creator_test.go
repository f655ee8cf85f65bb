package main

import (
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// The check hands the books who signed each transaction: what only the custodian may write, they refuse from
// another's certificate, or in another role.
func TestTheBooksLearnWhoSentATransaction(t *testing.T) {
	secret := wire.Books{Version: wire.Version, Secret: strings.Repeat("5e", 32)}
	for name, c := range map[string]struct {
		by   ledger.Creator
		what string // of the finding; empty for none
	}{
		"the custodian's supervisor": {by: ledger.Creator{MSPID: "meridianMSP", Role: "supervisor"}},
		"the platform's":             {ledger.Creator{MSPID: "harborMSP", Role: "supervisor"}, "harbor sent what"},
		"a stranger's":               {ledger.Creator{MSPID: "elsewhereMSP", Role: "supervisor"}, "no member"},
	} {
		opened := tx("t2", write(t, pair, wire.BooksKey, secret))
		opened.Creator = c.by
		err := executed(foundation(t), opened)
		if wrong := c.what != ""; wrong != (err != nil) || wrong && !strings.Contains(err.Error(), c.what) {
			t.Errorf("%s: %v, want %q", name, err, c.what)
		}
	}
}

// foundation is the transaction in which the regulator enters a platform and a custodian.
func foundation(t *testing.T) ledger.Tx {
	t.Helper()
	root := wire.Root{Version: wire.Version}
	var writes []ledger.PrivateWrite
	for id, kind := range map[string]party.MemberKind{"harbor": party.Platform, "meridian": party.Custodian} {
		entry := wire.MemberEntry{Version: wire.Version, Member: wire.Member{ID: id, Name: id, Kind: kind, MSPID: id + "MSP"}}
		digest, err := wire.MemberDigest(entry)
		if err != nil {
			t.Fatal(err)
		}
		root.Listed = append(root.Listed, wire.Listed{ID: id, Digest: digest})
		writes = append(writes, write(t, "", wire.MemberKey(id), entry))
	}
	return tx("t1", append(writes, write(t, "", wire.RootMembers, root))...)
}
