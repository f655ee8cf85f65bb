package ledger_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// liveVariable names a folder of connection profiles of a running network. The end-to-end tests set
// it for their own network; without it the tests here run on the stand-in alone.
const liveVariable = "TALLY_LIVE_PROFILES"

func live(t *testing.T, member, identity string) *ledger.Client {
	t.Helper()
	folder := os.Getenv(liveVariable)
	if folder == "" {
		t.Skipf("no running network: %s names none", liveVariable)
	}
	profile, err := ledger.LoadProfile(filepath.Join(folder, member+".json"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := ledger.Connect(patient(t), profile, identity)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func random(t *testing.T, bytes int) string {
	t.Helper()
	raw := make([]byte, bytes)
	if _, err := rand.Read(raw); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(raw)
}

func public[T any](t *testing.T, items ...T) wire.Request[T] {
	t.Helper()
	return wire.Request[T]{Version: wire.Version, ID: random(t, 16), Mode: wire.Atomic, Items: items}
}

func document(t *testing.T) evidence.Entry {
	t.Helper()
	return evidence.Entry{Digest: random(t, 32), Phase: evidence.PhaseAudit, MediaType: "text/plain"}
}

// founded makes sure that the consortium exists.
func founded(t *testing.T) {
	t.Helper()
	c := live(t, "authority", "admin")
	var members []wire.Member
	for _, m := range c.Profile().Members {
		members = append(members, wire.Member{ID: m.ID, Name: m.ID, Kind: m.Kind, MSPID: m.MSPID, Roots: m.Roots})
	}
	_, err := c.Submit(patient(t), "Consortium:Bootstrap", public(t, members...))
	if err != nil && !errors.Is(err, fault.New(fault.AlreadyBootstrapped)) {
		t.Fatal(err)
	}
}

func TestLiveConflictingCommandsAllArrive(t *testing.T) {
	founded(t)
	c := live(t, "harbor", "machine")
	var submissions []*ledger.Submission
	var digests []string
	for range 8 { // all of them write the log's one key
		entry := document(t)
		digests = append(digests, entry.Digest)
		submissions = append(submissions, c.SubmitAsync(patient(t), "Evidence:Append", public(t, entry), ledger.Attempts(40)))
	}
	for _, submission := range submissions {
		if _, err := submission.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	found, err := ledger.Read[[][]wire.Anchored](patient(t), c, "Evidence:Find", wire.Read{Version: wire.Version, Items: digests})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint64]bool{}
	for _, places := range found {
		if len(places) != 1 || seen[places[0].Index] {
			t.Fatalf("anchored at %+v", places)
		}
		seen[places[0].Index] = true
	}
}

func TestLiveRefusalsAndPolicies(t *testing.T) {
	founded(t)
	c := live(t, "harbor", "machine")
	entry := document(t)
	request := public(t, entry)
	first, err := c.Submit(patient(t), "Evidence:Append", request)
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.Submit(patient(t), "Evidence:Append", request)
	if err != nil || again.Answer.Applied != first.Answer.Applied || again.TxID == first.TxID {
		t.Errorf("the same request answers %+v, %v", again, err)
	}
	_, err = c.Submit(patient(t), "Evidence:Append", public(t, entry))
	wantFault(t, err, fault.AlreadyExists)
	_, err = live(t, "harbor", "admin").Submit(patient(t), "Evidence:Append", public(t, document(t)))
	wantFault(t, err, fault.WrongRole)
	_, err = c.Submit(patient(t), "Evidence:Append", public(t, document(t)), ledger.EndorsedBy("HarborMSP", "LanternMSP"))
	wantFault(t, err, fault.PolicyNotMet)
	_, err = c.Outcome(patient(t), strings.Repeat("0", 64))
	wantFault(t, err, fault.NotFound)
}

func TestLiveEnvelopesAreSentOnce(t *testing.T) {
	founded(t)
	c := live(t, "lantern", "machine")
	envelope, err := c.Prepare(patient(t), "Evidence:Append", public(t, document(t)))
	if err != nil {
		t.Fatal(err)
	}
	stored, err := envelope.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		restored, err := live(t, "lantern", "machine").Restore(stored)
		if err != nil {
			t.Fatal(err)
		}
		pending, err := c.Send(patient(t), restored)
		if err != nil {
			t.Fatal(err)
		}
		if result, err := pending.Wait(patient(t)); err != nil || result.TxID != envelope.TxID() {
			t.Fatalf("got %+v, %v", result, err)
		}
	}
}

func TestLivePrivateDataReachesItsHoldersAndNobodyElse(t *testing.T) {
	founded(t)
	harbor := live(t, "harbor", "machine")
	handle := random(t, 16)
	salt := random(t, 32)
	// Nothing of the party is right but its form, so the contract refuses it: what matters is who runs it.
	request := wire.Request[wire.Attestation]{
		Version: wire.Version, ID: random(t, 16), Salt: salt, Collection: "harbor-meridian", Mode: wire.Each,
		Items: []wire.Attestation{{Identity: party.Identity{Handle: handle, Platform: "harbor", Custodian: "meridian"}}},
	}
	_, err := harbor.Submit(patient(t), "Party:Attest", request)
	if f := fault.Of(err); err == nil || f.Code == fault.Internal || f.Code == fault.EndorsementRefused {
		t.Errorf("got %v", err)
	}
	_, err = harbor.Evaluate(patient(t), "Party:Read", wire.Read{Version: wire.Version, Collection: "lantern-meridian", Items: []string{handle}})
	wantFault(t, err, fault.WrongMember)
	answer, err := live(t, "authority", "machine").Evaluate(patient(t), "Party:Read",
		wire.Read{Version: wire.Version, Collection: "harbor-meridian", Items: []string{handle}})
	if err != nil || string(answer) != "[null]" {
		t.Errorf("got %s, %v", answer, err)
	}
}

func TestLiveChainVerifiesToItsTip(t *testing.T) {
	founded(t)
	for _, member := range []string{"auditor", "harbor"} {
		identity := map[string]string{"auditor": "auditor", "harbor": "operator"}[member]
		c := live(t, member, identity)
		chain, err := c.Chain(patient(t))
		if err != nil {
			t.Fatal(err)
		}
		last := ""
		for block, err := range c.BlocksWithPrivateData(patient(t), 0, chain.Height-1) {
			if err != nil {
				t.Fatal(err)
			}
			if missing := block.Missing(); len(missing) > 0 {
				t.Errorf("block %d misses %v", block.Number, missing)
			}
			last = block.Hash
		}
		if last != chain.BlockHash {
			t.Errorf("the last block's hash is %s, the peer says %s", last, chain.BlockHash)
		}
		for _, consenter := range c.Profile().Orderers {
			if height, err := c.ConsenterHeight(patient(t), consenter); err != nil || height < chain.Height {
				t.Errorf("the consenter of %s is at %d of %d, %v", consenter.Member, height, chain.Height, err)
			}
		}
	}
}
