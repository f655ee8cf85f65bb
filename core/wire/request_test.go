package wire_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// What travels and what is kept, byte by byte. Every member must be able to compute the hashes that Fabric
// publishes.
func TestFormsOnTheWire(t *testing.T) {
	for want, value := range map[string]any{
		`{"version":1,"id":"ab","salt":"cd","collection":"harbor-meridian","mode":"each","items":[{"loan":"l","instruction":"i"}]}`: wire.Request[wire.DisburseLoan]{
			Version: 1, ID: "ab", Salt: "cd", Collection: "harbor-meridian", Mode: wire.Each,
			Items: []wire.DisburseLoan{{Loan: "l", Instruction: "i"}},
		},
		`{"version":1,"applied":1,"refused":[{"code":"not_found","field":"loan","item":2}]}`: wire.Answer{
			Version: 1, Applied: 1, Refused: []*fault.Fault{fault.In(fault.NotFound, "loan").At(1)},
		},
		`{"version":1,"sequence":2,"salt":"s","state":{"id":"","platform":"","custodian":"","borrower":"","regime":"","status":"","commitment":"","principal_minor":0,"paid":{}},"events":[{"kind":"net","on":"2024-01-15","by":"meridian"}]}`: wire.Record[loan.State, loan.Event]{
			Version: 1, Sequence: 2, Salt: "s", Events: []loan.Event{{Kind: loan.ActNet, On: calendar.NewDate(2024, 1, 15), By: "meridian"}},
		},
		`{"account":"a","bank_reference":"MB1","amount_minor":100,"value_date":"2024-01-15"}`: wire.Receipt{
			Account: "a", BankReference: "MB1", AmountMinor: 100, ValueDate: calendar.NewDate(2024, 1, 15),
		},
	} {
		raw, err := wire.Encode(value)
		if err != nil || string(raw) != want {
			t.Errorf("%T\n got %s, %v\nwant %s", value, raw, err, want)
		}
	}
}

func TestLoanIDs(t *testing.T) {
	handle := strings.Repeat("0a", 16)
	id := wire.LoanID("lending", "harbor", handle)
	channel, platform, got, ok := wire.SplitLoanID(id)
	if id != "lending.harbor."+handle || !ok || channel != "lending" || platform != "harbor" || got != handle {
		t.Errorf("%s is split into %s, %s, %s, %t", id, channel, platform, got, ok)
	}
	for _, bad := range []string{
		"", "harbor." + handle, "lending.." + handle, ".harbor." + handle, "lending.harbor." + handle + ".x",
		"lending.harbor." + strings.ToUpper(handle), "lending.harbor." + handle[1:], "lending.harbor." + handle + "0",
	} {
		if _, _, _, ok := wire.SplitLoanID(bad); ok {
			t.Errorf("%q passes for a loan id", bad)
		}
	}
}

func TestHandlesAndDigestsAreLowerCaseHexadecimal(t *testing.T) {
	if !wire.IsHandle(strings.Repeat("f0", 16)) || !wire.IsDigest(strings.Repeat("f0", 32)) {
		t.Error("a good one is refused")
	}
	for _, bad := range []string{"", strings.Repeat("f0", 15), strings.Repeat("F0", 16), strings.Repeat("g0", 16), strings.Repeat("é", 16)} {
		if wire.IsHandle(bad) {
			t.Errorf("%q passes for a handle", bad)
		}
	}
}

// Derived values are those of SHA-256 over what the documents say, so that anybody can compute them.
func TestDerivedValues(t *testing.T) {
	digest := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	if got, want := wire.NextSalt("salt", "tx"), digest("salt\x00tx"); got != want {
		t.Errorf("next salt %s, want %s", got, want)
	}
	if got, want := wire.RequestDigest("Loan:Clear", []byte("{}")), digest("Loan:Clear\x00{}"); got != want {
		t.Errorf("request %s, want %s", got, want)
	}
	founders := []wire.Member{
		{ID: "b", Name: "Bank", Kind: party.Custodian, MSPID: "BMSP"}, {ID: "a", Name: "Authority", Kind: party.Regulator, MSPID: "AMSP"},
	}
	if got, want := wire.FoundersDigest(founders), digest("a\x00regulator\x00AMSP\x00b\x00custodian\x00BMSP\x00"); got != want || founders[0].ID != "b" {
		t.Errorf("founders %s, want %s", got, want)
	}
	if got, want := wire.DerivedHandle("secret", "a", "b"), digest("secret\x00a\x00b\x00")[:32]; got != want {
		t.Errorf("handle %s, want %s", got, want)
	}
	if !wire.IsHandle(wire.DerivedHandle("secret", "a")) || wire.DerivedHandle("s", "ab", "c") == wire.DerivedHandle("s", "a", "bc") {
		t.Error("a derived handle is no handle, or two texts run together")
	}
}

// The closed list of functions holds each name once, lets nobody in without a part and a role, and lets
// neither administrators of nodes nor auditors write business.
func TestFunctionsAreWellFormed(t *testing.T) {
	names := map[string]bool{}
	for _, f := range wire.Functions() {
		contract, function, ok := strings.Cut(f.Name, ":")
		if !ok || contract == "" || function == "" || names[f.Name] {
			t.Errorf("%q is no name, or is there twice", f.Name)
		}
		names[f.Name] = true
		if len(f.Who) == 0 || len(f.Roles) == 0 || f.MaxItems < 1 {
			t.Errorf("%s is open to nobody, or takes nothing", f.Name)
		}
		if !f.ReadOnly && slices.Contains(f.Roles, party.Auditor) {
			t.Errorf("%s lets an auditor write", f.Name)
		}
		if f.Private && !f.ReadOnly && f.Name != "Custody:OpenBooks" && slices.Contains(f.Roles, party.Admin) {
			t.Errorf("%s lets an administrator of nodes write business", f.Name)
		}
		if found, ok := wire.Lookup(f.Name); !ok || found.Name != f.Name {
			t.Errorf("%s is not found", f.Name)
		}
	}
	for _, name := range []string{"", "Repayment:post", "Repayment", "repayment:Post", "Repayment:Post "} {
		if _, ok := wire.Lookup(name); ok {
			t.Errorf("%q is found", name)
		}
	}
	for _, name := range []string{"Repayment:Post", "Repayment:Reverse", "Custody:Settle", "Custody:Accept", "Custody:Net"} {
		if f, ok := wire.Lookup(name); !ok || !slices.Equal(f.Who, []party.MemberKind{party.Custodian}) {
			t.Errorf("%s must be the custodian's alone", name)
		}
	}
}

// No two records can stand under one key: each kind has a prefix of its own, and none is a prefix of another.
func TestKeysAreApart(t *testing.T) {
	const handle = "h"
	keys := []string{
		wire.MemberKey(handle), wire.RegimeKey(handle), wire.PlatformFreezeKey(handle), wire.DayKey(handle), wire.EvidenceLogKey(handle),
		wire.EvidenceEntryKey(handle, handle), wire.RequestKey(handle), wire.PartyKey(handle), wire.MandateKey(handle), wire.TermsKey(handle),
		wire.FundingKey(handle), wire.LoanKey(handle), wire.ProjectKey(handle), wire.InstructionKey(handle), wire.AccountKey(handle),
		wire.SuspenseKey(handle), wire.BankEntryKey(handle), wire.LinkKey(handle), wire.ExposureKey(handle), wire.ClearanceKey(handle),
		wire.RootMembers, wire.RootRegimes, wire.BooksKey,
	}
	for i, a := range keys {
		for j, b := range keys {
			if i != j && strings.HasPrefix(a, b) {
				t.Errorf("%s begins with %s", a, b)
			}
		}
	}
}
